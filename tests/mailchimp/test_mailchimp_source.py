"""Reading an audience over a port."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from mailchimp.tea_house import night, read, world_of
from regulars import AuthError, PlatformError, consent, identity
from regulars.config import IdentityConfig
from regulars.testing import Fault, WorldPerson
from regulars_mailchimp.client import MailchimpClient
from regulars_mailchimp.listing import Listing
from regulars_mailchimp.sandbox.interests import add_category
from regulars_mailchimp.source import MailchimpSource
from regulars_mailchimp.sweep import Sweep


@pytest.fixture
def source(settings, http):
    return MailchimpSource(settings, http, ("member_rating", "LOYALTY", "location.country_code"))


def by_name(rows, kind="person", field="email"):
    return {row[field].partition("@")[0]: row for row in rows.get(kind, {}).values()}


def test_a_member_becomes_a_person_with_its_fields(filled, source):
    rows, _, rejected = read(source, "members")
    ada = by_name(rows)["ada"]
    contact = filled.audience.find("ada@tea.example.test")["contact_id"]
    assert (ada["id"], ada["first_name"], ada["last_name"], ada["country"]) == (contact, "Ada", "Ames", "DE")
    custom = json.loads(ada["custom"])
    assert (custom["LOYALTY"], custom["member_rating"]) == ("gold", 2)
    assert by_name(rows)["dee"]["tags"] == ["vip"]
    assert custom["location.country_code"] == "DE"
    assert rejected == []


def test_a_mapped_merge_tag_is_not_asked_for_as_a_property(filled, source):
    read(source, "members")
    asked = next(dict(one.query)["fields"].split(",") for one in filled.log if one.path.endswith("/members"))
    assert "members.member_rating" in asked
    assert "members.LOYALTY" not in asked


@pytest.mark.parametrize(
    ("who", "state", "by"),
    [
        ("ada", "subscribed", "unknown"),
        ("bob", "unsubscribed", "person"),
        ("cyd", "unknown", "unknown"),
        ("dee", "pending", "unknown"),
    ],
)
def test_a_status_becomes_a_consent(filled, source, who, state, by):
    rows, _, _ = read(source, "members")
    consent = by_name(rows, "consent", "address")[who]
    assert (consent["channel"], consent["state"], consent["by"]) == ("email", state, by)


def test_an_unsubscription_by_the_shop_is_told_as_the_shops(filled, source, api):
    api.send("PATCH", f"{api.members}/ada@tea.example.test", {"status": "unsubscribed"})
    filled.clock.sleep(60)
    consent = by_name(read(source, "members")[0], "consent", "address")["ada"]
    assert (consent["state"], consent["by"]) == ("unsubscribed", "admin")


def test_a_cleaned_address_is_a_hard_bounce_of_that_address(filled, source):
    rows, _, _ = read(source, "members")
    contact = filled.audience.find("cyd@tea.example.test")["contact_id"]
    assert list(rows["bounce"]) == [f"{contact}:cyd@tea.example.test"]
    assert rows["bounce"][f"{contact}:cyd@tea.example.test"]["kind"] == "hard"


def test_an_archived_member_is_read_by_its_own_sweep_and_must_not_be_mailed(filled, source, api):
    api.send("DELETE", f"{api.members}/ada@tea.example.test")
    filled.clock.sleep(60)
    members, _, _ = read(source, "members")
    archived, _, _ = read(source, "archived")
    assert "ada" not in by_name(members)
    assert list(by_name(archived)) == ["ada"]
    consent = by_name(archived, "consent", "address")["ada"]
    assert (consent["state"], consent["by"], consent["source"]) == ("unsubscribed", "admin", "archived")


def test_our_own_fields_and_tags_are_told_apart(filled, source, api):
    lists = f"lists/{filled.list_id}"
    api.send("POST", f"{lists}/merge-fields", {"tag": "RG_CLV", "name": "CLV", "type": "number"})
    api.send("PATCH", f"{api.members}/dee@tea.example.test", {"merge_fields": {"RG_CLV": "12.50"}})
    key = api.get(f"{api.members}/dee@tea.example.test")["id"]
    api.send("POST", f"{api.members}/{key}/tags", {"tags": [{"name": "regulars:x", "status": "active"}]})
    filled.clock.sleep(60)
    dee = by_name(read(source, "members")[0])["dee"]
    assert (json.loads(dee["held"]), dee["lists"], dee["tags"]) == ({"RG_CLV": "12.5"}, ["regulars:x"], ["vip"])
    assert "RG_CLV" not in json.loads(dee["custom"])


def test_who_has_more_than_fifty_tags_is_asked_for_all_of_them(box, source):
    tags = tuple(f"t{n}" for n in range(60))
    box.populate(world_of(WorldPerson("ada", "ada@tea.example.test", tags=tags)))
    box.clock.sleep(60)
    assert len(by_name(read(source, "members")[0])["ada"]["tags"]) == 60


# --- sweeps ----------------------------------------------------------------------------------------------


def test_more_than_a_page_in_one_second_is_read_whole(box, source):
    box.populate(world_of(*(WorldPerson(f"p{n}", f"p{n}@tea.example.test") for n in range(2350))))
    box.clock.sleep(60)
    assert len(read(source, "members")[0]["person"]) == 2350


def test_many_pages_over_time_are_read_whole(box, source):
    for batch in range(5):
        people = (WorldPerson(f"{batch}-{n}", f"p{batch}-{n}@tea.example.test") for n in range(600))
        box.populate(world_of(*people))
        box.clock.sleep(1)
    box.clock.sleep(60)
    rows, _, _ = read(source, "members")
    assert len(rows["person"]) == 3000


def test_a_member_that_changes_while_pages_are_read_hides_nobody(box, source):
    for batch in range(4):
        people = (WorldPerson(f"{batch}-{n}", f"p{batch}-{n}@tea.example.test") for n in range(500))
        box.populate(world_of(*people))
        box.clock.sleep(1)
    box.clock.sleep(60)
    seen = set()
    for number, page in enumerate(source.pages("members", None)):
        seen |= {row["email"] for row in page.rows.get("person", ())}
        if number == 0:
            for n in range(200):  # they leave the window that is being read
                box.unsubscribe(f"p0-{n}@tea.example.test")
    assert len(seen) == 2000


@pytest.mark.parametrize("leaving", [50, 950])
def test_members_who_leave_a_crowded_second_hide_nobody(box, source, clock, leaving):
    box.populate(world_of(*(WorldPerson(f"p{n}", f"p{n}@tea.example.test") for n in range(2500))))
    clock.sleep(60)
    seen = set()
    for number, page in enumerate(source.pages("members", None)):
        seen |= {row["email"] for row in page.rows.get("person", ())}
        if number == 1:  # the first page of the second; the next one is read at an offset
            for n in range(leaving):
                box.unsubscribe(f"p{n}@tea.example.test")
    assert len(seen) == 2500


def test_a_change_is_read_once_it_is_a_second_old_and_nothing_is_lost_at_the_boundary(box, source, clock):
    cursor = None
    seen = set()
    for n in range(30):
        box.populate(world_of(WorldPerson(f"p{n}", f"p{n}@tea.example.test")))
        if n % 3 == 0:
            clock.sleep(0.5)
        rows, cursor, _ = read(source, "members", cursor)
        seen |= set(by_name(rows))
    clock.sleep(2)
    seen |= set(by_name(read(source, "members", cursor)[0]))
    assert len(seen) == 30


def test_a_second_read_asks_only_for_what_changed(filled, source, clock):
    clock.sleep(600)  # beyond the overlap that covers differing clocks
    _, cursor, _ = read(source, "members")
    clock.sleep(3600)
    assert read(source, "members", cursor)[0].get("person", {}) == {}
    filled.unsubscribe("ada@tea.example.test")
    clock.sleep(60)
    assert list(by_name(read(source, "members", cursor)[0])) == ["ada"]


def test_an_interrupted_read_goes_on_inside_its_window(box, source, clock):
    for batch in range(3):
        people = (WorldPerson(f"{batch}-{n}", f"p{batch}-{n}@tea.example.test") for n in range(1000))
        box.populate(world_of(*people))
        clock.sleep(1)
    clock.sleep(60)
    pages = source.pages("members", None)
    first = next(pages)
    pages.close()
    seen = {row["email"] for row in first.rows["person"]}
    box.log.clear()
    rows, _, _ = read(source, "members", first.cursor)
    assert len(seen | {row["email"] for row in rows["person"].values()}) == 3000
    assert all(dict(asked.query).get("since_last_changed") for asked in box.log)


# --- who was deleted for good --------------------------------------------------------------------------------


def test_presence_reads_nobody_until_a_week_has_gone(filled, source, clock):
    rows, cursor, _ = read(source, "presence")
    assert rows == {}
    clock.forward(timedelta(days=6))
    filled.log.clear()
    assert read(source, "presence", cursor)[:2] == ({}, cursor)
    assert filled.log == []


def test_after_a_week_a_whole_pass_shows_who_is_gone(filled, source, clock, api):
    _, cursor, _ = read(source, "presence")
    key = api.get(f"{api.members}/ada@tea.example.test")["id"]
    api.send("POST", f"{api.members}/{key}/actions/delete-permanent")
    api.send("DELETE", f"{api.members}/bob@tea.example.test")
    clock.forward(timedelta(days=8))
    pages = list(source.pages("presence", cursor))
    seen = {row["email"].partition("@")[0] for page in pages for row in page.rows.get("person", ())}
    assert seen == {"bob", "cyd", "dee"}
    assert [page.begins for page in pages] == [True, *[False] * (len(pages) - 1)]
    assert [page.complete for page in pages if page.complete] == [("person",)]
    assert list(source.pages("presence", pages[-1].cursor)) == []


def test_an_interrupted_pass_is_gone_on_with(filled, source, clock):
    _, cursor, _ = read(source, "presence")
    clock.forward(timedelta(days=8))
    first = next(source.pages("presence", cursor))
    rest = list(source.pages("presence", first.cursor))
    assert (first.begins, rest[0].begins, rest[-1].complete) == (True, False, ("person",))


def test_who_leaves_the_archive_during_a_pass_is_not_taken_for_gone(filled, source, clock, api):
    api.send("DELETE", f"{api.members}/ada@tea.example.test")
    _, cursor, _ = read(source, "presence")
    clock.forward(timedelta(days=8))
    seen = set()
    for number, page in enumerate(source.pages("presence", cursor)):
        seen |= {row["email"].partition("@")[0] for row in page.rows.get("person", ())}
        if number == 0:
            filled.confirm("ada@tea.example.test")
    assert seen == {"ada", "bob", "cyd", "dee"}


def test_a_pass_with_somebody_nobody_understands_deletes_nobody(filled, source, clock):
    _, cursor, _ = read(source, "presence")
    clock.forward(timedelta(days=8))
    filled.audience.find("bob@tea.example.test")["status"] = 7
    first, *rest = source.pages("presence", cursor)
    assert all(not page.complete for page in [first, *rest])
    resumed = list(source.pages("presence", first.cursor))
    assert all(not page.complete for page in resumed)
    assert list(source.pages("presence", resumed[-1].cursor)) == []


def test_an_empty_page_that_promises_members_deletes_nobody(filled, source, clock):
    _, cursor, _ = read(source, "presence")
    clock.forward(timedelta(days=8))
    filled.faults = [Fault("status", match="/members", status=200, body=b'{"members":[],"total_items":4}')]
    with pytest.raises(PlatformError):
        list(source.pages("presence", cursor))


# --- misbehaviour -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cut", "drop", "lost"])
def test_a_broken_connection_is_tried_again(filled, source, kind):
    filled.faults = [Fault(kind, match="/members")]
    assert len(read(source, "members")[0]["person"]) == 4


def test_a_malformed_page_stores_nothing(filled, source):
    filled.faults = [Fault("malformed", match="/members")]
    with pytest.raises(PlatformError):
        next(source.pages("members", None))


@pytest.mark.parametrize(("status", "body"), [(403, b""), (403, b"<html>"), (429, b""), (503, b"")])
def test_a_busy_platform_is_waited_for(filled, source, clock, status, body):
    before = clock.now()
    filled.faults = [Fault("status", match="/members", status=status, body=body, times=2)]
    assert len(read(source, "members")[0]["person"]) == 4
    assert clock.now() > before


def test_a_revoked_key_is_an_auth_error(filled, source):
    filled.revoked = True
    with pytest.raises(AuthError, match="API Key Invalid"):
        read(source, "members")


def test_a_refusal_with_a_problem_document_is_an_auth_error_at_once(filled, source):
    body = json.dumps({"title": "Forbidden", "status": 403, "detail": "No."}).encode()
    filled.faults = [Fault("status", status=403, body=body, times=9)]
    with pytest.raises(AuthError, match="Forbidden"):
        read(source, "members")
    assert len(filled.log) == 1


def test_a_member_nobody_understands_is_set_aside_and_the_others_are_read(filled, source):
    filled.audience.find("bob@tea.example.test")["status"] = 7
    rows, _, rejected = read(source, "members")
    assert set(by_name(rows)) == {"ada", "cyd", "dee"}
    assert rejected[0].kind == "person"
    assert "status" in rejected[0].reason


def heard(landing, source, *streams):
    """What the warehouse says of everybody's e-mail after a night: address -> (verdict, state)."""
    for stream in streams or ("members",):
        night(landing, source, stream)
    with landing.warehouse.burst() as session:
        identity.build(session, identity.IdentitySettings.of(IdentityConfig(), landing.journal.key))
        consent.build(session, landing.journal)
        told = session.query(
            "SELECT c.email, v.verdict, v.state FROM customer AS c JOIN verdict AS v USING (customer_id)"
        )
    return {email.partition("@")[0]: (verdict, state) for email, verdict, state in told}


