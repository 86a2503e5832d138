"""Orders kept in Mailchimp, for clients whose shop is read nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from mailchimp.tea_house import START, night, read, world_of
from regulars.testing import Fault, WorldLine, WorldOrder, WorldPerson, WorldProduct, WorldRefund
from regulars_mailchimp.orders import KINDS
from regulars_mailchimp.source import MailchimpSource

ADA = WorldPerson("ada", "ada@tea.example.test", "Ada")
TEA = WorldProduct("TEA-1", "Morning tea")


@pytest.fixture
def world():
    world = world_of(ADA)
    world.products = [TEA]
    lines = [WorldLine("TEA-1", 2, "8.50"), WorldLine("POT-1", 1, "39.99")]
    world.orders = [WorldOrder("o1", "ada", START, lines, discount="2.00", shipping="4.95", country="DE")]
    return world


@pytest.fixture
def shop(box, world):
    box.populate(world)
    box.connect_store(world)
    return box


@pytest.fixture
def source(shop, settings, http):
    return MailchimpSource(settings.model_copy(update={"orders": True}), http)


def test_orders_are_read_only_where_the_setting_says_so(shop, settings, http):
    assert "orders" not in MailchimpSource(settings, http).streams()
    given = settings.model_copy(update={"orders": True})
    assert "orders" in MailchimpSource(given, http).streams()


def test_an_order_is_read_with_its_money_to_the_cent(source):
    rows, _, rejected = read(source, "orders")
    order = rows["order"]["store1:o1"]
    assert (order["goods_minor"], order["discount_minor"], order["shipping_minor"]) == (5499, 200, 495)
    assert (order["total_minor"], order["currency"], order["email"]) == (5994, "EUR", "ada@tea.example.test")
    assert [line["goods_minor"] for line in rows["line"].values()] == [1641, 3858]
    assert [line["title"] for line in rows["line"].values()] == ["Morning tea", "POT-1"]
    assert rejected == []


def test_tax_is_told_apart_where_the_total_tells(shop, source):
    order = shop.stores["store1"]["orders"]["o1"]
    order["tax_total"] = 8.78  # inside the prices: the total is the same
    told = read(source, "orders")[0]["order"]["store1:o1"]
    assert (told["goods_minor"], told["goods_tax_minor"]) == (5499, 878)
    order["order_total"] = 68.72  # on top of the prices
    told = read(source, "orders")[0]["order"]["store1:o1"]
    assert (told["goods_minor"], told["goods_tax_minor"], told["tax_minor"]) == (5499, 0, 878)


def test_digits_that_floating_point_adds_are_no_money(shop, source):
    shop.stores["store1"]["orders"]["o1"]["order_total"] = 59.940000000000005
    assert read(source, "orders")[0]["order"]["store1:o1"]["total_minor"] == 5994


def test_an_order_that_was_refunded_whole_has_its_refund(shop, world, source):
    at = START + timedelta(days=3)
    world.orders[0] = replace(world.orders[0], refunds=[WorldRefund(at, ((0, 2),), "54.99")])
    shop.populate(world)
    rows, _, _ = read(source, "orders")
    refund = rows["refund"]["store1:o1:refund"]
    assert (refund["goods_minor"], refund["total_minor"], refund["refunded_at"]) == (5499, 5994, at)
    assert [line["goods_minor"] for line in rows["refund_line"].values()] == [1641, 3858]


def test_an_order_that_is_not_there_any_more_is_gone(shop, source):
    shop.stores["store1"]["orders"].clear()
    pages = list(source.pages("orders", None))
    assert pages[0].begins
    assert pages[-1].complete == ("order", "line", "refund", "refund_line")


def test_a_pass_that_did_not_see_all_deletes_nothing(shop, source):
    body = b'{"orders":[],"total_items":1}'
    shop.faults = [Fault("status", match="/orders", status=200, body=body, times=9)]
    assert not any(page.complete for page in source.pages("orders", None))


def short_of_one(store):
    body = b'{"orders":[],"total_items":1}'
    return Fault("status", match=f"{store}/orders", status=200, body=body)


def test_a_pass_cut_after_a_store_that_did_not_show_all_deletes_nothing(shop, world, settings, http):
    shop.connect_store(world, "Second")
    shop.faults = [short_of_one("store1")]

    def fresh():  # as another process has it
        return MailchimpSource(settings.model_copy(update={"orders": True}), http)

    cut = next(page.cursor for page in fresh().pages("orders", None) if '"store1"' in page.cursor)
    rest = list(fresh().pages("orders", cut))
    assert [page.complete for page in rest if page.complete] == []
    assert list(fresh().pages("orders", rest[-1].cursor))[-1].complete == KINDS


def test_a_source_that_missed_orders_once_is_believed_again(shop, source):
    shop.faults = [short_of_one("store1")]
    cursor = list(source.pages("orders", None))[-1].cursor
    assert list(source.pages("orders", cursor))[-1].complete == KINDS


def test_an_order_that_cannot_be_read_any_more_is_not_taken_for_deleted(shop, world, source, landing):
    world.orders.append(replace(world.orders[0], key="o2"))
    shop.populate(world)

    def after_a_night():
        night(landing, source, "orders")
        with landing.warehouse.burst() as session:
            orders = session.query("SELECT id FROM orders WHERE NOT deleted ORDER BY id")
            lines = session.query("SELECT DISTINCT order_id FROM lines WHERE NOT deleted ORDER BY order_id")
        assert orders == lines
        return [row[0] for row in orders]

    assert after_a_night() == ["store1:o1", "store1:o2"]
    shown = shop.stores["store1"]["orders"]
    shown["o2"]["processed_at_foreign"] = ""
    assert after_a_night() == ["store1:o1", "store1:o2"]
    del shown["o2"]
    assert after_a_night() == ["store1:o1"]


def test_stores_of_other_audiences_are_left_out(shop, source):
    shop.stores["store1"]["list_id"] = "0ther00000"
    assert read(source, "orders")[0] == {}


@pytest.mark.parametrize(
    "odd", [{"currency_code": "TEA"}, {"customer": "ada"}, {"shipping_address": ["DE"]}, {"lines": ["TEA-1"]}]
)
def test_an_order_nobody_understands_is_set_aside(shop, source, odd):
    shop.stores["store1"]["orders"]["o1"].update(odd)
    _, _, rejected = read(source, "orders")
    assert [(one.kind, one.id) for one in rejected] == [("order", "store1:o1")]


def test_an_interrupted_pass_goes_on_with_the_next_store(shop, world, source):
    shop.connect_store(world, "Second")
    pages = []
    for page in source.pages("orders", None):
        pages.append(page)
        if '"store1"' in page.cursor:
            break
    rest, _, _ = read(source, "orders", pages[-1].cursor)
    assert set(rest["order"]) == {"store2:o1"}
