"""Who is written to, who is not, and the one first reason why not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reactivation.bench import NOW, add, insert, row
from regulars.reactivation import EcoaDesk, assign, audience, confine, is_reactivation
from regulars.reactivation.entries import entries
from regulars.reactivation.jobs import reference
from regulars.segments import Segment, shipped

WINBACK = shipped()["winback_due"]
TODAY = NOW.date()


def judged(desk, shop, segment=WINBACK):
    with shop.warehouse.burst() as session:
        return audience(desk, session, segment)


def reasons(desk, shop):
    return {one.customer_id.removeprefix("c-"): one.reason for one in judged(desk, shop).people}


def nobody_held_out(desk, share=0.0):
    changed = desk.config.model_copy(update={"holdout": desk.config.holdout.model_copy(update={"share": share})})
    return EcoaDesk(changed, desk.journal, desk.read)


@pytest.fixture
def open_desk(desk):
    """A desk where nobody is held out."""
    return nobody_held_out(desk)


@pytest.mark.parametrize(
    ("given_", "reason"),
    [
        ({"bounce": None}, None),
        ({"bounce": "soft"}, None),
        ({"bounce": "hard"}, "bounced"),
        ({"bounce": "hard", "deliverable": "yes"}, "bounced"),
        ({"bounce": None, "deliverable": "no"}, "bounced"),
        ({"bounce": None, "deliverable": "unknown"}, "not_deliverable"),
        ({"bounce": None, "state": "unsubscribed"}, "withdrawn"),
        ({"bounce": None, "state": "complained"}, "withdrawn"),
        ({"bounce": None, "state": "unknown"}, "consent_unknown"),
        ({"bounce": None, "state": "pending"}, "consent_unknown"),
        ({"bounce": None, "state": "not_subscribed"}, "consent_unknown"),
        ({"email": None, "bounce": None}, "no_address"),
    ],
)
def test_everybody_left_out_has_a_reason(open_desk, shop, given_, reason):
    shop.add("ada", **given_)
    assert reasons(open_desk, shop) == {"ada": reason}


def test_people_outside_the_rule_are_not_looked_at(open_desk, shop):
    shop.add("ada", bounce=None)
    shop.run("UPDATE catalogue SET state = 'active'")
    assert reasons(open_desk, shop) == {}


def test_somebody_who_ordered_since_is_left_out(open_desk, shop):
    shop.add("ada", bounce=None)
    with shop.warehouse.burst() as session:
        order = {"ordered_at": NOW - timedelta(days=1), "test": False, "deleted": False}
        row(session, "orders", connection="shop", id="o-1", **order)
        insert(session, "order_customer", ["shop", "o-1", "c-ada"])
    assert reasons(open_desk, shop) == {"ada": "ordered_since"}


def test_a_test_order_and_a_cancelled_one_are_no_orders(open_desk, shop):
    shop.add("ada", bounce=None)
    with shop.warehouse.burst() as session:
        order = {"ordered_at": NOW - timedelta(days=1), "deleted": False}
        row(session, "orders", connection="shop", id="o-1", test=True, **order)
        row(session, "orders", connection="shop", id="o-2", test=False, cancelled_at=NOW, **order)
        for number in ("o-1", "o-2"):
            insert(session, "order_customer", ["shop", number, "c-ada"])
    assert reasons(open_desk, shop) == {"ada": None}


def test_a_confirmed_address_counts_once_it_is_a_subscribed_member(open_desk, shop, journal, lease):
    owner = shop.add("ada", deliverable="yes")
    confirm(journal, lease, "ada")
    assert reasons(open_desk, shop) == {"ada": "bounced"}
    shop.add("new", email="ada.new@example.test", connection="mail", bounce=None, state="pending", customer=owner)
    assert reasons(open_desk, shop) == {"ada": "bounced"}
    shop.run("UPDATE consents SET state = 'subscribed' WHERE person_id = 'new'")
    assert reasons(open_desk, shop) == {"ada": None}
    shop.run("INSERT INTO bounces (email, kind, deleted) VALUES ('ada.new@example.test', 'hard', false)")
    assert reasons(open_desk, shop) == {"ada": "bounced"}


def test_another_address_of_the_person_resolves_no_bounce_unless_it_was_confirmed(open_desk, shop):
    owner = shop.add("ada", deliverable="yes")
    shop.add("new", email="ada.new@example.test", connection="mail", bounce=None, customer=owner)
    assert reasons(open_desk, shop) == {"ada": "bounced"}


def confirm(journal, lease, name, state="confirmed"):
    with journal.tx(lease) as tx:
        fact = {"job": "e", "key": f"k-{name}", "reference": reference(journal, f"{name}@example.test")}
        journal.add_facts(tx, "ecoa_result", [(f"c-{name}", {**fact, "state": state, "why": ""})])
        journal.add_facts(tx, "ecoa_address", [(f"k-{name}", {"email": f"{name}.new@example.test"})])


# --- entering, leaving, holding out ----------------------------------------------------------------


def people(shop, count):
    with shop.warehouse.burst() as session:
        for number in range(count):
            add(session, f"p{number}", bounce=None)


def test_the_held_out_are_drawn_once_and_stay_held_out(desk, shop, journal, lease):
    people(shop, 40)
    first = judged(nobody_held_out(desk, 0.5), shop)
    assign(journal, lease, first)
    assert 8 < len(first.members) < 32
    again = judged(nobody_held_out(desk, 0.0), shop)  # the share of the file changed: what was drawn stays
    assert again.members == first.members
    assert (again.entering, again.leaving) == ([], [])
    assert dict(again.funnel().left_out) == {"held_out": 40 - len(first.members)}


def test_the_draw_is_the_same_from_an_empty_store(desk, shop):
    people(shop, 20)
    half = nobody_held_out(desk, 0.5)
    assert judged(half, shop).entering == judged(half, shop).entering


def test_the_older_ids_arm_stays_when_two_customers_become_one(open_desk, shop, journal, lease):
    shop.add("old", bounce=None)
    with journal.tx(lease) as tx:
        entry = {"series": "winback", "on": TODAY.isoformat()}
        journal.add_facts(tx, "series", [("c-old", {**entry, "arm": "held_out"})])
        journal.add_facts(tx, "series", [("c-young", {**entry, "arm": "treated"})])
    with shop.warehouse.burst() as session:
        add(session, "young", customer="c-old", bounce=None)
    assert reasons(open_desk, shop) == {"old": "held_out"}


def test_nobody_enters_twice_within_a_year(open_desk, shop, journal, lease, clock):
    shop.add("ada", bounce=None)
    assign(journal, lease, judged(open_desk, shop))
    shop.run("UPDATE catalogue SET state = 'active'")
    left = judged(open_desk, shop)
    assert left.leaving == ["c-ada"]
    assign(journal, lease, left)
    shop.run("UPDATE catalogue SET state = 'lapsed', last_order_on = last_order_on + 300")
    clock.forward(timedelta(days=364))
    assert reasons(open_desk, shop) == {"ada": "recent"}
    clock.forward(timedelta(days=1))
    assert judged(open_desk, shop).entering == [("c-ada", "treated")]


def test_who_is_in_the_series_stays_in_it(open_desk, shop, journal, lease, clock):
    shop.add("ada", bounce=None)
    assign(journal, lease, judged(open_desk, shop))
    clock.forward(timedelta(days=30))
    again = judged(open_desk, shop)
    assert (again.members, again.entering, again.leaving) == (["c-ada"], [], [])


@pytest.mark.parametrize(("silent", "reason"), [(167, None), (168, "too_late"), (179, "too_late")])
def test_nobody_enters_a_series_that_would_not_end_in_time(open_desk, shop, silent, reason):
    """A series takes 12 days (lifecycle.series): begun on day 168 it would not end before day 180."""
    shop.add("ada", bounce=None)
    shop.run(f"UPDATE catalogue SET act_before = 180, last_order_on = DATE '{TODAY}' - {silent}")
    found = judged(open_desk, shop)
    assert [one.reason for one in found.people] == [reason]
    assert bool(found.entering) == (reason is None)


def test_who_began_in_time_goes_on_to_the_end(open_desk, shop, journal, lease, clock):
    shop.add("ada", bounce=None)
    shop.run(f"UPDATE catalogue SET act_before = 180, last_order_on = DATE '{TODAY}' - 167")
    assign(journal, lease, judged(open_desk, shop))
    clock.forward(timedelta(days=12))
    assert judged(open_desk, shop).members == ["c-ada"]
    clock.forward(timedelta(days=1))
    assert judged(open_desk, shop).people == [], "no longer inside the window of the rule"


def test_the_held_out_are_too_late_like_the_others(desk, shop):
    people(shop, 10)
    shop.run(f"UPDATE catalogue SET act_before = 180, last_order_on = DATE '{TODAY}' - 175")
    found = judged(nobody_held_out(desk, 0.5), shop)
    assert dict(found.funnel().left_out) == {"too_late": 10}
    assert found.entering == []


def test_a_held_out_buyer_leaves_like_a_treated_one(desk, shop, journal, lease):
    people(shop, 10)
    half = nobody_held_out(desk, 0.5)
    assign(journal, lease, judged(half, shop))
    shop.run("UPDATE catalogue SET state = 'active'")
    assign(journal, lease, judged(half, shop))
    assert not any(entry.inside for entry in entries(journal, "winback"))


def test_the_rules_own_series_is_used_and_the_segments_name_else(open_desk, shop):
    shop.add("ada", bounce=None)
    assert judged(open_desk, shop).series == "winback"
    own = Segment("hello_again", "", "state = 'lapsed'", stage="reactivation", channel="email")
    assert judged(open_desk, shop, own).series == "hello_again"


def test_consent_inside_a_larger_condition_stays_a_condition(open_desk, shop):
    shop.add("ada", bounce=None)
    rule = "state = 'lapsed' AND (email_consent = 'no' OR stage = 'retention')"
    odd = Segment("odd", "", rule, stage="reactivation", channel="email")
    assert judged(open_desk, shop, odd).people == []


def test_the_table_of_members_keeps_only_the_audience(open_desk, shop):
    shop.add("ada", bounce=None)
    shop.add("bob")
    with shop.warehouse.burst() as session:
        for member in ("c-ada", "c-bob"):
            insert(session, "segment_member", ["winback_due", member])
        insert(session, "segment_member", ["champions", "c-bob"])
        assert confine(session, audience(open_desk, session, WINBACK)) == 1
        left = session.query("SELECT segment, customer_id FROM segment_member ORDER BY ALL")
    assert left == [("champions", "c-bob"), ("winback_due", "c-ada")]


def test_only_mailed_segments_of_the_stage_are_audiences():
    found = [name for name, segment in shipped().items() if is_reactivation(segment)]
    assert found == ["winback_due"]


def test_the_funnel_is_printed_with_its_notes(open_desk, shop):
    people(shop, 2)
    shop.add("bob")
    shop.add("cyd", state="unsubscribed", bounce=None)
    lines = judged(open_desk, shop).lines({"bounced": "ECOA: 1 eligible"})
    assert lines == [
        "left out of winback_due          4 inside the rule",
        "                                −1 unsubscribed or complained (any platform)",  # noqa: RUF001
        "                                −1 hard bounce without a confirmed new address"  # noqa: RUF001
        "   → ECOA: 1 eligible",
        "                                =2",
    ]


# --- nobody with an unresolved bounce, whatever the tables say ----------------------------------------

PERSON = st.fixed_dictionaries(
    {
        "bounce": st.sampled_from([None, "hard", "hard", "soft", "block"]),
        "state": st.sampled_from(["subscribed", "subscribed", "unsubscribed", "unknown"]),
        "deliverable": st.sampled_from(["yes", "yes", "no", "unknown"]),
        "candidate": st.sampled_from([None, "confirmed", "confirmed", "silent", "declined"]),
        "member": st.sampled_from([None, "subscribed", "subscribed", "pending"]),
        "member_bounce": st.sampled_from([None, None, "hard"]),
    }
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crowd=st.lists(PERSON, min_size=1, max_size=8))
def test_nobody_with_an_unresolved_bounce_is_in_the_audience(open_desk, shop, journal, lease, crowd):
    with journal.tx(lease) as tx:
        tx.execute("DELETE FROM fact")
    with shop.warehouse.burst() as session:
        for table in ("persons", "profile", "consents", "bounces", "customer", "verdict", "catalogue"):
            session.run(f"DELETE FROM {table}")
        for number, one in enumerate(crowd):
            person(session, journal, lease, f"p{number}", one)
        members = set(audience(open_desk, session, WINBACK).members)
    for number, one in enumerate(crowd):
        resolved = (
            one["candidate"] == "confirmed" and one["member"] == "subscribed" and one["member_bounce"] is None
        )
        bounced = one["bounce"] == "hard" or (one["member"] is not None and one["member_bounce"] == "hard")
        willing = one["state"] == "subscribed" and one["deliverable"] == "yes"
        assert (f"c-p{number}" in members) == (willing and (resolved or not bounced))


def person(session, journal, lease, name, one):
    add(session, name, bounce=one["bounce"], state=one["state"], deliverable=one["deliverable"])
    if one["candidate"]:
        confirm(journal, lease, name, one["candidate"])
    if one["member"]:
        more = {"state": one["member"], "bounce": one["member_bounce"], "customer": f"c-{name}"}
        add(session, f"{name}-m", email=f"{name}.new@example.test", connection="mail", **more)
