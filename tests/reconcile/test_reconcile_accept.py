"""regulars reconcile --accept: a difference that a person knows, up to exactly what was accepted."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from regulars.cli import root
from regulars.metrics import Span
from regulars.reconcile import Accepted, Difference, Side, proposed
from regulars.reconcile.accepted import unaccepted, use_up
from regulars.run.desk import reading
from regulars.testing import WorldLine, WorldOrder
from regulars.testing.sample import SAMPLE_END, sample_world
from stage import Stage

QUIET = "[clock]\norder_source_max_age = '900d'"
AT = SAMPLE_END - timedelta(days=40)
DAY = f"{AT:%Y-%m-%d}"
THAT_DAY = ("--from", DAY, "--to", DAY)
MONTH = ("--month", f"{AT:%Y-%m}")
KEY = (date(2026, 3, 1), "shop", "EUR")
ORDER = Difference("shop", KEY[0], "#7", "order: Shopify 1.00 EUR, not here", "EUR")
MARCH = Span(date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path / "ws", sample_world(40), SAMPLE_END, roles=("shop",), extra=QUIET) as stage:
        stage.forward(minutes=10)
        assert stage.night().exit_code == 0
        slips(stage, "imported", "99.00")
        yield stage


def slips(stage, key, goods):
    """An order that the shop has had for long and that we do not have."""
    stage.world.orders.append(WorldOrder(key, "p0003", AT, [WorldLine("TEA-1", 1, goods)]))
    stage.clock.forward(-timedelta(days=3))
    stage.populate()
    stage.clock.forward(timedelta(days=3))


def cli(stage, *words):
    return CliRunner().invoke(root, ["-w", str(stage.root), "--no-input", "reconcile", "acme", *words])


def accepted(*sides):
    return [Accepted(*KEY, side, (), f"reason {number}") for number, side in enumerate(sides, 1)]


@pytest.mark.parametrize(
    ("difference", "limit", "used"),
    [
        (Side(1, 100), Side(1, 100), Side(1, 100)),
        (Side(2, 150), Side(1, 100), Side(1, 100)),
        (Side(1, 40), Side(1, 100), Side(1, 40)),
        (Side(-1, -40), Side(1, 100), Side()),
        (Side(-1, -40), Side(-2, -30), Side(-1, -30)),
        (Side(1, 100), Side(1, 100, 0, 40), Side()),
    ],
)
def test_a_difference_uses_up_no_more_than_what_was_accepted(difference, limit, used):
    assert difference.up_to(limit) == used


def test_two_acceptances_of_a_day_add_up_and_the_older_is_used_first():
    both = accepted(Side(1, 100), Side(1, 20))
    assert use_up(Side(2, 120), both) == {"reason 1": Side(1, 100), "reason 2": Side(1, 20)}
    assert use_up(Side(1, 100), both) == {"reason 1": Side(1, 100)}


def test_what_is_accepted_of_orders_is_just_that_difference_of_just_that_order():
    made = proposed({KEY: Side(1, 100)}, [ORDER], MARCH, "known")
    assert unaccepted([ORDER], made, MARCH) == ()
    changed = Difference("shop", KEY[0], "#7", "order: Shopify 2.00 EUR, not here", "EUR")
    assert unaccepted([changed], made, MARCH) == (changed,)


def test_what_is_of_a_whole_span_is_accepted_for_that_span_alone():
    hidden = Difference("shop", None, "", "Shopify counts 9 orders and shows us 4; see regulars check")
    made = proposed({}, [hidden], MARCH, "known")
    assert unaccepted([hidden], made, MARCH) == ()
    other = Span(MARCH.starts_on, date(2026, 3, 30))
    assert unaccepted([hidden], made, other) == (hidden,)


def test_an_accepted_difference_has_its_own_line_and_agrees_in_the_day_and_in_the_month(stage):
    assert cli(stage, *MONTH).exit_code == 9
    shown = cli(stage, *THAT_DAY, "--accept", "imported history")
    assert shown.exit_code == 0, shown.output
    assert "accepted: imported history" in shown.stdout
    assert "✓ agrees to the penny, but for what was accepted" in shown.stdout
    for words in (THAT_DAY, MONTH, (*MONTH, "--by", "day")):
        again = cli(stage, *words)
        assert again.exit_code == 0, again.output
        assert "accepted: imported history" in again.stdout
    (head,) = json.loads(cli(stage, *MONTH, "--json").stdout)["total"]["totals"]
    assert head["accepted"] == [{"reason": "imported history", "orders": 1, "net sales": "99.00"}]
    assert (head["diff"]["net sales"], head["unexplained"]["net sales"]) == ("99.00", "0.00")
    assert f"{DAY},{DAY},shop,EUR,accepted: imported history,1,,,99.00" in cli(stage, *THAT_DAY, "--csv").stdout


def test_what_goes_beyond_what_was_accepted_is_unexplained(stage):
    cli(stage, *MONTH, "--accept", "imported history")
    slips(stage, "another", "5.00")
    shown = cli(stage, *MONTH)
    assert shown.exit_code == 9
    assert "accepted: imported history" in shown.stdout
    assert "unexplained" in shown.stdout
    assert "order: Shopify 5.00 EUR, not here" in shown.stdout
    assert "order: Shopify 99.00 EUR, not here" not in shown.stdout
    assert cli(stage, *MONTH, "--accept", "and one more").exit_code == 0


def test_the_journal_keeps_day_amount_currency_reason_and_when(stage):
    cli(stage, *MONTH, "--accept", "imported history")
    with reading(stage.client()) as journal:
        (fact,) = journal.facts("reconcile_accepted")
    assert fact.subject == fact.payload["day"] == DAY
    told = {name: fact.payload[name] for name in ("connection", "currency", "minor", "orders", "reason")}
    assert told == {
        "connection": "shop", "currency": "EUR", "minor": 9900, "orders": 1, "reason": "imported history",
    }  # fmt: skip
    assert fact.at == stage.clock.now()


def test_what_was_accepted_counts_for_no_comparison_without_the_platform(stage):
    cli(stage, *MONTH, "--accept", "imported history")
    assert "accepted" not in cli(stage, *MONTH, "--offline").stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((*THAT_DAY, "--accept", " "), "the reason is empty"),
        (("--accept", "known"), "only a span that is named can be accepted"),
        ((*THAT_DAY, "--offline", "--accept", "known"), "only what a platform says can be accepted"),
        (("--month", f"{AT - timedelta(days=60):%Y-%m}", "--accept", "known"), "nothing is unexplained"),
    ],
)
def test_a_wrong_acceptance_is_refused_and_keeps_nothing(stage, words, why):
    result = cli(stage, *words)
    assert result.exit_code == 2
    assert why in result.stderr
    with reading(stage.client()) as journal:
        assert list(journal.facts("reconcile_accepted")) == []
