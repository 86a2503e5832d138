"""What winning a customer costs against keeping one: sums that can be done by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from measured import Measured
from metrics.shop import Shop
from regulars.acquisition import Keeping, Spend
from regulars.acquisition.keeping import NEEDS_COST, NEEDS_SPEND, NOT_OVER, keeping
from regulars.explain import TERMS
from regulars.metrics import build_reach
from regulars.warehouse import statement

AS_OF = "2026-06-10"
APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)
ORDERS = {
    "ann": ["2026-03-31", "2026-04-02", "2026-04-20", "2026-05-31"],  # kept in April (once) and in May
    "bob": ["2026-04-01", "2026-04-30", "2026-05-01"],  # won in April, kept in May
    "cat": ["2026-05-05", "2026-06-05"],  # won in May
    "dan": ["2026-06-01"],
}


def filled(shop: Shop) -> Shop:
    for name, days in ORDERS.items():
        for day in days:
            shop.order(name, day, 2000)
    shop.order(None, "2026-05-07")
    shop.build(AS_OF)
    return shop


def kept(shop: Shop, spend: dict[date, int], costs: dict[date, int]) -> Keeping:
    paid = [Spend(month, "social", minor) for month, minor in spend.items()]
    return keeping(filled(shop).session, paid, costs, date.fromisoformat(AS_OF))


def test_winning_against_keeping_by_hand(shop: Shop) -> None:
    paid = [Spend(APRIL, "social", 4000), Spend(APRIL, "search", 1000), Spend(MAY, "social", 2001)]
    found = keeping(filled(shop).session, paid, {APRIL: 1000, MAY: 600}, date.fromisoformat(AS_OF))
    # Won: bob in April, cat in May. Kept: ann in April; ann and bob in May.
    assert found == Keeping((APRIL, MAY), 7001, 2, 1600, 3)
    assert (found.cac_minor, found.each_minor) == (3501, 533)
    assert found.ratio == pytest.approx((7001 / 2) / (1600 / 3))
    assert found.missing == ""


def test_only_months_with_both_costs_which_are_over_count(shop: Shop) -> None:
    found = kept(shop, {APRIL: 9000, MAY: 2000, JUNE: 500}, {date(2026, 3, 1): 7, MAY: 600, JUNE: 600})
    assert found == Keeping((MAY,), 2000, 1, 600, 2)


def test_without_ad_spend_it_needs_ad_spend_and_is_never_five(shop: Shop) -> None:
    found = kept(shop, {}, {MAY: 600})
    assert (found.needs, found.missing, found.ratio, found.cac_minor) == (NEEDS_SPEND, NEEDS_SPEND, None, None)


@pytest.mark.parametrize("costs", [{}, {APRIL: 600}])
def test_without_a_cost_of_keeping_in_the_same_months_it_needs_one(shop: Shop, costs: dict[date, int]) -> None:
    assert kept(shop, {MAY: 2000}, costs).needs == NEEDS_COST


def test_a_month_that_still_runs_has_no_ratio_yet(shop: Shop) -> None:
    assert kept(shop, {JUNE: 2000}, {JUNE: 600}).missing == NOT_OVER


@pytest.mark.parametrize(
    ("month", "cost", "missing", "won", "each"),
    [
        (date(2026, 2, 1), 600, "not measured: nobody was won in these months", None, None),
        (date(2026, 3, 1), 600, "not measured: nobody was kept in these months", 2000, None),
        (MAY, 0, "not measured: keeping cost nothing", 2000, 0),
    ],
)
def test_nobody_on_one_side_or_no_cost_is_not_measured(
    shop: Shop, month: date, cost: int, missing: str, won: int | None, each: int | None
) -> None:
    found = kept(shop, {month: 2000}, {month: cost})
    assert (found.ratio, found.missing, found.cac_minor, found.each_minor) == (None, missing, won, each)


def test_a_refund_on_its_own_day_keeps_nobody(shop: Shop) -> None:
    shop.set(refund_date="refund")
    order = shop.order("eve", "2026-04-10")
    shop.refund(order, "2026-05-10", 1000)
    assert kept(shop, {MAY: 2000}, {MAY: 600}).kept == 2


SAID = '[connections.shop]\nplugin = "shopify"\n[costs]\n'
SPENT = 'acquisition = [{ month = "2026-05", source = "social", amount = "30 GBP" }]\n'
PROGRAMME = 'programmes = [{ month = "2026-05", programme = "Club", amount = "2 GBP" }]\n'
PLATFORM = 'platforms = [{ month = "2026-05", connection = "shop", amount = "10 GBP" }]\n'
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`regulars acquisition acme` with these costs."""
    acme = Measured(tmp_path, reached, SAID)

    def run(costs: str, *args: str) -> Result:
        acme.say(SAID + costs)
        return acme.run("acquisition", "acme", *args)

    return run


def reached(shop: Shop) -> None:
    """Filled, predicted, with reach and first touch."""
    filled(shop).predict(AS_OF)
    for name in ("verdict", "deliverable"):
        columns = "customer_id VARCHAR, channel VARCHAR, verdict VARCHAR, state VARCHAR"
        shop.session.run(f"CREATE TABLE {name} ({columns})")
    build_reach(shop.session)
    days = {"as_of": date.fromisoformat(AS_OF), "zone": "Europe/London"}
    shop.session.run(statement("regulars.metrics", "first_touch"), days)


def test_the_page_and_its_data_tell_the_shops_own_ratio_and_call_five_to_seven_a_reference(run: Run) -> None:
    told = run(SPENT + PROGRAMME + PLATFORM).stdout
    assert "winning against keeping   2026-05: over, and both costs are entered\n" in told
    assert "CAC, all sources   30.00 GBP = 30.00 GBP / 1 won" in told
    assert "cost of keeping    6.00 GBP = 12.00 GBP / 2 kept" in told
    assert "a customer counts once per month\n" in told
    assert "winning / keeping  5.0 x; reference: 5 to 7 (" in told
    data = json.loads(run(SPENT + PROGRAMME + PLATFORM, "--json").stdout)["keeping"]
    assert (data["cac_minor"], data["each_minor"], data["ratio"]) == (3000, 600, 5.0)
    assert data["reference"].startswith("5 to 7")


@pytest.mark.parametrize(
    ("costs", "needs"), [(PROGRAMME + PLATFORM, NEEDS_SPEND), ("", NEEDS_SPEND), (SPENT, NEEDS_COST)]
)
def test_what_was_not_entered_is_asked_for_and_no_figure_stands_in(run: Run, costs: str, needs: str) -> None:
    told = run(costs).stdout
    assert f"winning against keeping   {needs}\n" in told
    assert "5 to 7" not in told
    data = json.loads(run(costs, "--json").stdout)["keeping"]
    assert (data["missing"], data["ratio"], data["cac_minor"], data["reference"]) == (needs, None, None, None)


@pytest.mark.parametrize("word", ["cost_of_keeping", "winning_against_keeping"])
def test_every_word_of_it_is_in_the_glossary(word: str) -> None:
    assert word in TERMS