def test_a_status_nobody_knows_ends_a_yes_and_takes_no_opt_out_back(filled, source, landing, clock):
    before = heard(landing, source)
    assert (before["ada"], before["bob"]) == (("yes", "subscribed"), ("no", "unsubscribed"))
    clock.sleep(600)
    for name in ("ada", "bob"):
        member = filled.audience.find(f"{name}@tea.example.test")
        member["status"] = "deleted"
        filled.audience.touch(member, filled.now())
    clock.sleep(60)
    after = heard(landing, source)
    assert (after["ada"], after["bob"]) == (("no", "unknown"), ("no", "unsubscribed"))
    assert landing.journal.rows("SELECT kind FROM quarantine") == []


@pytest.mark.parametrize(
    "odd",
    [
        {"tags": [{"id": 1}], "tags_count": 1},
        {"tags": [{"name": "vip"}], "tags_count": "many"},
        {"merge_fields": "none"},
        {"location": "Berlin"},
    ],
)
def test_a_member_set_aside_leaves_its_opt_out_behind(filled, source, landing, clock, api, odd):
    assert heard(landing, source)["ada"] == ("yes", "subscribed")
    clock.sleep(600)
    filled.unsubscribe("ada@tea.example.test")
    clock.sleep(60)
    told = api.get(api.members)
    next(row for row in told["members"] if row["email_address"] == "ada@tea.example.test").update(odd)
    filled.faults = [Fault("status", match="/members", status=200, body=json.dumps(told).encode())]
    assert heard(landing, source)["ada"] == ("no", "unsubscribed")
    assert landing.journal.rows("SELECT kind FROM quarantine") == [("person",)]


