from __future__ import annotations

from datetime import timedelta

import pytest
from regulars.testing import WorldPerson
from regulars_hubspot.sandbox import HubSpotSandbox


def test_a_wrong_token_is_refused(api):
    answer = api.ask("GET", api.objects, token="pat-eu1-of-somebody-else")
    assert (answer.status, b"INVALID_AUTHENTICATION" in answer.body) == (401, True)


def test_an_expired_token_says_since_when(api, box, clock):
    box.expires_at = clock.now()
    clock.sleep(7)
    _, body = api.json("GET", api.objects)
    assert body["category"] == "EXPIRED_AUTHENTICATION"
    assert "expired 7 second(s) ago" in body["message"]


def test_a_membership_write_needs_the_read_scope_too(api, box):
    box.scopes.discard("crm.lists.read")
    status, body = api.json("POST", api.lists, {})
    assert (status, body["category"]) == (403, "MISSING_SCOPES")
    assert body["errors"][0]["context"]["requiredGranularScopes"] == ["crm.lists.read"]


def test_an_answer_tells_what_is_left_of_the_window(api):
    answer = api.ask("GET", api.objects)
    assert answer.headers["X-HubSpot-RateLimit-Max"] == "100"
    assert answer.headers["X-HubSpot-RateLimit-Remaining"] == "99"
    assert answer.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "249999"


def test_a_search_answer_tells_only_of_the_day(api):
    answer = api.ask("POST", f"{api.objects}/search", {})
    assert "X-HubSpot-RateLimit-Remaining" not in answer.headers
    assert "X-HubSpot-RateLimit-Daily-Remaining" in answer.headers


def test_the_burst_window_rolls_over_ten_seconds(api, box, clock):
    box.limits.burst = 3
    assert [api.ask("GET", api.objects).status for _ in range(4)] == [200, 200, 200, 429]
    _, body = api.json("GET", api.objects)
    assert body["policyName"] == "TEN_SECONDLY_ROLLING"
    clock.sleep(10)
    assert api.ask("GET", api.objects).status == 200


def test_search_has_a_window_of_its_own_and_names_no_policy(api, clock):
    assert [api.search()[0] for _ in range(6)] == [200] * 5 + [429]
    assert api.ask("GET", api.objects).status == 200
    _, body = api.search()
    assert body["message"] == "You have reached your secondly limit."
    assert "policyName" not in body
    clock.sleep(1)
    assert api.search()[0] == 200


def test_the_day_is_used_up_for_everything(api, box):
    box.limits.daily = 1
    api.search()
    _, body = api.json("GET", api.objects)
    assert body["policyName"] == "DAILY"


def test_an_over_long_url_is_refused(api):
    names = ",".join(f"a_long_property_name_{n}" for n in range(400))
    assert api.json("GET", api.objects, properties=names)[0] == 414


def test_a_write_may_be_done_and_answered_502(api, box):
    key = api.create(email="ann@tea.example.test")
    box.gateway_errors = 1
    assert api.ask("PATCH", f"{api.objects}/{key}", {"properties": {"firstname": "Ann"}}).status == 502
    assert api.get(key)[1]["properties"]["firstname"] == "Ann"


def test_properties_are_made_once_and_restored_from_the_archive(api):
    asked = {"name": "x", "label": "X", "type": "string", "fieldType": "text", "groupName": "contactinformation"}
    assert api.json("POST", api.properties, asked)[0] == 201
    status, body = api.json("POST", api.properties, asked)
    assert (status, body["subCategory"]) == (409, "Properties.PROPERTY_WITH_NAME_EXISTS")
    assert api.ask("DELETE", f"{api.properties}/x").status == 204
    assert api.json("GET", f"{api.properties}/x")[0] == 404
    status, restored = api.json("POST", api.properties, {**asked, "type": "number", "fieldType": "number"})
    assert (status, restored["type"]) == (201, "string")


def test_a_property_needs_a_group_that_exists(api):
    asked = {"name": "x", "label": "X", "type": "string", "fieldType": "text", "groupName": "ours"}
    assert api.json("POST", api.properties, asked)[0] == 400
    assert api.json("POST", f"{api.properties}/groups", {"name": "ours", "label": "Ours"})[0] == 201
    assert api.json("POST", api.properties, asked)[0] == 201


def test_options_sent_replace_the_whole_list(api):
    asked = {
        "name": "x",
        "label": "X",
        "type": "enumeration",
        "fieldType": "select",
        "groupName": "contactinformation",
        "options": [{"label": "A", "value": "a"}],
    }
    api.json("POST", api.properties, asked)
    _, body = api.json("PATCH", f"{api.properties}/x", {"options": [{"label": "B", "value": "b"}]})
    assert [one["value"] for one in body["options"]] == ["b"]


