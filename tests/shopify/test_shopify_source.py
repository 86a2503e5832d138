"""The connector against the simulated shop, over a port."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from regulars import AuthError, ConfigError, PlatformError
from regulars.testing import Fault, WorldLine, WorldRefund
from regulars_shopify import source as module
from regulars_shopify.sandbox.objects import Company
from shopify.conftest import NOW, Reading, a_person, a_world, an_order


def test_the_streams_come_in_their_order(shop):
    told = ("products", "customers", "companies", "orders", "customers_gone", "orders_gone")
    assert tuple(shop.source().streams()) == told


def test_a_product_becomes_a_record(shop, box):
    box.populate(a_world())
    tea, _ = shop.read("products").of("product")
    assert (tea["title"], tea["category"], tea["vendor"], tea["status"]) == (
        "Green tea",
        "Tea",
        "Tea House",
        "ACTIVE",
    )


def test_a_customer_becomes_a_person_with_the_mapped_metafields(shop, box):
    world = a_world(1)
    world.people[0].properties = {"tier": "gold", "shoe_size": "39"}
    world.people[0].spelling = {"shop": "Ada.No 1@Example.test"}
    world.people[0].tags = ("vip, early", "VIP")
    box.populate(world)
    (person,) = shop.read("customers", None, "custom.tier").of("person")
    assert person["email"] == "Ada.No1@Example.test"  # without its space, its letters as they are
    assert person["tags"] == ["early", "vip"]
    assert json.loads(person["custom"]) == {"custom.tier": "gold"}
    assert (person["country"], person["held"], person["lists"], person["other_emails"]) == ("DE", "{}", [], [])
    (unmapped,) = shop.read("customers").of("person")
    assert unmapped["custom"] == "{}"


@pytest.mark.parametrize("name", ["tier", ".tier", "custom."])
def test_a_metafield_is_mapped_by_namespace_and_key(shop, name):
    with pytest.raises(ConfigError, match=r"namespace\.key"):
        shop.source(name)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("SUBSCRIBED", "subscribed"),
        ("UNSUBSCRIBED", "unsubscribed"),
        ("PENDING", "pending"),
        ("NOT_SUBSCRIBED", "not_subscribed"),
        ("INVALID", "unknown"),
        ("REDACTED", "unknown"),
        ("SOMETHING_NEW", "unknown"),
    ],
)
def test_a_consent_is_what_the_platform_says_and_never_more(shop, box, told, state):
    box.populate(a_world(1))
    box.customers.live[1].consent = told
    (consent,) = shop.read("customers").of("consent")
    assert (consent["channel"], consent["address"], consent["state"]) == ("email", "p1@example.test", state)


def test_a_phone_has_a_consent_of_its_own(shop, box):
    world = a_world(1)
    world.people[0].phone = "+4930123456"
    box.populate(world)
    sms = [c for c in shop.read("customers").of("consent") if c["channel"] == "sms"]
    assert [(c["address"], c["state"]) for c in sms] == [("+4930123456", "not_subscribed")]


def test_somebody_without_an_address_is_read_without_a_consent(shop, box):
    world = a_world(0)
    world.people = [a_person(1, email=None)]
    box.populate(world)
    reading = shop.read("customers")
    assert [person["email"] for person in reading.of("person")] == [None]
    assert reading.of("consent") == []


def test_a_full_page_is_followed_by_the_next(shop, box):
    box.populate(a_world(520))
    reading = shop.read("customers")
    assert len(reading.of("person")) == 520
    assert [len(page.rows.get("person", ())) for page in reading.pages] == [250, 250, 20, 0]


def test_an_order_comes_with_all_that_hangs_on_it(shop, box):
    world = a_world(1)
    back = WorldRefund(NOW - timedelta(days=2), ((1, 1),), "20.00")
    world.orders = [
        an_order(
            1,
            lines=[WorldLine("TEA", 2, "10.00"), WorldLine("POT", 1, "20.00")],
            discount="4.00",
            shipping="4.90",
            refunds=[back],
            delivered_at=NOW - timedelta(days=20),
            tags=("gift",),
        )
    ]
    box.populate(world)
    rows = shop.read("orders")
    (order,), (refund,), (given_back,) = rows.of("order"), rows.of("refund"), rows.of("refund_line")
    (parcel,), (code,) = rows.of("fulfilment"), rows.of("code_use")
    tea, pot = rows.of("line")
    assert (order["goods_minor"], order["discount_minor"], order["shipping_minor"]) == (3600, 400, 490)
    assert (order["total_minor"], order["tags"], order["country"]) == (4090, ["gift"], "DE")
    assert (tea["goods_minor"], pot["goods_minor"]) == (1800, 1800)
    assert (tea["category"], tea["quantity"], pot["current_quantity"]) == ("Tea", 2, 0)
    assert (refund["goods_minor"], refund["total_minor"], given_back["line_id"]) == (2000, 2000, pot["id"])
    assert parcel["delivered_at"] == NOW - timedelta(days=20)
    assert (code["order_id"], code["code"]) == (order["id"], "WELCOME")
    assert order["person_id"] == "gid://shopify/Customer/7000000000001"


def test_a_guest_keeps_the_address_and_nothing_is_dropped(shop, box):
    world = a_world(1)
    world.orders = [
        an_order(1, None, email="guest@example.test"),
        an_order(2, test=True),
        an_order(3, cancelled_at=NOW - timedelta(days=1)),
    ]
    box.populate(world)
    guest, test, cancelled = shop.read("orders").of("order")[0:3]
    assert (guest["person_id"], guest["email"]) == (None, "guest@example.test")
    assert test["test"] is True
    assert cancelled["cancelled_at"] == NOW - timedelta(days=1)


def test_lines_beyond_the_first_page_are_read(shop, box):
    world = a_world(1)
    world.orders = [an_order(1, lines=[WorldLine("TEA", 1, "1.00")] * 290)]
    box.populate(world)
    rows = shop.read("orders")
    assert len(rows.of("line")) == 290
    assert sum(line["goods_minor"] for line in rows.of("line")) == rows.of("order")[0]["goods_minor"] == 29000


def test_refunded_lines_beyond_the_first_page_are_read(shop, box):
    world = a_world(1)
    back = WorldRefund(NOW, tuple((i, 1) for i in range(270)), "270.00")
    world.orders = [an_order(1, lines=[WorldLine("TEA", 1, "1.00")] * 290, refunds=[back])]
    box.populate(world)
    rows = shop.read("orders")
    assert len(rows.of("refund_line")) == 270
    assert rows.of("refund")[0]["goods_minor"] == 27000


def test_a_shop_with_long_orders_is_asked_for_more_lines_at_once(shop, box):
    world = a_world(1)
    world.orders = [an_order(n, lines=[WorldLine("TEA", 1, "1.00")] * 90) for n in range(1, 281)]
    box.populate(world)
    assert len(shop.read("orders").of("line")) == 280 * 90
    asked = [told.json()["variables"]["lines"] for told in box.log if b"query Orders(" in told.body]
    assert asked == [50, 250, 250]


def test_goodwill_is_goods_given_back_without_a_line(shop, box):
    world = a_world(1)
    lines = [WorldLine("TEA", 2, "10.00"), WorldLine("POT", 1, "20.00")]
    world.orders = [an_order(1, lines=lines, refunds=[WorldRefund(NOW, (), "5.00")])]
    box.populate(world)
    rows = shop.read("orders")
    (refund,) = rows.of("refund")
    assert (refund["goods_minor"], refund["total_minor"]) == (500, 500)
    assert [(line["quantity"], line["goods_minor"]) for line in rows.of("refund_line")] == [(0, 250), (0, 250)]


def test_goodwill_is_never_more_than_was_sold(shop, box):
    world = a_world(1)
    world.orders = [an_order(1, refunds=[WorldRefund(NOW, (), "8.00"), WorldRefund(NOW, (), "8.00")])]
    box.populate(world)
    assert [refund["goods_minor"] for refund in shop.read("orders").of("refund")] == [800, 200]


def test_shipping_and_duties_paid_back_are_not_goods(shop, box):
    world = a_world(1)
    back = WorldRefund(NOW, ((0, 1),), "10.00")
    world.orders = [an_order(1, shipping="4.90", refunds=[back])]
    box.populate(world)
    given = box.orders.live[1].refunds[0]
    given.shipping, given.duties, given.amount = 490, 100, 1590
    (refund,) = shop.read("orders").of("refund")
    assert (refund["goods_minor"], refund["total_minor"]) == (1000, 1590)


def test_goods_that_came_back_without_money_came_back(shop, box):
    world = a_world(1)
    world.orders = [an_order(1, refunds=[WorldRefund(NOW, ((0, 1),), "10.00")])]
    box.populate(world)
    box.orders.live[1].refunds[0].amount = 0
    (refund,) = shop.read("orders").of("refund")
    assert (refund["goods_minor"], refund["total_minor"]) == (1000, 0)


def test_shipping_is_what_was_charged_for_it(shop, box):
    world = a_world(1)
    world.orders = [an_order(1, shipping="4.90")]
    box.populate(world)
    box.orders.live[1].shipping_off = 490
    (order,) = shop.read("orders").of("order")
    assert (order["shipping_minor"], order["total_minor"]) == (0, 1000)


def test_an_edited_order_says_what_is_left_of_each_line(shop, box, clock):
    world = a_world(1)
    world.orders = [an_order(1, lines=[WorldLine("TEA", 3, "10.00"), WorldLine("POT", 1, "20.00")])]
    box.populate(world)
    cursor = shop.read("orders").cursor
    clock.forward(timedelta(days=1))
    edited = box.orders.live[1]
    edited.lines[0].current, edited.lines[1].current = 1, 0
    added = replace(edited.lines[1], id=edited.lines[1].id + 1, quantity=2, current=2, total=4000)
    edited.lines.append(added)
    edited.updated = box.now()
    box.orders.put(edited)
    rows = shop.read("orders", cursor)
    assert [(line["quantity"], line["current_quantity"]) for line in rows.of("line")] == [(3, 1), (1, 0), (2, 2)]
    assert rows.of("order")[0]["goods_minor"] == 9000


def test_a_gift_card_is_told_apart(shop, box):
    box.populate(a_world(1, 1))
    box.orders.live[1].lines[0].gift_card = True
    assert [line["gift_card"] for line in shop.read("orders").of("line")] == [True]


def test_a_page_that_takes_the_platform_too_long_is_asked_for_in_pieces(shop, box):
    box.populate(a_world(1, 120))
    box.faults = [Fault("status", '"first":250', status=504, skip=0, times=99)]
    assert len(shop.read("orders").of("order")) == 120
    sizes = [told.json()["variables"]["first"] for told in box.log if b"query Orders(" in told.body]
    assert sizes == [250] * 8 + [50] * 3


def test_a_company_that_buys_is_named_on_its_order(shop, box):
    box.populate(a_world(1, 2))
    box.b2b = True
    box.companies.put(Company(1, "Harbour Hotels", int(NOW.timestamp())))
    box.orders.live[2].company = 1
    private, trade = shop.read("orders").of("order")
    (company,) = shop.read("companies").of("company")
    assert (private["company_id"], trade["company_id"]) == (None, company["id"])
    assert company["name"] == "Harbour Hotels"


def test_a_shop_that_sells_to_nobody_but_people_is_not_asked_for_companies(shop, box):
    box.populate(a_world(1, 1))
    assert shop.read("companies").pages == []
    assert shop.read("orders").of("order")[0]["company_id"] is None


def test_reading_on_gives_what_a_first_reading_gives(shop, box, clock):
    world = a_world(30, 130)
    box.populate(world)
    streams = shop.source().streams()
    ours = {stream: shop.read(stream) for stream in streams}
    for day in range(3):
        clock.forward(timedelta(days=1))
        world.people[day].last_name = f"Changed on day {day}"
        world.orders[day].tags = ("seen",)
        world.orders.append(an_order(1000 + day, at=clock.now() - timedelta(hours=1)))
        world.people.append(a_person(1000 + day, created_at=clock.now() - timedelta(days=3)))
        box.populate(world)
        for stream in streams:
            ours[stream].pages += shop.read(stream, ours[stream].cursor).pages
    for stream in streams:
        assert ours[stream].rows == shop.read(stream).rows


def test_a_second_reading_asks_only_for_what_changed(shop, box, clock):
    box.populate(a_world(10, 10))
    cursor = shop.read("orders").cursor
    clock.forward(timedelta(days=1))
    box.log.clear()
    assert shop.read("orders", cursor).of("order") == []
    (asked,) = [asked for asked in box.log if b"query Orders(" in asked.body]
    assert asked.json()["variables"]["filter"] == "updated_at:>='2026-11-01T11:00:00Z'"


def test_the_next_walk_begins_where_this_one_started_less_an_hour(shop, box, clock):
    box.populate(a_world(300))
    pages = shop.source().pages("customers", None)
    next(pages)
    clock.forward(timedelta(minutes=30))
    assert json.loads(list(pages)[-1].cursor) == {"since": (NOW - timedelta(hours=1)).isoformat()}


def test_what_the_index_was_late_with_is_met_by_the_next_walk(shop, box, clock):
    world = a_world(300)
    box.populate(world)
    box.index_lag = 600
    clock.forward(timedelta(minutes=1))
    world.people.append(a_person(301, last_name="Late"))
    box.populate(world)
    first = shop.read("customers")
    assert len(first.of("person")) == 300
    clock.forward(timedelta(minutes=30))
    assert [p["last_name"] for p in shop.read("customers", first.cursor).of("person")] == ["Late"]


def test_a_cut_walk_goes_on_without_the_platforms_cursor(shop, box):
    box.populate(a_world(520))
    pages = shop.source().pages("customers", None)
    first = next(pages)
    pages.close()
    box.log.clear()
    rest = shop.read("customers", first.cursor)
    assert box.log[0].json()["variables"]["after"] is None
    both = Reading([first, *rest.pages])
    assert len(both.of("person")) == 520
    assert len(rest.of("person")) == 271  # the last one that was stored is asked for again
    assert json.loads(rest.cursor) == {"since": (NOW - timedelta(hours=1)).isoformat()}


def test_a_long_walk_asks_anew_before_the_platform_stops_it(shop, box):
    many_customers(box, lambda number: number)
    since = json.dumps({"since": (NOW - timedelta(days=9)).isoformat()})
    assert len(shop.read("customers", since).of("person")) == module.SEARCH_DEPTH + 5999


def test_an_instant_of_more_customers_than_a_search_shows_is_read_whole(shop, box):
    many_customers(box, lambda number: 60 if number > 50 else number)
    since = json.dumps({"since": (NOW - timedelta(days=9)).isoformat()})
    whole = shop.read("customers", since)
    assert len({row["id"] for row in whole.of("person")}) == module.SEARCH_DEPTH + 5999
    assert json.loads(whole.cursor) == {"since": (NOW - timedelta(hours=1)).isoformat()}


def many_customers(box, second):
    """More than a search can be paged through, changed `second(number)` seconds after some instant."""
    box.populate(a_world(1))
    world = a_world(0)
    world.people = [a_person(n) for n in range(1, module.SEARCH_DEPTH + 6000)]
    box.populate(world)
    for number, customer in box.customers.live.items():
        customer.updated = int(NOW.timestamp()) - 100_000 + second(number)
        box.customers.put(customer)


def test_orders_before_a_chosen_day_are_left_out(connect, box):
    world = a_world(1)
    world.orders = [an_order(1, at=NOW - timedelta(days=40)), an_order(2, at=NOW - timedelta(days=3))]
    box.populate(world)
    shop = connect(since=date(2026, 10, 1))
    assert [order["number"] for order in shop.read("orders").of("order")] == ["#1002"]


def test_a_record_that_cannot_be_understood_is_set_aside(shop, box):
    box.populate(a_world(3))
    box.customers.live[2].tags = None
    reading = shop.read("customers")
    assert len(reading.of("person")) == 2
    (rejected,) = reading.rejected
    assert (rejected.kind, rejected.id) == ("person", "gid://shopify/Customer/7000000000002")
    assert rejected.reason == "tags: Input should be a valid list"


def test_an_order_with_a_broken_line_is_set_aside_whatever_page_it_is_on(shop, box):
    world = a_world(1)
    many = [WorldLine("TEA", 1, "1.00")] * 40
    world.orders = [an_order(1, lines=many), an_order(2, lines=many), an_order(3)]
    box.populate(world)
    box.orders.live[1].lines[0].quantity = "one"
    box.orders.live[2].lines[39].quantity = "one"
    reading = shop.read("orders")
    assert [order["number"] for order in reading.of("order")] == ["#1003"]
    assert len(reading.of("line")) == 1
    assert all("quantity" in rejected.reason for rejected in reading.rejected)
    assert len(reading.rejected) == 2


def test_what_the_customer_saw_has_its_own_decimals(shop, box):
    world = a_world(1, 2, currency="JPY")
    for order in world.orders:
        order.lines = [WorldLine("TEA", 1, "100")]
    box.populate(world)
    box.orders.live[1].money = "JPY>EUR*0.006"  # fine: what the customer saw has decimals
    assert len(shop.read("orders").of("order")) == 2


def test_a_page_that_is_no_json_is_not_half_stored(shop, box):
    box.populate(a_world(3))
    box.faults = [Fault("malformed")]
    with pytest.raises(PlatformError, match="not JSON"):
        shop.read("customers")
    assert len(shop.read("customers").of("person")) == 3


@pytest.mark.parametrize("kind", ["cut", "lost", "drop"])
def test_a_broken_connection_is_tried_again(shop, box, kind):
    box.populate(a_world(3))
    box.faults = [Fault(kind)]
    assert len(shop.read("customers").of("person")) == 3


def test_a_filter_that_the_platform_ignores_stops_the_reading(shop, box):
    box.populate(a_world(3))
    del box.customers.fields["updated_at"]
    with pytest.raises(PlatformError, match="ignored the filter 'updated_at'"):
        shop.read("customers", json.dumps({"since": NOW.isoformat()}))


def test_a_missing_scope_is_named(shop, box):
    box.populate(a_world(1, 1))
    box.scopes = {"read_orders", "read_products"}
    with pytest.raises(AuthError, match="read_customers"):
        shop.read("orders")


def test_throttling_is_waited_out(shop, box, clock):
    box.populate(a_world(1, 450))
    box.bucket.left = 0
    assert len(shop.read("orders").of("order")) == 450
    assert clock.now() > NOW
    assert len(box.log) == 5  # how many there are, twice, whether companies buy, and two pages


def test_throttling_without_a_status_is_waited_out_too(shop, box, clock):
    box.populate(a_world(3))
    box.tell_throttle_status = False
    box.bucket.left = 0
    assert len(shop.read("customers").of("person")) == 3
    assert clock.now() - NOW >= timedelta(seconds=2)


def test_the_budget_follows_what_the_platform_says(shop, box):
    box.populate(a_world(3))
    box.restore_rate = 1000
    shop.read("customers")
    assert shop.http.quota.left()["default"] > 19_000
