"""One verdict per person and channel: the strictest of all platforms, and unknown is no."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from consent.people import People
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from regulars.clock import SystemClock
from regulars.config import LegalBasis
from regulars.consent import stop
from regulars.journal import Journal
from regulars.records import CONSENT_STATES
from regulars.warehouse import Warehouse

BASIS = LegalBasis(source="shop", country="GB", basis="soft opt-in", by="renee", on=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("states", "verdict", "state"),
    [
        ([], "no", "unknown"),
        (["subscribed"], "yes", "subscribed"),
        (["subscribed", "unsubscribed"], "no", "unsubscribed"),
        (["unsubscribed", "complained"], "no", "complained"),
        (["subscribed", "unknown"], "yes", "subscribed"),
        (["subscribed", "not_subscribed"], "yes", "subscribed"),
        (["subscribed", "pending"], "no", "pending"),
        (["unknown", "not_subscribed"], "no", "not_subscribed"),
        (["some new word"], "no", "some new word"),
    ],
)
def test_the_strictest_of_all_profiles_counts(people, states, verdict, state):
    people.profile("ada", "shop", "none")
    for number, said in enumerate(states):
        people.profile("ada", f"platform{number}", "1")
        people.says(f"platform{number}", "1", said)
    people.judged()
    assert people.verdict("ada")[:2] == (verdict, state)


def test_newer_does_not_beat_stricter(people):
    people.profile("ada", "mail", "1")
    people.profile("ada", "crm", "2")
    people.says("crm", "2", "unsubscribed", at=datetime(2020, 1, 1, tzinfo=UTC))
    people.says("mail", "1", "subscribed", at=datetime(2026, 1, 1, tzinfo=UTC), by="person")
    people.judged()
    assert people.verdict("ada") == ("no", "unsubscribed", "unsubscribed (crm)")


def test_an_opt_out_of_a_deleted_profile_stays(people):
    people.profile("ada", "mail", "1", "Ada@Example.test")
    people.says("mail", "1", "subscribed")
    people.says("crm", "gone", "unsubscribed", address="ADA@example.test ", deleted=True)
    people.judged()
    assert people.verdict("ada")[:2] == ("no", "unsubscribed")


@pytest.mark.parametrize("gone", ["deleted", "merged into somebody who is gone"])
def test_an_opt_out_of_a_profile_that_is_gone_stays_at_all_of_its_addresses(people, gone):
    people.profile("ada", "mail", "1", "second@example.test")
    people.says("mail", "1", "subscribed")
    stays = people.profile_of_nobody("crm", "7", "first@example.test", other_emails=["Second@Example.test"])
    people.says("crm", "7", "unsubscribed", address="first@example.test")
    if gone == "deleted":
        stays["deleted"] = True
    else:
        people.merged("crm", "7", "8")
    people.judged()
    assert people.verdict("ada")[:2] == ("no", "unsubscribed")


@pytest.mark.parametrize("channel", ["sms", "phone"])
def test_an_opt_out_from_texts_of_a_deleted_profile_stays(people, channel):
    people.profile("ada", "crm", "1", "ada@example.test")
    people.says("crm", "1", "subscribed", channel=channel)
    people.profile("bob", "crm", "2", "bob@example.test", phone="0049 30 1234567")
    people.says("crm", "2", "subscribed", channel=channel, address="(0049) 30-1234567")
    people.profile("cyd", "crm", "3", "cyd@example.test", phone="0049 30 7654321")
    people.says("crm", "3", "subscribed", channel=channel, address="0049307654321")
    people.profile_of_nobody("shop", "7", "ada@example.test", deleted=True)
    people.says("shop", "7", "unsubscribed", channel=channel, address="0049301234567", deleted=True)
    people.judged()
    assert people.verdict("ada", channel)[:2] == ("no", "unsubscribed")  # by the profile's e-mail address
    assert people.verdict("bob", channel)[:2] == ("no", "unsubscribed")  # by the number
    assert people.verdict("cyd", channel)[:2] == ("yes", "subscribed")


@pytest.mark.parametrize(
    ("given", "known", "counts"),
    [
        ("ada@example.test", "ADA@example.test ", True),
        ("second@example.test", "ada@example.test", True),
        (None, "ada@example.test", True),
        ("old@example.test", "ada@example.test", False),
        ("old@example.test", "", False),
    ],
)
def test_a_yes_counts_for_an_address_that_the_profile_still_has(people, given, known, counts):
    people.profile("ada", "shop", "1", known, other_emails=["Second@example.test"])
    people.profile("ada", "crm", "9", "ada@example.test")
    people.says("shop", "1", "subscribed", address=given)
    people.judged()
    assert people.verdict("ada")[0] == ("yes" if counts else "no")


@pytest.mark.parametrize(
    ("given", "known", "counts"),
    [("+49 30 123", "+4930123", True), ("+49 30 123", "+49 30 999", False), ("+49 30 123", None, False)],
)
def test_a_yes_to_texts_counts_for_a_number_that_the_profile_still_has(people, given, known, counts):
    people.profile("ada", "shop", "1", phone=known)
    people.says("shop", "1", "subscribed", channel="sms", address=given)
    people.judged()
    verdict = people.verdict("ada", "sms")
    assert (verdict is not None and verdict[0] == "yes") is counts


@pytest.mark.parametrize("channel", ["post", "push"])
def test_a_yes_to_what_no_profile_tells_the_address_of_counts(people, channel):
    people.profile("ada", "shop", "1", phone="+49 30 123")
    people.says("shop", "1", "subscribed", channel=channel, address="Hauptstr. 5, 10115 Berlin")
    people.judged()
    assert people.verdict("ada", channel)[:2] == ("yes", "subscribed")


def test_a_subscription_of_a_deleted_profile_does_not(people):
    people.profile("ada", "mail", "1")
    people.says("mail", "1", "subscribed", deleted=True)
    people.judged()
    assert people.verdict("ada")[:2] == ("no", "unknown")


def test_a_subscription_counts_for_the_person_who_gave_it_not_for_the_address(people):
    people.profile("ada", "shop", "1", "team@example.test")
    people.profile("bob", "mail", "2", "team@example.test")
    people.says("mail", "2", "subscribed", address="team@example.test")
    people.judged()
    assert people.verdict("ada")[0] == "no"
    assert people.verdict("bob")[0] == "yes"


def test_a_merged_profile_still_speaks(people):
    people.profile("ada", "crm", "new")
    people.says("crm", "old", "unsubscribed")
    people.says("crm", "new", "subscribed")
    people.merged("crm", "old", "middle")
    people.merged("crm", "middle", "new")
    people.judged()
    assert people.verdict("ada")[:2] == ("no", "unsubscribed")


def test_a_complaint_among_the_bounces_stops_the_person(people):
    people.profile("ada", "mail", "1")
    people.says("mail", "1", "subscribed")
    people.bounced("crm", "ada@example.test", "complaint", deleted=True)
    people.judged()
    assert people.verdict("ada")[:2] == ("no", "complained")


@pytest.mark.parametrize(
    ("state", "country", "verdict"),
    [
        ("not_subscribed", "GB", "yes"),
        ("unknown", "GB", "yes"),
        ("pending", "GB", "no"),
        ("unsubscribed", "GB", "no"),
        ("complained", "GB", "no"),
        ("not_subscribed", "DE", "no"),
        ("not_subscribed", None, "no"),
    ],
)
def test_a_recorded_legal_basis_makes_silence_a_yes_and_nothing_else(people, state, country, verdict):
    people.profile("ada", "shop", "1", country=country)
    people.says("shop", "1", state)
    people.judged(BASIS)
    found = people.verdict("ada")
    assert found[0] == verdict
    assert ("legal basis: soft opt-in" in found[2]) == (verdict == "yes")


def test_a_legal_basis_holds_for_its_own_connection_only(people):
    people.profile("ada", "crm", "1", country="GB")
    people.says("crm", "1", "unknown")
    people.judged(BASIS)
    assert people.verdict("ada")[0] == "no"


def test_sms_needs_its_own_consent(people):
    people.profile("ada", "mail", "1")
    people.says("mail", "1", "subscribed")
    people.says("mail", "1", "unknown", channel="sms")
    people.judged()
    assert people.verdict("ada", "email")[0] == "yes"
    assert people.verdict("ada", "sms")[0] == "no"


@pytest.mark.parametrize("why", ["erased", "withdrawn"])
def test_an_erased_or_withdrawn_person_stays_no(people, journal, why):
    people.profile("ada", "mail", "1", "Ada@example.test")
    people.says("mail", "1", "subscribed")
    with journal.lease() as lease, journal.tx(lease) as tx:
        stop(journal, tx, ["ada@EXAMPLE.test"], why)
    people.judged()
    assert people.verdict("ada")[:2] == ("no", why)
    assert b"ada@" not in journal.path.read_bytes().lower()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(CONSENT_STATES), st.booleans()), max_size=8))
def test_a_yes_needs_a_living_subscription_and_no_stop_at_all(tmp_path_factory, said):
    folder = tmp_path_factory.mktemp("c")
    journal = Journal.open(folder / "journal.db", SystemClock())
    with Warehouse(folder).burst() as session:
        people = People(session, journal)
        people.nobody("other")
        for platform, state, deleted in said:
            people.profile("ada", f"p{platform}", "1")
            people.says(f"p{platform}", "1", state, deleted=deleted)
        people.profile("ada", "p9", "1")
        people.judged()
        stopped = any(state in ("unsubscribed", "complained") for _, state, _ in said)
        living = {state for _, state, deleted in said if not deleted}
        expected = "subscribed" in living and "pending" not in living and not stopped
        assert people.verdict("ada")[0] == ("yes" if expected else "no")
    journal.close()


@pytest.mark.parametrize(
    ("kinds", "state"),
    [([], "yes"), (["soft"], "yes"), (["block"], "yes"), (["soft", "hard"], "no"), (["complaint"], "no")],
)
def test_a_bounce_belongs_to_the_address_and_a_soft_one_does_not_end_it(people, kinds, state):
    people.profile("ada", "crm", "1", "ada@example.test")
    people.profile("bob", "crm", "2", "bob@example.test")
    for kind in kinds:
        people.bounced("mail", "ADA@example.test", kind)
    people.judged()
    assert people.deliverable("ada")[0] == state
    assert people.deliverable("bob") == ("yes", "no bounce is known")


def test_without_an_address_deliverability_is_unknown(people):
    people.nobody("ada")
    people.judged()
    assert people.deliverable("ada") == ("unknown", "no e-mail address")
    assert people.verdict("ada") == ("no", "unknown", "no platform says anything")
