"""Reading what became of campaigns, over a port."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from mailchimp.tea_house import read, world_of
from regulars import PlatformError
from regulars.testing import Fault, WorldPerson
from regulars_mailchimp.source import MailchimpSource

DAY = timedelta(days=1)


@pytest.fixture
def source(settings, http):
    return MailchimpSource(settings, http)


@pytest.fixture
def crowd(box):
    box.populate(world_of(*(WorldPerson(f"p{n}", f"p{n}@tea.example.test") for n in range(1800))))
    box.clock.sleep(60)
    return box


def kinds(rows):
    return sorted(row["kind"] for kind in ("touch", "bounce") for row in rows.get(kind, {}).values())


def test_a_campaign_becomes_touches_and_bounces(filled, source):
    sent = filled.send_campaign("Spring", ["ada@tea.example.test", "dee@tea.example.test"])
    filled.clock.sleep(60)
    filled.opens(sent, "ada@tea.example.test")
    filled.clicks(sent, "ada@tea.example.test", "https://shop.example.test/tea")
    filled.returns(sent, "dee@tea.example.test", "soft", late=0)
    filled.clock.sleep(60)
    rows, _, rejected = read(source, "activity")
    assert kinds(rows) == ["click", "open", "sent", "sent", "soft"]
    click = next(row for row in rows["touch"].values() if row["kind"] == "click")
    assert (click["campaign"], click["email"], click["media"]) == ("Spring", "ada@tea.example.test", "owned")
    bounce = next(iter(rows["bounce"].values()))
    assert (bounce["email"], bounce["kind"]) == ("dee@tea.example.test", "soft")
    assert rejected == []


def test_a_bounce_that_comes_late_and_moves_nothing_is_still_seen(filled, source, clock):
    sent = filled.send_campaign("Spring", ["ada@tea.example.test"])
    filled.returns(sent, "ada@tea.example.test", "hard", late=3 * 86400)
    clock.sleep(60)
    rows, cursor, _ = read(source, "activity")
    assert kinds(rows) == ["sent"]
    clock.forward(4 * DAY)
    rows, cursor, _ = read(source, "activity", cursor)
    assert kinds(rows) == ["hard", "sent"]
    clock.forward(DAY)
    filled.log.clear()
    clock.forward(2 * DAY)
    read(source, "activity", cursor)
    clock.forward(6 * DAY)
    _, cursor, _ = read(source, "activity", cursor)
    filled.log.clear()
    read(source, "activity", cursor)
    assert [asked.path for asked in filled.log] == ["/3.0/reports"]  # an old, quiet campaign is left alone


def test_an_old_campaign_that_is_clicked_again_is_read_again(filled, source, clock):
    sent = filled.send_campaign("Spring", ["ada@tea.example.test"])
    clock.forward(30 * DAY)
    _, cursor, _ = read(source, "activity")
    clock.forward(DAY)
    filled.clicks(sent, "ada@tea.example.test")
    clock.forward(DAY)
    rows, _, _ = read(source, "activity", cursor)
    assert kinds(rows) == ["click"]
    assert not any("sent-to" in asked.path for asked in filled.log[-3:])


def test_rows_in_no_steady_order_are_all_read_and_each_once(crowd, source):
    sent = crowd.send_campaign("Spring")
    for n in range(1800):
        crowd.opens(sent, f"p{n}@tea.example.test")
    crowd.clock.sleep(60)
    seen = []
    for page in source.pages("activity", None):
        seen += [row["id"] for row in page.rows.get("touch", ())]
    assert len(seen) == len(set(seen)) == 3600


def test_an_interrupted_read_goes_on_with_the_next_campaign(filled, source, clock):
    for number in range(3):
        filled.send_campaign(f"Mail {number}", ["ada@tea.example.test"])
        clock.sleep(60)
    pages = source.pages("activity", None)
    first = []
    for page in pages:
        first.append(page)
        if '"resume": "2' in page.cursor:  # the first campaign is whole
            break
    rest, _, _ = read(source, "activity", first[-1].cursor)
    assert {row["campaign"] for row in rest["touch"].values()} == {"Mail 1", "Mail 2"}


def test_a_break_inside_a_campaign_reads_that_campaign_again(filled, source, clock):
    filled.send_campaign("Mail", ["ada@tea.example.test"])
    clock.sleep(60)
    first = next(source.pages("activity", None))
    assert kinds(read(source, "activity", first.cursor)[0]) == ["sent"]


def test_an_unsubscription_by_a_campaign_is_a_touch_and_its_reason_is_in_the_consent(filled, source, clock):
    sent = filled.send_campaign("Spring", ["ada@tea.example.test"])
    clock.sleep(60)
    filled.unsubscribe("ada@tea.example.test", sent, "The emails are spam")
    clock.sleep(60)
    assert kinds(read(source, "activity")[0]) == ["sent", "unsubscribe"]
    consents = read(source, "members")[0]["consent"].values()
    ada = next(row for row in consents if row["address"] == "ada@tea.example.test")
    assert (ada["state"], ada["by"], ada["proof"]) == ("unsubscribed", "person", "reason: The emails are spam")


def test_a_complaint_is_a_bounce_of_that_kind(filled, source, clock):
    sent = filled.send_campaign("Spring", ["ada@tea.example.test"])
    clock.sleep(60)
    filled.complain("ada@tea.example.test", sent)
    clock.sleep(60)
    rows, cursor, _ = read(source, "complaints")
    assert [(row["email"], row["kind"]) for row in rows["bounce"].values()] == [
        ("ada@tea.example.test", "complaint")
    ]
    assert read(source, "complaints", cursor)[0] == rows


def test_campaigns_of_other_audiences_and_from_before_the_horizon_are_not_read(filled, settings, http, clock):
    filled.send_campaign("Long ago", ["ada@tea.example.test"])
    clock.forward(40 * DAY)
    other = filled.send_campaign("Elsewhere", ["ada@tea.example.test"])
    filled.mailings.campaigns[other]["list_id"] = "0ther00000"
    filled.audiences["0ther00000"] = filled.audience
    clock.sleep(60)
    near = settings.model_copy(update={"reports_days": 30})
    assert read(MailchimpSource(near, http), "activity")[0] == {}


def test_reports_are_not_asked_for_where_the_setting_says_no(settings, http):
    none = settings.model_copy(update={"reports_days": 0})
    assert "activity" not in MailchimpSource(none, http).streams()


def test_an_event_nobody_understands_is_set_aside(filled, source, clock):
    sent = filled.send_campaign("Spring", ["ada@tea.example.test"])
    filled.opens(sent, "ada@tea.example.test")
    filled.mailings.campaigns[sent]["events"][0]["at"] = "once"
    clock.sleep(60)
    _, _, rejected = read(source, "activity")
    assert [(one.kind, one.id.partition(":")[0]) for one in rejected] == [("touch", sent)]


def test_a_complaint_nobody_understands_is_set_aside_and_the_others_are_read(filled, source, clock):
    sent = filled.send_campaign("Spring", ["ada@tea.example.test"])
    for _ in range(5):
        filled.complain("ada@tea.example.test", sent)
    dateless, zoneless, nameless, nobodys, _ = filled.mailings.complaints
    dateless["date"] = ""
    zoneless["date"] = "2026-03-01 09:00:00"
    del nameless["email_address"]
    nobodys["email_address"] = None
    rows, cursor, rejected = read(source, "complaints")
    assert list(rows["bounce"]) == ["complaint:5"]
    assert [(one.kind, one.id) for one in rejected] == [
        ("bounce", f"complaint:{number}") for number in range(1, 5)
    ]
    assert cursor


def test_an_unsubscription_nobody_understands_is_set_aside_and_the_others_are_read(filled, source, clock):
    sent = filled.send_campaign("Spring", ["ada@tea.example.test", "dee@tea.example.test"])
    clock.sleep(60)
    filled.unsubscribe("ada@tea.example.test", sent)
    filled.unsubscribe("dee@tea.example.test", sent)
    filled.mailings.campaigns[sent]["unsubscribes"][0]["at"] = "2026-03-01 09:00:00"
    clock.sleep(60)
    rows, _, rejected = read(source, "activity")
    assert kinds(rows) == ["sent", "sent", "unsubscribe"]
    assert [(one.kind, one.reason) for one in rejected] == [
        ("touch", "ValueError: '2026-03-01T09:00:00' has no zone")
    ]


@pytest.mark.parametrize("address", [None, ""])
def test_a_bounce_of_nobody_is_none(filled, source, clock, address):
    filled.send_campaign("Spring", ["ada@tea.example.test"])
    clock.sleep(60)
    action = {"action": "bounce", "type": "hard", "timestamp": "2026-03-01T09:00:00+00:00"}
    told = {"emails": [{"email_id": "x", "email_address": address, "activity": [action]}], "total_items": 1}
    body = json.dumps(told).encode()
    filled.faults = [Fault("status", match="email-activity", status=200, body=body)]
    rows, _, rejected = read(source, "activity")
    assert kinds(rows) == ["sent"]
    assert [one.reason for one in rejected] == ["ValueError: no address"]


def test_an_answer_without_rows_is_no_end_of_the_list(filled, source, clock):
    filled.send_campaign("Spring", ["ada@tea.example.test"])
    clock.sleep(60)
    filled.faults = [Fault("status", match="email-activity", status=200, body=b"{}")]
    with pytest.raises(PlatformError, match="no emails"):
        read(source, "activity")


def test_a_report_whose_last_open_nobody_understands_is_read_anew(filled, source, clock):
    sent = filled.send_campaign("Spring", ["ada@tea.example.test"])
    clock.sleep(60)
    _, cursor, _ = read(source, "activity")
    clock.forward(10 * DAY)
    filled.opens(sent, "ada@tea.example.test")
    filled.opens(sent, "ada@tea.example.test")
    filled.mailings.campaigns[sent]["events"][-1]["at"] = f"{clock.now():%Y}-99"  # the latest of all, as a text
    clock.sleep(60)
    rows, _, rejected = read(source, "activity", cursor)
    assert kinds(rows) == ["open", "sent"]
    assert [one.id.partition(":")[0] for one in rejected] == [sent]


def test_a_report_nobody_understands_is_set_aside_and_the_others_are_read(filled, source, clock):
    odd = filled.send_campaign("Spring", ["ada@tea.example.test"])
    filled.send_campaign("Summer", ["dee@tea.example.test"])
    filled.mailings.campaigns[odd]["send_time"] = "soon"
    clock.sleep(60)
    rows, cursor, rejected = read(source, "activity")
    assert [row["campaign"] for row in rows["touch"].values()] == ["Summer"]
    assert [(one.kind, one.id) for one in rejected] == [("touch", f"{odd}:report")]
    assert "send_time" in rejected[0].reason
    assert cursor
