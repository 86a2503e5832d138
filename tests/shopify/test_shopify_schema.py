"""Our queries, our costs and the sandbox's schema, against Shopify's published introspection."""

import gzip
import json
import os
from importlib.resources import files
from pathlib import Path

import pytest
from regulars_shopify import cost
from regulars_shopify.client import LINES_A_PAGE, MANY_LINES_A_PAGE, document
from regulars_shopify.policy import API_VERSION
from regulars_shopify.sandbox.execution import Plan
from regulars_shopify.sandbox.language import parse
from regulars_shopify.sandbox.schema import TYPES

QUERIES = sorted(f.name.removesuffix(".graphql") for f in files("regulars_shopify").joinpath("queries").iterdir())
ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("REGULARS_SHARED") or ROOT.parent / "shared")


@pytest.fixture(scope="module")
def graphql():
    return pytest.importorskip("graphql", reason="graphql-core is not installed")


@pytest.fixture(scope="module")
def schema(graphql):
    file = SHARED / "platforms" / "shopify" / f"admin_{API_VERSION}.json.gz"
    if not file.exists():
        pytest.skip(f"Shopify's introspection {file.name} is not beside the repository (REGULARS_SHARED)")
    with gzip.open(file) as handle:
        return graphql.build_client_schema(json.load(handle)["data"], assume_valid=True)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_valid_and_asks_for_nothing_deprecated(graphql, schema, name):
    asked = graphql.parse(document(name))
    assert graphql.validate(schema, asked) == []
    rules = [graphql.NoDeprecatedCustomRule]
    assert [fault.message for fault in graphql.validate(schema, asked, rules)] == []


@pytest.mark.parametrize("name", sorted(TYPES))
def test_the_sandbox_has_the_platforms_types(schema, name):
    theirs = schema.get_type(name).fields
    for field, known in TYPES[name].items():
        assert str(theirs[field].type) == known.type, f"{name}.{field}"
        assert {k: str(a.type) for k, a in theirs[field].args.items() if k in known.args} == dict(known.args)


ONE = {"id": "gid://shopify/Order/1"}
SOME = {"ids": [f"gid://shopify/Refund/{n}" for n in range(40)]}


@pytest.mark.parametrize(
    ("name", "variables", "points"),
    [
        ("shop", {}, cost.SHOP),
        ("probe", {"recently": "created_at:>'2026-01-01'"}, cost.PROBE),
        ("personal_data", {"name": False, "email": True, "phone": False, "address": False}, cost.PERSONAL),
        ("sample", {}, cost.SAMPLE),
        ("discovery", {}, cost.DEFINITIONS),
        ("orders_count", {}, cost.COUNT),
        ("customers_count", {}, cost.COUNT),
        ("companies_count", {}, cost.COUNT),
        ("bulk_poll", ONE, cost.BULK_POLL),
        ("bulk_running", {}, cost.BULK_RUNNING),
        ("bulk_run", {"query": "{ shop { id } }"}, cost.MUTATION),
        ("oldest_order", {}, cost.OLDEST_ORDER),
        ("customer_ids", {"first": 250}, cost.CUSTOMER_IDS),
        ("order_ids", {"first": 250}, cost.ORDER_IDS),
        ("order_lines", ONE, cost.ORDER_LINES),
        ("refund_lines", ONE, cost.REFUND_LINES),
        ("products", {"first": 250}, cost.products(250)),
        ("products", {"first": 7}, cost.products(7)),
        ("companies", {"first": 250}, cost.companies(250)),
        ("customers", {"first": 250, "withMetafields": False, "metafields": 1}, cost.customers(250, 0)),
        ("customers", {"first": 250, "withMetafields": True, "metafields": 250}, cost.customers(250, 250)),
        ("customers", {"first": 10, "withMetafields": True, "metafields": 3}, cost.customers(10, 3)),
        ("orders", {"first": 250, "lines": LINES_A_PAGE, "companies": False}, cost.orders(250, LINES_A_PAGE)),
        ("orders", {"first": 100, "lines": MANY_LINES_A_PAGE, "companies": True}, cost.orders(100, 250, True)),
        ("orders", {"first": 1, "lines": 1, "companies": False}, cost.orders(1, 1)),
    ],
)
def test_what_we_reckon_is_what_the_platform_reckons(box, name, variables, points):
    asked = parse(document(name))
    assert Plan(asked, asked.operations[0], variables, box).cost == points
    assert points <= cost.SINGLE_QUERY_MAX


def test_ids_are_reckoned_one_by_one_and_so_never_too_low(box):
    asked = parse(document("refunds"))
    assert Plan(asked, asked.operations[0], SOME, box).cost <= cost.refunds(40) <= cost.SINGLE_QUERY_MAX


@pytest.mark.parametrize("lines", [LINES_A_PAGE, MANY_LINES_A_PAGE])
def test_a_full_page_of_orders_fits_into_one_query(lines):
    assert cost.fitting(lambda size: cost.orders(size, lines, True)) == cost.LARGEST_PAGE


def test_a_page_that_is_too_dear_shrinks():
    size = cost.fitting(lambda first: cost.connection(first, 150))
    assert cost.connection(size, 150) <= cost.SINGLE_QUERY_MAX < cost.connection(size + 1, 150)
