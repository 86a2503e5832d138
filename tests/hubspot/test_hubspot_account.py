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


def lines(report):
    return {one.about: (one.level, one.text) for one in report.findings}


def test_check_says_what_is_not_read_for_want_of_a_scope(box, settings, http):
    box.scopes -= {"crm.objects.companies.read", "content"}
    found = lines(check(settings, http))
    assert found["companies"] == (
        "ok",
        "not read, for the token lacks crm.objects.companies.read; grant it if they are wanted",
    )
    assert found["events"][0] == "ok"
    assert "orders" not in found


def test_orders_that_are_wanted_and_cannot_be_read_are_an_error(box, settings, http):
    wanted = settings.model_copy(update={"orders": True})
    assert lines(check(wanted, http))["orders"] == ("ok", "can be read")
    box.scopes.discard("crm.objects.orders.read")
    assert lines(check(wanted, http))["orders"][0] == "error"


def test_check_counts_and_sees_personal_data(box, settings, http, crowd, clock):
    box.populate(crowd(130))
    clock.sleep(60)
    found = lines(check(settings, http))
    assert found["personal data"] == ("ok", "100 of the first 100 contacts show an e-mail address")
    assert found["history"] == ("ok", "130 contacts, all of which can be listed")


def test_addresses_that_are_hidden_are_a_warning(box, settings, http, crowd):
    box.populate(crowd(3))
    for row in box.contacts.values():
        del row["properties"]["email"]
    assert lines(check(settings, http))["personal data"][0] == "warning"


def test_a_portal_for_tests_is_a_warning(box, settings, http):
    box.account_type = "SANDBOX"
    assert lines(check(settings, http))["portal"] == (
        "warning",
        "SANDBOX: a portal for tests; see that it is the right one",
    )


def test_other_currencies_of_the_portal_are_told(box, settings, http):
    assert lines(check(settings, http))["currencies"] == ("ok", "EUR alone")
    box.additional_currencies = ["USD", "GBP"]
    assert "also USD, GBP" in lines(check(settings, http))["currencies"][1]


def test_the_older_api_is_warned_of(settings, http):
    assert "api" not in lines(check(settings, http))
    older = settings.model_copy(update={"api": "v3"})
    assert lines(check(older, http))["api"][0] == "warning"


def test_the_calls_left_today_are_told(box, settings, http):
    box.limits.used_today = 100_000
    level, text = lines(check(settings, http))["quota"]
    assert (level, "of 250,000 calls left today" in text) == ("ok", True)


def test_checking_writes_nothing(box, settings, http, crowd):
    box.populate(crowd(3))
    before = box.stored()
    check(settings, http)
    assert box.stored() == before
    assert not box.forbidden


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
