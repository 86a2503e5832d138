from __future__ import annotations

import pytest
from regulars import AuthError, PlatformError, Response, Secret, WrongAccountError
from regulars.plugins import load
from regulars.testing import Fault
from regulars_hubspot.account import check
from regulars_hubspot.policy import Pace
from regulars_hubspot.refusals import complaint
from regulars_hubspot.settings import HubSpotSettings


def test_check_says_who_we_are(box, settings, http):
    report = check(settings, http)
    assert (report.account_id, report.currency, report.timezone) == (str(box.portal_id), "EUR", "Europe/Vienna")
    assert {one.level for one in report.findings} == {"ok"}


def test_check_names_the_scope_that_is_missing(box, settings, http):
    box.scopes -= {"crm.lists.read", "crm.schemas.contacts.read"}
    errors = {one.about: one.text for one in check(settings, http).findings if one.level == "error"}
    assert set(errors) == {"properties", "lists"}
    assert "crm.lists.read" in errors["lists"]


def test_check_warns_of_a_day_that_is_nearly_used_up(box, settings, http):
    box.limits.daily = 900
    assert ("warning", "quota") in [(one.level, one.about) for one in check(settings, http).findings]


def test_a_revoked_token_ends_the_check_and_stays_secret(box, settings, http):
    box.revoked = True
    with pytest.raises(AuthError) as told:
        check(settings, http)
    assert settings.token.reveal() not in str(told.value)


def test_the_token_of_another_portal_is_refused(settings, http):
    with pytest.raises(WrongAccountError, match="not 12"):
        check(HubSpotSettings(token=settings.token, portal="12"), http)


def test_an_account_without_an_id_is_nonsense(box, settings, http):
    box.faults.append(Fault("status", match="account-info", status=200, body=b"{}"))
    with pytest.raises(PlatformError, match="which portal"):
        check(settings, http)


def told(left, most=190):
    return Response(
        200, {"x-hubspot-ratelimit-max": str(most), "x-hubspot-ratelimit-remaining": str(left)}, b"", ""
    )


def test_the_pace_follows_the_portals_own_limit_and_leaves_room_in_its_window():
    (level,) = Pace().levels(told(left=189))
    assert level.bucket == "default"
    assert level.capacity + 10 * level.per_second <= 190
    assert level.per_second >= 0.95 * 19


def test_the_pace_is_left_alone_while_nothing_is_new():
    pace = Pace()
    pace.levels(told(left=189))
    assert pace.levels(told(left=50)) == ()


def test_a_window_that_somebody_else_used_up_is_waited_for():
    pace = Pace()
    pace.levels(told(left=189))
    (level,) = pace.levels(told(left=0))
    assert level.left < 0


def test_a_search_answer_says_nothing_of_the_burst_window():
    assert Pace().levels(Response(200, {"x-hubspot-ratelimit-daily-remaining": "5"}, b"", "")) == ()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"message":"Email address ann@tea.example.test is invalid"}', "Email address [address] is invalid"),
        (b'{"message":"no","errors":[{"code":"A"},{"code":"A"},{"code":"B"}]}', "no (A, B)"),
        (b'{"category":"CONFLICT"}', "CONFLICT"),
        (b"<html>", "status 400"),
        (b"[]", "status 400"),
    ],
)
def test_a_complaint_is_one_line_without_an_address(body, text):
    assert complaint(Response(400, {}, body, "")) == text


def test_the_connector_is_found():
    connector = load().connectors["hubspot"]
    assert (connector.role, connector.api_version) == ("crm", "2026-09")
    settings = HubSpotSettings(token=Secret("t", "pat-eu1-x"))
    assert connector.policy(settings).hosts == {"api.hubapi.com"}
