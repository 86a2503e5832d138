"""Reads are repeated, writes only where nothing happened, and no secret comes to light."""

from __future__ import annotations

import gc
import logging
from datetime import timedelta

import httpx
import pytest
from core.tiny import TOKEN, policy
from regulars import (
    AuthError,
    Http,
    Level,
    Limit,
    PlatformError,
    RefusedError,
    Response,
    Secret,
    UnknownOutcomeError,
)
from regulars.secret import Redactor
from regulars.testing import Fault

HEADERS = {"authorization": Secret("token", TOKEN)}


def post(http):
    return http.request("POST", "/things", json={"n": 1}, headers=HEADERS)


def test_a_secret_is_revealed_on_the_wire_alone(http, sandbox, caplog):
    with caplog.at_level(logging.DEBUG, logger="regulars"):
        assert http.request("GET", "/me", headers=HEADERS).json() == {"id": "T-1", "things": 0}
    assert sandbox.log[0].headers["authorization"] == TOKEN
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("kind", ["status", "drop", "lost", "cut"])
def test_a_read_is_repeated_after_any_fault(http, sandbox, kind):
    sandbox.faults.append(Fault(kind, times=2))
    assert http.request("GET", "/me", headers=HEADERS).json()["id"] == "T-1"
    assert http.calls == len(sandbox.log) == 3


def test_a_read_that_never_works_is_a_platform_error(http, sandbox):
    sandbox.faults.append(Fault("drop", times=99))
    with pytest.raises(PlatformError, match="tiny does not answer"):
        http.request("GET", "/me", headers=HEADERS)
    assert http.calls == 6


def test_broken_json_is_a_platform_error_with_the_size(http, sandbox):
    sandbox.faults.append(Fault("malformed"))
    with pytest.raises(PlatformError, match=r"the answer is not JSON .*bytes\)"):
        http.request("GET", "/me", headers=HEADERS).json()


def test_half_a_character_does_not_make_a_page_unreadable_and_goes_no_further():
    body = b'{"name": "Ann \\ud83d", "pair": "\\ud83d\\ude00"}'
    assert Response(200, {}, body, "GET /me").json() == {"name": "Ann \ufffd", "pair": "\U0001f600"}


def test_parameters_are_added_to_those_an_address_has(http, sandbox):
    http.request("GET", "/me?fields=id", params={"after": "a&b c", "limit": 5}, headers=HEADERS)
    assert sandbox.log[0].query == (("fields", "id"), ("after", "a&b c"), ("limit", "5"))


@pytest.mark.parametrize(("kind", "made"), [("lost", 1), ("cut", 1), ("drop", 0)])
def test_a_write_without_an_answer_is_never_sent_again(http, sandbox, kind, made):
    sandbox.faults.append(Fault(kind))
    with pytest.raises(UnknownOutcomeError):
        post(http)
    assert len(sandbox.log) == 1
    assert sandbox.things == made


def test_a_write_the_platform_failed_at_is_not_sent_again(http, sandbox):
    sandbox.faults.append(Fault("status", status=502))
    with pytest.raises(UnknownOutcomeError, match="answered 502"):
        post(http)
    assert len(sandbox.log) == 1


def test_a_write_that_was_turned_away_is_sent_again_after_the_wait(http, sandbox, clock):
    start = clock.now()
    sandbox.faults.append(Fault("status", status=429))
    assert post(http).json()["things"] == 1
    assert clock.now() - start == timedelta(seconds=7)


def test_a_post_that_only_reads_is_repeated(http, sandbox):
    sandbox.faults.append(Fault("drop"))
    http.request("POST", "/search", headers=HEADERS, reads=True)
    assert len(sandbox.log) == 2


def test_a_write_that_never_left_may_be_sent_again(clock):
    tries = []

    def refuse(request):
        tries.append(request)
        if len(tries) < 3:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200, json={})

    http = Http(policy(), clock=clock, redactor=Redactor(), transport=httpx.MockTransport(refuse))
    assert http.request("POST", "/things").status == 200
    assert len(tries) == 3
    http.close()


