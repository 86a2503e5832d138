"""What `check` finds."""

from datetime import timedelta

import pytest
from regulars import AuthError, Secret
from regulars_shopify.account import check
from shopify.conftest import NOW, a_world, an_order


def found(shop, about):
    return [(f.level, f.text) for f in check(shop.settings, shop.http).findings if f.about == about]


def test_a_healthy_shop_has_nothing_to_say(shop, box):
    box.populate(a_world(3, 2))
    report = check(shop.settings, shop.http)
    assert {finding.level for finding in report.findings} == {"ok"}
    assert (report.account_id, report.account_name) == ("gid://shopify/Shop/60000000000", "Tea House")
    assert (report.currency, report.timezone) == ("EUR", "Europe/Berlin")


def test_a_missing_scope_comes_with_its_reason(shop, box):
    box.scopes = box.scopes - {"read_products"}
    assert found(shop, "scopes") == [("error", "read_products is missing: what was sold, and its category")]


def test_a_right_to_write_is_a_right_to_read(shop, box):
    box.scopes = {"write_customers", "write_orders", "read_all_orders", "write_products"}
    assert [level for level, _ in found(shop, "scopes")] == ["ok"]


def test_a_token_without_scopes_still_says_who_it_is(shop, box):
    box.populate(a_world(1))
    box.scopes = set()
    report = check(shop.settings, shop.http)
    assert report.account_name == "Tea House"
    assert ("error", "access") in [(f.level, f.about) for f in report.findings]


def test_blanked_personal_data_is_told(shop, box):
    box.populate(a_world(1))
    box.protected_data_approved = False
    ((level, text),) = found(shop, "access")
    assert level == "error"
    assert "not approved" in text


def test_customers_without_any_address_are_suspicious(shop, box):
    box.populate(a_world(2))
    for customer in box.customers.live.values():
        customer.email = None
    assert [level for level, _ in found(shop, "personal data")] == ["error"]


def test_the_60_day_window_is_told(shop, box):
    world = a_world(1)
    world.orders = [an_order(1, at=NOW - timedelta(days=90)), an_order(2, at=NOW - timedelta(days=3))]
    box.populate(world)
    box.scopes = box.scopes - {"read_all_orders"}
    ((level, text),) = found(shop, "orders")
    assert level == "error"
    assert "2 orders on the platform" in text
    assert "oldest readable of 2026-10-29" in text


def test_test_orders_are_counted(shop, box):
    world = a_world(1, 2)
    world.orders[0].test = True
    box.populate(world)
    assert found(shop, "test orders") == [("warning", "1 test orders are kept aside and never counted")]


def test_a_renamed_shop_is_told(shop, box):
    box.domain = "new-name.myshopify.com"
    assert [level for level, _ in found(shop, "domain")] == ["warning"]


def test_a_refused_token_stops_the_check(connect):
    shop = connect(access_token=Secret("token", "shpat_revoked"))
    with pytest.raises(AuthError):
        check(shop.settings, shop.http)
