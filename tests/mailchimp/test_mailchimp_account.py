"""`check`, the key, and what may never be seen."""

from __future__ import annotations

import base64
from contextlib import closing

import pytest
from mailchimp.tea_house import world_of
from pydantic import ValidationError
from regulars import AuthError, Http, Response, Secret
from regulars.plugins import load
from regulars_mailchimp.account import check
from regulars_mailchimp.client import RESULT_HOSTS, MailchimpClient, judge, policy
from regulars_mailchimp.sandbox.audience import Audience
from regulars_mailchimp.settings import MailchimpSettings


def test_check_says_who_we_are_and_how_many_of_each_status_there_are(filled, settings, http):
    report = check(settings, http)
    assert (report.account_id, report.account_name) == (filled.account_id, "Tea House")
    assert report.timezone == "Europe/Berlin"
    told = {finding.about: finding.text for finding in report.findings}
    counted = "1 subscribed, 1 unsubscribed, 1 pending, 1 cleaned"
    assert told["audience"] == f'{filled.list_id} "Customers": {counted}'
    assert told["merge fields"].startswith("5 in use, 0 of them ours")
    assert told["tags"] == "1 in use, 0 of them ours"
    assert "whole account" in told["key"]


@pytest.fixture
def older(filled):
    """Another audience of the account, where Ada and somebody else unsubscribed."""
    other = Audience("0ther00000", "Old list", 1)
    filled.audiences[other.id] = other
    for email in ("ADA@tea.example.test", "gus@tea.example.test", "bob@tea.example.test"):
        other.add(email, "unsubscribed", filled.now())
    other.add("hal@tea.example.test", "subscribed", filled.now())
    return other


def test_who_unsubscribed_elsewhere_and_is_subscribed_here_is_counted(older, settings, http):
    found = [f for f in check(settings, http).findings if f.about == "other audience"]
    assert [f.level for f in found] == ["warning"]
    assert found[0].text == (
        '"Old list" (0ther00000): 1 subscribed, 3 unsubscribed; 1 of these are subscribed here.'
        " Connect it as well (audience = '0ther00000'), so that their no is heard"
    )


def test_another_audience_without_a_conflict_is_fine(filled, settings, http):
    filled.audiences["0ther00000"] = Audience("0ther00000", "Old shop", 1)
    found = [f for f in check(settings, http).findings if f.about == "other audience"]
    assert [(f.level, f.text) for f in found] == [
        ("ok", '"Old shop" (0ther00000): 0 subscribed, 0 unsubscribed; it is not read')
    ]


def test_a_field_that_a_marketer_made_required_is_a_warning(filled, settings, http, api):
    field = {"tag": "MUST", "name": "Must", "type": "text", "required": True}
    api.send("POST", f"lists/{filled.list_id}/merge-fields", field)
    found = next(f for f in check(settings, http).findings if f.about == "required fields")
    assert found.level == "warning"
    assert found.text.startswith("MUST must have a value")


def test_check_tells_connections_double_opt_in_history_and_other_writers(filled, settings, http):
    filled.send_campaign("Spring")
    filled.audience.double_optin = True
    filled.clock.sleep(60)
    told = {finding.about: finding.text for finding in check(settings, http).findings}
    assert told["quota"] == "up to 4 of the account's 10 connections; others share them"
    assert told["double opt-in"].startswith("on")
    assert told["history"] == "1 campaigns of the last 365 days are read, the oldest of 2026-03-01"
    assert told["other writers"] == "of the 4 members changed last: Embed Form 4"


def test_the_currency_is_that_of_the_only_store(filled, settings, http):
    assert check(settings, http).currency is None
    filled.connect_store(world_of())
    assert check(settings, http).currency == "EUR"


def test_an_unknown_audience_is_an_error_that_names_the_known_ones(filled, settings, http):
    wrong = settings.model_copy(update={"audience": "ffff"})
    error = next(f for f in check(wrong, http).findings if f.level == "error")
    assert error.text == f"ffff is not in this account, which has: {filled.list_id} (Customers)"


def test_check_writes_nothing(filled, settings, http):
    check(settings, http)
    assert {asked.method for asked in filled.log} == {"GET"}


