"""A page is told column by column: what it says of a member may rest on that member's row alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from regulars_mailchimp.rows import STATES, Reader

WORD = st.text("abcé@", max_size=6)
MAYBE = st.sampled_from([None, "", "2026-01-02T03:04:05+00:00", "2025-12-31T23:00:00+02:00"])
MEMBER = st.fixed_dictionaries(
    {
        "contact_id": WORD,
        "id": WORD,
        "email_address": WORD,
        "status": st.sampled_from(sorted(STATES)),
        "last_changed": st.sampled_from(["2026-11-20T08:00:00+00:00", "2026-11-20T09:30:00+01:00"]),
    },
    optional={
        "timestamp_opt": MAYBE,
        "timestamp_signup": MAYBE,
        "unsubscribe_reason": st.none() | WORD,
        "source": st.none() | WORD,
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
    reader = Reader(lambda row: [f"all of {row['id']}"])
    page = reader.page(members)
    alone = [reader.page([member]) for member in members]
    for kind, records in page.items():
        assert list(records) == [record for one in alone for record in one[kind]]
    assert [(p["id"], p["email"]) for p in page["person"]] == [
        (m["contact_id"], m["email_address"] or None) for m in members
    ]
    assert [(c["person_id"], c["state"]) for c in page["consent"]] == [
        (m["contact_id"], STATES[m["status"]]) for m in members
    ]
