"""A page is told column by column: what it says of a member may rest on that member's row alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from regulars_mailchimp.listing import Row
from regulars_mailchimp.rows import STATES, Reader

WORD = st.text("abcé@", max_size=6)
MAYBE = st.sampled_from([None, "", "2026-01-02T03:04:05+00:00", "2025-12-31T23:00:00+02:00"])
UNREADABLE = ["0000-00-00 00:00:00", "2026-01-02 03:04:05", "0001-01-01T00:00:00+09:00", 7]
MEMBER = st.fixed_dictionaries(
    {
        "contact_id": WORD,
        "id": WORD,
        "email_address": WORD,
        "status": st.sampled_from([*sorted(STATES), "deleted"]),
        "last_changed": st.sampled_from(["2026-11-20T08:00:00+00:00", "2026-11-20T09:30:00+01:00"]),
    },
    optional={
        "timestamp_opt": MAYBE | st.sampled_from(UNREADABLE),
        "timestamp_signup": MAYBE | st.sampled_from(UNREADABLE),
        "unsubscribe_reason": st.none() | WORD | st.just(7),
        "source": st.none() | WORD | st.just(7),
        "merge_fields": st.just([])
        | st.dictionaries(st.sampled_from(["FNAME", "LNAME", "PHONE", "COMPANY", "RG_STAGE", "SIZE"]), WORD),
        "tags": st.lists(st.fixed_dictionaries({"name": WORD | st.just("regulars:vip")}), max_size=3),
        "tags_count": st.integers(0, 4),
        "location": st.none()
        | st.fixed_dictionaries({"country_code": st.sampled_from(["IE", "de", "", "Spain"])}),
    },
)


@given(st.lists(MEMBER, max_size=8))
def test_a_page_says_of_each_member_what_it_says_of_it_alone(members):
    reader = Reader(lambda row: [f"all of {row.id}"])
    page = reader.page([Row(**member) for member in members])
    alone = [reader.page([Row(**member)]) for member in members]
    for kind, records in page.items():
        assert list(records) == [record for one in alone for record in one[kind]]
    assert [(p["id"], p["email"]) for p in page["person"]] == [
        (m["contact_id"], m["email_address"] or None) for m in members
    ]
    assert [(c["person_id"], c["state"]) for c in page["consent"]] == [
        (m["contact_id"], STATES[m["status"]]) for m in members if m["status"] in STATES
    ]
    assert [(d["entity"], d["id"]) for d in page["deletion"]] == [
        ("consent", f"{m['contact_id']}:email") for m in members if m["status"] not in STATES
    ]


BARE = {
    "contact_id": "c1",
    "id": "h1",
    "email_address": "ann@tea.test",
    "last_changed": "2026-11-20T08:00:00+00:00",
}


@pytest.mark.parametrize("unreadable", UNREADABLE)
def test_a_time_that_cannot_be_read_is_none_and_the_opt_out_beside_it_is_read(unreadable):
    times = {"timestamp_opt": unreadable, "timestamp_signup": unreadable}
    fine = {**BARE, "contact_id": "c2", "status": "subscribed", "timestamp_opt": "2026-01-02T03:04:05+00:00"}
    page = Reader(lambda row: []).page([Row(**BARE, **times, status="unsubscribed"), Row(**fine)])
    assert [(one["person_id"], one["state"]) for one in page["consent"]] == [
        ("c1", "unsubscribed"),
        ("c2", "subscribed"),
    ]
    opted = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert [one["created_at"] for one in page["person"]] == [None, opted]
    assert [one["at"] for one in page["consent"]] == [None, opted]
