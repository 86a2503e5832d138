"""Retention, repeat rates and waiting times: the printed inputs give the printed value again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from explain.test_explain_metric import golden
from metrics.shop import Shop
from regulars.explain import explain_metric
from regulars.explain.render import metric_lines
from regulars.metrics import Span
from regulars.models import Metric
from regulars.money import Money

MARCH = Span(date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop.opened() as made:
        yield made


@pytest.fixture
def measured(shop: Shop) -> Shop:
    shop.set(window=90)
    golden(shop)
    shop.build("2026-04-05")
    return shop


def told(measured: Shop, name: str) -> dict[str, Metric]:
    return {metric.name: metric for metric in explain_metric(measured.session, name, MARCH)}


def test_the_five_sets_are_printed_with_people_in_them_and_the_sum_worked_out(measured: Shop) -> None:
    text = "\n".join(metric_lines(explain_metric(measured.session, "crr", MARCH)))
    assert "sum: S - L + N + R = 100 - 30 + 20 + 15 = 105 = E" in text
    assert "in L: lost0, lost1, lost10 and 27 more" in text
    assert "in R: back0, back1, back10 and 12 more" in text
    assert "(E - N) / S x 100 = (105 - 20) / 100 x 100" in text


def test_an_empty_set_is_nobody(shop: Shop) -> None:
    shop.order("ann", "2026-03-10")
    shop.build("2026-04-05")
    text = "\n".join(metric_lines(explain_metric(shop.session, "crr", MARCH)))
    assert "in S: nobody" in text
    assert "in N: ann" in text
    wait = explain_metric(shop.session, "next_order")[0]
    assert (wait.value, wait.note) == (None, "not reached: fewer than half have ordered again so far")


def test_a_wait_in_a_shop_without_orders_is_not_measured(shop: Shop) -> None:
    shop.build("2026-04-05")
    for wait in explain_metric(shop.session, "next_order"):
        assert (wait.value, wait.note) == (None, "not measured: nobody has ordered yet")


def test_rates_of_buying_again_follow_from_their_inputs(measured: Shop) -> None:
    found = told(measured, "repeat_purchase_rate")
    assert list(found) == ["repeat_purchase_rate", "returning_customer_rate", "returning_revenue_share"]
    repeat, returning = found["repeat_purchase_rate"], found["returning_customer_rate"]
    # 105 ordered in March, each once: 70 kept and 15 won back had ordered before.
    assert (repeat.value, returning.value) == (Decimal(0), Decimal(85) * 100 / 105)
    inputs = returning.inputs
    assert Decimal(inputs["more than one order ever"]) * 100 / inputs["ordered in the span"] == returning.value


def test_long_names_stand_in_a_column_of_their_own(measured: Shop) -> None:
    lines = list(metric_lines(explain_metric(measured.session, "repeat_purchase_rate", MARCH)))
    assert lines[1:4] == [
        "  window                   span 2026-03-01 to 2026-03-31",
        "  repeat_purchase_rate     two orders or more in the span / one or more x 100 = 0 / 105 x 100",
        "  returning_customer_rate  more than one order ever / one or more in the span x 100 = 85 / 105 x 100",
    ]


def test_revenue_retention_follows_from_two_amounts(measured: Shop) -> None:
    (found,) = told(measured, "revenue_retention").values()
    then, now = found.inputs["net sales then"], found.inputs["net sales now"]
    assert (now, then) == (Money.of_minor(70000, "GBP"), Money.of_minor(70000, "GBP"))
    assert found.value == now.amount * 100 / then.amount


def test_the_median_wait_is_told_with_those_who_still_wait(measured: Shop) -> None:
    found = {metric.name: metric for metric in explain_metric(measured.session, "next_order")}
    inputs = found["next_order"].inputs
    assert inputs["waits"] == 70 * 2 + 30 + 20 + 15 * 2
    assert inputs["ended with an order"] + inputs["still waiting (censored)"] == inputs["waits"]
    # The 105 who ordered on 10 March are still away; of the 115 waits that were longer, 70 ended on day 37.
    assert found["next_order"].value == 37
    assert found["second_order"].inputs["waits"] == 135
    assert found["second_order"].value == 37  # the 70 kept: 1 February to 10 March


def test_one_and_done_leaves_out_whoever_is_younger_than_the_window(measured: Shop) -> None:
    (found,) = explain_metric(measured.session, "one_and_done")
    # 90 days before 5 April is 5 January: the lost and the won back are old enough.
    assert (found.inputs["people"], found.inputs["left out, their time is not over"]) == (45, 90)
    assert found.value == Decimal(100)  # nobody of them came back within 90 days
