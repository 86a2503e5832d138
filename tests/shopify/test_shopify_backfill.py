"""First readings by bulk operations against the simulated shop."""

import json
from datetime import date, timedelta

import pytest
from regulars import AuthError, PlatformError, QuotaError
from regulars.journal import Journal, runs
from regulars.sync import Landing, read_stream
from regulars.sync.read import cursors
from regulars.testing import Fault, WorldLine, WorldRefund
from regulars.warehouse import Warehouse
from regulars_shopify.bulk import Bulk
from regulars_shopify.bulk_streams import orders_query
from regulars_shopify.client import ShopifyClient, document
from regulars_shopify.sandbox.objects import Company
from regulars_shopify.spool import Spool
from shopify.conftest import NOW, Reading, a_world, an_order


@pytest.fixture
def large(connect):
    """A connection that reads everything in bulk."""
    return connect(bulk_above=0)


def a_full_world(people=30, orders=40):
    world = a_world(people)
    for person in world.people[::3]:
        person.properties = {"tier": "gold", "size": "39"}
    for n in range(1, orders + 1):
        lines = [WorldLine("TEA", 1 + n % 3, "10.00"), WorldLine("POT", 1, "20.00")]
        back = [WorldRefund(NOW - timedelta(days=1), ((0, 1),), "10.00")] if n % 4 == 0 else []
        world.orders.append(an_order(n, f"p{1 + n % people}", lines=lines, refunds=back, discount="3.00"))
    return world


def asked(box, name):
    return [
        one for one in box.log if f"query {name}".encode() in one.body or f"mutation {name}".encode() in one.body
    ]


@pytest.mark.parametrize("stream", ["customers", "orders"])
def test_bulk_reads_the_very_records_that_pages_have(shop, large, box, stream):
    box.populate(a_full_world())
    paged = shop.read(stream, None, "custom.tier")
    in_bulk = large.read(stream, None, "custom.tier")
    assert in_bulk.rows == paged.rows
    assert len(box.operations.all) == 1
    assert in_bulk.of("person" if stream == "customers" else "refund_line")


def test_the_next_reading_goes_on_by_pages_from_where_the_operation_began(large, box, clock):
    box.populate(a_full_world())
    reading = large.read("customers")
    assert json.loads(reading.cursor) == {"since": (NOW - timedelta(hours=1)).isoformat()}
    clock.forward(timedelta(days=1))
    assert large.read("customers", reading.cursor).of("person") == []
    assert len(box.operations.all) == 1


def test_only_a_large_first_reading_is_made_in_bulk(connect, box):
    box.populate(a_full_world(30, 40))
    shop = connect(bulk_above=35)
    shop.read("customers")
    assert box.operations.all == []
    shop.read("orders")
    assert len(box.operations.all) == 1
    assert shop.read("products").of("product")


def test_an_operation_is_asked_after_by_its_own_id(large, box):
    box.populate(a_full_world())
    box.operations.pace = 1
    large.read("customers")
    polled = {one.json()["variables"]["id"] for one in asked(box, "BulkPoll")}
    assert polled == {f"gid://shopify/BulkOperation/{box.operations.all[0].id}"}
    assert len(asked(box, "BulkPoll")) > 3
    assert not any(b"currentBulkOperation" in one.body for one in box.log)


def test_the_file_host_never_sees_the_token(large, box):
    box.populate(a_full_world())
    large.read("orders")
    assert box.operations.leaks == []
    assert [one for one in box.log if one.method == "GET"]


def test_a_long_file_is_read_in_parts(large, box, clock):
    box.populate(a_full_world())
    bulk = Bulk(ShopifyClient(large.settings, large.http), clock, part=1000)
    with Spool() as spool:
        bulk.fill(bulk.wait(bulk.start(orders_query(None, companies=False))[0]), spool)
        families = list(spool.families())
    assert [len(children) for _, children in families] == [2] * 40
    parts = [one.headers["range"] for one in box.log if one.method == "GET"]
    assert (parts[1], len(parts) > 20) == ("bytes=1000-1999", True)


def test_a_killed_run_waits_for_its_operation_instead_of_starting_another(large, box):
    box.populate(a_full_world())
    pages = large.source().pages("orders", None)
    first = next(pages)
    pages.close()
    held = json.loads(first.cursor)["bulk"]
    assert held["id"].endswith(str(box.operations.all[0].id))
    rest = large.read("orders", first.cursor)
    assert len(rest.of("order")) == 40
    assert len(box.operations.all) == 1


def test_the_cursor_moves_only_after_the_last_line(large, box):
    box.populate(a_full_world(600, 0))
    pages = list(large.source().pages("customers", None))
    full = [page for page in pages if page.rows]
    assert len(full) == 3
    assert {page.cursor for page in full} == {pages[0].cursor}
    assert "bulk" not in pages[-1].cursor


