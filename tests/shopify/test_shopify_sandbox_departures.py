"""The sandbox: who is kept in a merge, who may be deleted, when an erasure shows."""

import json
from datetime import timedelta

import pytest
from regulars_shopify.sandbox import ShopifySandbox
from shopify.conftest import NOW, a_world, an_order

MERGE = """mutation Merge($one: ID!, $two: ID!, $keep: CustomerMergeOverrideFields) {
  customerMerge(customerOneId: $one, customerTwoId: $two, overrideFields: $keep) {
    job { id done } resultingCustomerId userErrors { field message code }
  }
}"""
STATUS = "query S($id: ID!) { customerMergeJobStatus(jobId: $id) { status resultingCustomerId } }"
THERE = "query T($id: ID!) { customer(id: $id) { id tags createdAt numberOfOrders } }"


def customer(number):
    return f"gid://shopify/Customer/{7_000_000_000_000 + number}"


@pytest.fixture
def box(box):
    box.scopes |= {"write_customer_merge", "read_customer_merge", "write_customer_data_erasure", "write_orders"}
    return box


def merge(graph, one=1, two=2, **more):
    return graph.data(MERGE, one=customer(one), two=customer(two), **more)["customerMerge"]


def pair(box, **changes):
    """Two customers, the first with an order."""
    world = a_world(2)
    world.orders = [an_order(1, "p1")]
    for name, value in changes.items():
        setattr(world.people[int(name[-1]) - 1], name[:-1], value)
    box.populate(world)
    return world


@pytest.mark.parametrize(
    ("changes", "keep", "kept"),
    [
        ({}, None, 2),
        ({"consent2": "unsubscribed"}, None, 1),
        ({"email2": None}, None, 1),
        ({"email2": None, "consent1": "unsubscribed"}, None, 1),
        ({}, 1, 1),
        ({"consent1": "unsubscribed"}, 1, 1),
    ],
)
def test_who_is_kept(graph, box, changes, keep, kept):
    pair(box, **changes)
    more = {"keep": {"customerIdOfEmailToKeep": customer(keep)}} if keep else {}
    assert merge(graph, **more)["resultingCustomerId"] == customer(kept)


def test_a_merge_is_a_job_and_leaves_nothing_under_the_losers_id_or_address(graph, box, clock):
    pair(box)
    job = merge(graph)["job"]
    assert graph.data(STATUS, id=job["id"])["customerMergeJobStatus"]["status"] == "IN_PROGRESS"
    assert graph.data(THERE, id=customer(1))["customer"]
    clock.forward(timedelta(seconds=3))
    told = graph.data(STATUS, id=job["id"])["customerMergeJobStatus"]
    assert told == {"status": "COMPLETED", "resultingCustomerId": customer(2)}
    assert graph.data(THERE, id=customer(1))["customer"] is None
    by_address = 'query B { customerByIdentifier(identifier: { emailAddress: "p1@example.test" }) { id } }'
    assert graph.data(by_address)["customerByIdentifier"] is None


def test_orders_tags_and_metafields_move_and_the_count_of_orders_does_not(graph, box, clock):
    pair(
        box,
        tags1=("vip",),
        tags2=("old",),
        properties1={"tier": "gold", "size": "39"},
        properties2={"tier": "tin"},
    )
    merge(graph)
    clock.forward(timedelta(seconds=3))
    kept = graph.data(THERE, id=customer(2))["customer"]
    assert (kept["tags"], kept["numberOfOrders"]) == (["old", "vip"], "0")
    asked = 'query O { order(id: "gid://shopify/Order/5000000000001") { customer { id } } }'
    assert graph.data(asked)["order"]["customer"]["id"] == customer(2)
    assert box.customers.live[2].metafields == {"custom.tier": "tin", "custom.size": "39"}


@pytest.mark.parametrize(
    ("one", "two", "field", "code"),
    [
        (1, 1, None, "INVALID_CUSTOMER_ID"),
        (9, 2, ["customerOneId"], "INVALID_CUSTOMER_ID"),
        (1, 9, ["customerTwoId"], "INVALID_CUSTOMER_ID"),
    ],
)
def test_a_merge_of_nobody_is_refused(graph, box, one, two, field, code):
    pair(box)
    (error,) = merge(graph, one, two)["userErrors"]
    assert (error["field"], error["code"]) == (field, code)


