"""Confirmed addresses in a plan: looked at again, into our own field, never a consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from reactivation.bench import NOW, add, config, consent_was_read
from regulars import AddressChange, SetField
from regulars.connector import Writes
from regulars.reactivation import EcoaDesk, advance, erase, planned_changes
from regulars.reactivation.jobs import reference

CRM = Writes("regulars_", "regulars", frozenset({"text"}), 100, "own_field")
MAIL = Writes("RG_", "regulars", frozenset({"text"}), 100, "pending_member")


@pytest.fixture
def confirmed(shop, journal, lease):
    """Ada, bounced on both platforms, with a confirmed new address."""
    with shop.warehouse.burst() as session:
        owner = add(session, "ada")
        add(session, "ada-mail", email="ada@example.test", connection="mail", customer=owner)
    confirm(journal, lease, "ada")


def confirm(journal, lease, name, new=None, key=None):
    price = {"minor": 15, "currency": "USD"}
    expires = (NOW + timedelta(days=7)).isoformat()
    quoted = {"quote_ref": "q", "connection": "moved", "records": 1, "digest": "", "expires_at": expires, **price}
    key = key or f"k-{name}"
    ref = reference(journal, f"{name}@example.test")
    with journal.tx(lease) as tx:
        journal.add_facts(tx, "ecoa_quote", [("e-1", quoted)])
        journal.add_facts(tx, "ecoa_record", [(f"c-{name}", {"job": "e-1", "key": key, "reference": ref})])
        journal.add_facts(tx, "ecoa_reserved", [("e-1", {"key": "i", "month": "2026-03"})])
        journal.add_facts(tx, "ecoa_submitted", [("e-1", {"job_ref": "j-7", **price})])
        journal.add_facts(tx, "ecoa_settled", [("e-1", price)])
        result = {"job": "e-1", "key": key, "reference": ref, "state": "confirmed", "why": "", "code": "MATCHED"}
        journal.add_facts(tx, "ecoa_result", [(f"c-{name}", result)])
        journal.add_facts(tx, "ecoa_address", [(key, {"email": new or f"{name}.new@example.test"})])


def handover(desk, shop, crm=CRM, **write):
    changed = desk.config.model_copy(update={"write": desk.config.write.model_copy(update=write)})
    with shop.warehouse.burst() as session:
        return planned_changes(EcoaDesk(changed, desk.journal, desk.read), session, {"crm": crm, "mail": MAIL})


def test_by_default_only_our_own_field_is_set(desk, shop, confirmed):
    out = handover(desk, shop)
    assert [(c.connection, c.change) for c in out.changes] == [
        ("crm", SetField("ada", "regulars_ecoa_email", "ada.new@example.test")),
        ("crm", SetField("ada", "regulars_ecoa_state", "confirmed")),
    ]
    assert [spec.name for spec in out.specs["crm"]] == ["regulars_ecoa_email", "regulars_ecoa_state"]
    assert out.skipped == {"pending_member_off": 1}


def test_the_contacts_own_address_changes_where_the_client_allows_it(desk, shop, confirmed):
    changes = [c.change for c in handover(desk, shop, replace_email=True).changes]
    assert changes[-1] == AddressChange("ada", "ada@example.test", "ada.new@example.test", "moved:j-7:k-ada")


def test_where_a_platform_never_replaces_it_our_own_field_is_all(desk, shop, confirmed):
    out = handover(desk, shop, crm=replace(CRM, replaces_email=False), replace_email=True)
    assert {type(c.change) for c in out.changes if c.connection == "crm"} == {SetField}


def test_elsewhere_the_address_becomes_a_pending_member_and_is_counted(desk, shop, confirmed):
    out = handover(desk, shop, pending_member=True)
    assert [c.change.new for c in out.changes if c.connection == "mail"] == ["ada.new@example.test"]
    assert out.asked == {"mail": 1}


def test_an_address_that_is_a_member_already_is_not_made_again(desk, shop, journal, lease, confirmed):
    shop.add("moved", email="ada.new@example.test", connection="mail", customer="c-ada", bounce=None)
    out = handover(desk, shop, pending_member=True)
    assert out.skipped == {"already_a_member": 1}
    assert not out.asked


def test_a_confirmed_write_is_not_planned_again(desk, shop, journal, lease, confirmed):
    with journal.tx(lease) as tx:
        tx.execute(
            "INSERT INTO ledger (plan_id, run_id, connection, record_id, kind, field, state, at)"
            " VALUES ('p', 'r', 'mail', 'ada-mail', 'address', 'e-mail', 'confirmed', ?)",
            (NOW.isoformat(),),
        )
    assert handover(desk, shop, pending_member=True).skipped == {"written_before": 1}


def test_what_the_platform_holds_already_is_not_written(desk, shop, confirmed):
    held = '{"regulars_ecoa_email": "ada.new@example.test", "regulars_ecoa_state": "confirmed"}'
    shop.run(f"UPDATE persons SET held = '{held}' WHERE id = 'ada'")
    assert handover(desk, shop).changes == []


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE consents SET state = 'unsubscribed' WHERE person_id = 'ada-mail'", "withdrawn"),
        ("UPDATE verdict SET state = 'erased'", "withdrawn"),
        (
            "INSERT INTO bounces (email, kind, deleted) VALUES ('ada.new@example.test', 'hard', false)",
            "bounces_too",
        ),
    ],
)
def test_what_happened_meanwhile_stops_the_address_and_clears_our_field(desk, shop, confirmed, sql, why):
    shop.run(sql)
    shop.run("UPDATE persons SET held = '{\"regulars_ecoa_email\": \"ada.new@example.test\"}' WHERE id = 'ada'")
    out = handover(desk, shop, replace_email=True, pending_member=True)
    assert out.skipped == {why: 1}
    assert [c.change for c in out.changes] == [SetField("ada", "regulars_ecoa_email", None)]


def test_nothing_is_handed_over_while_consent_is_not_fresh(desk, shop, journal, lease, confirmed):
    shop.run("UPDATE persons SET held = '{\"regulars_ecoa_email\": \"ada.new@example.test\"}' WHERE id = 'ada'")
    consent_was_read(journal, lease, NOW - timedelta(hours=27))
    out = handover(desk, shop, replace_email=True, pending_member=True)
    assert (out.skipped, out.changes) == ({"consent_not_fresh": 1}, [])


def test_an_erased_address_is_not_handed_over(desk, shop, journal, lease, confirmed):
    with journal.tx(lease) as tx:
        erase(tx, ["c-ada"], journal)
    out = handover(desk, shop)
    assert (out.skipped, out.changes) == ({"erased": 1}, [])


def test_a_contact_whose_address_changed_meanwhile_is_left_alone(desk, shop, confirmed):
    shop.run("UPDATE persons SET email = 'own.choice@example.test'")
    assert handover(desk, shop, replace_email=True, pending_member=True).changes == []


def test_an_address_of_two_customers_is_nobodys(desk, shop, journal, lease, confirmed):
    shop.add("bob")
    confirm(journal, lease, "bob", new="ada.new@example.test")
    out = handover(desk, shop)
    assert (out.skipped, out.changes) == ({"two_people": 2}, [])


def test_only_confirmed_addresses_are_handed_over(desk, shop, journal, lease, confirmed):
    for state in ("candidate", "permission_sent", "silent", "declined", "wrong_person", "rejected"):
        with journal.tx(lease) as tx:
            fact = {"job": "e-1", "key": "k-ada", "reference": reference(journal, "ada@example.test")}
            journal.add_facts(tx, "ecoa_result", [("c-ada", {**fact, "state": state, "why": ""})])
        assert handover(desk, shop, replace_email=True, pending_member=True).changes == []


@pytest.mark.parametrize("later", [NOW + timedelta(days=1), None])
def test_a_new_member_at_the_confirmed_address_joins_its_customer(
    desk, shop, journal, lease, provider, confirmed, later
):
    shop.add("moved", email="ada.new@example.test", connection="mail", bounce=None, created_at=later)
    assert handover(desk, shop).skipped == {"another_customers": 1}
    assert advance(desk, lease, provider).adopted == 1
    assert [(f.subject, f.payload["with"]) for f in journal.facts("join")] == [("c-moved", "c-ada")]
    assert advance(desk, lease, provider).adopted == 0


def test_a_profile_older_than_the_confirmation_is_not_joined(desk, shop, journal, lease, provider, confirmed):
    shop.add("eve", email="ada.new@example.test", connection="mail", bounce=None)
    assert advance(desk, lease, provider).adopted == 0


def test_a_join_that_a_person_undid_is_not_made_again(desk, shop, journal, lease, provider, confirmed):
    shop.add("moved", email="ada.new@example.test", bounce=None, created_at=NOW + timedelta(days=1))
    with journal.tx(lease) as tx:
        journal.add_facts(tx, "split", [("c-moved", {})])
    assert advance(desk, lease, provider).adopted == 0


def test_settings_of_the_bench_allow_nothing_by_default():
    assert (config().write.replace_email, config().write.pending_member) == (False, False)


def test_an_address_whose_right_to_use_it_ended_is_not_handed_over(desk, shop, journal, lease, confirmed, clock):
    (fact,) = journal.facts("ecoa_result")
    until = (NOW + timedelta(days=30)).isoformat()
    with journal.tx(lease) as tx:
        journal.add_facts(tx, "ecoa_result", [(fact.subject, {**fact.payload, "expires_at": until})])
    assert handover(desk, shop).changes
    clock.forward(timedelta(days=31))
    out = handover(desk, shop)
    assert (out.changes, out.skipped) == ([], {"expired": 1})


def test_somebody_whose_old_address_delivers_again_keeps_it(desk, shop, confirmed):
    shop.run("UPDATE bounces SET deleted = true")
    out = handover(desk, shop)
    assert (out.changes, out.skipped) == ([], {"delivers_again": 1})


def test_somebody_who_gave_another_address_meanwhile_keeps_that(desk, shop, confirmed):
    shop.run("UPDATE customer SET email = 'ada.at.work@example.test'")
    out = handover(desk, shop)
    assert (out.changes, out.skipped) == ([], {"address_changed": 1})
