from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from regulars import AuthError, PlatformError, QuotaError, SetField
from regulars.testing import Fault, WorldPerson
from regulars_hubspot.contacts import to_memberships
from regulars_hubspot.settings import HubSpotSettings
from regulars_hubspot.source import HubSpotSource


def ids(records):
    return [record["id"] for record in records]


def searches(box):
    """Searches for changes; the count after a whole list is none."""
    found = [asked for asked in box.log if asked.path.endswith("/contacts/search")]
    return [asked for asked in found if asked.json()["filterGroups"]]


def test_the_first_run_lists_everybody_and_asks_no_search(box, source, crowd, read, rows):
    box.populate(crowd(250))
    pages, _ = read(source, "contacts")
    assert ids(rows(pages, "person")) == list(box.contacts)
    assert not searches(box)


def test_the_next_run_brings_only_what_changed(box, api, source, crowd, clock, read, rows):
    box.populate(crowd(20))
    clock.forward(timedelta(hours=1))
    _, cursor = read(source, "contacts")
    changed = list(box.contacts)[3]
    clock.forward(timedelta(hours=1))
    api.update(changed, firstname="New")
    clock.forward(timedelta(minutes=2))
    pages, _ = read(source, "contacts", cursor)
    assert [(one["id"], one["first_name"]) for one in rows(pages, "person")] == [(changed, "New")]


def test_a_quiet_night_costs_one_search(box, source, crowd, clock, read):
    box.populate(crowd(5))
    clock.forward(timedelta(hours=1))
    _, cursor = read(source, "contacts")
    clock.forward(timedelta(hours=24))
    _, cursor = read(source, "contacts", cursor)
    assert len(searches(box)) == 1


def test_more_rows_of_one_instant_than_search_gives_are_all_read(box, source, crowd, clock, read, rows):
    box.index.result_cap = 200
    _, cursor = read(source, "contacts")
    clock.forward(timedelta(hours=1))
    box.populate(crowd(1_050))
    clock.forward(timedelta(hours=1))
    pages, _ = read(source, "contacts", cursor)
    assert ids(rows(pages, "person")) == list(box.contacts)


def test_25_000_rows_of_one_instant_are_all_read_once_and_the_read_ends(box, source, crowd, clock, read, rows):
    _, cursor = read(source, "contacts")
    box.keep_log = False
    clock.forward(timedelta(hours=1))
    box.populate(crowd(25_000))
    clock.forward(timedelta(hours=1))
    assert len({row["properties"]["lastmodifieddate"] for row in box.contacts.values()}) == 1
    pages, cursor = read(source, "contacts", cursor)
    assert ids(rows(pages, "person")) == list(box.contacts)
    assert len(pages) == 25_000 / 200 + 1
    clock.forward(timedelta(hours=1))
    assert not rows(read(source, "contacts", cursor)[0], "person")


def test_a_row_that_leaves_the_window_meanwhile_pushes_no_other_out(box, api, source, crowd, clock, read, rows):
    _, cursor = read(source, "contacts")
    clock.forward(timedelta(hours=1))
    box.populate(crowd(450))
    clock.forward(timedelta(hours=1))
    pages = source.pages("contacts", cursor)
    seen = [next(pages)]
    everybody = list(box.contacts)
    for key in everybody[:50]:
        box.portal.contacts.put(box.contacts[key], {"firstname": "Changed"}, clock.now())
    clock.sleep(30)
    seen += pages
    assert set(ids(rows(seen, "person"))) == set(everybody)


@pytest.mark.parametrize("lag", [0, 5, 40, 300])
def test_a_lagging_search_loses_nobody(box, api, settings, http, clock, read, rows, lag):
    box.index.lag = lag
    source, cursor, seen = HubSpotSource(settings, http), None, []
    made = []
    for n in range(12):
        made.append(api.create(email=f"p{n}@tea.example.test"))
        clock.sleep(50)
        pages, cursor = read(source, "contacts", cursor)
        seen += rows(pages, "person")
    clock.forward(timedelta(minutes=6))
    pages, cursor = read(source, "contacts", cursor)
    assert set(ids(seen + rows(pages, "person"))) == set(made)


