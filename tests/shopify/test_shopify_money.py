"""Amounts to the last minor unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from regulars.testing import WorldLine, WorldRefund
from regulars_shopify.sandbox.schema import amount
from regulars_shopify.shares import split
from shopify.conftest import NOW, a_world, an_order


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=1))
def test_shares_add_up_to_the_whole(total, weights):
    assert sum(split(total, weights)) == total


@given(st.integers(0, 10**9), st.lists(st.integers(1, 10**6), min_size=1))
def test_no_share_is_further_than_one_unit_from_its_part(total, weights):
    for share, weight in zip(split(total, weights), weights, strict=True):
        assert abs(share * sum(weights) - total * weight) < sum(weights)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1200, "EUR", "12.0"),
        (1250, "EUR", "12.5"),
        (1234, "EUR", "12.34"),
        (1200, "JPY", "1200.0"),
        (5, "KWD", "0.005"),
    ],
)
def test_the_platform_writes_amounts_its_own_way(minor, currency, text):
    assert amount(minor, currency) == text


def test_lines_add_up_to_the_order_whatever_the_discount(shop, box):
    world = a_world(1)
    lines = [WorldLine("TEA", 3, "3.33"), WorldLine("POT", 1, "0.01"), WorldLine("TEA", 7, "19.99")]
    world.orders = [an_order(n, lines=lines, discount=f"{n}.01") for n in range(1, 10)]
    box.populate(world)
    rows = shop.read("orders")
    for order in rows.of("order"):
        own = [line["goods_minor"] for line in rows.of("line") if line["order_id"] == order["id"]]
        assert sum(own) == order["goods_minor"] == 999 + 1 + 13993 - order["discount_minor"]


def test_yen_have_no_decimals(shop, box):
    world = a_world(1, currency="JPY")
    back = WorldRefund(NOW, ((0, 1),), "500")
    world.orders = [an_order(1, lines=[WorldLine("TEA", 2, "500")], discount="1", shipping="300", refunds=[back])]
    box.populate(world)
    rows = shop.read("orders")
    (order,), (refund,) = rows.of("order"), rows.of("refund")
    assert (order["currency"], order["goods_minor"], order["total_minor"]) == ("JPY", 999, 1299)
    assert refund["goods_minor"] == 500


@pytest.mark.parametrize(("included", "tax", "inside", "total"), [(True, 319, 319, 2490), (False, 380, 0, 2870)])
def test_tax_inside_the_price_is_told_apart(shop, box, included, tax, inside, total):
    box.taxes_included, box.tax_percent = included, 19
    world = a_world(1)
    back = WorldRefund(NOW, ((0, 1),), "10.00")
    world.orders = [an_order(1, lines=[WorldLine("TEA", 2, "10.00")], shipping="4.90", refunds=[back])]
    box.populate(world)
    rows = shop.read("orders")
    (order,), (refund,) = rows.of("order"), rows.of("refund")
    assert (order["goods_minor"], order["goods_tax_minor"], order["tax_minor"]) == (2000, inside, tax)
    assert order["total_minor"] == total
    assert refund["goods_tax_minor"] == (160 if included else 0)


def test_what_the_customer_saw_is_kept_beside_the_shops_money(shop, box):
    box.populate(a_world(1, 1))
    box.orders.live[1].money = "EUR>USD*1.10"
    (order,) = shop.read("orders").of("order")
    assert (order["currency"], order["total_minor"]) == ("EUR", 1000)
    assert (order["presentment_currency"], order["presentment_total_minor"]) == ("USD", 1100)


@pytest.mark.parametrize(
    ("amount", "currency"), [("9.5", "JEP"), ("11.0", "USDC"), ("0.0", "XXX"), ("11.005", "USD"), ("11,0", "USD")]
)
def test_an_order_is_read_although_what_the_customer_saw_cannot_be_understood(shop, box, amount, currency):
    """Shopify's list of currencies is longer than that of ISO 4217; what counts is the shop's money."""
    box.populate(a_world(1, 2))
    box.orders.live[1].money = "EUR>USD*1.10"
    said = b'"presentmentMoney":{"amount":"%b","currencyCode":"%b"}'
    respond = box.respond

    def odd(asked):
        answer = respond(asked)
        answer.body = answer.body.replace(said % (b"11.0", b"USD"), said % (amount.encode(), currency.encode()))
        return answer

    box.respond = odd
    reading = shop.read("orders")
    assert reading.rejected == []
    strange, plain = reading.of("order")
    assert (strange["currency"], strange["total_minor"], strange["goods_minor"]) == ("EUR", 1000, 1000)
    assert (strange["presentment_currency"], strange["presentment_total_minor"]) == (None, None)
    assert (plain["presentment_currency"], plain["presentment_total_minor"]) == ("EUR", 1000)
    assert len(reading.of("line")) == 2


def test_orders_from_before_a_shops_currency_changed_are_read(shop, box):
    box.populate(a_world(1, 2, currency="HRK"))
    box.orders.live[1].money = "HRK>EUR*0.13"
    box.orders.live[2].money = "EUR>HRK*7.53"
    old, new = shop.read("orders").of("order")
    assert (old["currency"], old["total_minor"]) == ("HRK", 1000)
    assert (old["presentment_currency"], old["presentment_total_minor"]) == ("EUR", 130)
    assert (new["presentment_currency"], new["presentment_total_minor"]) == ("HRK", 7530)


def test_an_amount_that_is_no_amount_sets_its_order_aside(shop, box):
    box.populate(a_world(1, 2))
    broken = b'{"shopMoney":{"amount":"10.005","currencyCode":"EUR"}'
    respond = box.respond

    def fine_grained(asked):
        answer = respond(asked)
        answer.body = answer.body.replace(b'{"shopMoney":{"amount":"10.0","currencyCode":"EUR"}', broken, 1)
        return answer

    box.respond = fine_grained
    reading = shop.read("orders")
    assert len(reading.of("order")) == 1
    assert "finer than the minor unit" in reading.rejected[0].reason


def test_where_lines_and_order_disagree_the_order_counts(shop, box):
    """As after an edit: the difference is spread over the lines."""
    world = a_world(1)
    world.orders = [an_order(1, lines=[WorldLine("TEA", 1, "10.00"), WorldLine("POT", 1, "30.00")])]
    box.populate(world)
    respond = box.respond

    def edited(asked):
        answer = respond(asked)
        answer.body = answer.body.replace(b'"amount":"40.0"', b'"amount":"36.0"')
        return answer

    box.respond = edited
    rows = shop.read("orders")
    assert rows.of("order")[0]["goods_minor"] == 3600
    assert [line["goods_minor"] for line in rows.of("line")] == [900, 2700]
