"""What a person reads when a platform refuses in its own words: the kind of error, the reason, the next step."""

from __future__ import annotations

import json

import pytest
from regulars import AuthError, ConfigError, PlatformError, QuotaError
from regulars.errors import UnknownOutcomeError, WrongAccountError
from regulars.plugins import load
from regulars.testing import Fault
from regulars.testing.contract.bench import Bench
from regulars.testing.contract.messages import useful

EXPIRED = {
    "status": "error",
    "category": "EXPIRED_AUTHENTICATION",
    "message": "The OAuth token used to make this call expired 12 second(s) ago.",
}
SCOPES = {
    "status": "error",
    "category": "MISSING_SCOPES",
    "message": "This app hasn't been granted all required scopes to make this call.",
    "errors": [
        {
            "message": "One or more of the following scopes are required.",
            "context": {"requiredGranularScopes": ["crm.lists.read"]},
        }
    ],
}
DAILY = {
    "status": "error",
    "errorType": "RATE_LIMIT",
    "policyName": "DAILY",
    "message": "You have reached your daily limit.",
}
MOVING = {"status": "error", "message": "The account is being migrated", "category": "MIGRATION_IN_PROGRESS"}
LOCKED = {"status": "error", "message": "Locked", "category": "LOCKED"}
DENIED = {
    "errors": [
        {
            "message": "Access denied for orders field.",
            "path": ["orders"],
            "extensions": {"code": "ACCESS_DENIED", "requiredAccess": "`read_orders` access scope."},
        }
    ]
}
THROTTLED = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
TOO_DEAR = {"errors": [{"message": "Query cost is 1403", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}


def problem(title, status, detail):
    return {"type": "https://mailchimp.example/errors", "title": title, "status": status, "detail": detail}


DATACENTRE = problem("WrongDatacenter", 403, "The API key provided is linked to a different data center.")
DISABLED = problem("User Disabled", 403, "This account has been deactivated.")
CLOSED = problem("ComplianceRelated", 503, "This method has been disabled.")

# plugin, status, body, the kind of error, words of the reason, words of the next step
REFUSALS = [
    ("hubspot", 401, EXPIRED, AuthError, "expired 12 second", "token"),
    ("hubspot", 403, SCOPES, AuthError, "crm.lists.read", "Grant"),
    ("hubspot", 423, LOCKED, PlatformError, "Locked", "later"),
    ("hubspot", 429, DAILY, QuotaError, "daily", "midnight"),
    ("hubspot", 477, MOVING, PlatformError, "migrated", "later"),
    ("hubspot", 502, None, PlatformError, "502", "later"),
    (
        "mailchimp",
        401,
        problem("API Key Invalid", 401, "Your API key may be invalid"),
        AuthError,
        "invalid",
        "key",
    ),
    ("mailchimp", 403, DATACENTRE, AuthError, "different data center", "key"),
    ("mailchimp", 403, DISABLED, AuthError, "deactivated", "user"),
    ("mailchimp", 403, None, PlatformError, "busy", "later"),
    ("mailchimp", 429, problem("Too Many Requests", 429, "limit of 10"), PlatformError, "connections", "later"),
    ("mailchimp", 503, CLOSED, PlatformError, "disabled", "support"),
    ("shopify", 401, {"errors": "[API] Invalid API key or access token"}, AuthError, "access token", "token"),
    ("shopify", 402, {"errors": "Unavailable Shop"}, PlatformError, "unpaid", "merchant"),
    ("shopify", 403, {"errors": "This action requires merchant approval"}, AuthError, "approval", "scopes"),
    ("shopify", 404, {"errors": "Not Found"}, ConfigError, "no such shop", "setting"),
    ("shopify", 423, {"errors": "Locked"}, PlatformError, "locked", "support"),
    ("shopify", 430, None, PlatformError, "security", "later"),
    ("shopify", 200, DENIED, AuthError, "read_orders", "Grant"),
    ("shopify", 200, THROTTLED, PlatformError, "throttled", "later"),
    ("shopify", 200, TOO_DEAR, PlatformError, "1403", "smaller"),
    ("ecoa_http", 401, {"error": "unknown token"}, AuthError, "token", "store"),
    ("ecoa_http", 402, {"error": "no credit"}, QuotaError, "credit", "Top it up"),
    ("ecoa_http", 503, None, PlatformError, "503", "later"),
]


@pytest.fixture(scope="module")
def plugins():
    return load()


def refused(plugins, name, status, body):
    """What is raised when the platform answers everything like this, and who it was."""
    bench = Bench(plugins.connector(name), 12)
    told = b"" if body is None else json.dumps(body).encode()
    bench.sandbox.faults = [Fault("status", times=999, status=status, body=told)]
    http = bench.connect()
    with pytest.raises((AuthError, ConfigError, PlatformError, QuotaError)) as raised:
        if bench.connector.source is None:
            bench.connector.ecoa(bench.settings, http).find("a-key")
        else:
            bench.connector.check(bench.settings, http)
    return bench, raised.value


@pytest.mark.parametrize(("name", "status", "body", "kind", "reason", "step"), REFUSALS)
def test_a_refusal_is_told_with_its_reason_and_the_next_step(plugins, name, status, body, kind, reason, step):
    bench, fault = refused(plugins, name, status, body)
    assert isinstance(fault, kind), fault
    assert reason in fault.what
    assert step in fault.hint
    useful(bench, fault, f"{status} {reason}")


def test_the_token_of_another_portal_is_the_wrong_account(plugins):
    bench = Bench(plugins.connector("hubspot"), 12)
    settings = bench.settings_of({**bench.sandbox.credentials(), "portal": "4417823"})
    with pytest.raises(WrongAccountError) as raised:
        bench.connector.check(settings, bench.connect(settings))
    assert "4417823" in raised.value.what
    useful(bench, raised.value, "of another portal")


@pytest.mark.parametrize("name", ["hubspot", "mailchimp", "shopify"])
def test_a_write_whose_answer_is_lost_says_so(plugins, name):
    from regulars import SetField
    from regulars.testing.contract.writing import a_field, an_id

    bench = Bench(plugins.connector(name), 12)
    there, one, spec = bench.destination(), an_id(bench), a_field(bench.writes())
    there.provision(there.missing((spec,), ()))
    bench.sandbox.faults = [Fault("lost", match="sent-once")]
    try:
        told = [outcome.reason for outcome in there.write([SetField(one, spec.name, "sent-once")])]
    except UnknownOutcomeError as raised:
        useful(bench, raised, "lost")
        told = [raised.hint]
    assert len(told) == 1
    assert told[0]