def test_a_broken_off_read_goes_on_inside_its_window(box, source, crowd, clock, read, rows):
    _, cursor = read(source, "contacts")
    clock.forward(timedelta(hours=1))
    box.populate(crowd(450))
    clock.forward(timedelta(hours=1))
    first = next(source.pages("contacts", cursor))
    clock.forward(timedelta(hours=5))
    rest, _ = read(source, "contacts", first.cursor)
    assert ids(rows([first, *rest], "person")) == list(box.contacts)
    assert len(searches(box)) == 3


def test_a_broken_off_first_run_goes_on(box, source, crowd, read, rows):
    box.populate(crowd(250))
    first = next(source.pages("contacts", None))
    rest, _ = read(source, "contacts", first.cursor)
    assert ids(rows([first, *rest], "person")) == list(box.contacts)


def test_too_many_properties_for_a_url_go_by_batch_read(box, settings, http, crowd, world_of, read, rows):
    names = [f"a_long_name_for_a_property_{n}" for n in range(300)]
    box.populate(world_of(WorldPerson("ann", "ann@tea.example.test", properties=dict.fromkeys(names, "x"))))
    pages, _ = read(HubSpotSource(settings, http, names), "contacts")
    assert set(names) <= set(json.loads(rows(pages, "person")[0]["custom"]))
    assert max(len(asked.target) for asked in box.log) < 6_000


@pytest.mark.parametrize("count", [10, 100, 250, 400, 1_500])
def test_no_address_is_ever_too_long(box, settings, http, crowd, read, rows, count):
    box.populate(crowd(3))
    names = [f"p{n}" for n in range(count)]
    assert len(rows(read(HubSpotSource(settings, http, names), "contacts")[0], "person")) == 3
    assert max(len(asked.target) for asked in box.log) < 7_000


def test_a_contact_comes_as_a_person(box, settings, http, world_of, clock, read, rows):
    person = WorldPerson(
        "ann",
        "ann@tea.example.test",
        "Ann",
        "Ames",
        country="at",
        phone="+43 1 5550100",
        created_at=clock.now() - timedelta(days=400),
        other_emails=("a@tea.example.test", "b@tea.example.test"),
        properties={"loyalty": "gold", "regulars_stage": "active", "regulars_clv": ""},
    )
    box.populate(world_of(person))
    pages, _ = read(HubSpotSource(settings, http, ["loyalty"]), "contacts")
    (ann,) = rows(pages, "person")
    assert (ann["email"], ann["first_name"], ann["last_name"]) == ("ann@tea.example.test", "Ann", "Ames")
    assert (ann["country"], ann["phone"], ann["lists"]) == ("AT", "+43 1 5550100", None)
    assert ann["created_at"] == person.created_at
    assert ann["updated_at"] == clock.now()
    assert ann["other_emails"] == ["a@tea.example.test", "b@tea.example.test"]
    assert json.loads(ann["held"]) == {"regulars_stage": "active"}
    assert json.loads(ann["custom"]) == {"country": "at", "loyalty": "gold"}


def test_half_a_character_breaks_nothing(box, settings, http, world_of, read, rows):
    cut = {"note": "tea \ud83c", "firstname": "Ann\ud83c"}
    box.populate(world_of(WorldPerson("ann", "ann@tea.example.test", properties=cut)))
    (ann,) = rows(read(HubSpotSource(settings, http, ["note"]), "contacts")[0], "person")
    assert (ann["first_name"], json.loads(ann["custom"])) == ("Ann\ufffd", {"note": "tea \ufffd"})


def test_a_country_in_words_is_no_country_code(box, source, world_of, read, rows):
    box.populate(world_of(WorldPerson("ann", "ann@tea.example.test", country="Austria")))
    (ann,) = rows(read(source, "contacts")[0], "person")
    assert (ann["country"], json.loads(ann["custom"])["country"]) == (None, "Austria")


def test_an_opt_out_is_an_unsubscription_and_its_absence_is_unknown(box, source, world_of, read, rows):
    box.populate(
        world_of(
            WorldPerson("ann", "ann@tea.example.test", consent="subscribed"),
            WorldPerson("bob", "bob@tea.example.test", consent="unsubscribed"),
        )
    )
    consents = rows(read(source, "contacts")[0], "consent")
    assert [(one["state"], one["by"]) for one in consents] == [("unknown", None), ("unsubscribed", "person")]
    assert {one["channel"] for one in consents} == {"email"}


