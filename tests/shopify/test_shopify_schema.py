"""Our queries, our costs and the sandbox's schema, against Shopify's published introspection."""

import gzip
import json
import os
from importlib.resources import files
from pathlib import Path

import pytest
from regulars_shopify import cost
from regulars_shopify.client import CUSTOMERS_A_PAGE, ORDERS_A_PAGE, PRODUCTS_A_PAGE, document
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


FIRST = {"products": PRODUCTS_A_PAGE, "customers": CUSTOMERS_A_PAGE, "orders": ORDERS_A_PAGE}
ONE = {"id": "gid://shopify/Order/1"}


@pytest.mark.parametrize(
    ("name", "variables", "points"),
    [
        ("shop", {}, cost.SHOP),
        ("probe", {}, cost.PROBE),
        ("order_lines", ONE, cost.ORDER_LINES),
        ("refund_lines", ONE, cost.REFUND_LINES),
        ("products", {"first": 250}, cost.products(250)),
        ("products", {"first": 7}, cost.products(7)),
        ("customers", {"first": 250, "withMetafields": False, "metafields": 1}, cost.customers(250, 0)),
        ("customers", {"first": 250, "withMetafields": True, "metafields": 250}, cost.customers(250, 250)),
        ("customers", {"first": 10, "withMetafields": True, "metafields": 3}, cost.customers(10, 3)),
        ("orders", {"first": 100}, cost.orders(100)),
        ("orders", {"first": 1}, cost.orders(1)),
    ],
)
def test_what_we_reckon_is_what_the_platform_reckons(box, name, variables, points):
    asked = parse(document(name))
    assert Plan(asked, asked.operations[0], variables, box).cost == points
    assert points <= cost.SINGLE_QUERY_MAX


def test_every_query_is_priced():
    assert set(QUERIES) == {"shop", "probe", "order_lines", "refund_lines", *FIRST}
