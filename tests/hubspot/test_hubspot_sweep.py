"""Everybody is listed now and then: who left no trace is noticed, and a list that ends early deletes nobody."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from regulars import PlatformError
from regulars.testing import Fault, WorldPerson
from regulars.testing.contract.shelf import Shelf
from regulars_hubspot.settings import HubSpotSettings
from regulars_hubspot.source import HubSpotSource


@pytest.fixture
def nightly(settings, http):
    """A source that lists everybody every night."""
    return HubSpotSource(HubSpotSettings(token=settings.token, list_every_days=1), http)


@pytest.fixture
def shelf():
    return Shelf()


def people(shelf):
    return sorted((row["id"] for row in shelf.of("person")), key=int)


def forget(api, key):
    assert api.json("POST", f"{api.objects}/gdpr-delete", {"objectId": key})[0] == 204


def lists(box):
    return [
        a for a in box.log if a.method == "GET" and a.path.endswith("/contacts") and a.param("archived") == "false"
    ]


def test_a_contact_deleted_for_privacy_reasons_is_noticed(box, api, nightly, crowd, clock, shelf):
    box.populate(crowd(250))
    gone = list(box.contacts)[17]
    clock.forward(timedelta(hours=1))
    shelf.read(nightly)
    forget(api, gone)
    clock.forward(timedelta(days=1))
    shelf.read(nightly)
    assert gone not in people(shelf)
    assert people(shelf) == list(box.contacts)


def test_everybody_is_listed_once_a_week_and_changes_are_searched_in_between(box, source, crowd, clock, shelf):
    box.populate(crowd(120))
    listed = []
    for _ in range(15):
        clock.forward(timedelta(days=1))
        box.log.clear()
        shelf.read(source)
        listed.append(bool(lists(box)))
    assert [night for night, whole in enumerate(listed) if whole] == [0, 7, 14]


def test_a_night_that_begins_a_little_early_still_lists(box, nightly, crowd, clock, shelf):
    box.populate(crowd(3))
    for _ in range(4):
        clock.forward(timedelta(hours=23))
        box.log.clear()
        shelf.read(nightly)
        assert lists(box)


def test_a_list_that_ends_early_deletes_nobody_and_is_told(box, nightly, crowd, clock, shelf, read):
    box.populate(crowd(250))
    clock.forward(timedelta(hours=1))
    shelf.read(nightly)
    cursor = shelf.cursors["contacts"]
    clock.forward(timedelta(days=1))
    first = b'{"results":[{"id":"101","properties":{},"updatedAt":"2026-03-01T09:00:00Z"}]}'
    box.faults.append(Fault("status", match="archived=false", status=200, body=first))
    pages, cursor = read(nightly, "contacts", cursor)
    assert not [page for page in pages if page.complete]
    (told,) = [one for page in pages for one in page.rejected]
    assert "listed 1 and counts 250" in told.reason
    clock.forward(timedelta(hours=1))
    pages, _ = read(nightly, "contacts", cursor)
    assert [page.complete for page in pages if page.complete] == [("person",)]


def test_changes_made_while_everybody_is_listed_are_in_the_next_window(box, api, source, crowd, clock, read, rows):
    box.populate(crowd(250))
    clock.forward(timedelta(hours=1))
    pages = source.pages("contacts", None)
    seen = [next(pages)]
    changed = list(box.contacts)[3]
    api.update(changed, firstname="New")
    seen += pages
    clock.forward(timedelta(minutes=5))
    pages, _ = read(source, "contacts", seen[-1].cursor)
    assert [(one["id"], one["first_name"]) for one in rows(pages, "person")] == [(changed, "New")]


def test_a_pass_that_broke_off_goes_on_and_still_notices_who_is_gone(box, api, nightly, crowd, clock, shelf):
    box.populate(crowd(450))
    clock.forward(timedelta(hours=1))
    shelf.read(nightly)
    everybody = list(box.contacts)
    for gone in (everybody[3], everybody[440]):
        forget(api, gone)
    clock.forward(timedelta(days=1))
    shelf.read(nightly, stop_after=shelf.pages + 2)
    clock.forward(timedelta(hours=2))
    shelf.read(nightly)
    assert people(shelf) == list(box.contacts)


def test_a_window_that_broke_off_is_finished_before_everybody_is_listed_again(box, source, crowd, clock, read):
    box.populate(crowd(3))
    clock.forward(timedelta(hours=1))
    _, cursor = read(source, "contacts")
    clock.forward(timedelta(days=1))
    first = next(source.pages("contacts", cursor))
    assert json.loads(first.cursor)["until"]
    clock.forward(timedelta(days=30))
    box.log.clear()
    _, cursor = read(source, "contacts", first.cursor)
    assert not lists(box)
    read(source, "contacts", cursor)
    assert lists(box)


def test_a_property_that_is_mapped_later_is_read_of_everybody(box, settings, http, world_of, clock, shelf):
    people = [WorldPerson(f"p{n}", f"p{n}@tea.example.test", properties={"loyalty": "gold"}) for n in range(3)]
    box.populate(world_of(*people))
    clock.forward(timedelta(hours=1))
    shelf.read(HubSpotSource(settings, http))
    clock.forward(timedelta(days=1))
    for _ in range(2):
        box.log.clear()
        shelf.read(HubSpotSource(settings, http, ["loyalty"]))
        clock.forward(timedelta(days=1))
    assert [json.loads(row["custom"]) for row in shelf.of("person")] == [{"loyalty": "gold"}] * 3
    assert not lists(box)


def loyal(world_of, count):
    names = [f"p{n}" for n in range(count)]
    return world_of(*(WorldPerson(n, f"{n}@tea.example.test", properties={"loyalty": "gold"}) for n in names))


def test_a_property_that_is_mapped_while_a_pass_is_cut_is_read_of_everybody(
    box, settings, http, world_of, clock, shelf
):
    box.populate(loyal(world_of, 250))
    clock.forward(timedelta(hours=1))
    shelf.read(HubSpotSource(settings, http), stop_after=2)
    for _ in range(2):
        clock.forward(timedelta(days=1))
        shelf.read(HubSpotSource(settings, http, ["loyalty"]))
    assert [json.loads(row["custom"]) for row in shelf.of("person")] == [{"loyalty": "gold"}] * 250
    clock.forward(timedelta(days=1))
    box.log.clear()
    shelf.read(HubSpotSource(settings, http, ["loyalty"]))
    assert not lists(box)


def test_a_property_that_is_mapped_while_a_window_is_cut_is_read_of_everybody(
    box, settings, http, world_of, clock, shelf
):
    box.populate(loyal(world_of, 3))
    clock.forward(timedelta(hours=1))
    shelf.read(HubSpotSource(settings, http))
    clock.forward(timedelta(days=1))
    shelf.read(HubSpotSource(settings, http), stop_after=shelf.pages + 1)
    assert json.loads(shelf.cursors["contacts"])["until"]
    for _ in range(2):
        clock.forward(timedelta(hours=1))
        shelf.read(HubSpotSource(settings, http, ["loyalty"]))
    assert [json.loads(row["custom"]) for row in shelf.of("person")] == [{"loyalty": "gold"}] * 3


def test_a_pass_that_an_older_version_began_is_not_taken_for_read_with_what_is_mapped_now(
    box, settings, http, world_of, clock, shelf
):
    box.populate(loyal(world_of, 250))
    clock.forward(timedelta(hours=1))
    shelf.read(HubSpotSource(settings, http), stop_after=2)
    state = json.loads(shelf.cursors["contacts"])
    state["listing"].pop("shape", None)
    shelf.cursors["contacts"] = json.dumps(state)
    for _ in range(2):
        clock.forward(timedelta(days=1))
        shelf.read(HubSpotSource(settings, http, ["loyalty"]))
    assert [json.loads(row["custom"]) for row in shelf.of("person")] == [{"loyalty": "gold"}] * 250


def test_a_contact_that_cannot_be_understood_is_not_taken_for_deleted(box, nightly, crowd, clock, shelf):
    box.populate(crowd(3))
    clock.forward(timedelta(hours=1))
    shelf.read(nightly)
    broken = list(box.contacts)[1]
    box.contacts[broken]["properties"]["lastmodifieddate"] = "never"
    clock.forward(timedelta(days=1))
    shelf.read(nightly)
    assert broken in people(shelf)


def test_a_count_that_is_not_told_is_an_error_and_no_deletion(box, nightly, crowd):
    box.populate(crowd(3))
    box.faults.append(Fault("status", match="/search", status=200, body=b'{"results":[]}'))
    with pytest.raises(PlatformError, match="how many contacts"):
        list(nightly.pages("contacts", None))