def test_a_bounce_belongs_to_the_address(box, api, source, world_of, clock, read, rows):
    box.populate(world_of(WorldPerson("ann", "ann@tea.example.test", bounced="hard")))
    clock.forward(timedelta(hours=1))
    pages, cursor = read(source, "contacts")
    (key,) = box.contacts
    (bounce,) = rows(pages, "bounce")
    assert (bounce["id"], bounce["kind"]) == (f"{key}:ann@tea.example.test", "hard")
    api.update(key, email="new@tea.example.test")
    clock.forward(timedelta(minutes=2))
    pages, _ = read(source, "contacts", cursor)
    assert rows(pages, "person")[0]["email"] == "new@tea.example.test"
    assert not rows(pages, "bounce")


def test_a_merge_names_the_losers(box, api, source, clock, read, rows):
    ann, bob = (api.create(email=f"{name}@tea.example.test") for name in ("ann", "bob"))
    clock.forward(timedelta(hours=1))
    _, cursor = read(source, "contacts")
    _, row = api.json("POST", f"{api.objects}/merge", {"primaryObjectId": ann, "objectIdToMerge": bob})
    clock.forward(timedelta(minutes=2))
    pages, _ = read(source, "contacts", cursor)
    merges = {(one["id"], one["into"]) for one in rows(pages, "merge")}
    assert merges == {(ann, row["id"]), (bob, row["id"])}


def test_a_chain_of_merges_leads_to_the_last_survivor(box, api, source, clock, read, rows):
    ann, bob, cay, dan = (api.create(email=f"{name}@tea.example.test") for name in ("ann", "bob", "cay", "dan"))
    clock.forward(timedelta(hours=1))
    _, cursor = read(source, "contacts")

    def merge(primary, loser):
        asked = {"primaryObjectId": primary, "objectIdToMerge": loser}
        return api.json("POST", f"{api.objects}/merge", asked)[1]["id"]

    first, second = merge(ann, bob), merge(cay, dan)
    last = merge(first, second)
    clock.forward(timedelta(minutes=2))
    pages, _ = read(source, "contacts", cursor)
    into = {one["id"]: one["into"] for one in rows(pages, "merge")}
    assert into == dict.fromkeys((ann, bob, cay, dan, first, second), last)
    (survivor,) = rows(pages, "person")
    assert survivor["other_emails"] == [f"{name}@tea.example.test" for name in ("bob", "cay", "dan")]


def test_a_merge_that_keeps_the_primarys_id_names_only_the_loser(box, api, source, clock, read, rows):
    box.portal.contacts.keep_primary_id = True
    ann, bob, cay = (api.create(email=f"{name}@tea.example.test") for name in ("ann", "bob", "cay"))
    clock.forward(timedelta(hours=1))
    _, cursor = read(source, "contacts")
    for primary, loser in ((bob, cay), (ann, bob)):
        api.json("POST", f"{api.objects}/merge", {"primaryObjectId": primary, "objectIdToMerge": loser})
    clock.forward(timedelta(minutes=2))
    pages, _ = read(source, "contacts", cursor)
    assert {one["id"]: one["into"] for one in rows(pages, "merge")} == {bob: ann, cay: ann}
    assert ids(rows(pages, "person")) == [ann]


def test_archived_contacts_are_deletions(box, api, source, crowd, clock, read, rows):
    box.populate(crowd(150))
    everybody = list(box.contacts)
    for key in everybody[20:]:
        box.portal.contacts.archive(key, clock.now())
    gone = rows(read(source, "archived")[0], "deletion")
    assert ids(gone) == everybody[20:]
    assert {(one["entity"], one["updated_at"]) for one in gone} == {("person", clock.now())}