def test_a_change_at_the_beginning_of_time_ends_no_reading(filled, source, api):
    told = api.get(api.members)
    for row in told["members"]:
        row["last_changed"] = "0001-01-01T00:00:00+00:00"
    filled.faults = [Fault("status", match="/members", status=200, body=json.dumps(told).encode())]
    assert len(read(source, "members")[0]["person"]) == 4


def test_reading_only_reads(filled, source):
    for stream in source.streams():
        read(source, stream)
    assert {asked.method for asked in filled.log} == {"GET"}


# --- interests ----------------------------------------------------------------------------------------------


def test_interests_are_told_by_category_and_name(filled, settings, http, api):
    category = add_category(filled.audience, "Teas", ("Black", "Green"))
    chosen = dict.fromkeys(filled.audience.categories[category]["interests"], True)
    api.send("PATCH", f"{api.members}/ada@tea.example.test", {"interests": chosen})
    filled.clock.sleep(60)
    mapped = MailchimpSource(settings, http, ("interests.Teas",))
    people = by_name(read(mapped, "members")[0])
    assert json.loads(people["ada"]["custom"])["interests"] == {"Teas": ["Black", "Green"]}
    assert json.loads(people["ada"]["custom"])["interests.Teas"] == "Black, Green"
    assert json.loads(people["dee"]["custom"])["interests"] == {}


