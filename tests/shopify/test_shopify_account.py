"""What `check` and `discover` find."""

from datetime import timedelta

import pytest
from regulars import AuthError, Secret
from regulars_shopify.account import check
from regulars_shopify.discovery import discover
from shopify.conftest import NOW, a_person, a_world, an_order


def report(shop):
    return check(shop.settings, shop.http)


def found(shop, about):
    return [(f.level, f.text) for f in report(shop).findings if f.about == about]


def test_a_healthy_shop_has_nothing_to_say(shop, box):
    box.populate(a_world(3, 2))
    told = report(shop)
    assert {finding.level for finding in told.findings} == {"ok"}
    assert (told.account_id, told.account_name) == ("gid://shopify/Shop/60000000000", "Tea House")
    assert (told.currency, told.timezone) == ("EUR", "Europe/Berlin")
    assert [f.text for f in told.findings if f.about == "scopes"] == ["4 of 4 to read; more than we use: none"]


def test_a_check_changes_nothing(shop, box):
    box.populate(a_world(3, 2))
    report(shop)
    discover(shop.settings, shop.http)
    assert not any(b'"mutation' in asked.body for asked in box.log)


def test_a_missing_scope_comes_with_its_reason(shop, box):
    box.scopes = box.scopes - {"read_products"}
    assert found(shop, "scopes") == [("error", "read_products is missing: what was sold, and its category")]


def test_a_right_to_write_is_a_right_to_read_and_more_than_we_use_is_told(shop, box):
    box.scopes = {"write_customers", "write_orders", "read_all_orders", "write_products"}
    ((level, text),) = found(shop, "scopes")
    assert (level, text.partition(": ")[2]) == ("warning", "write_orders, write_products")


def test_a_token_that_only_reads_is_told_what_writing_needs(shop, box):
    box.scopes = {"read_customers", "read_orders", "read_all_orders", "read_products"}
    ((level, text),) = found(shop, "writing")
    assert (level, "write_customers (our metafields and tags)" in text) == ("ok", True)


def test_a_token_without_scopes_still_says_who_it_is(shop, box):
    box.populate(a_world(1))
    box.scopes = set()
    told = report(shop)
    assert told.account_name == "Tea House"
    assert ("error", "access") in [(f.level, f.about) for f in told.findings]


def test_a_scope_that_opens_nothing_is_told(shop, box):
    box.populate(a_world(1))
    box.approved = set()
    texts = [text for level, text in found(shop, "personal data") if level == "error"]
    assert len(texts) == 1
    assert "Customer object" in texts[0]


@pytest.mark.parametrize(
    ("kind", "word"),
    [("name", "names"), ("email", "e-mail"), ("phone", "phone"), ("address", "postal addresses")],
)
def test_each_kind_of_personal_data_is_probed_on_its_own(shop, box, kind, word):
    box.populate(a_world(2))
    box.approved -= {kind}
    errors = [text for level, text in found(shop, "personal data") if level == "error"]
    assert len(errors) == 1
    assert errors[0].startswith(word)
    assert "protected customer data" in errors[0]


def test_personal_data_that_is_blanked_without_an_error_is_told(shop, box):
    box.populate(a_world(2))
    box.blanked = True
    assert "none of the latest 2 customers" in found(shop, "personal data")[0][1]
    assert found(shop, "personal data")[0][0] == "error"


def test_a_shop_without_customers_cannot_say(shop):
    assert found(shop, "personal data") == [("warning", "the shop has no customers yet")]


def window(box, **orders):
    world = a_world(1)
    world.people[0].created_at = NOW - timedelta(days=400)
    days = orders.get("days", (90, 3))
    world.orders = [an_order(n, at=NOW - timedelta(days=day)) for n, day in enumerate(days, 1)]
    box.populate(world)


def test_the_60_day_window_is_told(shop, box):
    window(box)
    box.scopes = box.scopes - {"read_all_orders"}
    ((level, text),) = found(shop, "orders")
    assert level == "error"
    assert "2 orders on the platform" in text
    assert "the oldest of 2026-10-29" in text


class Pretending(set):
    """Scopes that are granted by name, of which one opens nothing."""

    def __contains__(self, scope):
        return scope != "read_all_orders" and super().__contains__(scope)


def test_a_right_to_all_orders_that_was_never_approved_shows_in_the_counts(shop, box):
    window(box)
    box.scopes = Pretending(box.scopes)
    ((level, text),) = found(shop, "orders")
    assert level == "error"
    assert "the shop says 2 orders, we can read 1" in text
    assert "granted but not approved" in text


