"""Ways in, and what a refusal means."""

import json
from datetime import timedelta

import pytest
from pydantic import ValidationError
from regulars import Again, AuthError, ConfigError, Fine, PlatformError, Response, Secret
from regulars.testing import Fault
from regulars_shopify.policy import judge, levels
from regulars_shopify.settings import ShopifySettings
from shopify.conftest import a_world

TOKEN = Secret("token", "shpat_abcdef")


def answered(status=200, body=b"{}", **headers):
    return Response(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode(), "POST x")


def an_error(code, **extensions):
    return {"errors": [{"message": "m", "extensions": {"code": code, **extensions}, "path": ["orders"]}]}


@pytest.mark.parametrize("shop", ["https://acme.myshopify.com", "acme.com", "acme", "a.myshopify.com.evil.test"])
def test_only_the_shops_own_domain_is_a_shop(shop):
    with pytest.raises(ValidationError, match="myshopify"):
        ShopifySettings(shop=shop, access_token=TOKEN)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"client_id": TOKEN},
        {"client_secret": TOKEN},
        {"access_token": TOKEN, "client_id": TOKEN},
        {"refresh_token": TOKEN},
    ],
)
def test_there_is_one_way_in(given):
    with pytest.raises(ValidationError, match="or access_token alone"):
        ShopifySettings(shop="acme.myshopify.com", **given)


@pytest.fixture
def app(connect, box):
    """A connection with client credentials."""
    box.populate(a_world(2))
    return connect(client_id=Secret("id", box.client_id), client_secret=Secret("secret", box.client_secret))


def test_a_token_is_fetched_once_and_renewed_before_it_ends(app, box, clock):
    app.source()
    source = app.source()
    for _ in range(3):
        list(source.pages("customers", None))
    assert len(box.tokens.issued) == 1
    clock.forward(timedelta(hours=23, minutes=49))
    list(source.pages("customers", None))
    assert len(box.tokens.issued) == 1
    clock.forward(timedelta(minutes=2))
    list(source.pages("customers", None))
    assert len(box.tokens.issued) == 2
    clock.forward(timedelta(days=2))
    assert len(next(iter(source.pages("customers", None))).rows["person"]) == 2


def test_a_token_received_is_never_shown(app, box):
    app.read("customers")
    (token,) = box.tokens.issued
    box.faults = [Fault("status", status=422, body=json.dumps({"errors": f"bad {token}"}).encode())]
    with pytest.raises(PlatformError) as caught:
        app.read("customers")
    assert token not in str(caught.value)
    assert "[secret]" in str(caught.value)


def test_wrong_client_credentials_are_named(connect, box):
    shop = connect(client_id=Secret("id", box.client_id), client_secret=Secret("secret", "wrong-secret"))
    with pytest.raises(AuthError, match="client_secret"):
        shop.read("customers")


def test_a_refused_token_is_an_auth_error(connect):
    with pytest.raises(AuthError, match="Invalid API key"):
        connect(access_token=Secret("token", "shpat_revoked")).read("customers")


def test_a_version_that_fell_forward_is_told(shop, box):
    box.populate(a_world(1))
    box.versions = ["2027-01", "2027-04"]
    with pytest.raises(PlatformError, match="served API version 2027-01 where 2026-10"):
        shop.read("customers")


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (402, PlatformError, "unpaid"),
        (403, AuthError, "forbids"),
        (404, ConfigError, "no such shop"),
        (406, PlatformError, "HTTP 406"),
        (422, PlatformError, "HTTP 422"),
        (423, PlatformError, "locked"),
        (301, ConfigError, "moved to https://new.myshopify.com"),
    ],
)
def test_a_status_that_no_patience_mends_is_an_error(status, error, words):
    verdict = judge(answered(status, {"errors": "no"}, location="https://new.myshopify.com"))
    assert isinstance(verdict, error)
    assert words in verdict.what


@pytest.mark.parametrize(
    ("status", "nothing"), [(429, True), (430, True), (500, False), (503, False), (540, False)]
)
def test_a_passing_status_is_tried_again(status, nothing):
    verdict = judge(answered(status, b"<html>"))
    assert isinstance(verdict, Again)
    assert verdict.nothing_happened is nothing


def test_a_429_waits_as_long_as_it_says():
    assert judge(answered(429, **{"retry-after": "2.5"})).after == 2.5


def test_throttled_waits_until_the_points_are_there():
    status = {"maximumAvailable": 2000, "currentlyAvailable": 113, "restoreRate": 100}
    body = {**an_error("THROTTLED"), "extensions": {"cost": {"requestedQueryCost": 752, "throttleStatus": status}}}
    verdict = judge(answered(200, body))
    assert verdict.after == pytest.approx(6.39 + 0.1)
    assert verdict.nothing_happened


def test_errors_may_be_a_text():
    assert "shop is closed" in judge(answered(200, {"errors": "shop is closed"})).what


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "TIMEOUT"])
def test_a_fault_inside_a_200_is_tried_again(code):
    assert isinstance(judge(answered(200, an_error(code))), Again)


@pytest.mark.parametrize(
    ("code", "words"), [("MAX_COST_EXCEEDED", "MAX_COST_EXCEEDED: m"), ("undefinedField", "undefinedField: m")]
)
def test_a_wrong_query_is_not_tried_again(code, words):
    verdict = judge(answered(200, an_error(code)))
    assert isinstance(verdict, PlatformError)
    assert verdict.what == words


def test_a_denied_field_names_the_scope():
    verdict = judge(
        answered(200, {"data": {}, **an_error("ACCESS_DENIED", requiredAccess="`read_orders` access scope.")})
    )
    assert isinstance(verdict, AuthError)
    assert verdict.what == "orders: needs `read_orders` access scope."


def test_a_text_that_talks_of_errors_is_no_error():
    assert judge(answered(200, {"data": {"note": 'they said "errors": [1]'}})) == Fine()


@pytest.mark.parametrize(
    "body", [b"", b'{"throttleStatus"', b'{"throttleStatus":{}}', b'{"throttleStatus":{"a":1']
)
def test_a_missing_budget_is_no_budget(body):
    assert levels(answered(200, body)) == ()