def test_an_audience_without_interests_is_not_asked_what_they_are_called(filled, source):
    people = by_name(read(source, "members")[0])
    assert "interests" not in json.loads(people["ada"]["custom"])
    assert not any("interest-categories" in one.path for one in filled.log)


# --- several pages at a time ---------------------------------------------------------------------------------


def grown(box, count, apart=1):
    """Members who changed one after the other."""
    start = box.clock.now() - timedelta(seconds=count * apart + 60)
    for n in range(count):
        at = (start + timedelta(seconds=n * apart)).isoformat()
        box.audience.add(f"p{n}@tea.example.test", "subscribed", at)


def test_pages_are_asked_for_ahead_but_no_more_than_there_are(box, source):
    grown(box, 6000)
    assert len(read(source, "members")[0]["person"]) == 6000
    asked = [one for one in box.log if one.path.endswith("/members")]
    assert len(asked) == 7  # pages overlap by a few rows
    assert box.most_in_flight <= 4


def test_one_page_is_asked_for_alone(filled, source):
    read(source, "members")
    assert sum(one.path.endswith("/members") for one in filled.log) == 1


def test_offsets_stay_small_in_a_large_audience(box, settings, http):
    grown(box, 6000)
    sweep = Sweep(MailchimpClient(settings, http), Listing(("contact_id", "last_changed")), run=3)
    seen = [row.contact_id for rows, _ in sweep.pages(None) for row in rows]
    assert len(set(seen)) == 6000
    assert max(int(dict(one.query)["offset"]) for one in box.log) < 3000


