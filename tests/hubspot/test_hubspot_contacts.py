"""A page is told column by column: what it says of a contact may rest on that contact alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from regulars_hubspot.contacts import READ, to_page

WORD = st.none() | st.text("abcé@;", max_size=6)
OURS = ("regulars_clv", "regulars_stage")
TOLD = st.fixed_dictionaries(
    {"hs_email_optout": st.sampled_from(["true", "false", "", None])},
    optional={name: WORD for name in (*READ, *OURS) if name not in ("hs_email_optout", "hs_merged_object_ids")},
)
MOMENT = st.sampled_from(["2026-11-20T08:00:00.000Z", "2026-11-20T09:30:00.250Z"])


@given(st.lists(st.tuples(TOLD, MOMENT, MOMENT), max_size=8))
def test_a_page_says_of_each_contact_what_it_says_of_it_alone(contacts):
    raws = [
        {"id": str(number), "properties": told, "createdAt": created, "updatedAt": updated}
        for number, (told, created, updated) in enumerate(contacts, start=1)
    ]
    names = (*READ, *OURS)
    page = to_page(raws, names, ())
    alone = [to_page([raw], names, ()) for raw in raws]
    for kind in ("person", "consent", "bounce"):
        each = [record for one in alone for record in one.rows.get(kind, ())]
        assert list(page.rows.get(kind, ())) == each
    assert [(p["id"], p["email"]) for p in page.rows.get("person", ())] == [
        (raw["id"], raw["properties"].get("email") or None) for raw in raws
    ]
    assert [(c["person_id"], c["state"]) for c in page.rows.get("consent", ())] == [
        (raw["id"], "unsubscribed" if raw["properties"]["hs_email_optout"] == "true" else "unknown")
        for raw in raws
    ]
