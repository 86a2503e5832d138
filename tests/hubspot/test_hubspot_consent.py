"""An opt-out is about the address that a contact had, and the address's later word alone takes it back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from regulars.run.desk import desk
from regulars.testing import World, WorldLine, WorldOrder, WorldPerson, WorldProduct
from regulars.testing.contract.shelf import Shelf
from regulars_hubspot.settings import HubSpotSettings
from regulars_hubspot.source import HubSpotSource
from stage import Stage

OLD, NEW = "ann@old.example.test", "ann@new.example.test"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def put(box, clock):
    """Writes properties of the only contact, a day later, also those that nobody may write."""

    def write(**properties):
        clock.forward(timedelta(days=1))
        (row,) = box.contacts.values()
        box.portal.contacts.put(row, properties, clock.now())
        clock.forward(timedelta(hours=1))

    return write


@pytest.fixture
def ann(box, world_of, clock):
    """The id of a contact who opted out."""
    box.populate(world_of(WorldPerson("ann", OLD, "Ann", consent="unsubscribed")))
    clock.forward(timedelta(hours=1))
    return next(iter(box.contacts))


def said(shelf):
    return [(one["address"], one["state"]) for one in shelf.of("consent")]


def as_an_older_version_left_it(shelf):
    """Consent under the contact alone, and a cursor that knows of no shape."""
    for key in [key for key in shelf.rows if key[0] == "consent"]:
        row = dict(shelf.rows.pop(key))
        row["id"] = f"{row['person_id']}:email"
        shelf.rows["consent", row["id"]] = row
    state = json.loads(shelf.cursors["contacts"])
    state.get("listing", state).pop("shape")
    shelf.cursors["contacts"] = json.dumps(state)


def test_an_opt_out_stays_when_the_address_changes(ann, source, shelf, put):
    shelf.read(source)
    put(email=NEW)
    shelf.read(source)
    assert sorted(said(shelf)) == [(NEW, "unknown"), (OLD, "unsubscribed")]
    assert {one["person_id"] for one in shelf.of("consent")} == {ann}


def test_a_whole_pass_leaves_the_opt_out_of_an_earlier_address(ann, settings, http, clock, shelf, put):
    nightly = HubSpotSource(HubSpotSettings(token=settings.token, list_every_days=1), http)
    shelf.read(nightly)
    put(email=NEW)
    for _ in range(3):
        shelf.read(nightly)
        clock.forward(timedelta(days=1))
    assert (OLD, "unsubscribed") in said(shelf)


def test_a_contact_that_is_archived_keeps_what_it_said(box, ann, source, clock, shelf):
    shelf.read(source)
    box.portal.contacts.archive(ann, clock.now())
    clock.forward(timedelta(days=1))
    shelf.read(source)
    assert not shelf.of("person")
    assert said(shelf) == [(OLD, "unsubscribed")]


def test_the_later_word_of_the_same_address_replaces_the_earlier(ann, source, shelf, put):
    shelf.read(source)
    put(hs_email_optout="false")
    shelf.read(source)
    assert said(shelf) == [(OLD, "unknown")]


def test_an_address_that_comes_back_speaks_for_itself_again(ann, source, shelf, put):
    shelf.read(source)
    for address in (NEW, f" {OLD.upper()}"):
        put(email=address)
        shelf.read(source)
    assert [state for _, state in said(shelf)] == ["unknown", "unknown"]


def test_a_contact_without_an_address_has_a_row_of_its_own(ann, source, shelf, put):
    shelf.read(source)
    put(email="")
    shelf.read(source)
    assert sorted(said(shelf), key=str) == [(OLD, "unsubscribed"), (None, "unknown")]


def test_what_an_older_version_stored_of_an_address_gives_way_to_the_addresss_own_row(ann, source, shelf, put):
    shelf.read(source)
    as_an_older_version_left_it(shelf)
    put(firstname="Anne")
    shelf.read(source)
    assert sorted(said(shelf)) == [(OLD, "unknown"), (OLD, "unsubscribed")]
    put(hs_email_optout="")
    shelf.read(source)
    assert sorted(said(shelf)) == [(OLD, "unknown"), (OLD, "unknown")]


def test_an_opt_out_that_an_older_version_stored_of_an_earlier_address_stays(ann, source, clock, shelf, put):
    shelf.read(source)
    as_an_older_version_left_it(shelf)
    put(email=NEW)
    for _ in range(9):
        shelf.read(source)
        clock.forward(timedelta(days=1))
    assert sorted(said(shelf)) == [(NEW, "unknown"), (OLD, "unsubscribed")]


def test_a_reading_that_an_older_version_broke_off_is_done_again_by_address(box, source, world_of, clock, shelf):
    people = [WorldPerson(f"p{n}", f"p{n}@tea.example.test", consent="unsubscribed") for n in range(250)]
    box.populate(world_of(*people))
    clock.forward(timedelta(hours=1))
    shelf.read(source, stop_after=1)
    as_an_older_version_left_it(shelf)
    for _ in range(2):
        shelf.read(source)
        clock.forward(timedelta(days=1))
    live = [one["id"] for one in shelf.of("consent") if one["state"] == "unsubscribed"]
    assert sorted(live) == sorted(f"{key}:email:p{n}@tea.example.test" for n, key in enumerate(box.contacts))


# --- through a night ---


@pytest.fixture
def stage(tmp_path):
    bought = WorldOrder("o1", "shopper", NOW - timedelta(hours=1), [WorldLine("TEA", 1, "9.99")])
    people = [
        WorldPerson("shopper", OLD, "Ann", on=("shop",), consent="subscribed"),
        WorldPerson("contact", OLD, "Ann", on=("crm",), consent="unsubscribed"),
    ]
    world = World("Tea House", "EUR", "Europe/Vienna", "AT", people, [WorldProduct("TEA", "Tea")], [bought])
    with Stage(tmp_path / "ws", world, NOW, roles=("shop", "crm")) as stage:
        night(stage)
        yield stage


def night(stage, **properties):
    """A night, after these properties of the contact were changed."""
    if properties:
        portal = stage.sandbox["crm"].portal
        (row,) = portal.contacts.rows.values()
        portal.contacts.put(row, properties, stage.clock.now())
    stage.forward(hours=1)
    assert stage.night(write=False).state == "ok"


def verdicts(stage):
    with desk(stage.client(), stage.plugins) as at, at.warehouse.burst() as session:
        sql = "SELECT c.email, v.state FROM verdict AS v JOIN customer AS c USING (customer_id)"
        return dict(session.query(f"{sql} WHERE v.channel = 'email'"))


def read_by_an_older_version(stage):
    with desk(stage.client(), stage.plugins) as at:
        with at.warehouse.burst() as session:
            session.run("UPDATE consents SET id = person_id || ':email' WHERE connection = 'crm'")
        sql = "SELECT cursor FROM stream WHERE connection = 'crm' AND stream = 'contacts'"
        ((cursor,),) = at.journal.rows(sql)
        older = json.dumps(json.loads(cursor) | {"shape": ""})
        with at.journal.tx(at.lease) as tx:
            tx.execute("UPDATE stream SET cursor = ? WHERE connection = 'crm' AND stream = 'contacts'", (older,))


def test_nobody_who_opted_out_may_be_mailed_after_the_crm_changed_the_address(stage):
    assert verdicts(stage) == {OLD: "unsubscribed"}
    night(stage, email=NEW)
    assert set(verdicts(stage).values()) == {"unsubscribed"}


def test_an_opt_out_of_a_warehouse_that_was_read_before_ends_where_the_crm_takes_it_back(stage):
    read_by_an_older_version(stage)
    night(stage)
    assert verdicts(stage) == {OLD: "unsubscribed"}
    night(stage, hs_email_optout="")
    assert verdicts(stage) == {OLD: "subscribed"}


def test_an_opt_out_of_a_warehouse_that_was_read_before_holds_after_the_address_changed(stage):
    read_by_an_older_version(stage)
    night(stage, email=NEW)
    night(stage)
    assert set(verdicts(stage).values()) == {"unsubscribed"}
