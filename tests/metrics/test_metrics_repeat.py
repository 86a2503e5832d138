"""Who bought again in a shop of ten customers whose every order can be read here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from metrics.shop import Shop
from regulars.metrics import Span, buyers, next_orders, one_and_done
from regulars.metrics.repeat import together

MARCH = Span(date(2026, 3, 1), date(2026, 3, 31))
FEBRUARY = Span(date(2026, 2, 1), date(2026, 2, 28))
TEN = {
    "ann": ["2026-02-03", "2026-03-03", "2026-03-20"],
    "bea": ["2026-02-10", "2026-03-05"],
    "cem": ["2026-02-20"],
    "dan": ["2026-02-25"],
    "eva": ["2026-03-01", "2026-03-31"],
    "fay": ["2026-03-10", "2026-03-10"],
    "gil": ["2026-03-15"],
    "hal": ["2025-06-01", "2026-03-12"],
    "ida": ["2025-06-01"],
    "jon": ["2026-04-01"],
}
"""Who orders when; the tests say which of them they mean."""


@pytest.fixture
def ten(shop: Shop) -> Shop:
    for who, days in TEN.items():
        for day in days:
            shop.order(who, day, goods=1000)
    shop.build("2026-04-30")
    return shop


def test_repeat_and_returning_are_different_rates_under_their_own_names(ten: Shop) -> None:
    found = buyers(ten.session, MARCH, FEBRUARY)
    assert found.buyers == 6  # ann bea eva fay gil hal
    assert found.repeaters == 3  # ann eva fay ordered twice in March
    assert found.returning == 5  # those, and bea and hal, who had ordered before
    assert found.repeat_purchase_rate == Decimal(50)
    assert found.returning_customer_rate == Decimal(500) / 6


def test_later_orders_do_not_change_what_a_past_span_was(ten: Shop) -> None:
    before = buyers(ten.session, FEBRUARY, Span(date(2026, 1, 1), date(2026, 1, 31)))
    assert (before.buyers, before.repeaters, before.returning) == (4, 0, 0)


def test_revenue_retention_is_what_last_months_customers_spend_now(ten: Shop) -> None:
    found = buyers(ten.session, MARCH, FEBRUARY)
    assert (found.buyers_before, found.before_minor) == (4, 4000)  # ann bea cem dan
    assert found.again_minor == 3000  # ann twice, bea once
    assert found.revenue_retention == Decimal(75)


def test_the_share_of_revenue_from_returning_customers_is_of_all_net_sales(ten: Shop) -> None:
    found = buyers(ten.session, MARCH, FEBRUARY)
    assert (found.net_minor, found.returning_minor) == (9000, 8000)  # all but gil's
    assert found.returning_revenue_share == Decimal(800) / 9


def test_nobody_before_and_nobody_now_are_not_defined(ten: Shop) -> None:
    empty = buyers(
        ten.session, Span(date(2024, 3, 1), date(2024, 3, 31)), Span(date(2024, 2, 1), date(2024, 2, 29))
    )
    rates = (empty.repeat_purchase_rate, empty.returning_customer_rate, empty.revenue_retention)
    assert (*rates, empty.returning_revenue_share) == (None, None, None, None)


def test_a_refund_in_its_own_month_lowers_that_months_revenue_retention(shop: Shop) -> None:
    shop.set(refund_date="refund")
    order = shop.order("ann", "2026-02-03", goods=1000)
    shop.order("ann", "2026-03-03", goods=1000)
    shop.refund(order, "2026-03-10", 400)
    shop.build("2026-04-30")
    assert buyers(shop.session, MARCH, FEBRUARY).revenue_retention == Decimal(60)


def test_one_and_done_counts_only_those_whose_time_is_over(ten: Shop) -> None:
    by_month = {each.first: each for each in one_and_done(ten.session, "month", 40, date(2026, 4, 30))}
    february, march = by_month["2026-02"], by_month["2026-03"]
    assert (february.people, february.decided, february.once) == (4, 4, 2)  # cem and dan
    assert february.share == Decimal(50)
    # Forty days before 30 April is 21 March: eva, fay and gil are old enough. Two orders on one day are one visit.
    assert (march.people, march.decided, march.once) == (3, 3, 2)
    assert (by_month["2026-04"].decided, by_month["2026-04"].undecided, by_month["2026-04"].share) == (0, 1, None)
    assert by_month["2025-06"].once == 2  # hal came back, but not within forty days
    assert all(each.small for each in by_month.values())


def test_the_window_is_over_on_its_last_day(shop: Shop) -> None:
    shop.order("ann", "2026-03-01")
    shop.build("2026-04-30")
    assert [o.decided for o in one_and_done(shop.session, "month", 30, date(2026, 3, 30))] == [0]
    assert [o.decided for o in one_and_done(shop.session, "month", 30, date(2026, 3, 31))] == [1]


def test_where_all_are_decided_the_share_is_the_survival_curves(shop: Shop) -> None:
    for number in range(30):
        shop.order(f"p{number}", "2025-01-05")
        if number % 3:
            shop.order(f"p{number}", f"2025-02-{number % 28 + 1:02}")
    shop.build("2026-04-30")
    as_of = date(2026, 4, 30)
    (found,) = one_and_done(shop.session, "month", 45, as_of)
    curve = next_orders(shop.session, as_of)["first"]
    assert float(found.share or 0) == pytest.approx(100 * curve.left(45))


def test_by_first_product_everybody_counts_for_each_product_of_the_first_day(shop: Shop) -> None:
    shop.add("product", id="t", title="Tea")
    basket = {"ann": ["t", "p"], "bea": ["t"], "cem": ["p"]}
    for who, products in basket.items():
        order = shop.order(who, "2025-01-05")
        for product in products:
            shop.add("line", order_id=order, product_id=product, title={"t": "Old name", "p": "Pot"}[product])
    again = shop.order("bea", "2025-02-05")
    shop.add("line", order_id=again, product_id="p", title="Pot")
    shop.build("2026-04-30")
    found = one_and_done(shop.session, "product", 90, date(2026, 4, 30))
    assert [(o.first, o.people, o.once) for o in found] == [("Pot", 2, 2), ("Tea", 2, 1)]


def test_all_months_together_are_their_sum(ten: Shop) -> None:
    whole = together(one_and_done(ten.session, "month", 40, date(2026, 4, 30)))
    assert (whole.people, whole.decided, whole.once, whole.undecided) == (10, 9, 6, 1)
