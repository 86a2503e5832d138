"""What leaves: the declared fields, to the declared host, and the token only in its header."""

from __future__ import annotations

import logging

import pytest
from regulars import AuthError, EcoaBatch, EcoaRow, Http, PlatformError, RefusedError, Secret
from regulars.secret import Redactor
from regulars.testing import Fault
from regulars_ecoa.client import policy
from regulars_ecoa.provider import EcoaHttp
from regulars_ecoa.settings import EcoaSettings


def test_nothing_leaves_but_key_address_and_suppression_hashes(provider, sandbox, rows):
    quote = provider.quote(EcoaBatch(rows, ["0" * 64]))
    provider.submit(quote.quote_ref, EcoaBatch(rows, ["0" * 64]), "key-1")
    for asked in sandbox.log:
        body = asked.json()
        assert set(body) - {"quote_ref"} == {"records", "suppress"}
        assert all(set(record) == {"record_key", "old_email"} for record in body["records"])
        assert body["suppress"] == ["0" * 64]


def test_a_field_the_provider_needs_leaves_and_no_other(connect, sandbox):
    sandbox.behaviour.needs = ("postal_code",)
    provider = connect(needs=("postal_code",))
    provider.quote(EcoaBatch([EcoaRow("k", "ada@example.test", {"postal_code": "10001"})]))
    assert sandbox.log[0].json()["records"] == [
        {"postal_code": "10001", "record_key": "k", "old_email": "ada@example.test"}
    ]
    with pytest.raises(RefusedError, match="last_name"):
        provider.quote(EcoaBatch([EcoaRow("k", "ada@example.test", {"postal_code": "1", "last_name": "L"})]))
    assert len(sandbox.log) == 1


def test_an_address_in_the_suppression_list_never_leaves(provider, sandbox, rows):
    with pytest.raises(RefusedError, match="SHA-256"):
        provider.quote(EcoaBatch(rows, ["ada@example.test"]))
    assert sandbox.log == []


def test_only_the_endpoints_host_is_called(sandbox, clock):
    settings = EcoaSettings(endpoint="https://ecoa.example.test/api", token=Secret("t", "x"))
    assert policy(settings).hosts == {"ecoa.example.test"}
    http = Http(policy(settings), clock=clock, redactor=Redactor())
    with pytest.raises(RefusedError, match="may not call"):
        http.request("GET", "https://elsewhere.example.test/v1/jobs")
    http.close()


@pytest.mark.parametrize("status", [400, 401, 403, 409, 422, 429, 500])
def test_the_token_is_in_no_error_log_or_url(provider, sandbox, rows, caplog, status):
    caplog.set_level(logging.DEBUG)
    token = sandbox.credentials()["token"]
    echo = f'{{"error": {{"code": "bad", "message": "Bearer {token} for ada@example.test"}}}}'
    sandbox.faults.append(Fault("status", match="/v1/", status=status, body=echo.encode(), times=99))
    with pytest.raises((PlatformError, AuthError)) as told:
        provider.quote(EcoaBatch(rows))
    seen = f"{told.value} {told.value!r} {caplog.text} {[asked.target for asked in sandbox.log]}"
    assert token not in seen
    assert "ada@example.test" not in str(told.value)


def test_a_business_error_inside_a_200_is_an_error(provider, sandbox, rows):
    body = b'{"error": {"code": "plan_limit", "message": "not in your plan"}}'
    sandbox.faults.append(Fault("status", match="/v1/quotes", status=200, body=body))
    with pytest.raises(PlatformError, match="plan_limit not in your plan"):
        provider.quote(EcoaBatch(rows))


def test_a_quote_for_another_number_of_records_is_refused(provider, sandbox, rows):
    body = b'{"quote_ref":"q","records":3,"gross_matches":1,"price":{"amount":"1","currency":"USD"}}'
    sandbox.faults.append(Fault("status", match="/v1/quotes", status=200, body=body))
    with pytest.raises(PlatformError, match="counted 3 records, 4 were sent"):
        provider.quote(EcoaBatch(rows))


def test_a_job_without_a_key_is_never_submitted(provider: EcoaHttp, sandbox, rows):
    with pytest.raises(RefusedError, match="idempotency key"):
        provider.submit("q", EcoaBatch(rows), "")
    assert sandbox.log == []
