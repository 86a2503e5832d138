"""What mutations do to the simulated shop's customers, as recorded on live shops."""

import pytest
from shopify.conftest import a_person, a_world

ONE = "gid://shopify/Customer/7000000000001"
UPDATE = """mutation U($input: CustomerInput!) { customerUpdate(input: $input) {
  customer { tags defaultEmailAddress { emailAddress } } userErrors { field message } } }"""
CONSENT = """mutation C($input: CustomerEmailMarketingConsentUpdateInput!) {
  customerEmailMarketingConsentUpdate(input: $input) {
    customer { defaultEmailAddress { marketingState } } userErrors { code field message } } }"""
TAGS = """mutation T($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) {
  node { id ... on Customer { tags } } userErrors { field message } } }"""


@pytest.fixture(autouse=True)
def _shop(box):
    world = a_world(2)
    world.people.append(a_person(3, email=None, phone="+4915", consent="unknown"))
    box.populate(world)


def updated(graph, **told):
    return graph.data(UPDATE, input={"id": ONE, **told})["customerUpdate"]


def consented(graph, id=ONE, **told):
    said = {"customerId": id, "emailMarketingConsent": told}
    return graph.data(CONSENT, input=said)["customerEmailMarketingConsentUpdate"]


def test_tags_are_trimmed_cut_at_commas_and_kept_in_their_first_spelling(graph):
    graph.data(TAGS, id=ONE, tags=[" Red ", "blue,green", ""])
    told = graph.data(TAGS, id=ONE, tags=["RED", "Blue"])
    assert told["tagsAdd"]["node"]["tags"] == ["blue", "green", "Red"]


def test_tags_of_nobody_and_of_no_customer(graph):
    told = graph.data(TAGS, id="gid://shopify/Customer/999", tags=["x"])["tagsAdd"]
    assert told == {"node": None, "userErrors": [{"field": ["id"], "message": "Customer does not exist"}]}


def test_customer_update_replaces_the_tags_and_is_remembered_as_forbidden(graph, box):
    graph.data(TAGS, id=ONE, tags=["wholesale"])
    box.forbidden.clear()
    assert updated(graph, tags=["mine"])["customer"]["tags"] == ["mine"]
    assert box.forbidden == ["customerUpdate id tags"]


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("P2@Example.Test", "Email has already been taken"),
        ("p2 @example.test", "Email has already been taken"),
        ("nobody", "Email is invalid"),
    ],
)
def test_an_address_is_squeezed_and_unique_whatever_its_case(graph, email, message):
    assert [error["message"] for error in updated(graph, email=email)["userErrors"]] == [message]


def test_an_address_loses_its_spaces(graph):
    told = updated(graph, email=" new one@example.test ")
    assert told["customer"]["defaultEmailAddress"]["emailAddress"] == "newone@example.test"


def test_consent_has_a_mutation_of_its_own(graph):
    told = updated(graph, emailMarketingConsent={"marketingState": "SUBSCRIBED"})
    assert "please use the customerEmailMarketingConsentUpdate" in told["userErrors"][0]["message"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"marketingState": "SUBSCRIBED"}, "MISSING_ARGUMENT"),
        ({"marketingState": "PENDING", "marketingOptInLevel": "SINGLE_OPT_IN"}, "INVALID"),
        ({"marketingState": "UNSUBSCRIBED", "consentUpdatedAt": "2999-01-01T00:00:00Z"}, "INVALID"),
    ],
)
def test_a_consent_that_is_none_changes_nothing(graph, said, code):
    told = consented(graph, **said)
    assert [error["code"] for error in told["userErrors"]] == [code]
    assert told["customer"]["defaultEmailAddress"]["marketingState"] == "SUBSCRIBED"


@pytest.mark.parametrize("state", ["NOT_SUBSCRIBED", "REDACTED", "INVALID"])
def test_some_states_cannot_be_written_at_all(graph, state):
    _, _, told = graph.ask(CONSENT, input={"customerId": ONE, "emailMarketingConsent": {"marketingState": state}})
    assert told["errors"][0]["extensions"]["code"] == "INVALID"


def test_the_newest_statement_wins(graph):
    level = {"marketingOptInLevel": "SINGLE_OPT_IN"}
    consented(graph, marketingState="UNSUBSCRIBED", consentUpdatedAt="2026-10-31T00:00:00Z")
    told = consented(graph, marketingState="SUBSCRIBED", consentUpdatedAt="2026-10-30T00:00:00Z", **level)
    assert told["userErrors"] == []
    assert told["customer"]["defaultEmailAddress"]["marketingState"] == "UNSUBSCRIBED"


def test_without_an_address_the_answer_is_yes_and_nothing_changes(graph, box):
    told = consented(graph, "gid://shopify/Customer/7000000000003", marketingState="UNSUBSCRIBED")
    assert told == {"customer": {"defaultEmailAddress": None}, "userErrors": []}
    assert box.customers.live[3].consent == "NOT_SUBSCRIBED"


def test_an_unknown_customer_has_no_consent(graph):
    told = consented(graph, "gid://shopify/Customer/999", marketingState="UNSUBSCRIBED")
    assert told["userErrors"][0]["message"] == "Customer not found"
