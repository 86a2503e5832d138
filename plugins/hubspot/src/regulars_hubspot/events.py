"""Marketing e-mail events: mails sent, opened and clicked, and what came back.

Source: HubSpot's email events API v1, which has no dated successor and ends in September 2027. An event is
known by its id and the instant it was made; it can show up days late.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from regulars import Bounce, Page, PlatformError, Record, Rejected, Touch

from regulars_hubspot.contacts import BOUNCES
from regulars_hubspot.models import instant_of
from regulars_hubspot.paths import EVENTS
from regulars_hubspot.refusals import ScopeError
from regulars_hubspot.wire import Body, Wire, object_of

SLICE = timedelta(days=30)
HISTORY = timedelta(days=730)
"""How far back the first read goes."""
OVERLAP = timedelta(days=5)
"""How long after its instant an event may still turn up."""
TOUCHES = {"SENT": "sent", "OPEN": "open", "CLICK": "click"}
TYPES = (*TOUCHES, "BOUNCE", "SPAMREPORT")
MOST = 1_000


def pages(wire: Wire, since: datetime | None, until: datetime, resume: str | None) -> Iterator[tuple[Page, str]]:
    """Events of `[since, until]`, type by type and slice by slice, each page with a token for `by_time`:
    the slice it is in. A slice that broke off is read anew, for an offset does not live long."""
    begin = since or until - HISTORY
    slices = [(kind, start) for kind in TYPES for start in _starts(begin, until)]
    for number, (kind, start) in enumerate(slices[int(resume or 0) :], int(resume or 0)):
        end = min(start + SLICE, until)
        offset: str | None = ""
        while offset is not None:
            events, offset = _page(wire, kind, start, end, offset)
            yield to_page(events), str(number if offset is not None else number + 1)


def to_page(events: Sequence[Any]) -> Page:
    """Events as touches and bounces; one that cannot be understood is kept aside."""
    found: dict[str, list[Record]] = {"touch": [], "bounce": []}
    rejected: list[Rejected] = []
    for event in events:
        kind = "touch" if isinstance(event, dict) and event.get("type") in TOUCHES else "bounce"
        try:
            found[kind].append(to_touch(event) if kind == "touch" else to_bounce(event))
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as fault:
            key = str(event.get("id", "")) if isinstance(event, dict) else ""
            rejected.append(Rejected(kind, key, f"{type(fault).__name__}: {fault}", json.dumps(event)))
    return Page({kind: rows for kind, rows in found.items() if rows}, rejected=rejected)


def to_touch(event: Body) -> Touch:
    """A mail sent, opened or clicked."""
    key, at = _key(event)
    campaign = event.get("emailCampaignGroupId") or event.get("emailCampaignId")
    return Touch(
        id=key,
        updated_at=at,
        person_id=None,
        email=_recipient(event),
        kind=TOUCHES[event["type"]],
        at=at,
        channel="email",
        campaign=None if campaign is None else str(campaign),
        department="marketing",
        media="owned",
    )


def to_bounce(event: Body) -> Bounce:
    """A mail that came back, or that its reader called spam."""
    key, at = _key(event)
    category = str(event.get("category") or "")
    status = str(event.get("status") or "")
    if event["type"] == "SPAMREPORT":
        kind, reason = "complaint", "spam report"
    else:
        kind = BOUNCES.get(category) or ("soft" if status.startswith("4") else "hard")
        reason = " ".join(filter(None, (category, status)))
    return Bounce(
        id=key,
        updated_at=at,
        person_id=None,
        email=_recipient(event),
        kind=kind,
        reason=reason or None,
        at=at,
    )


def _page(wire: Wire, kind: str, start: datetime, end: datetime, offset: str) -> tuple[list[Any], str | None]:
    wire.spare()
    params: dict[str, str | int] = {
        "eventType": kind,
        "startTimestamp": _millis(start),
        "endTimestamp": _millis(end),
        "limit": MOST,
        # Opens and clicks of machines are no touches.
        "excludeFilteredEvents": "true",
    }
    if offset:
        params["offset"] = offset
    answer = wire.send("GET", EVENTS, params=params, accept=(404, 410))
    if answer.status >= 400:
        raise ScopeError("HubSpot has no marketing e-mail events for this account", where=answer.url)
    body = object_of(answer)
    events = body.get("events")
    if not isinstance(events, list):
        raise PlatformError("HubSpot answered without events", hint="Nothing of this page was stored")
    following = str(body.get("offset") or "")
    if not body.get("hasMore"):
        return events, None
    if not following or following == offset:
        raise PlatformError("HubSpot's events do not go on after their offset", hint="Try again later")
    return events, following


def _key(event: Body) -> tuple[str, datetime]:
    created = int(event["created"])
    return f"{event['id']}:{created}", instant_of(created)


def _recipient(event: Body) -> str:
    found = event["recipient"]
    if not isinstance(found, str) or not found:
        raise ValueError(f"recipient: {found!r} is no address")
    return found


def _starts(begin: datetime, until: datetime) -> Iterator[datetime]:
    while begin < until:
        yield begin
        begin += SLICE


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)
