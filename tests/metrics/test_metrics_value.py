"""RFM, simple CLV and the gaps between orders."""

from __future__ import annotations

from decimal import Decimal

import pytest
from metrics.shop import Shop
from regulars.metrics import simple_clv


def column(shop: Shop, name: str) -> dict[str, object]:
    return dict(shop.all(f"SELECT customer_id, {name} FROM customer_value"))


def test_the_hand_example_is_three_hundred(shop: Shop) -> None:
    assert simple_clv(Decimal("2.5"), Decimal(4), 3000) == 30000


@pytest.mark.parametrize(
    ("currency", "amount", "expected"), [("EUR", 3000, 30000), ("JPY", 300, 3000), ("KWD", 30000, 300000)]
)
def test_two_and_a_half_years_of_four_orders_a_year(shop: Shop, currency: str, amount: int, expected: int) -> None:
    shop.set(currency=currency)
    for number in range(10):  # ten customers a year ago; four of them never came again: 1 / 0.4 = 2.5 years
        shop.order(f"c{number}", "2025-01-15", goods=amount)
    for number in range(6):
        for day in ("2025-05-01", "2025-08-01", "2025-10-01", "2026-01-15"):
            shop.order(f"c{number}", day, goods=amount)
    shop.build("2026-04-01")
    assert shop.all("SELECT s, l, clv_years, clv_orders_per_year, clv_order_value_minor FROM shop_value") == [
        (10, 4, Decimal("2.50"), Decimal("4.00"), amount)
    ]
    assert shop.one("SELECT clv_simple_minor FROM shop_value") == expected


def test_each_persons_value_is_the_product_of_the_stored_factors(shop: Shop) -> None:
    for number in range(12):
        for order in range(1 + number % 4):
            shop.order(f"c{number}", f"202{3 + order % 3}-0{1 + number % 9}-11", goods=997 + 13 * number)
    shop.build("2026-04-01")
    rows = shop.all(
        "SELECT clv_years, clv_orders_per_year, clv_order_value_minor, clv_simple_minor, clv_12m_minor"
        " FROM customer_value"
    )
    assert len(rows) == 12
    for years, per_year, value, simple, twelve_months in rows:
        assert simple == simple_clv(years, per_year, value)
        assert twelve_months == simple_clv(Decimal(1), per_year, value)


def test_a_one_time_buyer_of_last_week_is_not_fifty_orders_a_year(shop: Shop) -> None:
    shop.order("ann", "2026-03-25")
    shop.build("2026-04-01")
    assert shop.all("SELECT clv_years, clv_orders_per_year, clv_simple_minor FROM customer_value") == [
        (Decimal("1.00"), Decimal("1.00"), 1000)
    ]


def test_the_value_is_never_less_than_what_was_spent(shop: Shop) -> None:
    for year in range(2016, 2026):
        shop.order("ann", f"{year}-03-01", goods=1000)
    shop.build("2026-04-01")
    spent, value = shop.all("SELECT net_minor, clv_simple_minor FROM customer_value")[0]
    assert value >= spent * Decimal("0.99")


def test_equal_values_share_a_score_and_the_most_recent_score_five(shop: Shop) -> None:
    for number in range(10):
        shop.order(f"c{number}", f"2026-01-{10 + number}", goods=1000 if number < 7 else 1000 * number)
    shop.build("2026-04-01")
    assert set(column(shop, "f").values()) == {1}
    m = column(shop, "m")
    assert {m[f"c{n}"] for n in range(7)} == {1}
    assert m["c9"] == 5
    r = column(shop, "r")
    assert (r["c0"], r["c9"]) == (1, 5)
    assert [r[f"c{n}"] for n in range(10)] == sorted(r.values())


def test_the_cut_points_are_stored_and_reproduce_the_scores(shop: Shop) -> None:
    for number in range(23):
        shop.order(f"c{number}", f"2026-01-{1 + number:02d}", goods=100 * (1 + number * number % 17))
    shop.build("2026-04-01")
    cuts = dict(shop.all("SELECT measure, cuts FROM rfm_cut"))
    for days, net, r, m in shop.all("SELECT days_since_last, net_minor, r, m FROM customer_value"):
        assert r == 5 - sum(days > cut for cut in cuts["r"])
        assert m == 1 + sum(net > cut for cut in cuts["m"])


def test_groups_are_named_from_recency_and_the_mean_of_frequency_and_money(shop: Shop) -> None:
    for day in ("2026-03-01", "2026-03-10", "2026-03-20", "2026-03-28"):
        shop.order("best", day, goods=9000)
    for day in ("2024-03-01", "2024-03-10", "2024-04-20"):
        shop.order("former", day, goods=8000)
    for number in range(8):
        shop.order(f"c{number}", f"2025-0{1 + number}-15", goods=500)
    shop.order("fresh", "2026-03-30", goods=500)
    shop.build("2026-04-01")
    group = column(shop, "rfm_group")
    assert (group["best"], group["former"], group["fresh"]) == ("champions", "previously_loyal", "new")


def test_few_returning_customers_get_the_fixed_gaps_and_many_their_own(shop: Shop) -> None:
    shop.order("ann", "2026-01-01")
    shop.order("ann", "2026-01-31")
    shop.build("2026-04-01")
    assert shop.all("SELECT * FROM gap_line") == [("fixed", 1, 20, 40, 90, 180)]
    for number in range(100):
        shop.order(f"c{number}", "2026-01-01")
        shop.order(f"c{number}", "2026-01-11" if number < 50 else "2026-02-20")
    shop.build("2026-04-01")
    assert shop.all("SELECT basis, customers, gap_p25, gap_p75 FROM gap_line") == [("shop", 101, 10, 50)]


def test_a_shop_of_ten_customers_counted_by_hand(shop: Shop) -> None:
    for name, days in {
        "a": ["2026-01-05", "2026-02-05", "2026-03-05"],
        "b": ["2026-01-07", "2026-03-01"],
        "c": ["2025-06-01", "2026-03-20"],
        **{name: ["2026-02-14"] for name in "defghij"},
    }.items():
        for day in days:
            shop.order(name, day)
    shop.build("2026-04-01")
    assert shop.one("SELECT count(*) FILTER (WHERE orders_count >= 2) FROM customer_value") == 3
    months = shop.all("SELECT month, orders, customers, net_minor FROM monthly ORDER BY month")
    assert [(m.isoformat()[:7], *rest) for m, *rest in months] == [
        ("2025-06", 1, 1, 1000),
        ("2026-01", 2, 2, 2000),
        ("2026-02", 8, 8, 8000),
        ("2026-03", 3, 3, 3000),
    ]
    assert shop.one("SELECT sum(net_minor) FROM customer_value") == 14_000


def test_an_empty_shop_has_tables_without_rows(shop: Shop) -> None:
    shop.build("2026-04-01")
    assert shop.all("SELECT * FROM customer_value") == []
    assert shop.one("SELECT clv_simple_minor FROM shop_value") == 0
