"""The sandbox's pages, its search and what it hides."""

from datetime import timedelta

from shopify.conftest import NOW, a_person, a_world, an_order

CUSTOMERS = """
query C($first: Int!, $after: String, $query: String, $sort: CustomerSortKeys, $down: Boolean) {
  customers(first: $first, after: $after, query: $query, sortKey: $sort, reverse: $down) {
    nodes { id updatedAt } pageInfo { hasNextPage endCursor }
  }
}
"""


def ids(page):
    return [int(node["id"].rsplit("/", 1)[1]) - 7_000_000_000_000 for node in page["nodes"]]


def walk(graph, **asked):
    seen, after = [], None
    while True:
        page = graph.data(CUSTOMERS, after=after, **asked)["customers"]
        seen += ids(page)
        if not page["pageInfo"]["hasNextPage"]:
            return seen
        after = page["pageInfo"]["endCursor"]


def search(graph, query, kind="customers"):
    """(ids found, warnings)"""
    told = graph.ask(f"query S($q: String) {{ {kind}(first: 50, query: $q) {{ nodes {{ id }} }} }}", q=query)[2]
    warnings = [w for entry in told["extensions"].get("search", []) for w in entry["warnings"]]
    return [int(node["id"].rsplit("/", 1)[1]) % 1000 for node in told["data"][kind]["nodes"]], warnings


def test_pages_follow_each_other_and_end(graph, box):
    box.populate(a_world(7))
    assert walk(graph, first=3) == [1, 2, 3, 4, 5, 6, 7]
    assert walk(graph, first=7, down=True) == [7, 6, 5, 4, 3, 2, 1]
    assert walk(graph, first=2, down=True) == [7, 6, 5, 4, 3, 2, 1]


def test_the_default_order_is_by_id_for_customers_and_by_processing_for_orders(graph, box):
    world = a_world(1)
    world.orders = [an_order(1, at=NOW - timedelta(days=1)), an_order(2, at=NOW - timedelta(days=2))]
    box.populate(world)
    names = graph.data("{ orders(first: 9) { nodes { name } } }")["orders"]["nodes"]
    assert [node["name"] for node in names] == ["#1002", "#1001"]
    assert walk(graph, first=2, sort="UPDATED_AT") == [1]


def test_a_row_that_changes_during_a_walk_is_met_again_and_none_is_lost(graph, box, clock):
    world = a_world(6)
    box.populate(world)
    first = graph.data(CUSTOMERS, first=2, sort="UPDATED_AT")["customers"]
    assert ids(first) == [6, 5]
    clock.forward(timedelta(minutes=1))
    world.people[4].first_name = "Changed"  # number 5, already seen
    world.people[0].first_name = "Changed"  # number 1, not yet seen
    box.populate(world)
    seen, after = [], first["pageInfo"]["endCursor"]
    while after:
        page = graph.data(CUSTOMERS, first=2, sort="UPDATED_AT", after=after)["customers"]
        seen += ids(page)
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
    assert seen == [4, 3, 2, 1, 5]


def test_a_cursor_that_is_none_is_refused(graph, box):
    box.populate(a_world(1))
    _, _, told = graph.ask(CUSTOMERS, first=1, after="nonsense")
    assert "Invalid cursor" in told["errors"][0]["message"]


def test_a_search_cannot_be_paged_through_forever(graph, box):
    box.populate(a_world(9))
    box.customers.depth = 4
    asked = {"first": 3, "sort": "UPDATED_AT", "query": "updated_at:>='2026-01-01T00:00:00Z'"}
    after = None
    for _ in range(2):
        after = graph.data(CUSTOMERS, after=after, **asked)["customers"]["pageInfo"]["endCursor"]
    _, _, told = graph.ask(CUSTOMERS, after=after, **asked)
    assert "25000" in told["errors"][0]["message"]


def test_only_what_a_search_finds_counts_for_how_far_it_can_be_paged(graph, box):
    box.populate(a_world(9))
    box.customers.depth = 4
    assert walk(graph, first=2, sort="ID", query="id:>7000000000005") == [6, 7, 8, 9]


