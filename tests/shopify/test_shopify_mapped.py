"""A metafield that is mapped, or mapped no more, is so for everybody: also for who does not change."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from regulars.config import SignalEntry
from regulars.journal import Journal, runs
from regulars.sync import Landing, map_signals, merge_pending, read_stream
from regulars.warehouse import Warehouse
from shopify.conftest import NOW, Reading, a_world

TIER = '{"custom.tier":"gold"}'


@pytest.fixture
def crowd(box):
    """Two pages and a bit of customers, all of them gold."""
    world = a_world(520)
    for person in world.people:
        person.properties = {"tier": "gold", "size": "39"}
    box.populate(world)


def customs(reading):
    """What the readings say of everybody's metafields, and how many people that is."""
    people = reading.of("person")
    return {person["custom"] for person in people}, len(people)


def searches(box):
    return [one.json()["variables"]["filter"] for one in box.log if b"query Customers(" in one.body]


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("bulk_above", [10_000, 0])
def test_a_metafield_that_is_mapped_later_is_read_of_customers_who_do_not_change(connect, box, clock, bulk_above):
    shop = connect(bulk_above=bulk_above)
    clock.forward(timedelta(hours=3))
    before = shop.read("customers")
    assert customs(before) == ({"{}"}, 520)
    clock.forward(timedelta(days=1))
    mapped = shop.read("customers", before.cursor, "custom.tier")
    assert customs(mapped) == ({TIER}, 520)
    assert len(box.operations.all) == (0 if bulk_above else 2)
    clock.forward(timedelta(days=1))
    assert shop.read("customers", mapped.cursor, "custom.tier").of("person") == []


@pytest.mark.usefixtures("crowd")
def test_metafields_are_read_again_where_they_are_others_and_not_where_they_stand_in_another_order(shop, clock):
    clock.forward(timedelta(hours=3))
    both = shop.read("customers", None, "custom.tier", "custom.size")
    assert shop.read("customers", both.cursor, "custom.size", "custom.tier").of("person") == []
    one = shop.read("customers", both.cursor, "custom.tier")
    assert customs(one) == ({TIER}, 520)
    assert customs(shop.read("customers", one.cursor)) == ({"{}"}, 520)


@pytest.mark.usefixtures("crowd")
def test_a_cursor_of_a_version_that_did_not_note_metafields_was_read_without_any(shop, box):
    since = (NOW + timedelta(hours=2)).isoformat()
    old = json.dumps({"since": since})
    assert shop.read("customers", old).of("person") == []
    assert customs(shop.read("customers", old, "custom.tier")) == ({TIER}, 520)
    inside = json.dumps({"since": None, "started": NOW.isoformat(), "reached": since})
    assert customs(shop.read("customers", inside, "custom.tier")) == ({TIER}, 520)


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("pages", [1, 2])
def test_what_a_cut_walk_read_without_a_metafield_is_read_again(shop, clock, pages):
    clock.forward(timedelta(hours=3))
    cut = Reading([page for page, _ in zip(shop.source().pages("customers", None), range(pages), strict=False)])
    assert customs(shop.read("customers", cut.cursor, "custom.tier")) == ({TIER}, 520)


@pytest.mark.usefixtures("crowd")
def test_a_walk_that_reads_again_goes_on_where_it_was_cut(shop, box, clock):
    clock.forward(timedelta(hours=3))
    before = shop.read("customers")
    first = next(shop.source("custom.tier").pages("customers", before.cursor))
    box.log.clear()
    rest = shop.read("customers", first.cursor, "custom.tier")
    assert len(rest.of("person")) == 271, "the last one that was stored is asked for again"
    assert customs(Reading([first, *rest.pages])) == ({TIER}, 520)
    assert all("updated_at" in where for where in searches(box))


@pytest.mark.usefixtures("crowd")
def test_a_bulk_operation_begun_without_a_metafield_is_not_waited_for(connect, box):
    shop = connect(bulk_above=0)
    box.operations.pace = 1
    first = next(shop.source().pages("customers", None))
    mapped = shop.read("customers", first.cursor, "custom.tier")
    assert customs(mapped) == ({TIER}, 520)
    assert len(box.operations.all) == 2
    begun = mapped.pages[0].cursor
    assert customs(shop.read("customers", begun, "custom.tier")) == ({TIER}, 520)
    assert len(box.operations.all) == 2, "the one begun with it is taken up"


@pytest.mark.usefixtures("crowd")
def test_who_objected_to_profiling_is_found_when_that_is_mapped_later(shop, clock, tmp_path):
    journal, warehouse = Journal.open(tmp_path / "journal.db", clock), Warehouse(tmp_path)
    signal = {"from": "shop:custom.custom.tier", "kind": "profiling_objection", "when": "gold", "value": "true"}
    clock.forward(timedelta(hours=3))
    with journal.lease() as lease:
        landing = Landing(journal, lease, runs.start(journal, lease, "night").id, warehouse)
        for extra, found in [((), 0), (("custom.tier",), 520), (("custom.tier",), 520)]:
            read_stream(landing, "shop", "customers", shop.source(*extra))
            merge_pending(journal, lease, warehouse)
            with warehouse.burst() as session:
                map_signals(session, [SignalEntry.model_validate(signal)])
                assert session.query("SELECT count(*) FROM signals")[0][0] == found
            clock.forward(timedelta(days=1))
    journal.close()
