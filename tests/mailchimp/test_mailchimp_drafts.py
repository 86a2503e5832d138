"""Campaign drafts: made once, never sent."""

from __future__ import annotations

import pytest
from regulars import ConfigError, DraftRequest, PlatformError, UnknownOutcomeError
from regulars.testing import Fault
from regulars_mailchimp.drafts import MailchimpDrafts

REQUEST = DraftRequest("regulars win-back 2026-03", "regulars:winback", "Win-back", "We miss you", "A cup on us")


@pytest.fixture
def drafts(filled, settings, http, api):
    members = ["ada@tea.example.test"]
    api.send("POST", f"lists/{filled.list_id}/segments", {"name": REQUEST.list, "static_segment": members})
    filled.mailings.template("Win-back", "<p>Come back</p>")
    filled.log.clear()
    return MailchimpDrafts(settings, http)


def made(box):
    return [campaign for campaign in box.mailings.campaigns.values() if campaign["status"] == "save"]


def test_a_draft_has_list_subject_sender_and_content_and_its_check_list(filled, drafts):
    draft = drafts.make(REQUEST)
    (campaign,) = made(filled)
    assert campaign["settings"] == {
        "title": REQUEST.name,
        "subject_line": "We miss you",
        "preview_text": "A cup on us",
        "from_name": "Customers",
        "reply_to": "shop@example.test",
    }
    assert filled.audience.tags[campaign["segment"]] == REQUEST.list
    assert campaign["html"] == "<p>Come back</p>"
    assert (draft.id, draft.name, draft.ready) == (campaign["id"], REQUEST.name, True)
    assert draft.url == f"https://us19.admin.mailchimp.com/campaigns/edit?id={7_000_000 + campaign['number']}"
    assert [finding.level for finding in draft.findings] == ["ok"] * 4


def test_what_stands_in_the_way_of_sending_is_told(filled, drafts):
    filled.audience.campaign_defaults["from_email"] = ""
    draft = drafts.make(REQUEST)
    assert (draft.ready, draft.empty) == (False, False)
    assert [f.text for f in draft.findings if f.level == "error"] == ["There is no reply-to address."]


def test_the_same_draft_again_is_the_same_draft(filled, drafts):
    first, second = drafts.make(REQUEST), drafts.make(REQUEST)
    assert first == second == drafts.find(REQUEST.name)
    assert len(made(filled)) == 1


def test_a_draft_that_nobody_made_is_none_and_a_failed_look_up_raises(filled, drafts):
    assert drafts.find("never") is None
    filled.faults = [Fault("status", status=503, times=9)]
    with pytest.raises(PlatformError):
        drafts.find("never")


def test_after_a_lost_answer_it_looks_before_it_makes_another(filled, drafts):
    filled.faults = [Fault("lost", match="POST /3.0/campaigns")]
    assert drafts.make(REQUEST).ready
    assert len(made(filled)) == 1


def test_a_request_that_never_arrived_is_unknown_and_the_next_attempt_makes_it(filled, drafts):
    filled.faults = [Fault("drop", match="POST /3.0/campaigns")]
    with pytest.raises(UnknownOutcomeError):
        drafts.make(REQUEST)
    assert made(filled) == []
    assert drafts.make(REQUEST).ready


def test_a_draft_that_was_left_empty_is_filled_by_the_next_attempt(filled, drafts):
    filled.faults = [Fault("drop", match="PUT ")]
    with pytest.raises(UnknownOutcomeError):
        drafts.make(REQUEST)
    assert made(filled)[0]["html"] == ""
    assert drafts.find(REQUEST.name).empty
    assert drafts.make(REQUEST).ready
    assert not drafts.find(REQUEST.name).empty
    assert len(made(filled)) == 1


def test_what_was_sent_meanwhile_is_not_prepared_again(filled, drafts):
    drafts.make(REQUEST)
    made(filled)[0]["status"] = "sent"
    draft = drafts.make(REQUEST)
    assert not draft.ready
    assert "not a draft any more: sent" in draft.findings[0].text
    assert made(filled) == []


@pytest.mark.parametrize(("field", "told"), [("list", "no such tag"), ("template", "There are: Win-back")])
def test_an_unknown_list_or_template_is_told_before_anything_is_made(filled, drafts, field, told):
    wrong = {**{name: getattr(REQUEST, name) for name in ("name", "list", "template", "subject")}, field: "none"}
    with pytest.raises(ConfigError, match=told):
        drafts.make(DraftRequest(**wrong))
    assert made(filled) == []


def test_nothing_is_ever_sent_or_scheduled(filled, drafts):
    drafts.make(REQUEST)
    assert not any("/actions/" in asked.path for asked in filled.log)