def test_memberships_take_a_bare_array_and_name_missing_ids(api):
    key = api.create(email="ann@tea.example.test")
    _, made = api.json("POST", api.lists, {"name": "Tea", "objectTypeId": "0-1", "processingType": "MANUAL"})
    path = f"{api.lists}/{made['list']['listId']}/memberships"
    status, body = api.json("PUT", f"{path}/add", [key, "999"])
    assert (status, body["recordsIdsAdded"], body["recordIdsMissing"]) == (200, [key], ["999"])
    assert api.json("PUT", f"{path}/add", [key])[1]["recordsIdsAdded"] == []
    assert api.json("PUT", f"{path}/add", {"ids": [key]})[0] == 400
    assert api.json("GET", path)[1]["results"][0]["recordId"] == key
    assert api.json("PUT", f"{path}/remove", [key])[1]["recordIdsRemoved"] == [key]


def test_members_are_paged_by_record_id(api):
    ids = [api.create(email=f"p{n}@tea.example.test") for n in range(3)]
    _, made = api.json("POST", api.lists, {"name": "Tea", "objectTypeId": "0-1", "processingType": "SNAPSHOT"})
    path = f"{api.lists}/{made['list']['listId']}/memberships"
    api.json("PUT", f"{path}/add", ids)
    _, first = api.json("GET", path, limit=2)
    _, second = api.json("GET", path, limit=2, after=first["paging"]["next"]["after"])
    assert [row["recordId"] for row in first["results"] + second["results"]] == ids
    assert "paging" not in second


def test_a_dynamic_list_takes_no_members_and_a_name_is_used_once(api):
    asked = {"name": "Tea", "objectTypeId": "0-1", "processingType": "DYNAMIC"}
    _, made = api.json("POST", api.lists, asked)
    assert api.json("PUT", f"{api.lists}/{made['list']['listId']}/memberships/add", [])[0] == 400
    assert api.json("POST", api.lists, asked)[0] == 400


@pytest.fixture
def people() -> list[WorldPerson]:
    return [
        WorldPerson("ann", "ann@tea.example.test", "Ann", spelling={"crm": "Ann@Tea.example.test"}),
        WorldPerson("bob", "bob@tea.example.test", bounced="hard", properties={"loyalty": "gold"}),
        WorldPerson("cyd", "cyd@tea.example.test", on=("shop",)),
    ]


def test_a_world_becomes_contacts_of_those_who_are_on_the_crm(box, world_of, people):
    box.populate(world_of(*people))
    values = [row["properties"] for row in box.contacts.values()]
    assert [one["email"] for one in values] == ["ann@tea.example.test", "bob@tea.example.test"]
    assert (values[1]["hs_email_hard_bounce_reason_enum"], values[1]["loyalty"]) == ("UNKNOWN_USER", "gold")


def test_the_same_world_again_touches_nobody_and_a_changed_one_only_whom_it_changed(box, world_of, people, clock):
    box.populate(world_of(*people))
    before = {key: row["updatedAt"] for key, row in box.contacts.items()}
    clock.forward(timedelta(days=1))
    box.populate(world_of(*people))
    assert {key: row["updatedAt"] for key, row in box.contacts.items()} == before
    people[0].consent = "unsubscribed"
    box.populate(world_of(*people))
    touched = [row["properties"] for key, row in box.contacts.items() if row["updatedAt"] != before[key]]
    assert [(one["firstname"], one["hs_email_optout"]) for one in touched] == [("Ann", "true")]


def test_what_was_changed_on_the_platform_survives_the_next_world(api, box, world_of, people):
    box.populate(world_of(*people))
    key = next(iter(box.contacts))
    api.update(key, email="new@tea.example.test")
    people[0].first_name = "Anna"
    box.populate(world_of(*people))
    held = box.contacts[key]["properties"]
    assert (held["email"], held["firstname"]) == ("new@tea.example.test", "Anna")


def test_a_saved_portal_is_loaded_as_it_was(box, world_of, people, clock, tmp_path):
    box.populate(world_of(*people))
    box.save(tmp_path / "portal.json")
    other = HubSpotSandbox(clock, seed=7)
    other.load(tmp_path / "portal.json")
    assert other.state() == box.state()
    other.populate(world_of(*people))
    assert other.state() == box.state()


def test_nothing_forbidden_goes_unnoticed(api, box):
    key = api.create(email="ann@tea.example.test")
    box.forbidden.clear()
    api.update(key, firstname="Ann")
    assert box.forbidden == []
    api.update(key, lifecyclestage="customer")
    api.ask("POST", "/communication-preferences/2026-09/statuses/ann@tea.example.test", {})
    api.ask("DELETE", f"{api.objects}/{key}")
    assert len(box.forbidden) == 3
