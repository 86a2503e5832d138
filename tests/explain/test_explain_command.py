"""`regulars explain` on a published snapshot."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lifecycle.nights import Nights
from measured import Measured
from metrics.shop import Shop
from regulars.cli import root
from regulars.config import Workspace
from regulars.explain import METRICS
from regulars.journal import Journal
from regulars.lifecycle import KINDS, moves
from regulars.metrics import build_reach

AS_OF = "2026-04-05"


@pytest.fixture
def explain(tmp_path: Path) -> Callable[..., Result]:
    def fill(shop: Shop) -> None:
        client, session = Workspace(tmp_path).client("acme"), shop.session
        for day in ("2025-02-01", "2026-01-01", "2026-03-01"):
            shop.order("ann", day)
        Nights(shop).today(AS_OF)
        session.run("CREATE TABLE verdict AS SELECT 'ann' AS customer_id, 'email' AS channel, 'yes' AS verdict,"
                    " 'subscribed (shop)' AS reason")  # fmt: skip
        session.run(
            "CREATE TABLE deliverable AS SELECT 'ann' AS customer_id, 'yes' AS state, 'no bounce' AS reason"
        )
        shop.predict(AS_OF)
        build_reach(session)
        journal = Journal.open(client.data_dir / "journal.db", client.clock)
        with closing(journal), journal.lease("run") as lease, journal.tx(lease) as tx:
            for kind in KINDS:
                journal.add_facts(tx, kind, moves(session, kind, date.fromisoformat(AS_OF)))

    acme = Measured(tmp_path, fill)
    return lambda *words: acme.run("explain", *words)


def test_a_client_alone_gives_all_of_the_shops_numbers(explain: Callable[..., Result]) -> None:
    done = explain("acme")
    assert done.exit_code == 0
    assert "retention   100.0 % = 100.0 % kept + 0.0 % won back" in done.stdout
    assert "lifetime x orders per year x amount per order" in done.stdout
    assert "reach email   100.0 %" in done.stdout


def test_a_word_gives_its_meaning_and_the_clients_numbers(explain: Callable[..., Result]) -> None:
    done = explain("acme", "crr", "--from", "2026-01-15", "--to", "2026-02-15")
    assert done.stdout.startswith("crr   Customer retention rate.")
    assert "span 2026-01-15 to 2026-02-15; a customer ordered within 365 days" in done.stdout


@pytest.mark.parametrize("name", METRICS)
def test_a_span_is_used_or_refused_and_never_passed_over(explain: Callable[..., Result], name: str) -> None:
    done = explain("acme", name, "--from", "2026-01-15", "--to", "2026-02-15")
    if done.exit_code:
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"{name} is not told for a span of your own" in done.stderr
    else:
        windows = [line for line in done.stdout.splitlines() if line.startswith("  window")]
        assert windows
        assert all("2026-01-15 to 2026-02-15" in line for line in windows)


def test_all_numbers_of_a_span_are_those_that_can_be_told_for_one(explain: Callable[..., Result]) -> None:
    told = explain("acme", "--from", "2026-01-15", "--to", "2026-02-15").stdout
    windows = [line for line in told.splitlines() if line.startswith("  window")]
    assert windows
    assert all("2026-01-15 to 2026-02-15" in line for line in windows)


def test_a_word_needs_no_client(explain: Callable[..., Result]) -> None:
    assert explain("lapsed").stdout.startswith("lapsed   Beyond the lapsed line.")


def test_a_word_needs_no_workspace_either(tmp_path: Path) -> None:
    done = CliRunner().invoke(root, ["-w", str(tmp_path), "explain", "lapsed"])
    assert done.stdout.startswith("lapsed   Beyond the lapsed line.")


def test_a_person_is_told_with_history_and_consent(explain: Callable[..., Result]) -> None:
    told = explain("acme", "ann@example.test").stdout
    assert "stage   expansion   because active (an order within 90 days) with two orders or more" in told
    assert "first seen -> expansion" in told
    assert "consent email   yes   because subscribed (shop)" in told


def test_one_value_of_a_person_as_json_recomputes_from_its_inputs(explain: Callable[..., Result]) -> None:
    data = json.loads(explain("acme", "ann@example.test", "clv", "--json").stdout)
    (metric,) = data["metrics"]
    factors = metric["inputs"]
    amount = float(factors["amount per order"].split()[0])
    product = float(factors["lifetime (years)"]) * float(factors["orders per year"]) * amount
    assert metric["value"] == f"{product:.2f} GBP"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("acme", "crrr"), "Did you mean 'crr'?"),
        (("acne",), "no client named 'acne'"),
        (("acme", "eve@example.test"), "nobody is known"),
        (("acme", "crr", "--from", "2026-01-01"), "Give --from and --to"),
        (("acme", "clv", "--from", "2026-01-01", "--to", "2026-02-01"), "clv is not told for a span of your own"),
        (("acme", "ann@example.test", "--from", "2026-01-01", "--to", "2026-02-01"), "a person is not told for a"),
        (("lapsed", "--from", "2026-01-01", "--to", "2026-02-01"), "lapsed is not told for a span of your own"),
        (("acme", "ann@example.test", "shoes"), "no value 'shoes' to explain"),
        (("acme", "crr", "clv"), "is asked of a person"),
    ],
)
def test_what_cannot_be_explained_is_wrong_use_with_the_next_step(
    explain: Callable[..., Result], args: tuple[str, ...], message: str
) -> None:
    done = explain(*args)
    assert done.exit_code == 2
    assert message in done.stderr