def test_who_has_orders_is_not_deleted(graph, box):
    pair(box)
    delete = """mutation D($id: ID!) {
      customerDelete(input: { id: $id }) { deletedCustomerId userErrors { field message } }
    }"""
    (error,) = graph.data(delete, id=customer(1))["customerDelete"]["userErrors"]
    assert "associated orders" in error["message"]
    assert graph.data(delete, id=customer(2))["customerDelete"]["deletedCustomerId"] == customer(2)
    assert graph.data(delete, id=customer(2))["customerDelete"]["userErrors"][0]["field"] == ["id"]


ERASE = "mutation E($id: ID!) { customerRequestDataErasure(customerId: $id) { customerId userErrors { code } } }"
CANCEL = "mutation C($id: ID!) { customerCancelDataErasure(customerId: $id) { customerId userErrors { code } } }"


def test_an_erasure_shows_nothing_until_it_ripens(graph, box, clock):
    pair(box)
    before = graph.data(THERE, id=customer(1))
    assert graph.data(ERASE, id=customer(1))["customerRequestDataErasure"]["userErrors"] == []
    assert graph.data(THERE, id=customer(1)) == before
    clock.forward(timedelta(days=11))
    assert graph.data(THERE, id=customer(1)) == before  # the order is too young
    clock.forward(timedelta(days=180))
    assert graph.data(THERE, id=customer(1))["customer"] is None
    asked = 'query O { order(id: "gid://shopify/Order/5000000000001") { email customer { id } } }'
    assert graph.data(asked)["order"] == {"email": None, "customer": None}


def test_an_erasure_can_be_cancelled_once(graph, box, clock):
    pair(box)
    graph.data(ERASE, id=customer(2))
    assert graph.data(CANCEL, id=customer(2))["customerCancelDataErasure"]["userErrors"] == []
    (error,) = graph.data(CANCEL, id=customer(2))["customerCancelDataErasure"]["userErrors"]
    assert error["code"] == "NOT_BEING_ERASED"
    clock.forward(timedelta(days=300))
    assert graph.data(THERE, id=customer(2))["customer"]


def test_a_world_does_not_bring_back_who_left(graph, box, clock):
    world = pair(box)
    merge(graph)
    clock.forward(timedelta(days=1))
    graph.data(THERE, id=customer(2))
    world.orders.append(an_order(2, "p1", at=NOW))
    box.populate(world)
    assert sorted(box.customers.live) == [2]
    assert [order.customer for order in box.orders.live.values()] == [2, 2]


def test_who_left_stays_away_over_a_restart(graph, box, clock):
    pair(box)
    merge(graph)
    graph.data(ERASE, id=customer(2))
    kept = json.loads(json.dumps(box.state()))
    again = ShopifySandbox(clock)
    again.restore(kept)
    clock.forward(timedelta(days=1))
    again.departures.settle()
    assert (sorted(again.customers.live), again.customers.gone, again.departures.erasures) == (
        [2],
        {1: 2},
        {2: int(NOW.timestamp())},
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tag:vip OR tag:old", [1, 2]),
        ("-tag:vip", [2, 3]),
        ("tag:vip OR tag:old -id:7000000000001", [2]),
        ("(tag:vip AND id:7000000000001) OR id:7000000000003", [1, 3]),
        ("id:>7000000000001 AND id:<=7000000000003", [2, 3]),
        ("first_name:ad*", [1, 2, 3]),
    ],
)
def test_the_search_grammar_joins_and_denies(graph, box, query, found):
    world = a_world(3)
    world.people[0].tags, world.people[1].tags = ("vip",), ("old",)
    box.populate(world)
    told = graph.data("query Q($q: String) { customers(first: 9, query: $q) { nodes { id } } }", q=query)
    assert [int(node["id"][-1]) for node in told["customers"]["nodes"]] == found
