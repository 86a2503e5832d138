"""The official `mailchimp-marketing` client against the simulated Mailchimp."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import timedelta
from hashlib import md5

import pytest
from regulars.testing import Served
from regulars_mailchimp.sandbox import MailchimpSandbox

mailchimp_marketing = pytest.importorskip(
    "mailchimp_marketing", reason="the official Mailchimp SDK is not installed"
)

from mailchimp_marketing.api_client import ApiClientError  # noqa: E402 - only where the SDK is there

ANA = "ana@tea.example.test"


def hashed(email):
    return md5(email.lower().encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
def box(clock, world):
    sandbox = MailchimpSandbox(clock, seed=7)
    sandbox.populate(world)
    clock.forward(timedelta(minutes=1))
    return sandbox


@pytest.fixture
def sdk(box):
    with Served(box) as url:
        yield pointed_at(url, {"api_key": box.key})


def pointed_at(url, config):
    client = mailchimp_marketing.Client()
    client.set_config(config)
    client.api_client.host = f"{url}/3.0"
    return client


@pytest.fixture
def ana(sdk, box):
    body = {"email_address": ANA, "status": "subscribed", "merge_fields": {"FNAME": "Ana"}}
    return sdk.lists.add_list_member(box.list_id, body)


def refusal(fault):
    """The problem document; the SDK hands it on as text."""
    return json.loads(fault.value.text)


# --- the account ---------------------------------------------------------------------------------


def test_the_account_answers(sdk, box):
    assert sdk.ping.get()["health_status"]
    assert sdk.root.get_root()["account_id"] == box.account_id
    assert [one["id"] for one in sdk.lists.get_all_lists()["lists"]] == [box.list_id]
    told = sdk.lists.get_list(box.list_id)
    assert told["stats"]["member_count"] > 0


def test_a_token_is_taken_as_a_bearer(box):
    with Served(box) as url:
        assert pointed_at(url, {"access_token": box.key, "server": "us19"}).ping.get()["health_status"]


def test_a_wrong_key_is_refused(box):
    with Served(box) as url, pytest.raises(ApiClientError) as fault:
        pointed_at(url, {"api_key": "0" * 32 + "-us19"}).ping.get()
    assert (fault.value.status_code, refusal(fault)["title"]) == (401, "API Key Invalid")


# --- members ---------------------------------------------------------------------------------------


def test_all_members_are_paged_and_only_the_wanted_fields_come(sdk, box):
    seen, total = [], None
    while total is None or len(seen) < total:
        page = sdk.lists.get_list_members_info(
            box.list_id,
            count=7,
            offset=len(seen),
            sort_field="last_changed",
            sort_dir="ASC",
            fields=["members.contact_id", "members.status", "total_items"],
        )
        assert {name for row in page["members"] for name in row} == {"contact_id", "status"}
        seen += page["members"]
        total = page["total_items"]
    assert len({row["contact_id"] for row in seen}) == total == len(box.audience.members)


def test_what_changed_since_an_instant(sdk, box, clock):
    clock.forward(timedelta(minutes=5))
    since = clock.now()
    clock.forward(timedelta(minutes=5))
    sdk.lists.add_list_member(box.list_id, {"email_address": ANA, "status": "subscribed"})
    found = sdk.lists.get_list_members_info(box.list_id, since_last_changed=since.isoformat(), count=1000)
    assert [row["email_address"] for row in found["members"]] == [ANA]


def test_a_member_is_made_read_and_changed(sdk, box, ana):
    assert ana["id"] == hashed(ANA)
    for key in (ana["id"], ana["contact_id"], ANA):
        assert sdk.lists.get_list_member(box.list_id, key)["contact_id"] == ana["contact_id"]
    changed = sdk.lists.update_list_member(box.list_id, ana["id"], {"merge_fields": {"FNAME": "Anna"}})
    assert (changed["merge_fields"]["FNAME"], changed["status"]) == ("Anna", "subscribed")
    body = {"email_address": ANA, "status_if_new": "pending", "merge_fields": {"LNAME": "Ames"}}
    put = sdk.lists.set_list_member(box.list_id, ana["id"], body, skip_merge_validation=True)
    assert put["status"] == "subscribed"
    assert (put["merge_fields"]["FNAME"], put["merge_fields"]["LNAME"]) == ("Anna", "Ames")


def test_a_new_address_keeps_the_contact_and_changes_the_hash(sdk, box, ana):
    moved = sdk.lists.update_list_member(box.list_id, ana["id"], {"email_address": "anna@tea.example.test"})
    assert moved["contact_id"] == ana["contact_id"]
    assert moved["id"] == hashed("anna@tea.example.test")


def test_a_member_is_archived_and_hidden_then(sdk, box, ana):
    assert sdk.lists.delete_list_member(box.list_id, ana["id"]).status_code == 204
    assert sdk.lists.get_list_member(box.list_id, ana["id"])["status"] == "archived"
    shown = sdk.lists.get_list_members_info(box.list_id, count=1000)["members"]
    assert ANA not in {row["email_address"] for row in shown}
    hidden = sdk.lists.get_list_members_info(box.list_id, status="archived", count=1000)["members"]
    assert ANA in {row["email_address"] for row in hidden}
    with pytest.raises(ApiClientError) as fault:
        sdk.lists.delete_list_member(box.list_id, ana["id"])
    assert fault.value.status_code == 405


def test_a_member_deleted_for_good_cannot_come_back(sdk, box, ana):
    assert sdk.lists.delete_list_member_permanent(box.list_id, ana["id"]).status_code == 204
    with pytest.raises(ApiClientError) as gone:
        sdk.lists.get_list_member(box.list_id, ana["id"])
    assert gone.value.status_code == 404
    with pytest.raises(ApiClientError) as fault:
        sdk.lists.add_list_member(box.list_id, {"email_address": ANA, "status": "subscribed"})
    assert refusal(fault)["title"] == "Forgotten Email Not Subscribed"


def test_a_person_who_left_cannot_be_subscribed_again(sdk, box, ana):
    box.unsubscribe(ANA)
    with pytest.raises(ApiClientError) as fault:
        sdk.lists.update_list_member(box.list_id, ana["id"], {"status": "subscribed"})
    told = refusal(fault)
    assert (told["title"], told["status"]) == ("Member In Compliance State", 400)
    assert "type" not in told


def test_many_members_at_once_are_200_with_errors_inside(sdk, box, ana):
    rows = [
        {"email_address": ANA, "status": "subscribed"},
        {"email_address": "ben@tea.example.test", "status": "subscribed"},
        {"email_address": "no address", "status": "subscribed"},
    ]
    done = sdk.lists.batch_list_members(box.list_id, {"members": rows, "update_existing": False})
    assert (done["total_created"], done["error_count"]) == (1, 2)
    assert {one["error_code"] for one in done["errors"]} == {"ERROR_CONTACT_EXISTS", "ERROR_GENERIC"}


# --- merge fields, interests, tags and segments --------------------------------------------------------


def test_a_merge_field_is_made_listed_and_refused_twice(sdk, box, ana):
    asked = {"tag": "RG_CLV", "name": "CLV", "type": "number", "required": False, "public": False}
    made = sdk.lists.add_list_merge_field(box.list_id, asked)
    assert (made["tag"], made["type"]) == ("RG_CLV", "number")
    listed = sdk.lists.get_list_merge_fields(box.list_id, count=1000)["merge_fields"]
    assert made["merge_id"] in {one["merge_id"] for one in listed}
    with pytest.raises(ApiClientError) as fault:
        sdk.lists.add_list_merge_field(box.list_id, asked)
    assert fault.value.status_code == 400
    changed = sdk.lists.update_list_member(box.list_id, ana["id"], {"merge_fields": {"RG_CLV": 12.5}})
    assert changed["merge_fields"]["RG_CLV"] == 12.5
    with pytest.raises(ApiClientError) as wrong:
        sdk.lists.update_list_member(box.list_id, ana["id"], {"merge_fields": {"RG_CLV": "much"}})
    assert refusal(wrong)["errors"][0]["field"] == "RG_CLV"


def test_a_merge_field_is_renamed(sdk, box):
    asked = {"tag": "RG_CLV", "name": "CLV", "type": "number"}
    key = sdk.lists.add_list_merge_field(box.list_id, asked)["merge_id"]
    sdk.lists.update_list_merge_field(box.list_id, key, {"name": "Value"})
    assert sdk.lists.get_list_merge_field(box.list_id, key)["name"] == "Value"


def test_interest_categories_and_a_members_interests(sdk, box, ana):
    category = sdk.lists.create_list_interest_category(box.list_id, {"title": "Teas", "type": "checkboxes"})
    listed = sdk.lists.get_list_interest_categories(box.list_id)["categories"]
    assert [one["title"] for one in listed] == ["Teas"]
    green = sdk.lists.create_interest_category_interest(box.list_id, category["id"], {"name": "Green"})
    found = sdk.lists.list_interest_category_interests(box.list_id, category["id"])["interests"]
    assert [one["name"] for one in found] == ["Green"]
    chosen = sdk.lists.update_list_member(box.list_id, ana["id"], {"interests": {green["id"]: True}})
    assert chosen["interests"][green["id"]] is True


def test_a_tag_is_given_shown_searched_and_taken(sdk, box, ana):
    def tag(status):
        body = {"tags": [{"name": "regulars: tea", "status": status}], "is_syncing": True}
        return sdk.lists.update_list_member_tags(box.list_id, ana["id"], body)

    assert tag("active").status_code == 204
    shown = sdk.lists.get_list_member_tags(box.list_id, ana["id"])["tags"]
    assert [one["name"] for one in shown] == ["regulars: tea"]
    found = sdk.lists.tag_search(box.list_id, name="regulars")["tags"]
    assert [one["name"] for one in found] == ["regulars: tea"]
    assert tag("inactive").status_code == 204
    assert sdk.lists.get_list_member_tags(box.list_id, ana["id"])["tags"] == []


def test_a_useless_tag_body_is_204_and_does_nothing(sdk, box, ana):
    body = {"name": "regulars: tea", "status": "active"}
    assert sdk.lists.update_list_member_tags(box.list_id, ana["id"], body).status_code == 204
    assert sdk.lists.get_list_member_tags(box.list_id, ana["id"])["total_items"] == 0


def test_a_static_segment_is_filled_and_emptied(sdk, box, ana):
    segment = sdk.lists.create_segment(box.list_id, {"name": "regulars: tea", "static_segment": []})["id"]
    body = {"members_to_add": [ANA, "nobody@tea.example.test"], "members_to_remove": []}
    done = sdk.lists.batch_segment_members(body, box.list_id, segment)
    assert (done["total_added"], done["error_count"]) == (1, 0)
    inside = sdk.lists.get_segment_members_list(box.list_id, segment, count=1000)["members"]
    assert [one["email_address"] for one in inside] == [ANA]
    assert "regulars: tea" in {one["name"] for one in sdk.lists.list_segments(box.list_id, count=100)["segments"]}
    away = {"members_to_add": [], "members_to_remove": [ANA]}
    assert sdk.lists.batch_segment_members(away, box.list_id, segment)["total_removed"] == 1


# --- batches ---------------------------------------------------------------------------------------------


def test_a_batch_is_waited_for_and_each_answer_is_in_its_archive(sdk, box, ana, clock):
    operations = [
        {
            "method": "PATCH",
            "path": f"/lists/{box.list_id}/members/{key}",
            "body": json.dumps({"merge_fields": {"FNAME": "Anna"}}),
            "operation_id": key,
        }
        for key in (ana["id"], hashed("nobody@tea.example.test"))
    ]
    begun = sdk.batches.start({"operations": operations})
    assert begun["status"] == "pending"
    for _ in range(60):
        clock.forward(timedelta(minutes=1))
        state = sdk.batches.status(begun["id"])
        if state["status"] == "finished":
            break
    assert (state["total_operations"], state["errored_operations"]) == (2, 1)
    import requests

    archive = requests.get(state["response_body_url"], timeout=10)
    answers = {}
    with tarfile.open(fileobj=io.BytesIO(archive.content), mode="r:gz") as tar:
        for member in tar.getmembers():
            if (file := tar.extractfile(member)) is not None:
                answers |= {row["operation_id"]: row for row in json.load(file)}
    assert {key: row["status_code"] for key, row in answers.items()} == {
        ana["id"]: 200,
        hashed("nobody@tea.example.test"): 404,
    }
    assert json.loads(answers[ana["id"]]["response"])["merge_fields"]["FNAME"] == "Anna"


# --- campaigns, reports, orders and webhooks -----------------------------------------------------------------


def test_a_campaign_is_drafted_and_never_sent(sdk, box):
    segment = sdk.lists.create_segment(box.list_id, {"name": "regulars: tea", "static_segment": []})["id"]
    asked = {
        "type": "regular",
        "recipients": {"list_id": box.list_id, "segment_opts": {"saved_segment_id": segment}},
        "settings": {"subject_line": "Tea", "title": "Tea", "from_name": "Tea House", "reply_to": ANA},
    }
    draft = sdk.campaigns.create(asked)
    assert draft["status"] == "save"
    sdk.campaigns.set_content(draft["id"], {"html": "<p>Tea</p>"})
    checked = sdk.campaigns.get_send_checklist(draft["id"])
    assert isinstance(checked["is_ready"], bool)
    assert {"type", "id", "heading", "details"} <= set(checked["items"][0])
    assert draft["id"] in {one["id"] for one in sdk.campaigns.list(count=1000)["campaigns"]}
    assert sdk.campaigns.get(draft["id"])["settings"]["title"] == "Tea"
    changed = {"settings": {"subject_line": "Green tea"}}
    assert sdk.campaigns.update(draft["id"], changed)["settings"]["subject_line"] == "Green tea"
    with pytest.raises(ApiClientError):
        sdk.campaigns.send(draft["id"])


def test_templates_are_listed(sdk):
    assert isinstance(sdk.templates.list(count=1000)["templates"], list)


def test_reports_and_who_got_opened_bounced_and_left(sdk, box, clock, ana):
    for name in ("ben", "cyd", "dee"):
        body = {"email_address": f"{name}@tea.example.test", "status": "subscribed"}
        sdk.lists.add_list_member(box.list_id, body)
    key = box.send_campaign("Winter")
    clock.forward(timedelta(minutes=10))
    box.opens(key, ANA)
    box.clicks(key, ANA)
    box.returns(key, "ben@tea.example.test")
    box.unsubscribe("cyd@tea.example.test", key)
    box.complain("dee@tea.example.test", key)
    clock.forward(timedelta(hours=2))
    report = sdk.reports.get_campaign_report(key)
    assert report["campaign_title"] == "Winter"
    assert key in {one["id"] for one in sdk.reports.get_all_campaign_reports(count=1000)["reports"]}
    emails = sdk.reports.get_email_activity_for_campaign(key, count=1000)["emails"]
    done = {row["email_address"]: {act["action"] for act in row["activity"]} for row in emails}
    assert {"open", "click"} <= done[ANA]
    assert "bounce" in done["ben@tea.example.test"]
    left = sdk.reports.get_unsubscribed_list_for_campaign(key, count=1000)["unsubscribes"]
    assert "cyd@tea.example.test" in {row["email_address"] for row in left}
    sent = sdk.reports.get_campaign_recipients(key, count=1000)["sent_to"]
    assert {row["email_address"]: row["status"] for row in sent}["ben@tea.example.test"] == "hard"
    complained = sdk.reports.get_campaign_abuse_reports(key)["abuse_reports"]
    assert [row["email_address"] for row in complained] == ["dee@tea.example.test"]


def test_a_stores_orders(sdk, box, world):
    key = box.connect_store(world)
    [store] = sdk.ecommerce.stores(count=1000)["stores"]
    assert store["id"] == key
    orders, total = [], None
    while total is None or len(orders) < total:
        page = sdk.ecommerce.get_store_orders(key, count=20, offset=len(orders))
        orders += page["orders"]
        total = page["total_items"]
    assert len({order["id"] for order in orders}) == total > 20
    assert all(isinstance(order["order_total"], int | float) for order in orders)
    assert all(order["customer"]["id"] and order["lines"] for order in orders)
    assert {order["currency_code"] for order in orders} == {store["currency_code"]}


def test_a_webhook_is_made_and_listed(sdk, box):
    asked = {
        "url": "https://hooks.example.test/mailchimp/1f7a",
        "events": {"subscribe": True, "unsubscribe": True, "profile": True, "cleaned": True, "upemail": True},
        "sources": {"user": True, "admin": True, "api": False},
    }
    made = sdk.lists.create_list_webhook(box.list_id, asked)
    found = sdk.lists.get_list_webhooks(box.list_id)["webhooks"]
    assert [one["id"] for one in found] == [made["id"]]
    assert found[0]["sources"]["api"] is False