def test_the_operations_id_is_stored_before_anybody_waits(large, box):
    box.populate(a_full_world())
    first, second = (page for _, page in zip(range(2), large.source().pages("customers", None), strict=False))
    assert "bulk" in first.cursor
    assert second.begins  # the core stores what came before a pass that begins
    assert asked(box, "BulkPoll") == []


def test_the_core_keeps_the_operations_id_although_the_run_ends_while_waiting(large, box, clock, tmp_path):
    box.populate(a_full_world())
    box.faults = [Fault("status", "query BulkPoll", status=401, body=b"{}", times=1)]
    journal, warehouse = Journal.open(tmp_path / "journal.db", clock), Warehouse(tmp_path)
    with journal.lease() as lease:
        landing = Landing(journal, lease, runs.start(journal, lease, "night").id, warehouse)
        with pytest.raises(AuthError):
            read_stream(landing, "shop", "orders", large.source())
        assert "BulkOperation" in cursors(journal)["shop/orders"]
        told = read_stream(landing, "shop", "orders", large.source())
    assert told.kinds["order"] == 40
    assert len(box.operations.all) == 1
    assert "bulk" not in cursors(journal)["shop/orders"]


def test_an_operation_that_nobody_noted_is_taken_up_again(large, box):
    box.populate(a_full_world())
    box.operations.pace = 1
    pages = large.source().pages("customers", None)
    next(pages)
    pages.close()  # killed before the cursor was stored
    assert len(large.read("customers").of("person")) == 30
    assert len(box.operations.all) == 1


def test_an_answer_that_was_lost_does_not_start_a_second_operation(large, box):
    box.populate(a_full_world())
    box.faults = [Fault("lost", "mutation BulkRun")]
    assert len(large.read("customers").of("person")) == 30
    assert len(box.operations.all) == 1


def test_a_failed_window_is_halved_and_its_partial_data_never_read(large, box):
    box.populate(a_full_world())
    box.operations.failures = ["INTERNAL_SERVER_ERROR", "TIMEOUT"]
    reading = large.read("customers")
    assert len(reading.of("person")) == 30
    assert len(box.operations.all) == 5  # the whole, its first half, that one's halves, the second half
    assert all("updated_at" in one.query for one in box.operations.all[1:])


def test_what_fails_again_and_again_is_an_error_and_loses_nothing(large, box):
    box.populate(a_full_world())
    box.operations.failures = ["TIMEOUT"] * 99
    with pytest.raises(PlatformError, match="fail even for"):
        large.read("customers")


def test_a_denied_operation_says_what_to_do(large, box):
    box.populate(a_full_world())
    box.operations.failures = ["ACCESS_DENIED"]
    with pytest.raises(AuthError, match="denied access to a bulk query"):
        large.read("customers")


def test_nothing_to_read_is_no_failure(large, box):
    assert large.read("customers").of("person") == []
    assert large.read("customers").cursor


def test_an_operation_that_somebody_cancelled_is_started_anew(large, box, clock):
    box.populate(a_full_world())
    box.operations.pace = 1
    pages = large.source().pages("customers", None)
    first = next(pages)
    box.operations.all[0].ended = int(clock.now().timestamp())
    clock.forward(timedelta(minutes=1))
    assert len(large.read("customers", first.cursor).of("person")) == 30
    assert len(box.operations.all) == 2


def test_a_file_that_is_gone_after_a_week_is_made_anew(large, box, clock):
    box.populate(a_full_world())
    pages = large.source().pages("customers", None)
    first = next(pages)
    clock.forward(timedelta(days=9))
    assert len(large.read("customers", first.cursor).of("person")) == 30
    assert len(box.operations.all) == 2


def test_a_sixth_operation_waits_for_a_place(large, box, clock):
    box.populate(a_full_world())
    for _ in range(5):
        box.operations.start("QUERY", "{ products { edges { node { id } } } }", b"", 900_000, 900_000)
    before = clock.now()
    assert len(large.read("customers").of("person")) == 30
    assert clock.now() - before > timedelta(minutes=2)


def test_a_place_that_never_comes_free_is_told(large, box):
    box.populate(a_full_world())
    for _ in range(5):
        box.operations.start("QUERY", "{ products { edges { node { id } } } }", b"", 90_000_000, 1)
    with pytest.raises(QuotaError, match="for an hour"):
        large.read("customers")


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda lines: lines[:-1], "Shopify counted"),
        (lambda lines: [line for line in lines if b"__parentId" in line], "Shopify counted"),
        (lambda lines: [lines[0].replace(b"}", b""), *lines[1:]], "cannot be understood"),
        (
            lambda lines: [
                line.replace(b"Order\\/5", b"Order\\/6") if b"__parent" in line else line for line in lines
            ],
            "nobody",
        ),
    ],
)
def test_a_result_that_is_not_what_was_counted_is_not_read(large, box, spoil, what):
    box.populate(a_full_world())
    pages = large.source().pages("orders", None)
    next(pages)
    operation = box.operations.all[0]
    operation.result = b"".join(spoil(operation.result.splitlines(keepends=True)))
    with pytest.raises(PlatformError, match=what):
        list(pages)


