"""How Shopify wants to be called: which host, at what rate, and what its answers mean.

Most failures arrive with HTTP 200 (shopify.dev, API response codes and GraphQL error codes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from regulars import (
    Again,
    AuthError,
    ConfigError,
    Fine,
    Level,
    Limit,
    PlatformError,
    RegularsError,
    RequestPolicy,
    Response,
    Verdict,
)

from regulars_shopify.settings import ShopifySettings

API_VERSION = "2026-10"
ENDPOINT = f"/admin/api/{API_VERSION}/graphql.json"
TOKEN_ENDPOINT = "/admin/oauth/access_token"  # noqa: S105 - a path, not a secret

# What a Standard plan has; the first answer corrects it.
_STANDARD = Limit("default", capacity=2000, per_second=100)
_SECURITY_PAUSE = 60.0  # seconds after a 430
_THROTTLED_PAUSE = 2.0  # seconds where the answer does not say what is left


STORAGE = "storage.googleapis.com"
"""Where the results of bulk operations lie."""
STAGING = "shopify-staged-uploads.storage.googleapis.com"
"""Where files for bulk mutations are put."""
UPLOADS = "/staged-uploads/"
"""The same on a simulated shop, which has one host only."""


class TokenRefusedError(AuthError):
    """The access token is none, or none any more."""


class FileGoneError(PlatformError):
    """A file on the storage host is no longer there, or its address has run out."""


class FellForwardError(PlatformError):
    """Shopify answered in another API version; `body` is what it answered."""

    body = b""


def policy(settings: ShopifySettings) -> RequestPolicy:
    """The shop's own host and the one of its files, and one point bucket fed by every answer."""
    return RequestPolicy(
        platform="shopify",
        base_url=f"https://{settings.shop}",
        hosts=frozenset({settings.shop, STORAGE, STAGING}),
        judge=judge,
        limits=(_STANDARD,),
        levels=levels,
        in_flight=4,
        attempts=8,
    )


def levels(response: Response) -> Sequence[Level]:
    """The `throttleStatus` of an answer, found without parsing the page that it closes."""
    at = response.body.rfind(b'"throttleStatus"') if not _is_file(response) else -1
    if at < 0 or (brace := response.body.find(b"{", at)) < 0:
        return ()
    try:
        told = json.loads(response.body[brace : response.body.index(b"}", brace) + 1])
        left, most, rate = (told[key] for key in ("currentlyAvailable", "maximumAvailable", "restoreRate"))
    except (ValueError, KeyError):
        return ()
    return (Level("default", left, most, rate),)


def judge(response: Response) -> Verdict:
    """What an answer means, whatever its HTTP status says."""
    if _is_file(response):
        return _file(response)
    if response.status != 200:
        return _status(response)
    served = response.headers.get("x-shopify-api-version", API_VERSION)
    if served != API_VERSION:
        fault = FellForwardError(
            f"Shopify served API version {served} where {API_VERSION} was asked for",
            hint="Update the Shopify plugin: its API version is no longer supported",
        )
        fault.body = response.body
        return fault
    # Only an answer with one of these keys can hold a complaint; quotes inside texts are escaped. What was
    # wrong with a search stands among the extensions, which come last: the page need not be gone through again.
    body = response.body
    if b'"errors"' in body or body.find(b'"search"', max(0, body.rfind(b'"extensions"'))) >= 0:
        return _complaint(response)
    return Fine()


def _is_file(response: Response) -> bool:
    """Whether a host of the shop's files answered: files are got, or put into the staging place."""
    return response.url.startswith("GET ") or response.url.endswith((f"//{STAGING}/", UPLOADS))


def _file(response: Response) -> Verdict:
    match response.status:
        case 200 | 201 | 206:
            return Fine()
        case 400 | 401 | 403 | 404 | 410:
            return FileGoneError(f"the file is not to be had any more (HTTP {response.status})", hint="Try again")
        case 429:
            return Again("too many requests", _seconds(response), nothing_happened=True)
        case status if status >= 500:
            return Again(f"HTTP {status} from the host of Shopify's files", _seconds(response))
        case status:
            return PlatformError(f"HTTP {status} from the host of Shopify's files")