def test_who_was_merged_into_a_contact_that_was_archived_before_the_next_reading(
    box, api, source, clock, read, rows
):
    ann, bob = (api.create(email=f"{name}@tea.example.test") for name in ("ann", "bob"))
    _, cursor = read(source, "contacts")
    clock.forward(timedelta(hours=1))
    made = api.json("POST", f"{api.objects}/merge", {"primaryObjectId": ann, "objectIdToMerge": bob})[1]["id"]
    box.portal.contacts.archive(made, clock.now())
    clock.forward(timedelta(hours=1))
    assert rows(read(source, "contacts", cursor)[0], "merge") == []
    pages = read(source, "archived")[0]
    assert {one["id"]: one["into"] for one in rows(pages, "merge")} == {ann: made, bob: made}
    assert ids(rows(pages, "deletion")) == [made]


def test_members_of_our_lists_are_read_and_of_no_others(box, api, source, crowd, read, rows):
    box.populate(crowd(130))
    everybody = list(box.contacts)
    for name, members in (
        ("regulars · VIP", everybody),
        ("regulars of the café", everybody),
        ("regulars · New", []),
    ):
        _, made = api.json("POST", api.lists, {"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"})
        api.json("PUT", f"{api.lists}/{made['list']['listId']}/memberships/add", members)
    pages, _ = read(source, "lists")
    found = rows(pages, "membership")
    assert [(one["list"], one["person_id"]) for one in found] == [("regulars · VIP", key) for key in everybody]
    assert found[0]["id"] == f"regulars · VIP:{everybody[0]}"
    assert pages[0].begins
    assert [page.complete for page in pages] == [()] * (len(pages) - 1) + [("membership",)]


@pytest.mark.parametrize("joined", ["2026-11-01T12:00:00", "soon", 7])
def test_a_membership_since_no_instant_is_told_with_its_list(joined):
    raw = {"recordId": "1", "membershipTimestamp": joined}
    with pytest.raises(PlatformError, match="nonsense for the members of list 'VIP'"):
        to_memberships([raw], "VIP", datetime(2026, 11, 20, tzinfo=UTC))


@pytest.mark.parametrize("joined", [None, ""])
def test_a_membership_without_its_time_is_a_membership(joined):
    raw = {"recordId": "1", "membershipTimestamp": joined}
    (found,) = to_memberships([raw], "VIP", datetime(2026, 11, 20, tzinfo=UTC)).rows["membership"]
    assert (found["person_id"], found["joined_at"]) == ("1", None)


def test_a_broken_off_read_of_lists_goes_on(box, api, source, crowd, read, rows):
    box.populate(crowd(130))
    for name in ("regulars · A", "regulars · B"):
        _, made = api.json("POST", api.lists, {"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"})
        api.json("PUT", f"{api.lists}/{made['list']['listId']}/memberships/add", list(box.contacts))
    for stop in (1, 2, 3, 4):
        pages = source.pages("lists", None)
        first = [next(pages) for _ in range(stop)]
        rest, _ = read(source, "lists", first[-1].cursor)
        assert len({one["id"] for one in rows(first + rest, "membership")}) == 260


def test_our_own_write_comes_back_with_the_values_written(box, source, destination, crowd, clock, read, rows):
    from regulars import FieldSpec

    box.populate(crowd(3))
    destination.provision(destination.missing([FieldSpec("regulars_clv", "number")], []))
    clock.forward(timedelta(hours=1))
    _, cursor = read(source, "contacts")
    key = list(box.contacts)[1]
    destination.write([SetField(key, "regulars_clv", "12.50")])
    clock.forward(timedelta(minutes=2))
    pages, _ = read(source, "contacts", cursor)
    assert [(one["id"], json.loads(one["held"])) for one in rows(pages, "person")] == [
        (key, {"regulars_clv": "12.50"})
    ]


def test_a_contact_that_cannot_be_understood_is_kept_aside(box, source, crowd, read, rows):
    box.populate(crowd(3))
    broken = list(box.contacts)[1]
    box.contacts[broken]["properties"]["lastmodifieddate"] = "never"
    pages, _ = read(source, "contacts")
    assert len(rows(pages, "person")) == 2
    (aside,) = [one for page in pages for one in page.rejected]
    assert (aside.kind, aside.id) == ("person", broken)


