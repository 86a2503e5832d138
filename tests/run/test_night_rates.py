"""A foreign order without a rate: an error a person sees, and nobody else's numbers are lost."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from regulars.cli import root
from regulars.testing import WorldLine, WorldOrder
from regulars.testing.sample import SAMPLE_END, sample_world
from regulars.warehouse import Warehouse
from stage import Stage

QUIET = "[clock]\norder_source_max_age = '900d'"


@pytest.fixture
def stage(tmp_path):
    world = sample_world(12)
    for n in range(2):
        lines = [WorldLine("TEA-1", 1, "8.50")]
        world.orders.append(
            WorldOrder(f"foreign{n}", "p0003", SAMPLE_END - timedelta(days=3 + n), lines, currency="SEK")
        )
    with Stage(tmp_path / "ws", world, SAMPLE_END, roles=("shop",), extra=QUIET) as stage:
        stage.forward(minutes=10)
        yield stage


def cli(stage, *words):
    return CliRunner().invoke(root, ["-w", str(stage.root), "--no-input", *words])


def test_the_night_names_currency_days_orders_and_what_to_add(stage):
    result = stage.night()
    (told,) = result.errors
    first, last = (SAMPLE_END - timedelta(days=4)).date(), (SAMPLE_END - timedelta(days=3)).date()
    assert told == (
        f"no rate for SEK: 2 orders ({first} to {last}) counted nowhere. Add to clients/acme.toml, [money] rates:"
        f' {{ currency = "SEK", from = {first}, rate = "..." }}'
    )
    assert (result.state, result.exit_code) == ("ok", 3)


def test_the_others_are_counted_all_the_same(stage):
    assert stage.night().customers > 0
    with Warehouse(stage.client().data_dir).published() as session:
        kinds = dict(session.query("SELECT kind, count(*) FROM sale GROUP BY kind"))
    assert kinds["quarantined"] == 2
    assert kinds["counted"] > 2


def test_run_and_status_say_so_and_end_with_three(stage):
    told = cli(stage, "run", "acme")
    assert told.exit_code == 3
    assert "[acme] PARTLY DONE  no rate for SEK: 2 orders" in told.output
    assert "still safe: everything else was counted" in told.output
    shown = cli(stage, "status")
    assert shown.exit_code == 3
    assert "no rate for SEK: 2 orders" in shown.output


def test_with_the_rate_added_the_next_run_counts_them(stage):
    stage.night()
    file = stage.root / "clients" / "acme.toml"
    since = (SAMPLE_END - timedelta(days=4)).date()
    rate = f'[money]\nrates = [{{ currency = "SEK", from = {since}, rate = "0.1" }}]'
    file.write_text(file.read_text().replace("[clock]", f"{rate}\n[clock]", 1))
    result = stage.night()
    assert (result.errors, result.exit_code) == ([], 0)