def test_where_counts_are_cut_too_the_customers_own_numbers_witness_it(shop, box):
    window(box)
    box.scopes = Pretending(box.scopes)
    box.counts_see_all = False
    assert "not approved" in found(shop, "orders")[0][1]


def test_a_shop_whose_orders_are_all_young_is_complete(shop, box):
    window(box, days=(20, 3))
    assert found(shop, "orders") == [("ok", "2 orders, the oldest of 2026-10-12")]


def test_test_orders_are_counted(shop, box):
    world = a_world(1, 2)
    world.orders[0].test = True
    box.populate(world)
    assert found(shop, "test orders") == [("warning", "1 test orders are kept aside and never counted")]


def test_other_currencies_are_told(shop, box):
    box.populate(a_world(1, 3))
    box.orders.live[1].money = "EUR>USD*1.08"
    assert found(shop, "currency") == [
        ("ok", "EUR; of the latest 3 orders 1 in USD were presented (the shop's own money is used)")
    ]
    box.orders.live[2].money = "GBP"
    assert found(shop, "currency")[0][0] == "warning"


def test_other_writers_are_told_and_we_are_none_of_them(shop, box):
    world = a_world(2)
    world.people[0].properties, world.people[0].tags = {"tier": "gold"}, ("vip", "regulars:champions")
    box.populate(world)
    box.customers.live[2].metafields = {"judgeme.rating": "5", "regulars.stage": "kept"}
    ((level, text),) = found(shop, "other writers")
    assert level == "ok"
    assert "custom, judgeme; tags vip on" in text


def test_the_points_that_are_left_are_told(shop, box):
    box.populate(a_world(1))
    ((level, text),) = found(shop, "quota")
    assert (level, text.endswith("points left just now; other apps have their own")) == ("ok", True)


def test_a_renamed_shop_is_told(shop, box):
    box.domain = "new-name.myshopify.com"
    assert [level for level, _ in found(shop, "domain")] == ["warning"]


def test_a_version_that_fell_forward_is_a_finding_and_not_a_crash(shop, box):
    box.populate(a_world(1))
    box.versions = ["2027-01", "2027-04"]
    told = report(shop)
    assert told.account_id == "gid://shopify/Shop/60000000000"
    ((level, text),) = [(f.level, f.text) for f in told.findings if f.about == "version"]
    assert level == "error"
    assert "served API version 2027-01 where 2026-10 was asked for" in text


def test_a_refused_token_stops_the_check(connect):
    shop = connect(access_token=Secret("token", "shpat_revoked"))
    with pytest.raises(AuthError):
        report(shop)


def test_a_discovery_names_fields_with_their_fill_rates(shop, box):
    world = a_world(0)
    world.people = [a_person(n, properties={"tier": "gold"} if n % 2 else {}) for n in range(1, 5)]
    box.populate(world)
    box.metafields.define(
        {"name": "Stage", "namespace": "regulars", "key": "stage", "type": "single_line_text_field"}
    )
    box.customers.live[1].metafields["regulars.stage"] = "kept"
    told = discover(shop.settings, shop.http)
    ours, theirs = sorted(told.fields, key=lambda field: field.ours, reverse=True)
    assert (ours.name, ours.filled, ours.ours, ours.label) == ("regulars.stage", 0.25, True, "Stage")
    assert (theirs.name, theirs.filled, theirs.ours) == ("custom.tier", 0.5, False)
    assert told.sampled == 4


def test_a_tags_members_are_told_only_where_everybody_was_looked_at(shop, box):
    world = a_world(60)
    for person in world.people:
        person.tags = ("vip",)
    box.populate(world)
    (vip,) = discover(shop.settings, shop.http).lists
    assert (vip.name, vip.members) == ("vip", None)


def test_a_discovery_names_tags_and_what_there_is_to_know(shop, box):
    world = a_world(2, 3)
    world.people[0].tags = ("vip", "regulars:champions")
    box.populate(world)
    box.orders.live[1].money = "EUR>USD*1.08"
    told = discover(shop.settings, shop.http)
    assert [(one.name, one.members, one.ours) for one in told.lists] == [
        ("regulars:champions", 1, True),
        ("vip", 1, False),
    ]
    facts = dict(told.facts)
    assert facts["currencies"] == "EUR 2, USD 1 of the latest 3 orders"
    assert (facts["zone"], facts["customers"], facts["sells to companies"]) == ("Europe/Berlin", "2", "no")


def test_half_a_character_does_not_end_a_check(shop, box):
    box.populate(a_world(1))
    box.name = "Tea \ud83d"
    assert report(shop).account_name == "Tea \N{REPLACEMENT CHARACTER}"
