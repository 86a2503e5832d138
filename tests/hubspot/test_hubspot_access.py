"""The OAuth app's way in, beside a lasting token."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError
from regulars import AuthError, Http, PlatformError, Secret
from regulars.secret import Redactor
from regulars.testing import Fault
from regulars.testing.contract import contract_tests
from regulars_hubspot.account import check
from regulars_hubspot.connector import connector
from regulars_hubspot.policy import policy
from regulars_hubspot.sandbox import HubSpotSandbox
from regulars_hubspot.settings import HubSpotSettings
from regulars_hubspot.source import HubSpotSource


def app_of(box, **more):
    app = box.oauth
    return HubSpotSettings(
        client_id=app.client_id,
        client_secret=Secret("client_secret", app.client_secret),
        token=Secret("refresh_token", app.refresh_token),
        **more,
    )


@pytest.fixture
def redactor(box):
    found = Redactor()
    for value in (box.oauth.client_secret, box.oauth.refresh_token):
        found.learn(value)
    return found


@pytest.fixture
def app_http(box, clock, url, redactor):
    client = Http(policy(app_of(box)), clock=clock, redactor=redactor, base_url=url)
    yield client
    client.close()


@pytest.fixture
def app_source(box, app_http):
    return HubSpotSource(app_of(box), app_http)


def fetched(box):
    return [asked for asked in box.log if asked.path.endswith("/token")]


def test_an_app_fetches_one_token_and_reads_with_it(box, app_source, crowd, read, rows):
    box.populate(crowd(250))
    assert len(rows(read(app_source, "contacts")[0], "person")) == 250
    (asked,) = fetched(box)
    assert (asked.method, asked.path, asked.query) == ("POST", "/oauth/2026-03/token", ())
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


def test_the_older_api_has_its_own_token_endpoint(box, app_http, crowd, read):
    box.populate(crowd(3))
    read(HubSpotSource(app_of(box, api="v3"), app_http), "contacts")
    assert [asked.path for asked in fetched(box)] == ["/oauth/v3/token"]


def test_a_token_is_renewed_before_its_half_hour_is_over(box, app_source, crowd, clock, read, rows):
    box.populate(crowd(450))
    pages = app_source.pages("contacts", None)
    seen = []
    for page in pages:
        seen.append(page)
        clock.forward(timedelta(minutes=14))
    assert len(rows(seen, "person")) == 450
    assert len(fetched(box)) == 3


def test_a_token_that_ended_early_is_renewed_and_the_request_sent_again(box, app_source, crowd, read, rows):
    box.populate(crowd(250))
    pages = app_source.pages("contacts", None)
    first = next(pages)
    box.oauth.issued = dict.fromkeys(box.oauth.issued, 0.0)
    assert len(rows([first, *pages], "person")) == 250
    assert len(fetched(box)) == 2


def test_a_lasting_token_that_expired_is_an_auth_error(box, source, clock):
    box.expires_at = clock.now()
    with pytest.raises(AuthError, match="expired 0 second"):
        next(source.pages("contacts", None))


def test_a_refresh_token_that_is_not_taken_says_what_to_do(box, app_http):
    box.oauth.revoked = True
    with pytest.raises(AuthError, match="Install the app in the portal again") as told:
        check(app_of(box), app_http)
    assert box.oauth.refresh_token not in repr(told.value) + str(vars(told.value))


def test_no_secret_of_an_app_is_in_a_url_or_in_the_log(box, app_source, crowd, read, caplog):
    box.populate(crowd(3))
    with caplog.at_level(logging.DEBUG):
        read(app_source, "contacts")
    shown = caplog.text + "".join(asked.target for asked in box.log)
    for secret in (box.oauth.client_secret, box.oauth.refresh_token, *box.oauth.issued):
        assert secret not in shown


def test_an_access_token_that_comes_back_in_an_error_is_concealed(box, app_source, crowd):
    box.populate(crowd(250))
    pages = app_source.pages("contacts", None)
    next(pages)
    (token,) = box.oauth.issued
    box.faults.append(
        Fault("status", match="GET /crm/objects", status=403, body=f'{{"message":"{token}"}}'.encode())
    )
    with pytest.raises(AuthError) as told:
        next(pages)
    assert token not in str(told.value)


def test_the_token_endpoint_may_be_asked_again_after_a_passing_refusal(box, app_source, crowd, read, rows):
    box.populate(crowd(3))
    box.faults.append(Fault("status", match="/token", status=503))
    assert len(rows(read(app_source, "contacts")[0], "person")) == 3


def test_a_refresh_token_that_changed_is_kept(box, app_http, crowd, clock, read, rows):
    box.populate(crowd(3))
    box.oauth.rotates = True
    settings = app_of(box)
    for _ in range(3):
        assert len(rows(read(HubSpotSource(settings, app_http), "contacts")[0], "person")) == 3
    assert settings.token.reveal() == box.oauth.refresh_token
    assert len(fetched(box)) == 3


def test_an_answer_without_a_token_is_nonsense(box, app_source):
    box.faults.append(Fault("status", match="/token", status=200, body=b"{}"))
    with pytest.raises(PlatformError, match="without an access token"):
        next(app_source.pages("contacts", None))


@pytest.mark.parametrize("given", [{"client_id": "app"}, {"client_secret": Secret("s", "x")}])
def test_half_an_app_is_refused(given):
    with pytest.raises(ValidationError, match="needs client_id and client_secret"):
        HubSpotSettings(token=Secret("t", "x"), **given)


def _by_app(clock, seed=0):
    box = HubSpotSandbox(clock, seed)
    box.way_in = "oauth"
    return box


class TestHubSpotAppContract(contract_tests(lambda: replace(connector(), sandbox=_by_app), people=30)):
    """The connector keeps the contract also as an OAuth app."""
