"""What the shop itself says of a span of time: its count, and each order read anew."""

from datetime import timedelta

from regulars.testing import WorldLine, WorldRefund
from regulars_shopify.totals import totals
from shopify.conftest import NOW, a_world, an_order

WEEK = timedelta(days=7)
SINCE, UNTIL = NOW - 3 * WEEK, NOW - 2 * WEEK


def world_of(*orders):
    world = a_world(1)
    world.orders = list(orders)
    return world


def asked(shop, since=SINCE, until=UNTIL):
    told = totals(shop.settings, shop.http, since, until)
    rows = [(kind, row) for page in told.pages for kind, found in page.rows.items() for row in found]
    return (
        told.orders,
        [row for kind, row in rows if kind == "order"],
        [row for kind, row in rows if kind == "refund"],
    )


def test_the_shop_counts_what_was_placed_in_the_span(shop, box):
    inside = [an_order(n, at=SINCE + timedelta(days=n)) for n in range(7)]
    box.populate(world_of(*inside, an_order(8, at=SINCE - timedelta(seconds=1)), an_order(9, at=UNTIL)))
    count, orders, _ = asked(shop)
    assert count == 7
    assert sorted(o["number"] for o in orders if SINCE <= o["ordered_at"] < UNTIL) == sorted(
        o["number"] for o in orders
    )
    assert len(orders) == 7


def test_an_older_order_that_was_given_back_in_the_span_is_among_them(shop, box):
    back = WorldRefund(SINCE + timedelta(days=2), ((0, 1),), "4.00")
    old = an_order(1, at=SINCE - 4 * WEEK, lines=[WorldLine("TEA", 2, "5.00")], refunds=[back])
    box.populate(world_of(old, an_order(2, at=SINCE - 4 * WEEK)))
    count, orders, (refund,) = asked(shop)
    assert (count, len(orders)) == (0, 1)
    assert (refund["goods_minor"], refund["order_id"]) == (400, orders[0]["id"])


def test_what_cannot_be_read_is_counted_all_the_same(shop, box):
    box.populate(world_of(an_order(1, at=NOW - 10 * WEEK)))
    box.scopes -= {"read_all_orders"}
    assert asked(shop, NOW - 12 * WEEK, NOW)[:2] == (1, [])


def test_orders_that_the_client_does_not_want_read_are_not_counted(shop, box):
    box.populate(world_of(an_order(1, at=SINCE + timedelta(days=1)), an_order(2, at=SINCE + timedelta(days=3))))
    shop.settings = shop.settings.model_copy(update={"since": (SINCE + timedelta(days=2)).date()})
    count, orders, _ = asked(shop)
    assert (count, len(orders)) == (1, 1)
