"""A customer keeps its name, and what was written down under it, when profiles are merged or deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from regulars.reactivation.history import today
from regulars.segments import Draw

from tests.identity.test_identity import NOW, Shop, fact, key

OLD = NOW - timedelta(days=400)


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def merged(shop, connection, into, *ids):
    shop.add(connection, "merge", *({"id": one, "updated_at": NOW, "into": into} for one in ids))


def deleted(shop, connection, *ids):
    shop.add(connection, "deletion", *({"id": one, "updated_at": NOW, "entity": "person"} for one in ids))


def now(shop, *keys):
    with shop.warehouse.burst() as session:
        return today(session, keys)


def names(found):
    return {customer for customer, _ in found.values()}


@pytest.mark.parametrize("known", [True, False])
def test_a_merge_whose_survivor_has_a_new_id_changes_no_name_and_no_draw(shop, known):
    shop.person("crm", "1", "a@example.test", created=OLD)
    shop.person("crm", "2", "b@example.test")
    first, second = key("crm", "1"), key("crm", "2")
    assert names(shop.customers()) == {first, second}
    merged(shop, "crm", "99", "1", "2")
    if known:
        deleted(shop, "crm", "1", "2")
    shop.person("crm", "99", "a@example.test", created=OLD, other=["b@example.test"])
    shop.order("o1", person_id=None, email="b@example.test")
    found = shop.customers()
    assert names(found) == {first}
    assert now(shop, first, second, key("crm", "99")) == dict.fromkeys((first, second, key("crm", "99")), first)
    assert shop.ask("SELECT customer_id FROM order_customer") == [(first,)]
    draw = Draw("salt", "acme", 0.5)
    assert draw.held_out("winback", *names(found)) == draw.held_out("winback", first)


def test_of_a_cluster_the_oldest_profile_names_it_also_after_it_was_merged_away(shop):
    shop.person("crm", "1", "a@example.test", created=OLD)
    shop.person("shop", "s1", "A@example.test")
    assert names(shop.customers()) == {key("crm", "1")}
    merged(shop, "crm", "99", "1")
    shop.person("crm", "99", "a@example.test", created=OLD)
    found = shop.customers()
    assert names(found) == {key("crm", "1")}
    assert {reason for _, reason in found.values()} == {"same e-mail address"}


def test_a_survivor_that_is_older_keeps_its_own_name(shop):
    shop.person("crm", "1", "a@example.test")
    shop.person("crm", "2", "b@example.test", created=OLD)
    merged(shop, "crm", "2", "1")
    assert names(shop.customers()) == {key("crm", "2")}
    assert now(shop, key("crm", "1")) == {key("crm", "1"): key("crm", "2")}


def test_deleting_the_oldest_profile_changes_no_name(shop):
    shop.person("crm", "1", "a@example.test", created=OLD)
    shop.person("shop", "s1", "a@example.test")
    shop.person("mail", "m1", "a@example.test")
    shop.customers()
    deleted(shop, "crm", "1")
    assert names(shop.customers()) == {key("crm", "1")}
    deleted(shop, "mail", "m1")
    assert names(shop.customers()) == {key("crm", "1")}


def test_a_chain_of_merges_that_ends_in_a_deleted_profile_is_found_by_its_address(shop):
    shop.person("crm", "1", "a@example.test", created=OLD)
    shop.person("shop", "s1", "a@example.test")
    merged(shop, "crm", "50", "1")
    merged(shop, "crm", "99", "50")
    shop.person("crm", "99", "a@example.test", created=OLD)
    deleted(shop, "crm", "99")
    assert names(shop.customers()) == {key("crm", "1")}
    assert set(now(shop, key("crm", "50"), key("crm", "99")).values()) == {key("crm", "1")}


@pytest.mark.parametrize("address", ["info@example.test", "", "nobody@example.test"])
def test_an_inbox_that_many_read_or_an_address_of_nobody_hands_nothing_on(shop, address):
    shop.person("crm", "1", address, created=OLD)
    shop.person("shop", "s1", "info@example.test")
    shop.customers()
    deleted(shop, "crm", "1")
    assert names(shop.customers()) == {key("shop", "s1")}
    assert now(shop, key("crm", "1")) == {key("crm", "1"): key("crm", "1")}


def test_a_deleted_profile_whose_address_two_customers_have_is_neither(shop):
    for number in range(7):
        shop.person("crm", str(number), f"p{number}@example.test", other=["family@example.test"])
    shop.person("shop", "s1", "family@example.test", created=OLD)
    deleted(shop, "shop", "s1")
    assert len(names(shop.customers())) == 7
    assert key("shop", "s1") not in names(shop.customers())


def test_who_was_split_off_hands_nothing_to_the_other(shop):
    shop.person("crm", "1", "a@example.test", created=OLD)
    shop.person("shop", "s1", "a@example.test")
    split = [fact("split", key("crm", "1"))]
    assert len(names(shop.customers(split))) == 2
    deleted(shop, "crm", "1")
    assert names(shop.customers(split)) == {key("shop", "s1")}


def test_what_was_decided_of_a_profile_counts_of_the_one_it_was_merged_into(shop):
    shop.person("crm", "1", "a@example.test", created=OLD)
    shop.person("crm", "2", "b@example.test")
    shop.person("shop", "s1", "a@example.test")
    shop.person("shop", "s2", "c@example.test")
    decisions = [fact("split", key("crm", "1")), fact("join", key("shop", "s2"), **{"with": key("crm", "2")})]
    assert len(names(shop.customers(decisions))) == 3
    merged(shop, "crm", "99", "1", "2")
    shop.person("crm", "99", "a@example.test", created=OLD, other=["b@example.test"])
    found = shop.customers(decisions)
    assert found["shop", "s1"][0] == key("shop", "s1")
    assert found["shop", "s2"][0] == found["crm", "99"][0] == key("crm", "1")


def test_everybody_is_known_under_one_name(shop):
    for number in range(6):
        shop.person("crm", str(number), f"p{number % 3}@example.test", created=OLD + timedelta(days=number))
    merged(shop, "crm", "9", "0", "4")
    shop.person("crm", "9", "p0@example.test", other=["p1@example.test"])
    deleted(shop, "crm", "2")
    shop.customers()
    assert shop.ask("SELECT profile_key FROM known_as GROUP BY profile_key HAVING count(*) > 1") == []
    nobodys = "SELECT 1 FROM known_as WHERE customer_id NOT IN (SELECT customer_id FROM profile)"
    assert shop.ask(nobodys) == []