def test_a_quoted_date_is_meant_to_the_second_and_a_bare_one_to_the_day(graph, box):
    world = a_world(0)
    world.people = [a_person(n, created_at=NOW - timedelta(hours=n)) for n in (1, 2, 14)]
    box.populate(world)
    assert search(graph, "updated_at:>='2026-11-01T11:00:00Z'")[0] == [1]
    assert search(graph, "updated_at:>'2026-11-01T11:00:00Z'")[0] == []
    assert search(graph, "updated_at:>'2026-11-01T10:59:59Z'")[0] == [1]
    assert search(graph, "updated_at:>=2026-11-01T11:00:00Z")[0] == [1, 2]
    assert search(graph, "updated_at:<2026-11-01T11:00:00Z")[0] == [3]
    assert search(graph, "updated_at:2026-10-31")[0] == [3]


def test_terms_are_joined_and_tags_and_ids_are_found(graph, box):
    world = a_world(3)
    world.people[1].tags = ("VIP", "old")
    box.populate(world)
    assert search(graph, "tag:vip AND id:7000000000002") == ([2], [])
    assert search(graph, "tag:vip id:7000000000001") == ([], [])


def test_an_address_is_taken_apart_unless_quoted(graph, box):
    box.populate(a_world(3))
    assert search(graph, "email:example")[0] == [1, 2, 3]
    assert search(graph, "email:p2@example.test")[0] == [2]
    assert search(graph, "email:'example'")[0] == []


def test_an_unknown_field_gives_everything_and_a_warning(graph, box):
    box.populate(a_world(3))
    found, warnings = search(graph, "updatedat:>='2030-01-01T00:00:00Z'")
    assert found == [1, 2, 3]
    assert [w["code"] for w in warnings] == ["invalid_field"]


def test_counts_know_fewer_fields_and_stop_at_their_limit(graph, box):
    box.populate(a_world(3))
    count = "query N($q: String, $n: Int) { customersCount(query: $q, limit: $n) { count precision } }"
    assert graph.data(count, q="email:p1@example.test", n=9)["customersCount"]["count"] == 3
    assert graph.data(count, q="id:7000000000001", n=9)["customersCount"]["count"] == 1
    assert graph.data(count, n=2)["customersCount"] == {"count": 2, "precision": "AT_LEAST"}


def test_orders_older_than_60_days_are_hidden_in_silence(graph, box):
    world = a_world(1)
    world.orders = [an_order(1, at=NOW - timedelta(days=61)), an_order(2, at=NOW - timedelta(days=59))]
    box.populate(world)
    assert search(graph, None, "orders")[0] == [1, 2]
    box.scopes = box.scopes - {"read_all_orders"}
    assert search(graph, None, "orders") == ([2], [])
    assert graph.data('{ order(id: "gid://shopify/Order/5000000000001") { id } }')["order"] is None


def test_the_index_lags_and_reading_by_id_does_not(graph, box, clock):
    world = a_world(1)
    box.populate(world)
    box.index_lag = 20
    clock.forward(timedelta(minutes=1))
    world.people.append(a_person(2))
    box.populate(world)
    assert walk(graph, first=9) == [1]
    assert graph.data('{ customer(id: "gid://shopify/Customer/7000000000002") { id } }')["customer"]
    clock.forward(timedelta(seconds=20))
    assert walk(graph, first=9) == [1, 2]


def test_what_did_not_change_is_not_touched(box, clock):
    world = a_world(3, 3)
    box.populate(world)
    clock.forward(timedelta(days=1))
    world.people[1].consent = "unsubscribed"
    world.orders[0].tags = ("late",)
    box.populate(world)
    now = int(clock.now().timestamp())
    assert [c.number for c in box.customers.live.values() if c.updated == now] == [2]
    assert [o.number for o in box.orders.live.values() if o.updated == now] == [1]
    assert box.customers.live[2].consent_at == now


def test_the_future_has_not_happened(box, clock):
    world = a_world(1)
    world.orders = [an_order(1, at=NOW + timedelta(days=1))]
    box.populate(world)
    assert box.orders.live == {}
    clock.forward(timedelta(days=2))
    box.populate(world)
    assert box.orders.live[1].updated == int(clock.now().timestamp())


def test_a_great_many_changes_do_not_fall_into_one_second(box, clock):
    box.populate(a_world(1))
    clock.forward(timedelta(days=1))
    box.populate(a_world(2501))
    now = int(clock.now().timestamp())
    assert {c.updated for c in box.customers.live.values() if c.number > 1} == {now, now - 1, now - 2}
