"""The sandbox's points: what a query costs, and what happens when they run out."""

from datetime import timedelta

import pytest
from shopify.conftest import a_world

DEAR = "{ customers(first: 250) { nodes { id } } }"  # 2 + 1 * 11


def cost(graph, query, **variables):
    return graph.ask(query, **variables)[2]["extensions"]["cost"]


@pytest.mark.parametrize(
    ("query", "points"),
    [
        ("{ shop { name } }", 1),
        ("{ shop { plan { publicDisplayName } } }", 2),
        ("{ customersCount { count } }", 10),
        (DEAR, 13),
        ("{ customers(first: 1) { nodes { id } } }", 3),
        ("{ customers(first: 10) { nodes { id } edges { node { id } } } }", 2 + 2 * 4),
        # Shopify's own example of how nesting multiplies
        ("{ orders(first: 250) { nodes { id lineItems(first: 50) { nodes { id } } } } }", 2 + (1 + 2 + 7) * 11),
        ("{ orders(first: 5) { nodes { totalPriceSet { shopMoney { amount } } } } }", 2 + 3),
    ],
)
def test_a_query_costs_what_the_formula_says(graph, query, points):
    assert cost(graph, query)["requestedQueryCost"] == points


def test_what_was_not_used_is_given_back(graph, box):
    box.populate(a_world(1))
    told = cost(graph, DEAR)
    assert (told["requestedQueryCost"], told["actualQueryCost"]) == (13, 3)
    assert told["throttleStatus"] == {"maximumAvailable": 2000, "currentlyAvailable": 1997, "restoreRate": 100}


def test_an_empty_bucket_throttles_with_200_and_refills_with_time(graph, box, clock):
    box.restore_rate = 1
    spent = 0
    while "data" in (told := graph.ask("{ customersCount { count } }")[2]):
        spent += 1
    assert spent == 2
    assert told["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert told["extensions"]["cost"]["actualQueryCost"] is None
    assert told["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 0
    clock.forward(timedelta(seconds=10))
    assert graph.data("{ customersCount { count } }")


def test_throttled_may_come_without_its_status(graph, box):
    box.restore_rate, box.tell_throttle_status = 0.1, False
    _, _, told = graph.ask("{ customersCount { count } }")
    assert told["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "extensions" not in told


def test_a_query_over_1000_points_is_never_run(graph, box):
    inner = "lineItems(first: 250) { nodes { product { id } } }"
    _, _, told = graph.ask(
        f"{{ orders(first: 250) {{ nodes {{ a: {inner} b: {inner} c: {inner} d: {inner} }} }} }}"
    )
    assert told["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert "exceeds the single query max cost limit (1000)" in told["errors"][0]["message"]
    assert "data" not in told
    assert box.bucket.left == box.bucket.capacity
