"""The simulated account's campaigns, reports, batches and webhooks."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from regulars import AddressChange
from regulars.testing import Asked, Dropped
from regulars_mailchimp.client import RESULT_HOSTS
from regulars_mailchimp.destination import MailchimpDestination
from regulars_mailchimp.sandbox import MailchimpSandbox
from regulars_mailchimp.sandbox.operations import RESULTS_HOST

ADA = "ada@tea.example.test"


@pytest.fixture
def sent(filled):
    campaign = filled.send_campaign("Spring", [ADA, "dee@tea.example.test"])
    filled.clock.sleep(60)
    return campaign


# --- reports -----------------------------------------------------------------------------------------------


def test_a_bounce_shows_minutes_late_and_moves_no_sign_of_activity(filled, api, sent):
    filled.returns(sent, ADA, "hard")
    before = api.get(f"reports/{sent}")
    assert api.get(f"reports/{sent}/email-activity", since="2026-03-01T00:00:00+00:00")["emails"] == []
    filled.clock.sleep(240)
    after = api.get(f"reports/{sent}")
    assert after["bounces"]["hard_bounces"] == 1
    assert (after["opens"], after["clicks"]) == (before["opens"], before["clicks"])
    (row,) = api.get(f"reports/{sent}/email-activity", since="2026-03-01T00:00:00+00:00")["emails"]
    assert row["activity"][0] | {"timestamp": ""} == {"action": "bounce", "type": "hard", "timestamp": ""}
    assert filled.audience.find(ADA)["status"] == "cleaned"


def test_since_is_exclusive_in_reports_too(filled, api, sent):
    at = filled.now()
    filled.opens(sent, ADA)
    path = f"reports/{sent}/email-activity"
    assert api.get(path, since=at)["emails"] == []
    just_before = (filled.clock.now() - timedelta(seconds=1)).isoformat()
    assert len(api.get(path, since=just_before)["emails"]) == 1


def test_an_open_moves_last_open(filled, api, sent):
    filled.opens(sent, ADA)
    assert api.get(f"reports/{sent}")["opens"]["last_open"] == filled.now()


def test_without_since_everybody_is_listed_also_who_did_nothing(api, sent):
    rows = api.get(f"reports/{sent}/email-activity")["emails"]
    assert [row["activity"] for row in rows] == [[], []]


def test_rows_turn_from_request_to_request_so_that_pages_overlap_and_miss(filled, api):
    campaign = filled.send_campaign("Big", [f"p{n}@tea.example.test" for n in range(40)])
    pages = [api.get(f"reports/{campaign}/sent-to", count=20, offset=offset)["sent_to"] for offset in (0, 20)]
    assert len({row["email_address"] for page in pages for row in page}) < 40
    filled.unsteady_rows = False
    pages = [api.get(f"reports/{campaign}/sent-to", count=20, offset=offset)["sent_to"] for offset in (0, 20)]
    assert len({row["email_address"] for page in pages for row in page}) == 40


def test_no_more_than_a_thousand_opens_of_one_member_are_shown(filled, api, sent):
    for _ in range(1001):
        filled.opens(sent, ADA)
    rows = api.get(f"reports/{sent}/email-activity")["emails"]
    assert max(len(row["activity"]) for row in rows) == 1000


def test_unsubscriptions_and_complaints_are_told_with_their_campaign(filled, api, sent):
    filled.unsubscribe(ADA, sent, "The emails are spam")
    filled.complain("dee@tea.example.test", sent)
    (gone,) = api.get(f"reports/{sent}/unsubscribed")["unsubscribes"]
    assert (gone["email_address"], gone["reason"]) == (ADA, "The emails are spam")
    (complaint,) = api.get(f"lists/{filled.list_id}/abuse-reports")["abuse_reports"]
    assert (complaint["email_address"], complaint["campaign_id"]) == ("dee@tea.example.test", sent)
    assert api.get(f"reports/{sent}/abuse-reports")["total_items"] == 1
    assert api.send("PATCH", f"{api.members}/dee@tea.example.test", {"status": "subscribed"})[0] == 400


def test_the_feed_shows_all_and_the_old_list_fifty(filled, api, sent):
    for _ in range(60):
        filled.clicks(sent, ADA, "https://shop.example.test/tea")
    feed = api.get(f"{api.members}/{ADA}/activity-feed", count=1000, activity_filters="click")["activity"]
    assert len(feed) == 60
    assert feed[0]["link_clicked"] == "https://shop.example.test/tea"
    assert len(api.get(f"{api.members}/{ADA}/activity")["activity"]) == 50


# --- campaigns ---------------------------------------------------------------------------------------------


def test_the_same_campaign_asked_for_twice_is_two_campaigns(filled, api):
    body = {"type": "regular", "settings": {"title": "x"}}
    first, second = (api.send("POST", "campaigns", body)[1]["id"] for _ in range(2))
    assert first != second
    assert api.get("campaigns", status="save")["total_items"] == 2


def test_a_change_without_settings_and_an_unknown_segment_are_refused(filled, api):
    made = api.send("POST", "campaigns", {"type": "regular"})[1]["id"]
    assert api.send("PATCH", f"campaigns/{made}", {"recipients": {"list_id": filled.list_id}})[0] == 400
    to = {"list_id": filled.list_id, "segment_opts": {"saved_segment_id": 99}}
    assert api.send("PATCH", f"campaigns/{made}", {"recipients": to, "settings": {}})[0] == 400


def test_the_check_list_says_what_a_draft_lacks(filled, api):
    settings = {"subject_line": "Hello", "reply_to": "shop@example.test"}
    body = {"type": "regular", "recipients": {"list_id": filled.list_id}, "settings": settings}
    made = api.send("POST", "campaigns", body)[1]["id"]
    checks = api.get(f"campaigns/{made}/send-checklist")
    assert [(i["heading"], i["type"]) for i in checks["items"] if i["type"] != "success"] == [("Content", "error")]
    api.send("PUT", f"campaigns/{made}/content", {"html": "<p>Hello</p>"})
    assert api.get(f"campaigns/{made}/send-checklist")["is_ready"]


# --- segments ----------------------------------------------------------------------------------------------


def test_a_segment_takes_five_hundred_at_once_and_passes_over_whom_it_does_not_know(filled, api):
    made = api.send("POST", f"lists/{filled.list_id}/segments", {"name": "x", "static_segment": []})[1]["id"]
    path = f"lists/{filled.list_id}/segments/{made}"
    assert api.send("POST", path, {"members_to_add": [ADA] * 501})[0] == 400
    status, told = api.send("POST", path, {"members_to_add": [ADA, "gus@tea.example.test"]})
    assert (status, told["total_added"], told["error_count"]) == (200, 1, 0)
    assert [member["email_address"] for member in told["members_added"]] == [ADA]
    api.send("PATCH", path, {"name": "x", "static_segment": []})
    assert api.get(f"{path}/members")["total_items"] == 0


# --- batches -----------------------------------------------------------------------------------------------


def patch(box, email, value):
    path = f"/lists/{box.list_id}/members/{email}"
    body = json.dumps({"merge_fields": {"LOYALTY": value}})
    return {"method": "PATCH", "path": path, "operation_id": email, "body": body}


def fetched(box, url, **headers):
    parts = urlsplit(url)
    query = tuple((name, values[-1]) for name, values in parse_qs(parts.query).items())
    return box.handle(Asked("GET", parts.path, query, headers, b"", parts.path))


def test_a_batch_goes_through_its_states_and_leaves_an_archive(filled, api):
    made = api.send(
        "POST", "batches", {"operations": [patch(filled, ADA, "silver"), patch(filled, "no@b.cd", "x")]}
    )
    key = made[1]["id"]
    states = []
    for _ in range(6):
        told = api.get(f"batches/{key}")
        states.append(told["status"])
        if told["status"] != "finished":
            assert told["response_body_url"] == ""
        filled.clock.sleep(2)
    assert list(dict.fromkeys(states)) == ["pending", "preprocessing", "started", "finalizing", "finished"]
    assert filled.audience.find(ADA)["merge_fields"]["LOYALTY"] == "silver"
    told = api.get(f"batches/{key}")
    assert (told["total_operations"], told["errored_operations"]) == (2, 1)
    assert urlsplit(told["response_body_url"]).netloc == RESULTS_HOST
    assert RESULTS_HOST in RESULT_HOSTS
    with tarfile.open(fileobj=io.BytesIO(fetched(filled, told["response_body_url"]).body)) as archive:
        files = [archive.extractfile(entry) for entry in archive]
        results = [one for file in files if file for one in json.loads(file.read())]
    assert [(one["operation_id"], one["status_code"]) for one in results] == [(ADA, 200), ("no@b.cd", 404)]
    assert json.loads(results[0]["response"])["merge_fields"]["LOYALTY"] == "silver"


def test_results_are_refused_with_a_key_with_a_wrong_signature_and_after_a_week(filled, api):
    key = api.send("POST", "batches", {"operations": [patch(filled, ADA, "silver")]})[1]["id"]
    filled.clock.sleep(60)
    url = api.get(f"batches/{key}")["response_body_url"]
    assert fetched(filled, url, authorization=f"Bearer {filled.key}").status == 400
    assert fetched(filled, url + "x").status == 403
    filled.clock.forward(timedelta(days=8))
    assert fetched(filled, url).status == 404
    assert api.get(f"batches/{key}")["response_body_url"] == ""


def test_five_hundred_unfinished_batches_are_the_most(filled, api):
    filled.batches_elsewhere = 499
    assert api.send("POST", "batches", {"operations": [patch(filled, ADA, "x")]})[0] == 200
    status, told = api.send("POST", "batches", {"operations": [patch(filled, ADA, "x")]})
    assert (status, told["title"]) == (429, "Too Many Requests")


@pytest.mark.parametrize("wrong", [{}, {"method": "PATCH"}, {"method": "PATCH", "path": "/x", "body": {}}])
def test_an_operation_of_the_wrong_form_refuses_the_batch(api, wrong):
    assert api.send("POST", "batches", {"operations": [wrong]})[0] == 400


# --- connections -------------------------------------------------------------------------------------------


def test_a_request_that_hangs_was_carried_out_and_keeps_its_connection_for_two_minutes(filled, api, clock):
    filled.connections_elsewhere = 9
    filled.hang("PATCH")
    with pytest.raises(Dropped):
        api.send("PATCH", f"{api.members}/{ADA}", {"merge_fields": {"LOYALTY": "silver"}})
    assert filled.audience.find(ADA)["merge_fields"]["LOYALTY"] == "silver"
    assert api.ask("GET", "ping").status == 429
    clock.sleep(121)
    assert api.ask("GET", "ping").status == 200


def test_a_hanging_write_is_unknown_to_the_destination(filled, settings, http):
    there = MailchimpDestination(settings, http)
    filled.hang("PUT")
    old = filled.audience.find("cyd@tea.example.test")
    change = AddressChange(old["contact_id"], old["email_address"], "cyd@new.example.test", "job 1")
    assert [outcome.status for outcome in there.write([change])] == ["unknown"]
    assert filled.mails_sent == ["cyd@new.example.test"]


def test_an_address_that_signed_up_too_often_is_refused(filled, api):
    filled.tired.add("gus@tea.example.test")
    status, told = api.send("POST", api.members, {"email_address": "gus@tea.example.test", "status": "pending"})
    assert status == 400
    assert "a lot of lists" in told["detail"]


# --- OAuth -------------------------------------------------------------------------------------------------


def test_a_code_becomes_a_token_that_says_where_the_account_is(filled):
    form = b"grant_type=authorization_code&client_id=regulars&client_secret=s&redirect_uri=x&code=code-7"
    told = json.loads(filled.handle(Asked("POST", "/oauth2/token", (), {}, form, "")).body)
    assert told["expires_in"] == 0
    headers = {"authorization": f"OAuth {told['access_token']}"}
    assert json.loads(filled.handle(Asked("GET", "/oauth2/metadata", (), headers, b"", "")).body)["dc"] == "us19"
    wrong = filled.handle(Asked("GET", "/oauth2/metadata", (), {"authorization": "OAuth no"}, b"", ""))
    assert (wrong.status, json.loads(wrong.body)) == (200, {"error": "invalid_token"})


# --- webhooks ----------------------------------------------------------------------------------------------


class Receiver:
    """Somebody's server: it keeps what it was sent and answers with `status`."""

    def __init__(self):
        self.status, self.seen = 200, []

    def __call__(self, method, url, headers, body):
        self.seen.append((method, url, headers, parse_qs(body.decode())))
        return self.status