def test_the_data_centre_in_the_key_and_where_batches_leave_results_are_the_only_hosts(settings):
    assert policy(settings).hosts == {"us19.api.mailchimp.com"} | RESULT_HOSTS
    assert policy(settings).base_url == "https://us19.api.mailchimp.com"
    assert policy(settings).in_flight == 4


def test_more_than_four_connections_cannot_be_configured(settings):
    with pytest.raises(ValidationError):
        MailchimpSettings(key=settings.key, audience="a1", concurrency=5)


# --- OAuth -------------------------------------------------------------------------------------------------


@pytest.fixture
def oauth(filled):
    token = Secret("mailchimp_key", filled.token)
    return MailchimpSettings(key=token, data_centre="us19", audience=filled.list_id)


@pytest.fixture
def signed_in(oauth, clock, redactor, url):
    with closing(Http(policy(oauth), clock=clock, redactor=redactor, base_url=url)) as client:
        yield client


def test_an_oauth_token_opens_the_account_as_a_bearer(filled, oauth, signed_in):
    assert policy(oauth).hosts >= {"us19.api.mailchimp.com", "login.mailchimp.com"}
    report = check(oauth, signed_in)
    assert report.account_id == filled.account_id
    assert filled.log[0].path == "/oauth2/metadata"
    assert filled.log[-1].headers["authorization"] == f"Bearer {filled.token}"
    assert "OAuth token is full access" in next(f.text for f in report.findings if f.about == "key")


def test_a_token_that_is_wrong_is_noticed_behind_the_status_200(filled, oauth, signed_in):
    filled.revoked = True
    with pytest.raises(AuthError, match="invalid_token"):
        check(oauth, signed_in)
    assert len(filled.log) == 1


def test_an_api_key_is_not_shown_to_the_login_host(filled, settings, http):
    check(settings, http)
    assert not any(asked.path.startswith("/oauth2/") for asked in filled.log)


def test_a_token_of_another_data_centre_is_told(filled, oauth):
    assert policy(oauth.model_copy(update={"data_centre": "us3"})).base_url == "https://us3.api.mailchimp.com"


@pytest.mark.parametrize("key", ["abc", "abc-", "abc-us19.evil.example.test/x", "abc-us19\nx"])
def test_a_key_without_a_data_centre_is_refused_and_not_shown(key):
    with pytest.raises(AuthError, match="data centre") as told:
        policy(MailchimpSettings(key=Secret("mailchimp_key", key), audience="a1"))
    assert "evil" not in str(told.value)


def test_the_header_is_concealed_in_every_form(filled, settings, http: Http, redactor):
    MailchimpClient(settings, http).send("GET", "ping")
    sent = filled.log[-1].headers["authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == f"regulars:{filled.key}"
    assert redactor.clean(f"got {sent}") == "got Basic [secret]"
    assert filled.key not in repr(settings)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"{}", "Fine"),
        (400, b'{"title":"Member Exists","status":400,"detail":"x"}', "Fine"),
        (401, b"", "AuthError"),
        (403, b"", "Again"),
        (403, b'{"title":"WrongDatacenter","detail":"x"}', "AuthError"),
        (429, b'{"title":"TooManyRequests","detail":"x"}', "Again"),
        (500, b"", "Again"),
        (503, b'{"title":"ComplianceRelated","detail":"x"}', "PlatformError"),
        (302, b"", "PlatformError"),
        (414, b"", "PlatformError"),
    ],
)
def test_answers_are_judged_by_status_and_title(status, body, kind):
    assert type(judge(Response(status, {}, body, "here"))).__name__ == kind


def test_only_a_refused_connection_lets_a_write_be_sent_again():
    again = {s: judge(Response(s, {}, b"", "here")).nothing_happened for s in (403, 429, 500, 502, 503, 504)}
    assert again == {403: True, 429: True, 500: False, 502: False, 503: False, 504: False}


def test_the_plugin_brings_the_mail_connector():
    connector = load().connectors["mailchimp"]
    assert (connector.role, connector.api_version) == ("mail", "3.0")
    assert all(len(field) <= 10 for _, field, _ in connector.writes.default_map)
    assert all(field.startswith(connector.writes.field_prefix) for _, field, _ in connector.writes.default_map)
