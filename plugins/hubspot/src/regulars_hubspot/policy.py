"""How HubSpot wants to be called: limits, what may be tried again, and what its refusals mean.

Limits: 100 calls in 10 seconds for an app of a free or starter portal (the answers tell of higher
ones), 5 searches a second for the whole account. Search answers carry no burst headers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from regulars import (
    Again,
    AuthError,
    Fine,
    Level,
    Limit,
    PlatformError,
    QuotaError,
    RequestPolicy,
    Response,
    Verdict,
)

from regulars_hubspot.settings import HubSpotSettings

HOST = "api.hubapi.com"
SEARCH = "search"
_ADDRESS = re.compile(r"[^\s\"'<>]+@[^\s\"'<>]+")


def policy(_: HubSpotSettings) -> RequestPolicy:
    """The policy of every HubSpot account."""
    return RequestPolicy(
        platform="HubSpot",
        base_url=f"https://{HOST}",
        hosts=frozenset((HOST,)),
        judge=judge,
        # Search counts in a window that rolls, and tells nothing: an even pace is the only one within it.
        limits=(Limit("default", 100, 10), Limit(SEARCH, 1, 5)),
        levels=levels,
    )


def judge(answer: Response) -> Verdict:
    """Fine below 400 and for the refusals that the client reads itself; else again, or an error."""
    match answer.status:
        case 401:
            return AuthError(
                complaint(answer), hint="Make a new token in HubSpot and store it under this connection"
            )
        case 403:
            return AuthError(_forbidden(answer), hint="Grant the scopes to the service key or private app")
        case 423:
            return Again(complaint(answer), after=2, nothing_happened=True)
        case 429:
            return _too_many(answer)
        case 477:
            # The account is being moved between data centres and takes nothing meanwhile.
            return Again(complaint(answer), after=_seconds(answer), nothing_happened=True)
        case 414:
            return PlatformError("the address is too long", hint="Map fewer extra properties")
        case status if status >= 500:
            return Again(complaint(answer))
        case _:
            return Fine()


def levels(answer: Response) -> Sequence[Level]:
    """What is left of the burst window. Headers: X-HubSpot-RateLimit-Remaining, -Max, -Interval-Milliseconds."""
    left, most = _number(answer, "remaining"), _number(answer, "max")
    if left is None or most is None:
        return ()
    span = (_number(answer, "interval-milliseconds") or 10_000) / 1000
    return (Level("default", left, most, most / span),)


def daily_left(answer: Response) -> int | None:
    """Calls left today for the whole account; None where the answer does not tell (OAuth apps)."""
    left = _number(answer, "daily-remaining")
    return None if left is None else int(left)


def complaint(answer: Response) -> str:
    """HubSpot's own words in one line, without any address in them."""
    try:
        body = json.loads(answer.body)
    except ValueError:
        return f"status {answer.status}"
    return words(body) or f"status {answer.status}"


def words(body: Any) -> str:
    """The message and the codes of an error body in one line, without any address."""
    if not isinstance(body, dict):
        return ""
    nested = [e for e in body.get("errors") or () if isinstance(e, dict)]
    codes = ", ".join(dict.fromkeys(str(e["code"]) for e in nested if e.get("code")))
    text = " ".join(str(body.get("message") or body.get("category") or "").split())
    return _ADDRESS.sub("[address]", f"{text} ({codes})" if codes else text)[:500]


def _too_many(answer: Response) -> Verdict:
    text = complaint(answer).lower()
    if b'"DAILY"' in answer.body or "daily limit" in text:
        return QuotaError(
            "the account's daily calls are used up",
            hint="There are new ones at midnight in the portal's time zone; the next run goes on from here",
        )
    # The two texts are all there is to tell the windows apart; there is no Retry-After.
    return Again(text, after=1 if " secondly" in text else 10, nothing_happened=True)


def _forbidden(answer: Response) -> str:
    try:
        errors = json.loads(answer.body).get("errors") or []
        scopes = [s for e in errors for s in e.get("context", {}).get("requiredGranularScopes", [])]
    except (ValueError, AttributeError, TypeError):
        scopes = []
    return f"the token lacks {', '.join(scopes)}" if scopes else complaint(answer)


def _seconds(answer: Response) -> float | None:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdigit() else None


def _number(answer: Response, name: str) -> float | None:
    text = answer.headers.get(f"x-hubspot-ratelimit-{name}", "")
    return float(text) if text.isdigit() else None