@pytest.mark.parametrize(
    ("stream", "kind", "word", "field"),
    [("customers", "person", b'"Ada"', "first_name"), ("orders", "line", b'"Green tea"', "title")],
)
def test_half_a_character_does_not_end_a_reading_in_bulk(large, box, stream, kind, word, field):
    box.populate(a_full_world())
    whole = large.read(stream, None, "custom.tier")
    pages = large.source("custom.tier").pages(stream, None)
    started = next(pages)
    operation = box.operations.all[-1]
    assert word in operation.result
    operation.result = operation.result.replace(word, word[:-1] + b' \\ud83d"', 1)
    reading = Reading([started, *pages])
    assert reading.rejected == []
    assert "bulk" not in reading.cursor
    before = whole.rows
    (changed,) = [row for row in reading.of(kind) if row != before[kind][row["id"]]]
    assert changed == {**before[kind][changed["id"]], field: word.decode()[1:-1] + " \ufffd"}
    others = {name: rows for name, rows in before.items() if name != kind}
    assert {name: rows for name, rows in reading.rows.items() if name != kind} == others


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":"gid://shopify/Customer/2","firstName":"\\ud83d"',
        b'{"firstName":"\\ud83d"}',
        b'{"id":"gid://shopify/Customer/2","firstName":"\\ud83d","visits":18446744073709551616}',
    ],
)
def test_a_line_that_cannot_be_put_right_is_refused_beside_one_that_can(line):
    good = b'{"id":"gid://shopify/Customer/1","firstName":"x\\ud83d"}'
    with Spool() as spool:
        spool.add([good])
        with pytest.raises(PlatformError, match="a line cannot be understood") as told:
            spool.add([good, line])
        assert "Customer" not in str(told.value)
        assert spool.lines == 1


def test_lines_stay_as_they_came_but_for_those_with_half_a_character():
    plain = '{"id": "gid://shopify/Customer/1", "firstName": "é", "a": 1.50}'.encode()
    half = b'{"id":"gid://shopify/Customer/2","firstName":"\\ud83d\\ude00 \\ud83d"}'
    child = b'{"namespace":"custom","value":"\\udc00","id":"gid://shopify/Metafield/3",' + (
        b'"__parentId":"gid://shopify/Customer/2"}'
    )
    with Spool() as spool:
        spool.add([child, plain, half])
        (first, none), (second, children) = spool.families()
    assert (first, none) == (plain, [])
    assert json.loads(second)["firstName"] == "\U0001f600 \ufffd"
    assert [(space, json.loads(line)["value"]) for space, line in children] == [("custom", "\ufffd")]


def test_a_record_that_cannot_be_understood_is_set_aside(large, box):
    box.populate(a_full_world())
    box.orders.live[7].tags = None
    reading = large.read("orders")
    assert len(reading.of("order")) == 39
    assert [(one.kind, one.id[-2:]) for one in reading.rejected] == [("order", "07")]


def test_lines_of_refunds_beyond_the_first_page_are_read_afterwards(large, box):
    world = a_world(1)
    back = WorldRefund(NOW, tuple((i, 1) for i in range(270)), "270.00")
    world.orders = [an_order(1, lines=[WorldLine("TEA", 1, "1.00")] * 290, refunds=[back])]
    box.populate(world)
    rows = large.read("orders")
    assert len(rows.of("refund_line")) == 270
    assert rows.of("refund")[0]["goods_minor"] == 27000


def test_a_chosen_day_and_companies_are_asked_for_in_bulk_too(connect, box):
    world = a_world(1)
    world.orders = [an_order(1, at=NOW - timedelta(days=40)), an_order(2, at=NOW - timedelta(days=3))]
    box.populate(world)
    box.b2b = True
    box.companies.put(Company(1, "Harbour Hotels", int(NOW.timestamp())))
    box.orders.live[2].company = 1
    (order,) = connect(bulk_above=0, since=date(2026, 10, 1)).read("orders").of("order")
    assert (order["number"], order["company_id"]) == ("#1002", "gid://shopify/Company/3000000001")


def test_an_inner_query_keeps_to_the_limits_of_bulk():
    for name in ("bulk_customers", "bulk_orders"):
        assert document(name).count("edges") <= 5
        assert "first:" not in document(name)