@pytest.mark.parametrize("leaving", [3, 500, 3000])
def test_members_who_leave_between_pages_hide_nobody(box, source, leaving):
    grown(box, 6000)
    seen = set()
    for number, page in enumerate(source.pages("members", None)):
        seen |= {row["email"] for row in page.rows.get("person", ())}
        if number == 1:
            for n in range(leaving):
                box.unsubscribe(f"p{n}@tea.example.test")
    assert len(seen) == 6000


def test_a_failure_ahead_keeps_the_pages_before_it(box, source):
    grown(box, 6000)
    box.faults = [Fault("malformed", match="offset=4975")]
    seen = set()
    with pytest.raises(PlatformError):
        for page in source.pages("members", None):
            seen |= {row["email"] for row in page.rows["person"]}
            cursor = page.cursor
    assert len(seen) == 4980
    rest, _, _ = read(source, "members", cursor)
    assert len(seen | {row["email"] for row in rest["person"].values()}) == 6000


@pytest.mark.parametrize("overload", ["429", "403 without a body"])
def test_where_others_hold_most_connections_reading_waits_and_loses_nobody(box, source, overload):
    grown(box, 6000)
    box.connections_elsewhere, box.overload = 8, overload
    box.elsewhere_until = box.clock.now() + timedelta(seconds=25)
    assert len(read(source, "members")[0]["person"]) == 6000
