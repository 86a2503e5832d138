"""A status means what HTTP says it means."""

from __future__ import annotations

import pytest
from regulars import Again, AuthError, Fine, PlatformError, Response, judge_by_status


def judged(status, **headers):
    return judge_by_status(Response(status, headers, b"", "GET https://tiny.example/things"))


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_fine(status):
    assert judged(status) == Fine()


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_an_auth_error(status):
    assert isinstance(judged(status), AuthError)


def test_too_many_requests_did_nothing_and_come_again_when_the_platform_says():
    assert judged(429, **{"retry-after": "7"}) == Again("too many requests", 7.0, nothing_happened=True)


def test_a_broken_server_may_have_done_something():
    assert judged(503, **{"retry-after": "7"}) == Again("it answered 503", 7.0, nothing_happened=False)


@pytest.mark.parametrize("told", ["Fri, 31 Dec 2027 23:59:59 GMT", "soon", "-1", ""])
def test_what_is_no_number_of_seconds_is_left_to_the_back_off(told):
    assert judged(429, **{"retry-after": told}).after is None


@pytest.mark.parametrize("status", [302, 400, 404, 418])
def test_anything_else_is_a_platform_error_that_names_the_status(status):
    error = judged(status)
    assert isinstance(error, PlatformError)
    assert str(status) in str(error)
