"""The sandbox's bulk operations: states over time, files on another host, all that is refused."""

import json
from datetime import timedelta

import pytest
from regulars.testing import Asked, WorldRefund
from shopify.conftest import NOW, a_world, an_order

RUN = """mutation Run($query: String!, $grouped: Boolean!) {
  bulkOperationRunQuery(query: $query, groupObjects: $grouped) {
    bulkOperation { id status objectCount url fileSize completedAt }
    userErrors { field message code }
  }
}"""
POLL = """query Poll($id: ID!) {
  bulkOperation(id: $id) { status errorCode objectCount rootObjectCount fileSize url partialDataUrl completedAt }
}"""
PEOPLE = "{ customers { edges { node { id } } } }"
ORDERS = "{ orders { edges { node { id lineItems { edges { node { __typename id quantity } } } } } } }"


def run(graph, query, grouped=False):
    told = graph.data(RUN, query=query, grouped=grouped)["bulkOperationRunQuery"]
    return told["bulkOperation"], told["userErrors"]


def poll(graph, operation):
    return graph.data(POLL, id=operation["id"])["bulkOperation"]


def fetch(box, url, **headers):
    path, _, query = url.partition(".com")[2].partition("?")
    pairs = tuple(tuple(pair.split("=")) for pair in query.split("&"))
    return box.handle(Asked("GET", path, pairs, headers, b"", f"{path}?{query}"))


def finished(graph, clock, query, grouped=False):
    operation, errors = run(graph, query, grouped)
    assert errors == []
    clock.forward(timedelta(hours=1))
    return poll(graph, operation)


def test_an_operation_is_created_runs_and_completes(graph, box, clock):
    box.populate(a_world(30))
    box.operations.pace = 10
    operation, _ = run(graph, PEOPLE)
    assert operation == {
        "id": operation["id"],
        "status": "CREATED",
        "objectCount": "0",
        "url": None,
        "fileSize": None,
        "completedAt": None,
    }
    clock.forward(timedelta(seconds=2))
    assert poll(graph, operation)["status"] == "RUNNING"
    clock.forward(timedelta(seconds=2))
    done = poll(graph, operation)
    assert (done["status"], done["objectCount"], done["rootObjectCount"]) == ("COMPLETED", "30", "30")
    assert done["completedAt"] == "2026-11-01T12:00:04Z"


def test_the_file_has_a_line_an_object_with_its_slashes_escaped(graph, box, clock):
    box.populate(a_world(2))
    done = finished(graph, clock, PEOPLE)
    file = fetch(box, done["url"]).body
    assert file.splitlines()[0] == rb'{"id":"gid:\/\/shopify\/Customer\/7000000000001"}'
    assert str(len(file)) == done["fileSize"]


def test_children_are_lines_of_their_own_and_stand_anywhere(graph, box, clock):
    box.populate(a_world(1, 60))
    done = finished(graph, clock, ORDERS)
    lines = [json.loads(line) for line in fetch(box, done["url"]).body.splitlines()]
    assert (done["objectCount"], done["rootObjectCount"]) == ("120", "60")
    places = {line["id"]: at for at, line in enumerate(lines)}
    early = [line for at, line in enumerate(lines) if "__parentId" in line and at < places[line["__parentId"]]]
    assert early
    assert list(early[0])[-1] == "__parentId"
    assert early[0]["__typename"] == "LineItem"


def test_grouped_children_follow_their_parent(graph, box, clock):
    box.populate(a_world(1, 60))
    done = finished(graph, clock, ORDERS, grouped=True)
    lines = [json.loads(line) for line in fetch(box, done["url"]).body.splitlines()]
    assert all(child["__parentId"] == parent["id"] for parent, child in zip(lines[::2], lines[1::2], strict=True))