def _status(response: Response) -> Verdict:
    said = _said(response)
    match response.status:
        case 400 | 401 if response.url.endswith(TOKEN_ENDPOINT):
            return AuthError(f"Shopify issues no token: {said}", hint="Check client_id and client_secret")
        case 401:
            what = f"Shopify refuses the access token: {said}"
            return TokenRefusedError(what, hint="Store a new token for this shop")
        case 402:
            return PlatformError("the shop is frozen for an unpaid bill", hint="The merchant must settle it")
        case 403:
            return AuthError(f"Shopify forbids this: {said}", hint="Check the app's scopes and data access")
        case 404:
            return ConfigError(f"no such shop, or no API version {API_VERSION}", hint="Check the setting `shop`")
        case 423:
            return PlatformError("the shop is locked", hint="The merchant must ask Shopify support")
        case 429:
            return Again("too many requests", _seconds(response), nothing_happened=True)
        case 430:
            return Again("refused as a security risk", _SECURITY_PAUSE, nothing_happened=True)
        case 301 | 302 | 307 | 308:
            where = response.headers.get("location", "another address")
            return ConfigError(f"the shop has moved to {where}", hint="Correct the setting `shop`")
        case status if status >= 500:
            return Again(f"HTTP {status}", _seconds(response))
        case status:
            return PlatformError(f"HTTP {status}: {said}")


def _seconds(response: Response) -> float | None:
    try:
        return float(response.headers["retry-after"])
    except (KeyError, ValueError):
        return None


def _said(response: Response) -> str:
    """The platform's own words; `errors` is a text here, a list there, and sometimes missing."""
    try:
        told = json.loads(response.body)
    except ValueError:
        return "no reason given"
    if not isinstance(told, dict):
        return "no reason given"
    return str(told.get("errors") or told.get("error_description") or told.get("error") or "no reason given")[:300]


def _complaint(response: Response) -> Verdict:
    try:
        told = json.loads(response.body)
    except ValueError:
        return Fine()  # the reader of the page says what is broken
    if not isinstance(told, dict):
        return Fine()
    match told.get("errors"):
        case str(text):
            return PlatformError(text[:300])
        case [*errors] if errors:
            return _errors([e for e in errors if isinstance(e, dict)], told)
    return _search(told) or Fine()


def _errors(errors: Sequence[Mapping[str, Any]], told: Mapping[str, Any]) -> Verdict:
    by_code: dict[str, Mapping[str, Any]] = {}
    for error in errors:
        by_code.setdefault((error.get("extensions") or {}).get("code") or "", error)
    if "THROTTLED" in by_code:
        return Again("throttled", _throttled(told), nothing_happened=True)
    for code in ("INTERNAL_SERVER_ERROR", "TIMEOUT"):
        if code in by_code:
            return Again(str(by_code[code].get("message", code)).splitlines()[0])
    if denied := by_code.get("ACCESS_DENIED"):
        return _denied(denied)
    code, error = next(iter(by_code.items()), ("", {}))
    hint = "Ask for smaller pages" if code == "MAX_COST_EXCEEDED" else ""
    return PlatformError(f"{code or 'error'}: {error.get('message', '')}"[:400], hint=hint)


def _throttled(told: Mapping[str, Any]) -> float:
    try:
        cost = told["extensions"]["cost"]
        status = cost["throttleStatus"]
        short = cost["requestedQueryCost"] - status["currentlyAvailable"]
        return max(0.0, float(short / status["restoreRate"])) + 0.1
    except (KeyError, TypeError, ZeroDivisionError):
        return _THROTTLED_PAUSE


def _denied(error: Mapping[str, Any]) -> AuthError:
    needed = error.get("extensions", {}).get("requiredAccess")
    path = ".".join(str(step) for step in error.get("path") or ())
    what = f"needs {needed}" if needed else str(error.get("message", "access denied"))
    return AuthError(f"{path or 'this query'}: {what}"[:400], hint="Grant it to the app and install it again")


def _search(told: Mapping[str, Any]) -> RegularsError | None:
    """A filter that Shopify did not understand is ignored, and everything comes back."""
    for entry in (told.get("extensions") or {}).get("search") or ():
        for warning in entry.get("warnings") or ():
            return PlatformError(
                f"Shopify ignored the filter {warning.get('field')!r} ({warning.get('code')})",
                hint="Nothing was stored; update the Shopify plugin",
            )
    return None