def test_a_refusals_words_lose_the_secret_they_repeat(http, sandbox):
    http.conceal("another-token-55")
    with pytest.raises(AuthError) as caught:
        http.request("GET", "/me", headers={"authorization": Secret("token", "another-token-55")})
    assert "bad token [secret]" in str(caught.value)
    assert "another-token-55" not in repr(caught.value)


def test_a_plugin_can_clean_a_platforms_words(http):
    http.conceal("another/token 55")
    assert http.clean("row 7: another/token 55, another%2Ftoken%2055") == "row 7: [secret], [secret]"


@pytest.mark.parametrize(
    "url",
    ["https://elsewhere.test/x", "http://tiny.test.evil.test/x", "https://tiny.test:444/x", "http://tiny.test/x"],
)
def test_a_host_that_was_not_declared_is_not_called(clock, url):
    called = []
    transport = httpx.MockTransport(lambda request: called.append(request) or httpx.Response(200))
    http = Http(policy(), clock=clock, redactor=Redactor(), transport=transport)
    with pytest.raises(RefusedError, match="tiny may not call"):
        http.request("GET", url, headers=HEADERS)
    assert called == []
    http.close()


def test_a_sandboxed_client_calls_the_sandbox_alone(http, sandbox):
    with pytest.raises(RefusedError):
        http.request("GET", "https://tiny.test/me", headers=HEADERS)
    assert sandbox.log == []


def test_a_redirect_is_not_followed(clock):
    transport = httpx.MockTransport(lambda _: httpx.Response(302, headers={"location": "https://elsewhere.test"}))
    http = Http(policy(), clock=clock, redactor=Redactor(), transport=transport)
    assert http.request("GET", "/me").status == 302
    http.close()


def test_a_cookie_is_not_sent_back(clock):
    seen = []

    def answer(request):
        seen.append(request.headers.get("cookie"))
        return httpx.Response(200, headers={"set-cookie": "session=7; Path=/"})

    http = Http(policy(), clock=clock, redactor=Redactor(), transport=httpx.MockTransport(answer))
    assert http.request("GET", "/me").headers["set-cookie"] == "session=7; Path=/"
    http.request("GET", "/me")
    assert seen == [None, None]
    http.close()


def test_what_an_answer_says_of_the_budget_is_heeded(clock):
    told = policy(
        limits=(Limit("default", 100, 10),),
        levels=lambda response: [Level("default", float(response.headers["x-left"]))],
    )
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers={"x-left": "0"}))
    http, start = Http(told, clock=clock, redactor=Redactor(), transport=transport), clock.now()
    http.request("GET", "/me")
    http.request("GET", "/me", cost=5)
    assert clock.now() - start == timedelta(seconds=0.5)
    http.close()


def test_an_answer_that_was_read_is_let_go_of_at_once(http):
    gc.collect()
    gc.disable()
    try:
        http.request("GET", "/me", headers=HEADERS)
        assert not [one for one in gc.get_objects() if isinstance(one, httpx.Response)]
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("params", "sent"),
    [
        ({"fields": "email,name", "limit": 5}, "fields=email,name&limit=5"),
        ({"since": "2026-01-01T00:00:00+00:00"}, "since=2026-01-01T00%3A00%3A00%2B00%3A00"),
        ({"q": "a&b c", "all": True}, "q=a%26b+c&all=true"),
        ([("id", "1"), ("id", "2")], "id=1&id=2"),
    ],
)
def test_parameters_arrive_as_they_were_given(clock, params, sent):
    asked = []

    def answer(request):
        asked.append(request.url.query.decode())
        return httpx.Response(200)

    http = Http(policy(), clock=clock, redactor=Redactor(), transport=httpx.MockTransport(answer))
    http.request("GET", "/me", params=params)
    assert asked == [sent]