def test_what_an_older_version_did_on_its_own(graph, box, clock):
    box.versions, graph.path = ["2025-10", "2026-10"], "/admin/api/2025-10/graphql.json"
    box.populate(a_world(1, 60))
    plain = RUN.replace(", $grouped: Boolean!", "").replace(", groupObjects: $grouped", "")
    one = graph.data(plain, query=ORDERS)["bulkOperationRunQuery"]["bulkOperation"]
    two = graph.data(plain, query=ORDERS)["bulkOperationRunQuery"]
    assert [error["code"] for error in two["userErrors"]] == ["OPERATION_IN_PROGRESS"]  # one at a time
    clock.forward(timedelta(hours=1))
    lines = [json.loads(line) for line in fetch(box, poll(graph, one)["url"]).body.splitlines()]
    assert lines[1]["__parentId"] == lines[0]["id"]  # grouped


def test_nothing_found_is_no_file(graph, box, clock):
    done = finished(graph, clock, PEOPLE)
    assert (done["status"], done["url"], done["objectCount"]) == ("COMPLETED", None, "0")


def test_the_file_host_refuses_the_shops_token_and_remembers_it(graph, box, clock):
    box.populate(a_world(1))
    url = finished(graph, clock, PEOPLE)["url"]
    assert url.startswith("https://storage.googleapis.com/")
    answer = fetch(box, url, **{"x-shopify-access-token": box.token})
    assert (answer.status, b"<Error>" in answer.body) == (400, True)
    assert len(box.operations.leaks) == 1


def test_a_file_is_given_in_parts_and_for_seven_days(graph, box, clock):
    box.populate(a_world(3))
    url = finished(graph, clock, PEOPLE)["url"]
    whole = fetch(box, url).body
    part = fetch(box, url, range="bytes=10-19")
    assert (part.status, part.body) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    assert fetch(box, url, range=f"bytes={len(whole)}-").status == 416
    assert fetch(box, url.replace("Signature=", "Signature=x")).status == 403
    clock.forward(timedelta(days=8))
    assert b"ExpiredToken" in fetch(box, url).body


def test_a_failed_operation_offers_a_part_of_what_there_is(graph, box, clock):
    box.populate(a_world(10))
    box.operations.failures = ["INTERNAL_SERVER_ERROR"]
    done = finished(graph, clock, PEOPLE)
    assert (done["status"], done["errorCode"], done["url"]) == ("FAILED", "INTERNAL_SERVER_ERROR", None)
    assert len(fetch(box, done["partialDataUrl"]).body.splitlines()) == 5


def test_a_field_that_is_denied_fails_the_operation(graph, box, clock):
    box.populate(a_world(1, 1))
    box.scopes -= {"read_customers", "write_customers"}
    done = finished(graph, clock, "{ orders { edges { node { id customer { id } } } } }")
    assert (done["status"], done["errorCode"]) == ("FAILED", "ACCESS_DENIED")


def test_a_sixth_operation_is_refused_with_the_five_that_run(graph, box):
    box.populate(a_world(1))
    five = [run(graph, PEOPLE)[0]["id"] for _ in range(5)]
    nothing, (error,) = run(graph, PEOPLE)
    assert nothing is None
    assert (error["field"], error["code"]) == (None, "OPERATION_IN_PROGRESS")
    assert all(one in error["message"] for one in five)


def test_a_cancelled_operation_keeps_its_count_and_never_completes(graph, box, clock):
    box.populate(a_world(30))
    box.operations.pace = 1
    operation, _ = run(graph, PEOPLE)
    clock.forward(timedelta(seconds=10))
    told = graph.data(
        """mutation Cancel($id: ID!) {
          bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { field message } }
        }""",
        id=operation["id"],
    )["bulkOperationCancel"]
    assert told == {"bulkOperation": {"status": "CANCELING"}, "userErrors": []}
    clock.forward(timedelta(minutes=5))
    ended = poll(graph, operation)
    assert (ended["status"], ended["completedAt"], ended["url"]) == ("CANCELED", None, None)
    assert ended["objectCount"] == "9"


