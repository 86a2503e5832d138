"""Our mutations, their costs and the sandbox's input objects, against Shopify's published introspection."""

import gzip
import json
import os
from pathlib import Path

import pytest
from regulars_shopify import bulk_changes, codes, cost, definitions, discounts, endpoint, holdings, uploads
from regulars_shopify.client import document
from regulars_shopify.policy import API_VERSION
from regulars_shopify.sandbox.api import TYPES
from regulars_shopify.sandbox.execution import Plan
from regulars_shopify.sandbox.inputs import INPUTS, problem
from regulars_shopify.sandbox.language import parse

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("REGULARS_SHARED") or ROOT.parent / "shared")
ONE, KEYS = "gid://shopify/Customer/7000000000001", ["regulars.a", "regulars.b", "regulars.c"]
METAFIELD = {"ownerId": ONE, "namespace": "regulars", "key": "stage"}
DEFINITION = {"name": "x", "namespace": "regulars", "key": "stage", "type": "date", "ownerType": "CUSTOMER"}


@pytest.fixture(scope="module")
def schema():
    graphql = pytest.importorskip("graphql", reason="graphql-core is not installed")
    file = SHARED / "platforms" / "shopify" / f"admin_{API_VERSION}.json.gz"
    if not file.exists():
        pytest.skip(f"Shopify's introspection {file.name} is not beside the repository (REGULARS_SHARED)")
    with gzip.open(file) as handle:
        return graphql.build_client_schema(json.load(handle)["data"], assume_valid=True)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_type_that_can_be_asked_for_is_the_platforms(schema, name):
    theirs = schema.get_type(name).fields
    for field, known in TYPES[name].items():
        assert str(theirs[field].type) == known.type, f"{name}.{field}"
        assert {k: str(a.type) for k, a in theirs[field].args.items() if k in known.args} == dict(known.args)


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_an_input_object_is_the_platforms(schema, name):
    theirs = schema.get_type(name).fields
    assert {field: str(theirs[field].type) for field in INPUTS[name]} == dict(INPUTS[name])
    required = {field for field, kind in theirs.items() if str(kind.type).endswith("!")}
    assert required <= INPUTS[name].keys()


@pytest.mark.parametrize(
    ("name", "variables", "points"),
    [
        ("set_metafields", {"metafields": [{**METAFIELD, "value": "x"}]}, endpoint.MUTATION),
        ("delete_metafields", {"metafields": [METAFIELD]}, endpoint.MUTATION),
        ("add_tags", {"id": ONE, "tags": ["regulars:a"]}, endpoint.MUTATION),
        ("remove_tags", {"id": ONE, "tags": ["regulars:a"]}, endpoint.MUTATION),
        ("define", {"definition": DEFINITION}, endpoint.MUTATION),
        ("make_discount", {"discount": {}}, endpoint.MUTATION),
        ("add_codes", {"discountId": ONE, "codes": [{"code": "x"}]}, endpoint.MUTATION),
        ("bulk_change", {"mutation": "x", "path": "y"}, endpoint.MUTATION),
        ("stage_upload", {"input": [uploads._TICKET]}, uploads._POINTS),
        ("holdings", {"ids": [ONE], "withFields": True, "first": 3, "keys": KEYS}, holdings.points(3)),
        ("holdings", {"ids": [ONE] * 100, "withFields": False, "first": 1, "keys": []}, holdings.points(0)),
        ("definitions", {"namespace": "regulars"}, definitions._POINTS),
        ("code_lookup", {"code": "x"}, discounts._LOOKUP),
        ("discounts", {"filter": 'title:"x"'}, discounts._SEARCH),
        ("codes_added", {"id": ONE}, codes._POLL),
        ("bulk_changing", {}, bulk_changes._LIST),
    ],
)
def test_a_change_costs_no_more_than_we_reckon(box, name, variables, points):
    asked = parse(document(name))
    price = Plan(asked, asked.operations[0], variables, box).cost
    assert price <= points <= price + 1
    assert points <= cost.SINGLE_QUERY_MAX


@pytest.mark.parametrize("fields", [0, 1, 10, 50, 250])
def test_a_batch_of_customers_fits_even_if_each_were_counted_in_full(fields):
    each = 2 + (cost.connection(fields) if fields else 0)
    assert 1 <= holdings.batch(fields) * each <= cost.SINGLE_QUERY_MAX


@pytest.mark.parametrize(
    ("kind", "value", "where", "why"),
    [
        ("[MetafieldsSetInput!]!", None, (), "not be null"),
        ("[MetafieldsSetInput!]!", [{"ownerId": ONE, "key": "k"}], (0, "value"), "not be null"),
        ("[MetafieldsSetInput!]!", [{**METAFIELD, "value": 5}], (0, "value"), "Could not coerce"),
        ("[MetafieldsSetInput!]!", [{**METAFIELD, "value": "x", "digest": "y"}], (0, "digest"), "not defined"),
        ("MetafieldCapabilityAdminFilterableInput", {"enabled": "yes"}, ("enabled",), "Boolean"),
    ],
)
def test_what_is_no_input_is_told_with_its_place(kind, value, where, why):
    found = problem(kind, value)
    assert found is not None
    assert found[0] == where
    assert why in found[1]


def test_a_wrong_input_never_runs(graph, box):
    asked = "mutation M($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) { userErrors { message } } }"
    assert graph.code(asked, m=[{"ownerId": ONE, "key": "stage"}]) == "INVALID_VARIABLE"
    many = [{**METAFIELD, "value": "x"} for _ in range(251)]
    assert graph.code(asked, m=many) == "MAX_INPUT_SIZE_EXCEEDED"
    assert graph.code("mutation M { tagsAdd(id: 1, tags: []) { userErrors { code } } }") == "undefinedField"
