"""The simulated account: access, lists of things, tags, batches, populating, saving."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import replace

import pytest
from mailchimp.tea_house import world_of
from regulars.testing import Asked
from regulars_mailchimp.sandbox import MailchimpSandbox


def member(box, email):
    return box.audience.find(email)


def add(api, *names, **more):
    for name in names:
        api.send(
            "POST", api.members, {"email_address": f"{name}@tea.example.test", "status": "transactional", **more}
        )


# --- access --------------------------------------------------------------------------------------------


def test_basic_takes_any_user_and_bearer_the_bare_key(api, box):
    basic = base64.b64encode(f"whoever:{box.key}".encode()).decode()
    for header in (f"Basic {basic}", f"Bearer {box.key}"):
        assert api.ask("GET", "ping", headers={"authorization": header}).status == 200


def test_a_missing_a_wrong_and_a_revoked_key_are_told_apart_from_a_wrong_data_centre(api, box):
    def title(headers):
        answer = api.ask("GET", "ping", headers=headers)
        return answer.status, json.loads(answer.body)["title"]

    good = {"authorization": f"Bearer {box.key}"}
    assert title({}) == (401, "API Key Missing")
    assert title({"authorization": "Bearer 0-us19"}) == (401, "API Key Invalid")
    assert title({**good, "host": "us3.api.mailchimp.com"}) == (403, "WrongDatacenter")
    box.revoked = True
    assert title(good) == (401, "API Key Invalid")


def test_a_refusal_is_a_problem_document_with_the_requests_id(api):
    answer = api.ask("GET", "lists/nowhere")
    problem = json.loads(answer.body)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert problem["instance"] == answer.headers["x-request-id"]
    assert (problem["status"], problem["title"]) == (404, "Resource Not Found")


def test_an_unfit_method_and_an_unreadable_body_are_refused(api, box):
    assert api.ask("DELETE", "ping").status == 405
    token = {"authorization": f"Bearer {box.key}"}
    asked = Asked("POST", f"/3.0/{api.members}", (), token, b"{no", "")
    assert json.loads(box.handle(asked).body)["title"] == "JSON Parse Error"


def test_no_campaign_is_ever_sent(api):
    made = api.send("POST", "campaigns", {"type": "regular"})[1]["id"]
    for action in ("send", "schedule", "test"):
        assert api.send("POST", f"campaigns/{made}/actions/{action}")[0] == 403


@pytest.mark.parametrize("overload", ["429", "429 without a body", "403 without a body"])
def test_the_eleventh_connection_is_refused(api, box, overload):
    box.overload = overload
    box.connections_elsewhere = 9
    assert api.ask("GET", "ping").status == 200
    box.connections_elsewhere = 10
    answer = api.ask("GET", "ping")
    assert answer.status == int(overload[:3])
    assert bool(answer.body) == (overload == "429")


def test_requests_that_wait_count_as_connections(api, box):
    with box.lock:
        threads = [threading.Thread(target=api.ask, args=("GET", "ping")) for _ in range(10)]
        for thread in threads:
            thread.start()
        while box.in_flight < 10:
            pass
        assert api.ask("GET", "ping").status == 429
    for thread in threads:
        thread.join()
    assert api.ask("GET", "ping").status == 200


# --- lists -----------------------------------------------------------------------------------------------


def test_ten_rows_come_unless_more_are_asked_for(api):
    add(api, *(f"p{n}" for n in range(12)))
    assert len(api.get(api.members)["members"]) == 10
    assert len(api.get(api.members, count=1000)["members"]) == 12


def test_more_than_a_thousand_rows_are_refused(api):
    assert api.ask("GET", api.members, query={"count": 1001}).status == 400


def test_total_items_ignores_the_offset(api):
    add(api, "a", "b")
    page = api.get(api.members, offset=1000)
    assert (page["members"], page["total_items"]) == ([], 2)


def test_since_is_exclusive_and_before_inclusive_to_the_second(api, clock):
    for name in ("a", "b", "c"):
        add(api, name)
        clock.sleep(1)
    times = ["2026-03-01T09:00:00+00:00", "2026-03-01T09:00:01+00:00"]
    page = api.get(api.members, since_last_changed=times[0], before_last_changed=times[1])
    assert [m["email_address"] for m in page["members"]] == ["b@tea.example.test"]


def test_a_plus_that_was_not_encoded_is_no_time(api):
    assert api.ask("GET", api.members, query={"since_last_changed": "2026-03-01T09:00:00 00:00"}).status == 400


def test_rows_are_sorted_as_asked(api, clock):
    for name in ("a", "b"):
        add(api, name)
        clock.sleep(1)
    api.send("PATCH", f"{api.members}/a@tea.example.test", {"merge_fields": {"FNAME": "A"}})

    def order(direction):
        page = api.get(api.members, sort_field="last_changed", sort_dir=direction)
        return [m["email_address"][0] for m in page["members"]]

    assert (order("ASC"), order("DESC")) == (["b", "a"], ["a", "b"])


def test_fields_and_exclude_fields_reach_into_lists(api):
    add(api, "a")
    assert set(api.get(api.members, fields="members.contact_id,total_items")["members"][0]) == {"contact_id"}
    page = api.get(api.members, exclude_fields="_links,members._links,members.merge_fields.FNAME")
    assert "_links" not in page
    assert "_links" not in page["members"][0]
    assert "FNAME" not in page["members"][0]["merge_fields"]
    assert "LNAME" in page["members"][0]["merge_fields"]


# --- tags, segments, batches -------------------------------------------------------------------------------


def tags_of(api, email):
    return [tag["name"] for tag in api.get(f"{api.members}/{email}")["tags"]]


def test_tags_are_given_and_taken_by_hash_alone(api, box):
    add(api, "a")
    key = api.get(f"{api.members}/a@tea.example.test")["id"]
    path = f"{api.members}/{key}/tags"
    assert api.send("POST", path, {"tags": [{"name": "vip", "status": "active"}]}) == (204, None)
    assert tags_of(api, "a@tea.example.test") == ["vip"]
    assert api.send("POST", path, {"tags": [{"name": "vip", "status": "inactive"}]}) == (204, None)
    assert tags_of(api, "a@tea.example.test") == []
    assert api.send("POST", f"{api.members}/a@tea.example.test/tags", {"tags": []})[0] == 404


def test_a_useless_tag_body_is_answered_like_a_good_one(api):
    add(api, "a")
    key = api.get(f"{api.members}/a@tea.example.test")["id"]
    assert api.send("POST", f"{api.members}/{key}/tags", {"name": "vip", "status": "active"})[0] == 204
    assert tags_of(api, "a@tea.example.test") == []


def test_a_tag_is_a_static_segment_that_hides_who_is_not_active(api, box):
    add(api, "a", "b")
    box.confirm("a@tea.example.test")
    lists = f"lists/{box.list_id}"
    body = {"name": "vip", "static_segment": [f"{n}@tea.example.test" for n in ("a", "b", "nobody")]}
    _, segment = api.send("POST", f"{lists}/segments", body)
    assert segment["member_count"] == 1
    assert tags_of(api, "b@tea.example.test") == ["vip"]
    path = f"{lists}/segments/{segment['id']}"
    assert api.get(f"{path}/members")["total_items"] == 1
    assert api.get(f"{path}/members", include_transactional="true")["total_items"] == 2
    _, told = api.send("POST", path, {"members_to_remove": ["a@tea.example.test", "nobody@tea.example.test"]})
    assert (told["total_removed"], told["error_count"]) == (1, 0)
    assert api.send("POST", path, {"members_to_add": ["x"] * 501})[0] == 400
    assert api.get(f"{lists}/tag-search", name="v")["tags"][0]["name"] == "vip"


def test_a_batch_says_200_and_lists_its_errors(api, box):
    add(api, "old")
    rows = [
        {"email_address": "new@tea.example.test", "status": "pending"},
        {"email_address": "new@tea.example.test", "status": "pending"},
        {"email_address": "old@tea.example.test", "status": "unsubscribed"},
        {"email_address": "x@example.com", "status": "pending"},
    ]
    status, told = api.send("POST", f"lists/{box.list_id}", {"members": rows})
    assert (status, told["total_created"], told["total_updated"], told["error_count"]) == (200, 1, 0, 3)
    assert [e["error_code"] for e in told["errors"]] == ["ERROR_GENERIC", "ERROR_CONTACT_EXISTS", "ERROR_GENERIC"]


def test_a_batch_with_update_existing_overwrites_the_status(api, box):
    add(api, "old")
    body = {
        "members": [{"email_address": "old@tea.example.test", "status": "subscribed", "tags": ["t"]}],
        "update_existing": True,
        "sync_tags": True,
    }
    api.send("POST", f"lists/{box.list_id}", body)
    assert member(box, "old@tea.example.test")["status"] == "subscribed"
    assert box.subscribed_by_api == ["old@tea.example.test"]
    assert tags_of(api, "old@tea.example.test") == ["t"]
    too_many = {"members": [{"email_address": f"p{n}@tea.example.test"} for n in range(501)]}
    assert api.send("POST", f"lists/{box.list_id}", too_many)[0] == 400


# --- populating and saving --------------------------------------------------------------------------------


def test_a_world_becomes_members_with_their_consent(filled):
    found = {m["email_address"].partition("@")[0]: m["status"] for m in filled.audience.members.values()}
    assert found == {"ada": "subscribed", "bob": "unsubscribed", "cyd": "cleaned", "dee": "pending"}
    assert member(filled, "bob@tea.example.test")["by"] == "person"
    assert member(filled, "ada@tea.example.test")["merge_fields"]["LOYALTY"] == "gold"
    assert filled.mails_sent == []
    assert filled.subscribed_by_api == []


def test_populating_again_touches_only_what_the_world_changed(filled, people, clock):
    before = {key: dict(m) for key, m in filled.audience.members.items()}
    filled.bounce("dee@tea.example.test")
    changed = [replace(people[0], consent="unsubscribed"), *people[1:]]
    filled.populate(world_of(*changed))
    ada, bob = member(filled, "ada@tea.example.test"), member(filled, "bob@tea.example.test")
    assert (ada["status"], ada["by"]) == ("unsubscribed", "person")
    assert ada["last_changed"] > before[ada["contact_id"]]["last_changed"]
    assert bob == before[bob["contact_id"]]
    assert member(filled, "dee@tea.example.test")["status"] == "cleaned"


def test_a_person_with_another_address_stays_the_same_contact(filled, people):
    contact = member(filled, "ada@tea.example.test")["contact_id"]
    filled.populate(world_of(replace(people[0], email="ada@new.example.test"), *people[1:]))
    assert member(filled, "ada@new.example.test")["contact_id"] == contact


def test_a_saved_account_is_the_same_when_loaded(filled, people, tmp_path, clock):
    filled.save(tmp_path / "box.json")
    other = MailchimpSandbox(clock, seed=7)
    other.load(tmp_path / "box.json")
    assert other.state() == filled.state()
    other.populate(world_of(*people))
    assert other.state() == filled.state()
