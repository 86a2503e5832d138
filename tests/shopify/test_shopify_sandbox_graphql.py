"""The sandbox's GraphQL: what it answers and what it refuses, as the platform does."""

import json

import pytest
from regulars_shopify.sandbox.language import SyntaxFault, parse
from shopify.conftest import NOW, a_world


def test_aliases_fragments_and_variables_are_understood(graph, box):
    box.populate(a_world(2))
    told = graph.data(
        """
        query Some($first: Int!, $loud: Boolean = false) {
          people: customers(first: $first, reverse: true) { edges { cursor node { ...Name } } }
          shop { ... on Shop { currencyCode } __typename name @include(if: $loud) }
        }
        fragment Name on Customer { id lastName }  # a comment
        """,
        first=1,
    )
    assert told["people"]["edges"][0]["node"] == {"id": "gid://shopify/Customer/7000000000002", "lastName": "No 2"}
    assert told["shop"] == {"currencyCode": "EUR", "__typename": "Shop"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ shop { colour } }", "undefinedField"),
        ("{ shop }", "selectionMismatch"),
        ("{ shop { name { first } } }", "selectionMismatch"),
        ("{ shop { name } ", "PARSE_ERROR"),
        ("{ customers(first: 1, colour: 2) { nodes { id } } }", "argumentNotAccepted"),
        ("{ customer { id } }", "missingRequiredArguments"),
        ("query A($x: Int) { shop { name } }", "variableNotUsed"),
        ("query A($x: Int!) { customers(first: $x) { nodes { id } } }", "INVALID_VARIABLE"),
        ("{ shop { ... on Nothing { name } } }", "undefinedType"),
        ("{ customers(first: 251) { nodes { id } } }", "INVALID_FIELD_ARGUMENTS"),
        ("{ customers { nodes { id } } }", "BAD_REQUEST"),
    ],
)
def test_a_wrong_query_is_refused_without_data(graph, query, code):
    assert graph.code(query) == code


def test_an_undefined_field_is_named_with_its_path(graph):
    _, _, told = graph.ask("query Shop { shop { colour } }")
    assert told["errors"] == [
        {
            "message": "Field 'colour' doesn't exist on type 'Shop'",
            "extensions": {"code": "undefinedField", "typeName": "Shop", "fieldName": "colour"},
            "path": ["query Shop", "shop", "colour"],
        }
    ]


def test_a_syntax_error_names_its_place():
    with pytest.raises(SyntaxFault, match=r"unexpected \) at \[2, 11\]"):
        parse("{\n  shop(a: ) { id }\n}")


def test_an_unknown_token_is_a_401_with_a_text(graph):
    status, _, told = graph.ask("{ shop { name } }", token="shpat_wrong")
    assert status == 401
    assert told["errors"].startswith("[API] Invalid API key")


def test_a_missing_scope_empties_the_field_and_keeps_the_rest(graph, box):
    box.populate(a_world(1, 1))
    box.scopes = {"read_orders"}
    _, _, told = graph.ask("{ orders(first: 1) { nodes { name customer { id } } } shop { name } }")
    assert told["data"]["orders"]["nodes"] == [{"name": "#1001", "customer": None}]
    assert told["data"]["shop"] == {"name": "Tea House"}
    assert told["errors"][0]["path"] == ["orders", "nodes", "customer"]
    assert told["errors"][0]["extensions"]["requiredAccess"] == "`read_customers` access scope."


def test_an_empty_scope_set_leaves_the_shop_alone_readable(graph, box):
    box.populate(a_world(1))
    box.scopes = set()
    assert graph.data("{ shop { name } }")["shop"]["name"] == "Tea House"
    _, _, told = graph.ask("{ customers(first: 1) { nodes { id } } }")
    assert told["data"] is None
    assert told["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_without_approval_personal_data_is_null(graph, box):
    box.populate(a_world(1))
    box.protected_data_approved = False
    _, _, told = graph.ask("{ customers(first: 1) { nodes { id firstName } } }")
    assert told["data"]["customers"]["nodes"][0]["firstName"] is None
    assert "not approved" in told["errors"][0]["message"]


def test_an_old_version_falls_forward_and_an_unknown_one_is_not_found(graph):
    graph.path = "/admin/api/2025-10/graphql.json"
    status, headers, _ = graph.ask("{ shop { name } }")
    assert (status, headers["x-shopify-api-version"]) == (200, "2026-01")
    graph.path = "/admin/api/2027-01/graphql.json"
    assert graph.ask("{ shop { name } }")[0] == 404


def test_numbers_dates_and_money_are_texts(graph, box):
    box.populate(a_world(1, 1))
    told = graph.data(
        "{ orders(first: 1) { nodes { processedAt totalPriceSet { shopMoney { amount } } } }"
        " customers(first: 1) { nodes { numberOfOrders legacyResourceId } } }"
    )
    order, customer = told["orders"]["nodes"][0], told["customers"]["nodes"][0]
    assert order["processedAt"] == "2026-10-02T12:01:00Z"
    assert order["totalPriceSet"]["shopMoney"]["amount"] == "10.0"
    assert customer == {"numberOfOrders": "1", "legacyResourceId": "7000000000001"}


def test_a_customer_is_found_at_once_by_id_and_address(graph, box):
    box.populate(a_world(1))
    by = "query C($by: CustomerIdentifierInput!) { customerByIdentifier(identifier: $by) { id } }"
    assert graph.data(by, by={"emailAddress": "P1@Example.test"})["customerByIdentifier"]
    assert graph.data(by, by={"emailAddress": "p9@example.test"})["customerByIdentifier"] is None
    assert graph.data('{ customer(id: "gid://shopify/Customer/7000000000001") { id } }')["customer"]


def test_the_state_survives_being_saved(graph, box, clock, tmp_path):
    box.populate(a_world(3, 5))
    box.tax_percent, box.scopes = 19, {"read_orders"}
    box.save(tmp_path / "shop.json")
    other = type(box)(clock)
    other.load(tmp_path / "shop.json")
    assert json.dumps(other.state()) == json.dumps(box.state())
    assert other.orders.live == box.orders.live
    other.populate(a_world(3, 5))
    changed = [order for order in other.orders.live.values() if order.updated == int(NOW.timestamp())]
    assert len(changed) == 5  # the tax rate was changed, and only it


def test_objects_of_several_kinds_are_found_by_their_ids(graph, box):
    box.populate(a_world(1, 1))
    told = graph.data(
        """query Both($ids: [ID!]!) {
          nodes(ids: $ids) { __typename ... on Customer { lastName } ... on Order { name } ... on Node { id } }
        }""",
        ids=["gid://shopify/Order/5000000000001", "gid://shopify/Customer/7000000000001", "gid://shopify/Order/9"],
    )
    order, customer, nobody = told["nodes"]
    assert (order["__typename"], order["name"]) == ("Order", "#1001")
    assert (customer["__typename"], customer["lastName"]) == ("Customer", "No 1")
    assert customer["id"].endswith("7000000000001")
    assert nobody is None


def test_a_mutation_that_is_not_known_is_refused(graph):
    assert graph.code("mutation M { tagsBurn { node { id } } }") == "undefinedField"