def test_operations_are_listed_newest_first_and_by_state(graph, box, clock):
    box.populate(a_world(2))
    old = finished(graph, clock, PEOPLE)
    new, _ = run(graph, ORDERS)
    asked = "query L($q: String) { bulkOperations(first: 5, query: $q) { nodes { id status query } } }"
    assert [one["query"] for one in graph.data(asked)["bulkOperations"]["nodes"]] == [ORDERS, PEOPLE]
    running = graph.data(asked, q="status:created operation_type:query")["bulkOperations"]["nodes"]
    assert [one["id"] for one in running] == [new["id"]]
    assert old["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "{ orders { nodes { id } } }",
            "Selecting via 'nodes' is not supported. Invalid connection fields: 'orders'.",
        ),
        ("{ shop { id } }", "Bulk queries must contain at least one connection."),
        ("", "Invalid bulk query: syntax error, unexpected end of file"),
        (
            'mutation { tagsAdd(id: "1", tags: []) { node { id } } }',
            "Invalid operation type. Only `query` operations are supported.",
        ),
        (
            "{ orders { edges { node { name lineItems { edges { node { id } } } } } } }",
            "Connection fields without 'id': orders.",
        ),
        (
            "{ orders { edges { node { id refunds { id refundLineItems { edges { node { id } } } } } } } }",
            "Queries that contain a connection field within a list field are not currently supported.",
        ),
        (
            "{ " + " ".join(f"a{n}: orders {{ edges {{ node {{ id }} }} }}" for n in range(6)) + " }",
            "Bulk queries cannot contain more than 5 connections.",
        ),
        ("#" * 65_536, "Query is too large (65536 bytes; maximum is 65535 bytes)"),
        ("{ orders { edges { node { colour } } } }", "Field 'colour' doesn't exist on type 'Order'"),
    ],
)
def test_an_inner_query_is_refused_as_the_platform_refuses_it(graph, query, message):
    operation, errors = run(graph, query)
    assert operation is None
    assert [(error["field"], error["code"]) for error in errors] == [(["query"], "INVALID")]
    assert message in errors[0]["message"]


def test_a_single_object_is_no_bulk_query(graph):
    _, errors = run(graph, '{ node(id: "gid://shopify/Product/0") { id } }')
    assert [error["message"] for error in errors] == [
        "Bulk queries cannot contain a top level `node` field.",
        "Bulk queries must contain at least one connection.",
    ]


def nested(*names):
    inside = "id"
    for name in reversed(names):
        inside = f"id {name} {{ edges {{ node {{ {inside} }} }} }}"
    return f"{{ {inside.removeprefix('id ')} }}"


def test_connections_nest_two_deep_and_no_deeper(graph):
    assert run(graph, nested("customers", "orders", "lineItems"))[1] == []
    deep = nested("customers", "orders", "lineItems").replace(
        "id } } } }", "id product { variants { edges { node { id } } } } } } } }", 1
    )
    _, errors = run(graph, deep)
    assert [error["message"] for error in errors] == [
        "Bulk queries cannot contain connections with a nesting depth greater than 2."
    ]


def test_the_state_of_operations_is_kept(graph, box, clock):
    box.populate(a_world(3, 2))
    done = finished(graph, clock, PEOPLE)
    kept = json.loads(json.dumps(box.state()))
    box.restore(kept)
    assert len(fetch(box, done["url"]).body.splitlines()) == 3


def test_a_refund_in_a_bulk_query_has_its_totals_alone(graph, box, clock):
    world = a_world(1)
    world.orders = [an_order(1, refunds=[WorldRefund(NOW, ((0, 1),), "10.00")])]
    box.populate(world)
    query = "{ orders { edges { node { id refunds { id totalRefundedSet { shopMoney { amount } } } } } } }"
    done = finished(graph, clock, query)
    (line,) = (json.loads(line) for line in fetch(box, done["url"]).body.splitlines())
    assert line["refunds"][0]["totalRefundedSet"] == {"shopMoney": {"amount": "10.0"}}
