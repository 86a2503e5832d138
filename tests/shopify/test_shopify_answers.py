"""What the simulated shop answers, against Shopify's published schema: types, nulls, enum words, scalar forms.

A run of our own reading and writing is recorded; then each of its documents is executed by graphql-core
over the recorded answer, so that every value passes the schema's own rules.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from regulars.testing.contract.bench import Bench
from regulars.testing.contract.shelf import Shelf
from regulars_shopify.connector import connector
from regulars_shopify.policy import API_VERSION
from regulars_shopify.sandbox import ShopifySandbox

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("REGULARS_SHARED") or ROOT.parent / "shared")
GID = re.compile(r"gid://shopify/(\w+)/[\w-]+(\?.*)?")
FORMS = {
    "DateTime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    "Date": re.compile(r"\d{4}-\d\d-\d\d"),
    "Decimal": re.compile(r"-?\d+(\.\d+)?"),
    "Money": re.compile(r"-?\d+(\.\d+)?"),
    "UnsignedInt64": re.compile(r"\d+"),
    "URL": re.compile(r"https?://\S+"),
    "ID": GID,
}


class Recording(ShopifySandbox):
    """Keeps every GraphQL question with its answer."""

    def __init__(self, clock, seed=0):
        super().__init__(clock, seed)
        self.told = []

    def respond(self, asked):
        answer = super().respond(asked)
        if asked.path.endswith("graphql.json"):
            self.told.append((json.loads(asked.body), json.loads(answer.body)))
        return answer


@pytest.fixture(scope="module")
def graphql():
    return pytest.importorskip("graphql", reason="graphql-core is not installed")


@pytest.fixture(scope="module")
def schema(graphql):
    file = SHARED / "platforms" / "shopify" / f"admin_{API_VERSION}.json.gz"
    if not file.exists():
        pytest.skip(f"Shopify's introspection {file.name} is not beside the repository (REGULARS_SHARED)")
    with gzip.open(file) as handle:
        made = graphql.build_client_schema(json.load(handle)["data"], assume_valid=True)
    for name, form in FORMS.items():
        made.type_map[name].serialize = formed(name, form)
    return made


def formed(name, form):
    """A scalar's values must be texts of this form."""

    def serialize(value):
        if not isinstance(value, str) or not form.fullmatch(value):
            raise TypeError(f"{value!r} is no {name}")
        if name == "DateTime":
            datetime.fromisoformat(value)
        return value

    return serialize


@pytest.fixture(scope="module")
def told():
    """Everything that was asked and answered while we checked, read, read on, and wrote."""
    bench = Bench(replace(connector(), sandbox=Recording), 60)
    shop, settings = bench.connector, bench.settings
    shop.check(settings, bench.connect())
    if shop.discover is not None:
        shop.discover(settings, bench.connect())
    shelf = Shelf()
    shelf.read(bench.source())
    bench.clock.forward(timedelta(days=1))
    shelf.read(bench.source())
    if shop.destination is not None and shop.writes is not None:
        written(bench, [row["id"] for row in shelf.of("person")][:3])
    return bench.sandbox.told


def written(bench, people):
    from regulars.changes import JoinList, LeaveList, SetField
    from regulars.connector import FieldSpec

    prefix, there = bench.writes().field_prefix, bench.destination()
    field, tag = f"{prefix}clv", f"{bench.writes().list_prefix}tea"
    there.provision(there.missing([FieldSpec(field, "number", "CLV")], [tag]))
    there.write([SetField(one, field, "12.5") for one in people])
    there.write([JoinList(one, tag) for one in people])
    there.write([LeaveList(people[0], tag)])
    there.held(people, [field], [tag])


def executed(graphql, schema, asked, answer):
    """The document over the answer: a field's value is what stands under its name in the answer."""
    return graphql.execute_sync(
        schema,
        graphql.parse(asked["query"]),
        root_value=answer["data"],
        variable_values=asked.get("variables"),
        operation_name=asked.get("operationName"),
        field_resolver=lambda source, info, **_: source[info.path.key],
        type_resolver=lambda value, *_: value.get("__typename") or GID.fullmatch(value["id"])[1],
    )


def test_enough_was_asked_to_judge(told):
    assert len({asked["query"] for asked, answer in told if answer.get("data")}) >= 5


def test_every_question_is_a_valid_document(graphql, schema, told):
    for document in {asked["query"] for asked, _ in told}:
        assert graphql.validate(schema, graphql.parse(document)) == []


def test_every_answer_is_one_that_the_schema_allows(graphql, schema, told):
    for asked, answer in told:
        if answer.get("data") is None:
            continue
        result = executed(graphql, schema, asked, answer)
        assert result.errors is None, [f"{fault.path}: {fault.message}" for fault in result.errors][:3]
        assert result.data == answer["data"]
