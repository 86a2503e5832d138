"""How far a stream has come: what stands in its cursor while it is read page by page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

OVERLAP = timedelta(hours=1)


@dataclass(frozen=True)
class Walk:
    """One way through a stream: everything from `since` on, begun at `started`, come to `reached`."""

    since: datetime | None
    started: datetime
    reached: datetime | None

    @classmethod
    def of(cls, cursor: str | None, now: datetime) -> Walk:
        """The walk that a cursor holds open, or a new one from where the last began."""
        held: dict[str, str | None] = json.loads(cursor) if cursor else {}
        since, started, reached = (_instant(held.get(key)) for key in ("since", "started", "reached"))
        return cls(since, started or now, reached or since)

    def at(self, nodes: Sequence[Any]) -> Walk:
        """This walk after these nodes."""
        last = max((node["updatedAt"] for node in nodes), default=self.reached)
        return replace(self, reached=last)

    def open(self) -> str:
        """The cursor within this walk."""
        return json.dumps({k: v.isoformat() if v else None for k, v in vars(self).items()})

    def done(self) -> str:
        """The cursor for the next walk."""
        return next_walk(self.started)


def next_walk(started: datetime) -> str:
    """The cursor after a walk that began then: what changed since is met again."""
    return json.dumps({"since": (started - OVERLAP).isoformat()})


def changed(start: datetime | None, *others: str, until: datetime | None = None) -> str | None:
    """A search for what changed from `start` on. Without quotes Shopify would drop the time of day."""
    since = f"updated_at:>='{_text(start)}'" if start else ""
    before = f"updated_at:<'{_text(until)}'" if until else ""
    return " AND ".join(filter(None, (since, before, *others))) or None


def placed(since: datetime | None, until: datetime) -> str:
    """A search for orders placed in a span of time (None: since ever)."""
    after = f"processed_at:>='{_text(since)}' AND " if since else ""
    return f"{after}processed_at:<'{_text(until)}'"


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
