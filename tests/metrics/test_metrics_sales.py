"""What an order counts as, and what it is worth in the client's currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from metrics.shop import Shop, noon, utc
from regulars.errors import ConfigError
from regulars.metrics import FxRate


def kinds(shop: Shop) -> dict[str, str]:
    return dict(shop.all("SELECT order_id, kind FROM sale"))


def test_each_order_counts_as_exactly_one_kind(shop: Shop) -> None:
    expected = {
        shop.order("ann", "2026-03-01"): "counted",
        shop.order("ann", "2026-03-02", test=True): "test",
        shop.order("ann", "2026-03-03", cancelled_at=noon("2026-03-04")): "cancelled",
        shop.order("ann", "2026-03-04", tags=["Wholesale"]): "wholesale",
        shop.order("ann", "2026-03-05", company_id="c1"): "wholesale",
        shop.order("ann", "2026-03-06", goods=0): "empty",
        shop.order("ann", "2026-03-07", currency="EUR"): "quarantined",
    }
    shop.build("2026-04-01")
    assert kinds(shop) == expected
    assert shop.all("SELECT orders_count, net_minor FROM customer_value") == [(1, 1000)]


def test_a_missing_rate_is_named_with_its_currency_and_day_and_is_never_one(shop: Shop) -> None:
    shop.order("ann", "2026-03-07", currency="EUR")
    shop.build("2026-04-01")
    assert shop.all("SELECT reason, net_minor FROM sale") == [("no rate for EUR on 2026-03-07", None)]
    assert shop.all("SELECT * FROM customer_day") == []


def test_the_settings_decide_whether_test_and_cancelled_orders_are_left_out(shop: Shop) -> None:
    shop.set(exclude_test=False, exclude_cancelled=False, wholesale_tags=(), wholesale_companies=False)
    shop.order("ann", "2026-03-02", test=True)
    shop.order("ann", "2026-03-03", cancelled_at=noon("2026-03-04"))
    shop.order("ann", "2026-03-04", tags=["wholesale"], company_id="c1")
    shop.build("2026-04-01")
    assert set(kinds(shop).values()) == {"counted"}


def test_the_rate_is_that_of_the_orders_day(shop: Shop) -> None:
    shop.set(
        rates=(FxRate("EUR", date(2026, 1, 1), Decimal("0.80")), FxRate("EUR", date(2026, 2, 1), Decimal("0.90")))
    )
    shop.order("ann", "2025-12-31", currency="EUR")
    shop.order("bob", "2026-01-31", currency="EUR")
    shop.order("cat", "2026-02-01", currency="EUR")
    shop.build("2026-04-01")
    assert shop.all("SELECT customer_id, net_minor FROM sale ORDER BY 1") == [
        ("ann", None),
        ("bob", 800),
        ("cat", 900),
    ]


@pytest.mark.parametrize(
    ("client", "foreign", "rate", "minor", "expected"),
    [
        ("EUR", "JPY", "0.0061", 5000, 3050),  # 5,000 yen = 30.50 euro
        ("JPY", "EUR", "163.5", 1000, 1635),  # 10.00 euro = 1,635 yen
        ("KWD", "EUR", "0.3333", 1050, 3500),  # 10.50 euro = 3.49965 dinar
        ("EUR", "KWD", "3", 1234, 370),  # 1.234 dinar = 3.702 euro
        ("EUR", "USD", "0.5", 5, 2),  # 2.5 cents: half to even
        ("EUR", "USD", "0.5", 7, 4),  # 3.5 cents: half to even
    ],
)
def test_conversion_knows_each_currencys_minor_unit(
    shop: Shop, client: str, foreign: str, rate: str, minor: int, expected: int
) -> None:
    shop.set(currency=client, rates=(FxRate(foreign, date(2026, 1, 1), Decimal(rate)),))
    shop.order("ann", "2026-03-01", goods=minor, currency=foreign)
    shop.build("2026-04-01")
    assert shop.one("SELECT net_minor FROM sale") == expected


def test_net_sales_are_goods_without_their_tax_and_without_refunds(shop: Shop) -> None:
    order = shop.order("ann", "2026-03-01", goods=1200, goods_tax_minor=200, shipping_minor=500, total_minor=1700)
    shop.refund(order, "2026-03-20", goods=600, goods_tax_minor=100)
    shop.build("2026-04-01")
    assert shop.all("SELECT gross_minor, refund_minor, net_minor FROM sale") == [(1000, 500, 500)]
    assert shop.one("SELECT refund_rate FROM customer_value") == Decimal("0.5")


def test_a_refund_counts_on_the_orders_day_or_on_its_own(shop: Shop) -> None:
    order = shop.order("ann", "2026-02-27")
    shop.refund(order, "2026-03-02", goods=400)
    shop.build("2026-04-01")
    assert shop.all("SELECT month, orders, net_minor FROM monthly") == [(date(2026, 2, 1), 1, 600)]
    shop.set(refund_date="refund")
    shop.build("2026-04-01")
    months = shop.all("SELECT month, orders, customers, net_minor FROM monthly ORDER BY month")
    assert months == [(date(2026, 2, 1), 1, 1, 1000), (date(2026, 3, 1), 0, 0, -400)]
    assert shop.one("SELECT net_minor FROM customer_value") == 600


def test_a_full_refund_in_another_currency_leaves_exactly_nothing(shop: Shop) -> None:
    shop.set(
        rates=(
            FxRate("EUR", date(2026, 1, 1), Decimal("0.8567")),
            FxRate("EUR", date(2026, 3, 5), Decimal("0.91")),
        )
    )
    order = shop.order("ann", "2026-03-01", goods=999, currency="EUR")
    shop.refund(order, "2026-03-03", goods=333, currency="EUR")
    shop.refund(order, "2026-03-10", goods=666, currency="EUR")
    shop.build("2026-04-01")
    assert shop.one("SELECT net_minor FROM sale") == 0


def test_the_refund_of_a_cancelled_order_is_not_subtracted_again(shop: Shop) -> None:
    shop.order("ann", "2026-03-01", goods=5000)
    gone = shop.order("ann", "2026-03-02", goods=700, cancelled_at=noon("2026-03-03"))
    shop.refund(gone, "2026-03-03", goods=700)
    for mode in ("order", "refund"):
        shop.set(refund_date=mode)
        shop.build("2026-04-01")
        assert shop.one("SELECT net_minor FROM customer_value") == 5000


def test_an_order_late_in_the_evening_counts_on_the_clients_day(shop: Shop) -> None:
    shop.set(zone="Europe/Berlin")
    shop.order("ann", utc("2026-03-31T22:30"))  # 00:30 on 1 April in Berlin
    shop.order("bob", utc("2026-01-31T22:30"))  # 23:30 on 31 January
    shop.build("2026-04-30")
    days = shop.all("SELECT customer_id, ordered_on FROM sale ORDER BY 1")
    assert days == [("ann", date(2026, 4, 1)), ("bob", date(2026, 1, 31))]


def test_nothing_that_happened_later_is_known_on_a_past_day(shop: Shop) -> None:
    order = shop.order("ann", "2026-03-01", cancelled_at=noon("2026-03-20"))
    shop.refund(order, "2026-03-15", goods=300)
    shop.order("ann", "2026-03-10")
    shop.build("2026-03-05")
    assert shop.all("SELECT kind, net_minor FROM sale") == [("counted", 1000)]
    shop.build("2026-03-19")
    assert shop.one("SELECT net_minor FROM customer_value") == 1700
    shop.build("2026-03-20")
    assert shop.one("SELECT net_minor FROM customer_value") == 1000


def test_guests_without_an_address_count_in_the_totals_apart_from_customers(shop: Shop) -> None:
    shop.order("ann", "2026-03-01")
    shop.order(None, "2026-03-02", goods=250)
    shop.build("2026-04-01")
    assert shop.all("SELECT orders, customers, net_minor, guest_orders, guest_net_minor FROM monthly") == [
        (1, 1, 1000, 1, 250)
    ]


def test_a_refund_in_another_currency_than_its_orders_is_quarantined(shop: Shop) -> None:
    order = shop.order("ann", "2026-03-01")
    shop.refund(order, "2026-03-02", goods=100, currency="EUR")
    shop.build("2026-04-01")
    assert shop.one("SELECT reason FROM sale") == "a refund in another currency than the order's GBP"


def test_a_rate_of_nothing_is_refused(shop: Shop) -> None:
    shop.set(rates=(FxRate("EUR", date(2026, 1, 1), Decimal(0)),))
    with pytest.raises(ConfigError, match="rate of EUR"):
        shop.build("2026-04-01")


# Prices include 20 % tax: 1200 of goods hold 200, 600 of shipping hold 100.
INSIDE = {"goods": 1200, "goods_tax_minor": 200, "shipping_minor": 600, "tax_minor": 300, "total_minor": 1800}
# Tax on top: 1000 of goods and 500 of shipping bear 300 together.
ON_TOP = {"goods": 1000, "shipping_minor": 500, "tax_minor": 300, "total_minor": 1800}


@pytest.mark.parametrize(
    ("tax", "shipping", "inside", "on_top"),
    [
        ("exclude", "exclude", 1000, 1000),
        ("include", "exclude", 1200, 1300),
        ("exclude", "include", 1500, 1500),
        ("include", "include", 1800, 1800),
    ],
)
def test_tax_and_shipping_count_where_the_file_says_so(
    shop: Shop, tax: str, shipping: str, inside: int, on_top: int
) -> None:
    shop.set(tax=tax, shipping=shipping)
    shop.order("ann", "2026-03-01", **INSIDE)
    shop.order("bob", "2026-03-01", **ON_TOP)
    shop.build("2026-04-01")
    assert shop.all("SELECT customer_id, net_minor FROM sale ORDER BY 1") == [("ann", inside), ("bob", on_top)]


@pytest.mark.parametrize("tax", ["exclude", "include"])
@pytest.mark.parametrize("shipping", ["exclude", "include"])
@pytest.mark.parametrize("refund_date", ["order", "refund"])
def test_giving_back_all_that_was_charged_leaves_nothing_in_every_basis(
    shop: Shop, tax: str, shipping: str, refund_date: str
) -> None:
    shop.set(tax=tax, shipping=shipping, refund_date=refund_date)
    ann = shop.order("ann", "2026-03-01", **INSIDE)
    shop.refund(ann, "2026-03-05", 401, goods_tax_minor=67, total_minor=401)
    shop.refund(ann, "2026-03-06", 799, goods_tax_minor=133, total_minor=1399)
    bob = shop.order("bob", "2026-03-01", **ON_TOP)
    shop.refund(bob, "2026-03-05", 333, total_minor=400)
    shop.refund(bob, "2026-03-06", 667, total_minor=1400)
    shop.build("2026-04-01")
    assert shop.all("SELECT customer_id, net_minor FROM customer_value ORDER BY 1") == [("ann", 0), ("bob", 0)]


def test_a_refund_of_half_the_goods_gives_half_of_their_tax_back(shop: Shop) -> None:
    shop.set(tax="include")
    order = shop.order("bob", "2026-03-01", goods=1000, tax_minor=190, total_minor=1190)
    shop.refund(order, "2026-03-05", 500, total_minor=595)
    shop.build("2026-04-01")
    assert shop.one("SELECT net_minor FROM sale") == 595


def test_shipping_that_was_paid_back_is_never_more_than_was_charged(shop: Shop) -> None:
    shop.set(shipping="include")
    order = shop.order("bob", "2026-03-01", goods=1000, shipping_minor=500, total_minor=1500)
    shop.refund(order, "2026-03-05", 0, total_minor=300)
    shop.refund(order, "2026-03-06", 0, total_minor=900)
    shop.build("2026-04-01")
    assert shop.all("SELECT minor FROM refund_part ORDER BY refunded_on") == [(300,), (200,)]
    assert shop.one("SELECT net_minor FROM sale") == 1000