def test_a_malformed_page_is_not_yielded(box, source, crowd):
    box.populate(crowd(250))
    box.faults.append(Fault("malformed", match="GET /crm/objects", skip=1))
    pages = source.pages("contacts", None)
    assert len(next(pages).rows["person"]) == 100
    with pytest.raises(PlatformError, match="not JSON"):
        next(pages)


def test_a_search_that_does_not_go_on_is_an_error_and_no_endless_read(box, source, crowd, clock, read):
    box.populate(crowd(3))
    clock.forward(timedelta(hours=1))
    _, cursor = read(source, "contacts")
    same = b'{"total":9,"results":[{"id":"101","properties":{},"updatedAt":"2026-03-01T09:00:00Z"}]'
    body = same + b',"paging":{"next":{"after":"1"}}}'
    box.faults.append(Fault("status", match="/search", times=9, status=200, body=body))
    with pytest.raises(PlatformError, match="does not go on after record 101"):
        read(source, "contacts", cursor)


def test_a_page_that_is_cut_off_is_asked_for_again(box, source, crowd, read, rows):
    box.populate(crowd(250))
    box.faults.append(Fault("cut", match="GET /crm/objects", skip=1))
    assert ids(rows(read(source, "contacts")[0], "person")) == list(box.contacts)


@pytest.mark.parametrize("status", [423, 429, 477, 500, 502, 503, 504, 521, 524])
def test_a_read_is_tried_again_after_a_passing_refusal(box, source, crowd, read, rows, status):
    box.populate(crowd(3))
    headers = {"Retry-After": "2"} if status == 477 else {}
    box.faults.append(Fault("status", match="GET /crm/objects", status=status, headers=headers))
    assert len(rows(read(source, "contacts")[0], "person")) == 3


def test_a_long_read_stays_within_the_limits(box, source, crowd, clock, read, rows):
    _, cursor = read(source, "contacts")
    clock.forward(timedelta(hours=1))
    box.populate(crowd(4_000))
    clock.forward(timedelta(hours=1))
    begun = clock.now()
    pages, _ = read(source, "contacts", cursor)
    assert len(rows(pages, "person")) == 4_000
    assert box.limits.refused == 0
    assert len(searches(box)) / 5 >= 0.95 * (clock.now() - begun).total_seconds()


@pytest.mark.parametrize("burst", [100, 190, 250])
def test_a_long_list_reaches_the_rate_that_the_limit_allows_without_a_refusal(
    box, source, http, crowd, clock, read, rows, burst
):
    box.limits.burst = burst
    box.populate(crowd(12_000))
    box.keep_log = False
    begun = clock.now()
    assert len(rows(read(source, "contacts")[0], "person")) == 12_000
    allowed = (clock.now() - begun).total_seconds() * burst / 10
    assert box.limits.refused == 0
    assert http.calls >= 0.95 * allowed


def test_a_revoked_token_is_an_auth_error(box, source):
    box.revoked = True
    with pytest.raises(AuthError, match="Make a new token"):
        next(source.pages("contacts", None))


def test_a_missing_scope_is_named(box, source):
    box.scopes.discard("crm.objects.contacts.read")
    with pytest.raises(AuthError, match=r"the token lacks crm\.objects\.contacts\.read"):
        next(source.pages("contacts", None))


def test_a_day_that_is_used_up_is_a_quota_error(box, source):
    box.limits.daily = 1
    with pytest.raises(QuotaError, match="midnight"):
        list(source.pages("contacts", None))


def test_the_last_calls_of_a_day_are_left_to_other_integrations(box, source, crowd):
    box.populate(crowd(450))
    box.limits.daily, box.limits.used_today = 1_000, 987
    with pytest.raises(QuotaError, match="10 of the account's 1,000 daily calls are left"):
        list(source.pages("contacts", None))
    assert box.limits.used_today == 990
    assert box.limits.refused == 0


def test_the_older_api_reads_the_same(box, settings, http, crowd, read, rows):
    box.populate(crowd(3))
    older = HubSpotSource(HubSpotSettings(token=settings.token, api="v3"), http)
    assert len(rows(read(older, "contacts")[0], "person")) == 3
    assert {asked.path.split("/")[2] for asked in box.log} == {"v3"}
