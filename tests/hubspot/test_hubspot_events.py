"""Marketing e-mail events as touches and bounces."""

from __future__ import annotations

from datetime import timedelta

import pytest
from regulars import PlatformError
from regulars.testing import Fault
from regulars.testing.contract.shapes import faults
from regulars.testing.contract.shelf import Shelf
from regulars_hubspot.events import to_page

ANN = "ann@tea.example.test"


def asked_of(box):
    return [asked for asked in box.log if asked.path == "/email/public/v1/events"]


def test_mails_sent_opened_and_clicked_are_touches(box, source, clock, read, rows):
    at = clock.now() - timedelta(days=3)
    for kind in ("SENT", "PROCESSED", "DELIVERED", "OPEN", "CLICK", "STATUSCHANGE"):
        box.events.add(kind, ANN, at, campaign=77)
    found = rows(read(source, "events")[0], "touch")
    assert [(one["kind"], one["email"], one["campaign"]) for one in found] == [
        ("sent", ANN, "77"),
        ("open", ANN, "77"),
        ("click", ANN, "77"),
    ]
    assert {(one["at"], one["channel"], one["media"], one["department"]) for one in found} == {
        (at, "email", "owned", "marketing")
    }
    assert not [fault for one in found for fault in faults("touch", one)]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"category": "UNKNOWN_USER", "status": "5.1.1"}, "hard"),
        ({"category": "MAILBOX_FULL", "status": "4.2.2"}, "soft"),
        ({"category": "SPAM"}, "block"),
        ({"status": "4.4.1"}, "soft"),
        ({}, "hard"),
    ],
)
def test_what_came_back_is_a_bounce_of_the_address(box, source, clock, read, rows, more, kind):
    event = box.events.add("BOUNCE", ANN, clock.now() - timedelta(days=1), **more)
    (found,) = rows(read(source, "events")[0], "bounce")
    assert (found["id"], found["email"], found["kind"]) == (f"{event['id']}:{event['created']}", ANN, kind)
    assert not list(faults("bounce", found))


def test_a_spam_report_is_a_complaint(box, source, clock, read, rows):
    box.events.add("SPAMREPORT", ANN, clock.now() - timedelta(days=1))
    assert [one["kind"] for one in rows(read(source, "events")[0], "bounce")] == ["complaint"]


def test_history_is_read_in_slices_of_thirty_days(box, source, clock, read, rows):
    for days in (2, 40, 400, 725):
        box.events.add("OPEN", ANN, clock.now() - timedelta(days=days))
    assert len(rows(read(source, "events")[0], "touch")) == 4
    spans = {int(a.param("endTimestamp")) - int(a.param("startTimestamp")) for a in asked_of(box)}
    assert max(spans) == 30 * 86_400_000
    assert {asked.param("excludeFilteredEvents") for asked in asked_of(box)} == {"true"}


def test_a_slice_of_many_pages_is_read_to_its_end(box, source, clock, read, rows):
    for n in range(2_500):
        box.events.add("OPEN", ANN, clock.now() - timedelta(days=3, seconds=n))
    found = rows(read(source, "events")[0], "touch")
    assert (len(found), len({one["id"] for one in found})) == (2_500, 2_500)


def test_an_event_that_turns_up_days_late_is_read(box, source, clock, read, rows):
    box.events.add("BOUNCE", ANN, clock.now() - timedelta(hours=2), late=4 * 86_400)
    seen, cursor = [], None
    for _ in range(6):
        pages, cursor = read(source, "events", cursor)
        seen.append(len(rows(pages, "bounce")))
        clock.forward(timedelta(days=1))
    assert seen[:4] == [0, 0, 0, 0]
    assert 1 in seen[4:]


def test_a_quiet_night_asks_once_for_each_type(box, source, clock, read):
    _, cursor = read(source, "events")
    clock.forward(timedelta(days=1))
    box.log.clear()
    read(source, "events", cursor)
    assert len(asked_of(box)) == 5


def test_a_read_that_broke_off_goes_on_with_its_slice(box, source, clock):
    for days in range(1, 200):
        for kind in ("OPEN", "BOUNCE"):
            box.events.add(kind, ANN, clock.now() - timedelta(days=days))
    whole = Shelf()
    whole.read(source)
    for stop in (1, 30, 60, 90, 120):
        ours = Shelf()
        ours.read(source, stop_after=stop)
        ours.read(source)
        assert not whole.difference(ours)


def test_an_event_that_cannot_be_understood_is_kept_aside(box, source, clock, read, rows):
    box.events.add("OPEN", ANN, clock.now() - timedelta(days=1))
    broken = box.events.add("OPEN", ANN, clock.now() - timedelta(days=1))
    del broken["recipient"]
    pages, _ = read(source, "events")
    assert len(rows(pages, "touch")) == 1
    assert [one.id for page in pages for one in page.rejected] == [broken["id"]]


@pytest.mark.parametrize("kind", ["BOUNCE", "SPAMREPORT", "OPEN"])
@pytest.mark.parametrize("recipient", [None, "", 7])
def test_an_event_of_nobody_is_kept_aside(box, source, clock, read, rows, kind, recipient):
    good = box.events.add("BOUNCE", ANN, clock.now() - timedelta(days=1))
    broken = box.events.add(kind, ANN, clock.now() - timedelta(days=1))
    broken["recipient"] = recipient
    pages, _ = read(source, "events")
    assert [one["email"] for one in rows(pages, "bounce") + rows(pages, "touch")] == [good["recipient"]]
    assert [one.id for page in pages for one in page.rejected] == [broken["id"]]


@pytest.mark.parametrize("created", [10**16, 10**20, 10**25, 10**400])
def test_an_event_of_a_day_that_no_calendar_has_is_kept_aside(created):
    event = {"id": "e", "created": created, "type": "BOUNCE", "recipient": ANN}
    page = to_page([event])
    assert not page.rows
    assert [one.id for one in page.rejected] == ["e"]


def test_events_that_do_not_go_on_are_an_error_and_no_endless_read(box, source):
    body = b'{"hasMore":true,"offset":"x","events":[]}'
    box.faults.append(Fault("status", match="/events", times=9, status=200, body=body))
    with pytest.raises(PlatformError, match="do not go on"):
        list(source.pages("events", None))


def test_an_account_that_has_no_events_is_read_without_them(box, source, read):
    box.faults.append(Fault("status", match="/events", times=1, status=404))
    assert read(source, "events") == ([], None)
    assert len(asked_of(box)) == 1
