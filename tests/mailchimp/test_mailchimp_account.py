"""`check`, the key, and what may never be seen."""

from __future__ import annotations

import base64

import pytest
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
    assert told["audience"] == "Customers: 1 subscribed, 1 unsubscribed, 1 pending, 1 cleaned"
    assert told["merge fields"].startswith("5 in use, 0 of them ours")
    assert "whole account" in told["key"]


def test_other_audiences_are_named_because_they_are_not_read(filled, settings, http):
    filled.audiences["0ther00000"] = Audience("0ther00000", "Old shop", 1)
    findings = check(settings, http).findings
    assert [f.text for f in findings if f.about == "other audience"] == [
        "Old shop (0ther00000, 0 subscribed) is not read"
    ]


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