@pytest.fixture
def receiver(filled):
    filled.receiver = Receiver()
    return filled.receiver


def hook(box, asking, **sources):
    events = dict.fromkeys(("subscribe", "unsubscribe", "profile", "cleaned", "upemail"), True)
    body = {"url": "https://hook.example.test/x", "events": events, "sources": {"user": True, **sources}}
    return asking.send("POST", f"lists/{box.list_id}/webhooks", body)


def test_the_address_of_a_webhook_is_asked_first_and_must_answer(filled, api, receiver):
    receiver.status = 404
    assert hook(filled, api)[0] == 400
    receiver.status = 200
    assert hook(filled, api)[0] == 200
    assert [method for method, *_ in receiver.seen] == ["GET", "GET"]


def test_a_delivery_is_a_form_with_nested_names_and_a_time_without_a_zone(filled, api, receiver):
    hook(filled, api)
    filled.unsubscribe(ADA)
    filled.deliver()
    method, _, headers, form = receiver.seen[-1]
    assert (method, headers["content-type"]) == ("POST", "application/x-www-form-urlencoded")
    assert form["type"] == ["unsubscribe"]
    assert form["data[merges][FNAME]"] == ["Ada"]
    assert (form["data[action]"], form["data[reason]"]) == (["unsub"], ["manual"])
    assert form["fired_at"] == [f"{filled.clock.now():%Y-%m-%d %H:%M:%S}"]


