"""What HubSpot's refusals mean: what may be tried again, which error it is, and in which words it is told."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from regulars import Again, AuthError, Fine, PlatformError, QuotaError, Response, Verdict

_ADDRESS = re.compile(r"[^\s\"'<>]+@[^\s\"'<>]+")
_VALUES = re.compile(r"(?s)^(Property values were not valid): (\[.*\])\s*$")
_RULES = {
    "MISSING_REQUIRED_PROPERTY": "the portal requires {} on every contact",
    "MISSING_CONDITIONAL_REQUIRED_PROPERTY": "a rule of the portal requires {} while another property has its"
    " present value",
}
"""The portal's own rules, which version 2026-09 holds API writes to."""


class ExpiredError(AuthError):
    """The access token's half hour is over; there may be another."""


class ScopeError(AuthError):
    """The token may not do this; it may do other things."""


def judge(answer: Response) -> Verdict:
    """Fine below 400 and for the refusals that the client reads itself; else again, or an error."""
    match answer.status:
        case 401:
            over = b"EXPIRED_AUTHENTICATION" in answer.body
            hint = "Make a new token in HubSpot and store it under this connection"
            return (ExpiredError if over else AuthError)(complaint(answer), hint=hint)
        case 403:
            return ScopeError(_forbidden(answer), hint="Grant the scopes to the service key or app")
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


def complaint(answer: Response) -> str:
    """HubSpot's own words in one line, without any address in them."""
    try:
        body = json.loads(answer.body)
    except ValueError:
        return f"status {answer.status}"
    return words(body) or f"status {answer.status}"


def words(body: Any) -> str:
    """What an error body says in one line, without any address: the portal's rules that were broken, the
    properties that were not valid, or the message with its codes."""
    if not isinstance(body, dict):
        return ""
    nested = [e for e in body.get("errors") or () if isinstance(e, dict)]
    if rules := [rule for error in nested if (rule := _rule(error))]:
        text = f"{'; '.join(dict.fromkeys(rules))}. Fill it in, or change the rule, in HubSpot"
    else:
        text = _values(" ".join(str(body.get("message") or body.get("category") or "").split()))
        if codes := ", ".join(dict.fromkeys(str(e["code"]) for e in nested if e.get("code"))):
            text = f"{text} ({codes})"
    return _ADDRESS.sub("[address]", text)[:500]


def rules_of(answer: Response) -> dict[str, list[str]]:
    """The portal's rules that a write broke: code -> the properties that the rules want."""
    found: dict[str, list[str]] = {}
    for error in _errors(answer):
        if (code := str(error.get("code") or "")) in _RULES:
            found.setdefault(code, []).extend(_named(error.get("context")))
    return found


def faults_of(answer: Response) -> list[tuple[str, str]]:
    """The values that were not valid: (property, HubSpot's words)."""
    try:
        found = _VALUES.match(str(json.loads(answer.body).get("message") or ""))
        faults = json.loads(found[2]) if found else []
    except (ValueError, AttributeError):
        return []
    return [(str(f.get("name")), str(f.get("message"))) for f in faults if isinstance(f, dict)]


def _errors(answer: Response) -> list[dict[str, Any]]:
    try:
        found = json.loads(answer.body).get("errors") or []
    except (ValueError, AttributeError):
        return []
    return [error for error in found if isinstance(error, dict)] if isinstance(found, list) else []


def _rule(error: dict[str, Any]) -> str:
    code = str(error.get("code") or "")
    if code not in _RULES:
        return ""
    names = ", ".join(f"'{name}'" for name in _named(error.get("context"))) or "a property"
    return f"{_RULES[code].format(names)} ({code})"


def _named(context: Any) -> Sequence[str]:
    """The properties that a rule's error is about."""
    found = context.get("propertyName") or context.get("properties") if isinstance(context, dict) else None
    return [str(one) for one in (found if isinstance(found, list) else [found]) if one]


def _values(message: str) -> str:
    """The message, with the JSON inside it put into words."""
    if not (found := _VALUES.match(message)):
        return message
    try:
        faults = [f for f in json.loads(found[2]) if isinstance(f, dict)]
    except ValueError:
        return message
    told = [f"{f.get('name')}: {f.get('message')} ({f.get('error')})" for f in faults]
    return f"{found[1]}: {'; '.join(told)}"


def _too_many(answer: Response) -> Verdict:
    text = complaint(answer).lower()
    if b'"DAILY"' in answer.body or "daily limit" in text:
        return QuotaError(
            "the account's daily calls are used up",
            hint="There are new ones at midnight in the portal's time zone; the next run goes on from here",
        )
    # The two texts are all there is to tell the windows apart; there is no Retry-After. The searches of a
    # second are shared by all integrations of the account, so that waits grow until there is room.
    return Again(text, after=None if " secondly" in text else 10, nothing_happened=True)


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
