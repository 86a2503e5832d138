"""Which bounced addresses may be looked up, and the one first reason against each of the others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from reactivation.bench import config, row
from regulars.reactivation import EcoaDesk, eligibility
from regulars.reactivation.jobs import reference


def reasons(desk, shop, **more):
    with shop.warehouse.burst() as session:
        found = eligibility(session, desk.config, desk.journal, desk.now(), **more)
    return {one.address.partition("@")[0]: one.reason for one in found.addresses}


def test_a_hard_bounce_of_a_willing_american_is_eligible(desk, shop):
    shop.add("ada")
    assert reasons(desk, shop) == {"ada": None}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"bounce": "soft"}, "soft"),
        ({"bounce": "block"}, "blocked"),
        ({"bounce": "complaint"}, "complained"),
        ({"state": "unsubscribed"}, "withdrawn"),
        ({"state": "complained"}, "withdrawn"),
        ({"state": "erased"}, "withdrawn"),
        ({"country": None}, "country_unknown"),
        ({"country": "GB"}, "country"),
        ({"orders": 0}, "too_few_orders"),
        ({"email": "info@example.test"}, "role_address"),
        ({"email": "postmaster@example.test"}, "role_address"),
    ],
)
def test_everybody_left_out_has_a_reason(desk, shop, given, reason):
    shop.add("ada", **given)
    assert list(reasons(desk, shop).values()) == [reason]


def test_an_opt_out_on_one_profile_counts_for_the_person(desk, shop):
    owner = shop.add("ada")
    shop.add("ada2", email="other@example.test", bounce=None, state="unsubscribed", customer=owner)
    assert reasons(desk, shop)["ada"] == "withdrawn"


def test_an_opt_out_stays_when_its_profile_is_deleted(desk, shop):
    shop.add("ada")
    shop.run("UPDATE consents SET state = 'unsubscribed', deleted = true")
    assert reasons(desk, shop)["ada"] == "withdrawn"


def test_an_opt_out_at_the_address_counts_where_nobody_has_that_profile(desk, shop):
    shop.add("ada")
    with shop.warehouse.burst() as session:
        said = {"person_id": "gone", "channel": "email", "state": "unsubscribed", "deleted": False}
        row(session, "consents", connection="mail", id="x", address="ADA@example.test ", **said)
    assert reasons(desk, shop)["ada"] == "withdrawn"


def test_no_to_text_messages_is_no_no_to_mail(desk, shop):
    shop.add("ada")
    shop.run("UPDATE consents SET channel = 'sms', state = 'unsubscribed'")
    assert reasons(desk, shop)["ada"] is None


def test_a_complaint_beside_a_hard_bounce_is_a_complaint(desk, shop):
    shop.add("ada")
    with shop.warehouse.burst() as session:
        row(
            session,
            "bounces",
            connection="mail",
            id="9",
            email="Ada@example.test",
            kind="complaint",
            deleted=False,
        )
    assert reasons(desk, shop)["ada"] == "complained"


def test_an_address_the_person_left_is_not_looked_up(desk, shop):
    shop.add("ada")
    shop.run("UPDATE customer SET email = 'moved@example.test'")
    assert reasons(desk, shop) == {"ada": "not_current"}


def test_an_address_of_two_people_is_not_looked_up(desk, shop):
    shop.add("ada")
    shop.add("ida", email="ada@example.test")
    assert reasons(desk, shop) == {"ada": "several_people"}


def test_a_bounce_that_the_platform_took_back_is_none(desk, shop):
    shop.add("ada")
    shop.run("UPDATE bounces SET deleted = true")
    assert reasons(desk, shop) == {}


def test_a_country_the_provider_does_not_serve_is_left_out(desk, shop):
    shop.add("ada")
    assert reasons(desk, shop, regions=("CA",)) == {"ada": "country"}


def history(journal, lease, desk, customer="c-ada", address="ada@example.test", kinds=()):
    with journal.tx(lease) as tx:
        ref = reference(journal, address)
        journal.add_facts(tx, "ecoa_record", [(customer, {"job": "e-1", "key": "k", "reference": ref})])
        price = {"minor": 15, "currency": "USD"}
        quote = {"quote_ref": "q", "connection": "moved", "records": 1, "digest": "", **price}
        expires = (desk.now() + timedelta(days=7)).isoformat()
        journal.add_facts(tx, "ecoa_quote", [("e-1", {**quote, "expires_at": expires})])
        for kind in kinds:
            payload = {"key": "k", "month": "2026-03", "job_ref": "j", **(price if kind == "ecoa_settled" else {})}
            journal.add_facts(tx, kind, [("e-1", payload)])


def test_a_quote_alone_stops_nobody(desk, shop, journal, lease):
    shop.add("ada")
    history(journal, lease, desk)
    assert reasons(desk, shop)["ada"] is None


def test_nobody_is_in_two_jobs(desk, shop, journal, lease):
    shop.add("ada")
    history(journal, lease, desk, kinds=["ecoa_reserved"])
    assert reasons(desk, shop)["ada"] == "in_a_job"
    assert reasons(desk, shop, without="e-1")["ada"] is None


def test_an_address_is_not_looked_up_again_for_half_a_year(desk, shop, journal, lease, clock):
    shop.add("ada")
    history(journal, lease, desk, kinds=["ecoa_reserved", "ecoa_settled"])
    assert reasons(desk, shop)["ada"] == "recent"
    clock.forward(timedelta(days=181))
    assert reasons(desk, shop)["ada"] is None


def test_the_address_is_remembered_when_the_customer_gets_another_id(desk, shop, journal, lease):
    shop.add("ada")
    history(journal, lease, desk, customer="c-older", kinds=["ecoa_reserved", "ecoa_settled"])
    assert reasons(desk, shop)["ada"] == "recent"


def test_the_customer_is_remembered_when_profiles_were_joined(desk, shop, journal, lease):
    owner = shop.add("ada")
    shop.add("young", email="young@example.test", bounce=None, customer=owner)
    history(journal, lease, desk, customer="c-young", address="young@example.test", kinds=["ecoa_reserved"])
    assert reasons(desk, shop)["ada"] == "in_a_job"


def test_a_person_who_refused_at_a_new_address_is_not_asked_again(desk, shop, journal, lease, clock):
    shop.add("ada")
    with journal.tx(lease) as tx:
        journal.add_facts(tx, "ecoa_result", [("c-ada", {"state": "declined"})])
    clock.forward(timedelta(days=1000))
    assert reasons(desk, shop)["ada"] == "refused"


def test_the_funnel_adds_up(desk, shop):
    for number in range(6):
        shop.add(f"p{number}", country=("US", "GB", None)[number % 3])
    with shop.warehouse.burst() as session:
        funnel = eligibility(session, desk.config, desk.journal, desk.now()).funnel()
    assert (funnel.of, dict(funnel.left_out), funnel.left) == (6, {"country_unknown": 2, "country": 2}, 2)


def test_the_most_valuable_come_first(desk, shop):
    shop.add("ada", orders=1)
    shop.add("bob", orders=9)
    assert list(reasons(desk, shop)) == ["bob", "ada"]


def test_an_empty_allow_list_lets_nobody_pass(shop, journal):
    shop.add("ada")
    desk = EcoaDesk(config(jurisdictions=[]), journal, shop.warehouse.burst)
    assert reasons(desk, shop) == {"ada": "country"}
