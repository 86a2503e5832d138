"""A page is told column by column: what it says of a customer may rest on that customer alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from regulars_shopify.models import CustomerNode
from regulars_shopify.pages import Lines
from regulars_shopify.replies import CUSTOMERS
from regulars_shopify.rows import to_consents, to_people

WORD = st.text("abcé@", max_size=6)
TAG = WORD | st.just("regulars:vip")
MOMENT = st.sampled_from(["2026-11-20T08:00:00Z", "2026-11-20T09:30:00+01:00"])
FIELD = st.fixed_dictionaries({"namespace": WORD, "key": WORD, "value": WORD})
CONSENT = st.sampled_from(["SUBSCRIBED", "UNSUBSCRIBED", "NOT_SUBSCRIBED", "REDACTED"])
CUSTOMER = st.fixed_dictionaries(
    {
        "createdAt": MOMENT,
        "updatedAt": MOMENT,
        "firstName": st.none() | WORD,
        "lastName": st.none() | WORD,
        "tags": st.lists(TAG, max_size=3),
        "defaultEmailAddress": st.none()
        | st.fixed_dictionaries(
            {"emailAddress": WORD, "marketingState": CONSENT, "marketingUpdatedAt": st.none() | MOMENT}
        ),
        "defaultPhoneNumber": st.none()
        | st.fixed_dictionaries(
            {
                "phoneNumber": WORD,
                "smsMarketingConsent": st.fixed_dictionaries({"state": CONSENT, "updatedAt": st.none() | MOMENT}),
            }
        ),
        "defaultAddress": st.none()
        | st.fixed_dictionaries({"countryCodeV2": st.none() | WORD, "company": st.none() | WORD}),
        "ours": st.fixed_dictionaries({"nodes": st.lists(FIELD, max_size=2)}),
    },
    optional={"metafields": st.fixed_dictionaries({"nodes": st.lists(FIELD, max_size=2)})},
)


@given(st.lists(CUSTOMER, max_size=8))
def test_a_page_says_of_each_customer_what_it_says_of_it_alone(customers):
    nodes = [CUSTOMERS.node.validate_python({"id": str(n), **customer}) for n, customer in enumerate(customers)]
    for told in (to_people, to_consents):
        alone = [record for node in nodes for record in told([node])]
        assert sorted(told(nodes), key=str) == sorted(alone, key=str)
    assert [(p["id"], p["first_name"]) for p in to_people(nodes)] == [(n["id"], n["firstName"]) for n in nodes]
    states = {(c["person_id"], c["channel"]): (c["address"], c["state"]) for c in to_consents(nodes)}
    for number, customer in enumerate(customers):
        email, phone = customer["defaultEmailAddress"], customer["defaultPhoneNumber"]
        known = {"SUBSCRIBED": "subscribed", "UNSUBSCRIBED": "unsubscribed", "NOT_SUBSCRIBED": "not_subscribed"}
        assert states.get((str(number), "email")) == (
            email and (email["emailAddress"], known.get(email["marketingState"], "unknown"))
        )
        assert states.get((str(number), "sms")) == (
            phone and (phone["phoneNumber"], known.get(phone["smsMarketingConsent"]["state"], "unknown"))
        )


def test_half_a_character_sets_nobody_aside():
    customer = (
        b'{"id": "gid://shopify/Customer/1", "createdAt": "2026-11-20T08:00:00Z",'
        b' "updatedAt": "2026-11-20T08:00:00Z",'
        b' "firstName": "Ann \\ud83d", "lastName": null, "tags": [], "defaultEmailAddress": null,'
        b' "defaultPhoneNumber": null, "defaultAddress": null, "ours": {"nodes": []}}'
    )
    info = b'"pageInfo": {"hasNextPage": false, "endCursor": null}'
    paged = CUSTOMERS.read(
        b'{"data": {"customers": {"nodes": [%b], %b}}}' % (customer, info), "POST /graphql.json"
    )
    listed = Lines("person", TypeAdapter(list[CustomerNode]), CUSTOMERS.node).read([customer])
    for listing in (paged, listed):
        assert listing.rejected == []
        assert [person["first_name"] for person in to_people(listing.nodes)] == ["Ann \ufffd"]