def test_what_the_api_did_is_told_only_to_who_wants_it(filled, api, receiver):
    hook(filled, api)
    api.send("PATCH", f"{api.members}/{ADA}", {"merge_fields": {"LOYALTY": "silver"}})
    filled.deliver()
    assert len(receiver.seen) == 1  # the probe alone
    filled.audience.webhooks.clear()
    hook(filled, api, api=True)
    api.send("PATCH", f"{api.members}/{ADA}", {"merge_fields": {"LOYALTY": "tin"}})
    filled.deliver()
    assert receiver.seen[-1][3]["type"] == ["profile"]


def test_a_delivery_that_fails_is_tried_again_for_75_minutes(filled, api, receiver, clock):
    hook(filled, api)
    receiver.status = 500
    filled.change_address(ADA, "ada@new.example.test")
    for _ in range(20):
        filled.deliver()
        clock.sleep(300)
    tried = [form for method, _, _, form in receiver.seen if method == "POST"]
    assert len(tried) == 5
    assert tried[0]["data[old_email]"] == [ADA]
    receiver.status = 200
    filled.deliver()
    assert len([1 for method, *_ in receiver.seen if method == "POST"]) == 5


# --- the whole ---------------------------------------------------------------------------------------------


def test_all_of_it_is_saved_and_loaded(filled, api, sent, receiver, tmp_path, clock):
    hook(filled, api)
    filled.opens(sent, ADA)
    filled.mailings.template("Win-back")
    api.send("POST", "batches", {"operations": [patch(filled, ADA, "silver")]})
    filled.save(tmp_path / "mail.json")
    again = MailchimpSandbox(clock, seed=7)
    again.load(tmp_path / "mail.json")
    assert again.state() == filled.state()
    clock.sleep(60)
    again.respond(Asked("GET", "/3.0/ping", (), {"authorization": f"Bearer {filled.key}"}, b"", ""))
    assert again.audience.find(ADA)["merge_fields"]["LOYALTY"] == "silver"


def test_people_are_found_over_all_audiences(filled, api):
    told = api.get("search-members", query=ADA)
    assert [member["email_address"] for member in told["exact_matches"]["members"]] == [ADA]
    assert api.get("search-members", query="burr")["full_search"]["total_items"] == 1
