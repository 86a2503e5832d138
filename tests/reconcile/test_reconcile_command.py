"""regulars reconcile: a night's numbers against the simulated shop that they came from."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from io import StringIO

import pytest
from click.testing import CliRunner
from regulars.cli import root
from regulars.testing import Fault, WorldLine, WorldOrder, WorldRefund
from regulars.testing.sample import SAMPLE_END, sample_world
from stage import Stage

QUIET = "[clock]\norder_source_max_age = '900d'"
MONTH = f"{SAMPLE_END - timedelta(days=40):%Y-%m}"


def an_order(key, days, goods="8.50", person="p0003", **changes):
    return WorldOrder(key, person, SAMPLE_END - timedelta(days=days), [WorldLine("TEA-1", 1, goods)], **changes)


@pytest.fixture
def world():
    world = sample_world(40)
    world.orders += [
        an_order("tested", 40, test=True),
        an_order("stopped", 41, cancelled_at=SAMPLE_END - timedelta(days=40)),
        an_order("traded", 41, "120.00", tags=("wholesale",)),
        an_order("walk-in", 42, person=None),
        an_order("back", 75, "30.00", refunds=[WorldRefund(SAMPLE_END - timedelta(days=41), ((0, 1),), "12.34")]),
    ]
    return world


@pytest.fixture
def stage(tmp_path, world):
    with Stage(tmp_path / "ws", world, SAMPLE_END, roles=("shop",), extra=QUIET) as stage:
        stage.forward(minutes=10)
        assert stage.night().exit_code == 0
        yield stage


def cli(stage, *words):
    return CliRunner().invoke(root, ["-w", str(stage.root), "--no-input", "reconcile", "acme", *words])


def told(stage, *words):
    return json.loads(cli(stage, *words, "--json").stdout)


def test_the_month_agrees_with_the_shop_and_every_difference_to_the_basis_is_named(stage):
    result = cli(stage, "--month", MONTH)
    assert result.exit_code == 0, result.output
    for text in ("Shopify", "returns, by date of refund", "refunds moved to the day of their order",
                 "test orders taken out", "cancelled orders taken out", "trade orders shown apart",
                 "guests without an address", "✓ agrees to the penny"):  # fmt: skip
        assert text in result.stdout
    found = told(stage, "--month", MONTH)
    (head,) = found["total"]["totals"]
    assert head["live"]
    assert head["platform"] == head["regulars"]
    assert head["platform"]["returns, by date of refund"].startswith("-")
    assert found["total"]["basis"] == found["total"]["measured"]


def test_the_bridge_adds_up(stage):
    found = told(stage, "--month", MONTH)["total"]
    pennies = [round(float(line["amount"]) * 100) for line in found["bridge"]]
    assert sum(pennies) == round(float(found["basis"]) * 100)


def test_offline_asks_no_platform_and_says_so(stage):
    asked = len(stage.sandbox["shop"].log)
    result = cli(stage, "--month", MONTH, "--offline")
    assert result.exit_code == 0
    assert "stored records" in result.stdout
    assert "no platform was asked" in result.stdout
    assert len(stage.sandbox["shop"].log) == asked


def test_an_order_that_the_shop_has_and_we_do_not_is_named(stage):
    late = an_order("slipped", 40, "99.00")
    stage.world.orders.append(late)
    stage.clock.forward(-timedelta(days=3))  # it was there before our last read, which missed it
    stage.populate()
    stage.clock.forward(timedelta(days=3))
    result = cli(stage, "--month", MONTH)
    assert result.exit_code == 9
    day = (SAMPLE_END - timedelta(days=40)).date()
    assert f"✗ shop  {day}" in result.stdout
    assert "order: Shopify 99.00 EUR, not here" in result.stdout
    assert f"does not agree on {day}" in cli(stage, "--month", MONTH, "--by", "day").stdout


def test_what_changed_since_our_last_read_is_no_difference(stage):
    stage.forward(hours=1)
    next(o for o in stage.world.orders if o.key == "walk-in").refunds.append(
        WorldRefund(SAMPLE_END - timedelta(days=41), ((0, 1),), "1.00")
    )
    stage.populate()
    result = cli(stage, "--month", MONTH)
    assert result.exit_code == 0, result.output
    assert "1 order changed there since" in result.stdout


def test_orders_that_the_shop_counts_and_does_not_show_are_missed(stage):
    stage.sandbox["shop"].scopes -= {"read_all_orders"}
    month = f"{SAMPLE_END - timedelta(days=100):%Y-%m}"
    result = cli(stage, "--month", month)
    assert result.exit_code == 9
    assert "orders and shows us" in result.stdout


def test_a_shop_that_does_not_answer_leaves_the_way_without_it(stage):
    stage.sandbox["shop"].faults.append(Fault("status", status=401, times=99))
    result = cli(stage, "--month", MONTH)
    assert result.exit_code == 4
    assert "--offline" in result.stderr


def test_csv_has_every_day_and_adds_up_to_the_month(stage):
    rows = list(csv.DictReader(StringIO(cli(stage, "--month", MONTH, "--by", "day", "--csv").stdout)))
    days = [row for row in rows if row["line"] == "basis"]
    assert len(days) in (28, 30, 31)
    total = told(stage, "--month", MONTH)["total"]["basis"]
    assert f"{sum(round(float(row['regulars']) * 100) for row in days) / 100:.2f}" == total


def test_a_span_over_months_has_a_line_for_each(stage):
    start, end = SAMPLE_END - timedelta(days=70), SAMPLE_END - timedelta(days=1)
    result = cli(stage, "--from", f"{start:%Y-%m-%d}", "--to", f"{end:%Y-%m-%d}")
    assert result.exit_code == 0, result.output
    assert f"\n{start:%Y-%m}" in result.stdout


def test_a_span_beyond_the_newest_day_is_refused_because_its_end_was_never_compared(stage):
    start, end = f"{SAMPLE_END - timedelta(days=1):%Y-%m-%d}", f"{SAMPLE_END:%Y-%m-%d}"
    assert cli(stage, "--from", start, "--to", end).exit_code == 0
    result = cli(stage, "--from", start, "--to", f"{SAMPLE_END + timedelta(days=1):%Y-%m-%d}")
    assert result.exit_code == 2
    assert f"the numbers end on {end}. Let --to be that day or an earlier one" in result.stderr
    assert "agrees" not in result.stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--month", "2026-01", "--from", "2026-01-01"), "a month is a span of its own"),
        (("--from", "2026-01-01"), "a span needs both ends"),
        (("--month", "2099-01"), "has not been measured"),
    ],
)
def test_a_wrong_span_is_refused_with_what_to_give(stage, words, why):
    result = cli(stage, *words)
    assert result.exit_code == 2
    assert why in result.stderr


def test_before_the_first_night_it_says_what_to_run(tmp_path, world):
    with Stage(tmp_path / "new", world, SAMPLE_END, roles=("shop",), extra=QUIET) as fresh:
        result = cli(fresh)
    assert result.exit_code == 1
    assert "regulars run" in result.stderr
