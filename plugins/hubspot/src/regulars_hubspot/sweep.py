"""Cursor strategy: everything now and then, and what changed in between.

Search tells what changed, and never what is gone: a contact deleted for privacy reasons leaves no trace. So
all records are listed every few days, and whoever is not among them any more is gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from regulars import Page, Rejected, by_time

EARLY = timedelta(hours=6)
"""So much sooner a pass is due, for nights do not begin on the second."""
SLACK, SHARE = 20, 0.98
"""A list is whole if it holds that share of what search counts, and so many more may be on their way."""
Windows = Iterator[tuple[Page, str]]


@dataclass(frozen=True, slots=True)
class Sweep:
    """How one kind is read. `listed(after)` yields all records page by page, each with where the next one
    begins; `changed(since, until, resume)` those of a window; `total()` is how many there are, for a list
    that ends early must delete nobody. `kind` is the record kind that a pass is about; another `shape` than
    last time (other properties are asked for, or records are told otherwise) makes a pass due."""

    kind: str
    shape: str
    listed: Callable[[str | None], Windows]
    changed: Callable[[datetime, datetime, str | None], Windows]
    total: Callable[[], int]
    every: timedelta
    overlap: timedelta

    def pages(self, cursor: str | None, now: datetime) -> Iterator[Page]:
        """`now` is the end of a new window, as far behind the clock as the platform's index lags."""
        state: dict[str, Any] = json.loads(cursor) if cursor else {}
        inside = state.get("until") is not None
        if state.get("listing") is not None or (self._due(state, now) and not inside):
            yield from self._pass(state, now)
        else:
            yield from self._window(cursor, state, now)

    def _due(self, state: dict[str, Any], now: datetime) -> bool:
        last = state.get("listed_at")
        if last is None or state.get("since") is None or state.get("shape", "") != self.shape:
            return True
        return now - datetime.fromisoformat(last) >= self.every - EARLY

    def _pass(self, state: dict[str, Any], now: datetime) -> Iterator[Page]:
        begun = {"until": now.isoformat(), "after": None, "seen": 0, "aside": 0, "shape": self.shape}
        at: dict[str, Any] = state.get("listing") or begun
        kept: dict[str, Any] = {n: state[n] for n in ("since", "listed_at", "shape") if n in state}
        seen, aside, first = at["seen"], at["aside"], at["after"] is None
        for page, after in self.listed(at["after"]):
            seen += len(page.rows.get(self.kind, ()))
            aside += len(page.rejected)
            listing = {**at, "after": after, "seen": seen, "aside": aside}
            yield Page(page.rows, json.dumps({**kept, "listing": listing}), page.rejected, begins=first)
            first = False
        yield self._end(kept, at, seen, aside)

    def _end(self, kept: dict[str, Any], at: dict[str, Any], seen: int, aside: int) -> Page:
        total, until = self.total(), at["until"]
        if seen + aside >= total * SHARE - SLACK:
            # What was listed before a break has the shape of then, whatever is asked for now.
            done = {"since": until, "listed_at": until, "shape": at.get("shape", "")}
            # A record that could not be understood is there all the same.
            return Page({}, json.dumps(done), complete=() if aside else (self.kind,))
        reason = f"HubSpot listed {seen:,} and counts {total:,}: nobody was taken for deleted, to be listed again"
        return Page({}, json.dumps({**kept, "since": until}), [Rejected(self.kind, "", reason)])

    def _window(self, cursor: str | None, state: dict[str, Any], now: datetime) -> Iterator[Page]:
        kept = {"listed_at": state.get("listed_at"), "shape": state.get("shape", "")}

        def read(since: datetime | None, until: datetime, resume: str | None) -> Windows:
            return self.changed(since or until, until, resume)

        for page in by_time(read, cursor, now=now, overlap=self.overlap):
            token = json.dumps({**json.loads(page.cursor or "{}"), **kept})
            yield Page(page.rows, token, page.rejected)


def shape_before(cursor: str | None) -> str | None:
    """The shape in which was read what a cursor stands for, None where nothing was read yet. A pass that is
    under way changes it when it ends."""
    state: dict[str, Any] = json.loads(cursor) if cursor else {}
    if "since" in state:
        return str(state.get("shape", ""))
    return str(state["listing"].get("shape", "")) if state.get("listing") else None
