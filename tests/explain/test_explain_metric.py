"""Numbers that can be worked out again from what is printed beside them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from lifecycle.nights import Nights
from metrics.shop import Shop
from regulars.errors import ConfigError, RegularsError
from regulars.explain import METRICS, OF_A_SPAN, explain_metric
from regulars.explain.render import metric_data, metric_lines
from regulars.metrics import Span, build_reach, simple_clv
from regulars.money import Money

MARCH = Span(date(2026, 3, 1), date(2026, 3, 31))


def golden(shop: Shop) -> None:
    """A tenth of the golden example: S 100, 30 lost, 20 new, 15 came back."""
    people = {"kept": (70, ["2026-02-01", "2026-03-10"]), "lost": (30, ["2025-12-15"])}
    people |= {"new": (20, ["2026-03-10"]), "back": (15, ["2024-05-01", "2026-03-10"])}
    for name, (size, days) in people.items():
        for number in range(size):
            for day in days:
                shop.order(f"{name}{number}", day)


def test_retention_is_printed_as_kept_plus_won_back_with_the_sum_worked_out(nights: Nights) -> None:
    nights.shop.set(window=90)
    golden(nights.shop)
    nights.today("2026-04-05")
    lines = list(metric_lines(explain_metric(nights.shop.session, "crr", MARCH)))
    assert lines[:5] == [
        "retention   85.0 % = 70.0 % kept + 15.0 % won back",
        "  window      span 2026-03-01 to 2026-03-31; a customer ordered within 90 days",
        "  crr         (E - N) / S x 100 = (105 - 20) / 100 x 100",
        "  kept        (S - L) / S x 100 = (100 - 30) / 100 x 100",
        "  won_back    R / S x 100 = 15 / 100 x 100",
    ]
    assert "  with        L: 30" in lines


def test_the_value_follows_from_the_printed_counts(nights: Nights) -> None:
    golden(nights.shop)
    nights.today("2026-04-05")
    for metric in explain_metric(nights.shop.session, "crr"):
        given = metric.inputs
        counts = {letter: Decimal(given[letter]) for letter in "SENRL"}
        assert counts["S"] - counts["L"] + counts["N"] + counts["R"] == counts["E"]
        if metric.name == "crr" and metric.value is not None:
            assert metric.value == (counts["E"] - counts["N"]) / counts["S"] * 100


def test_stored_periods_are_explained_from_the_shortest_to_the_longest(nights: Nights) -> None:
    golden(nights.shop)
    nights.today("2026-04-05")
    told = [metric.window.split()[0] for metric in explain_metric(nights.shop.session, "churn")]
    assert list(dict.fromkeys(told)) == ["week", "month", "quarter", "year"]


def test_without_customers_at_the_start_the_rate_is_not_defined_and_says_why(nights: Nights) -> None:
    nights.shop.order("ann", "2026-03-10")
    nights.today("2026-04-05")
    found = explain_metric(nights.shop.session, "churn", MARCH)
    text = "\n".join(metric_lines(found))
    assert "churn   not defined" in text
    assert "nobody was a customer at the start" in text


def test_a_window_shorter_than_the_period_is_pointed_out(nights: Nights) -> None:
    nights.shop.order("brief", "2026-01-10")
    nights.shop.order("old", "2025-12-30")
    nights.today("2026-04-05")
    quarter = Span(date(2026, 1, 1), date(2026, 3, 31))
    note = explain_metric(nights.shop.session, "crr", quarter, window=30)[0].note
    assert note == "1 new and already gone again: the window is shorter than the period"


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
def test_the_shops_clv_comes_out_of_its_three_printed_factors(nights: Nights, currency: str) -> None:
    shop = nights.shop
    shop.set(currency=currency)
    golden(shop)
    nights.today("2026-04-05")
    (metric,) = explain_metric(shop.session, "clv")
    assert again(metric.inputs) == metric.value
    assert metric.unit == currency


def again(inputs: Any) -> Money:
    """The product of the three factors, as a reader would work it out."""
    amount = inputs["amount per order"]
    minor = simple_clv(inputs["lifetime (years)"], inputs["orders per year"], amount.minor)
    return Money.of_minor(minor, amount.currency)


def test_a_shop_without_a_year_of_history_says_that_its_lifetime_is_an_assumption(nights: Nights) -> None:
    nights.shop.order("ann", "2026-03-10")
    nights.today("2026-04-05")
    assert "nobody was a customer a year ago" in explain_metric(nights.shop.session, "clv")[0].note


@pytest.mark.parametrize("days", [[], ["2024-03-10"]])
def test_a_shop_that_sold_nothing_in_the_year_has_no_clv_in_place_of_one_of_zero(
    nights: Nights, days: list[str]
) -> None:
    for day in days:
        nights.shop.order("ann", day)
    nights.today("2026-04-05")
    (metric,) = explain_metric(nights.shop.session, "clv")
    assert (metric.value, metric.note) == (None, "not defined: nobody ordered in the year")
    assert metric.inputs["orders in the year"] == 0
    text = "\n".join(metric_lines([metric]))
    assert "clv   not defined" in text
    assert "= 1.00 years" not in text


@pytest.mark.parametrize("name", sorted(set(METRICS) - set(OF_A_SPAN)))
def test_a_number_without_a_span_refuses_one_in_place_of_passing_it_over(nights: Nights, name: str) -> None:
    nights.shop.order("ann", "2026-03-10")
    nights.today("2026-04-05")
    with pytest.raises(ConfigError, match=f"{name} is not told for a span of your own"):
        explain_metric(nights.shop.session, name, MARCH)


def test_reach_is_told_per_channel(nights: Nights) -> None:
    nights.shop.order("ann", "2026-03-10")
    nights.shop.person("bob")
    nights.today("2026-04-05")
    session = nights.shop.session
    session.run("CREATE TABLE verdict AS SELECT 'ann' AS customer_id, 'email' AS channel, 'yes' AS verdict")
    session.run("CREATE TABLE deliverable AS SELECT 'ann' AS customer_id, 'yes' AS state")
    nights.shop.predict("2026-04-05")
    build_reach(session)
    found = {metric.name: metric.value for metric in explain_metric(session, "reach")}
    assert found["reach email"] == found["reach none"] == Decimal(50)


def test_every_metric_can_be_given_as_json_data(nights: Nights) -> None:
    golden(nights.shop)
    nights.today("2026-04-05")
    data = [
        entry
        for name in METRICS
        if name != "reach"
        for entry in metric_data(explain_metric(nights.shop.session, name))
    ]
    assert all(isinstance(entry["as_of"], str) and isinstance(entry["inputs"], dict) for entry in data)
    assert next(entry for entry in data if entry["name"] == "clv")["value"].endswith("GBP")


def test_an_unknown_metric_and_an_unmeasured_shop_are_refused_with_the_next_step(nights: Nights) -> None:
    with pytest.raises(ConfigError, match="One of: crr, churn, revenue_retention"):
        explain_metric(nights.shop.session, "crrr")
    with pytest.raises(RegularsError, match="regulars run"):
        explain_metric(nights.shop.session, "crr")
