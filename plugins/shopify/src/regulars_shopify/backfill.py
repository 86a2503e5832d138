"""Reading by bulk operations, first of all: everything of a stream at the price of one small query.

The cursor holds the operation's id, so that a run that was killed waits for it instead of starting a
second one; it moves on only after the last line was stored. A window of time whose operation fails is
halved, because large ones are what fails; what a failed one left behind is never taken for the whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from regulars import Page, PlatformError

from regulars_shopify.bulk import Bulk, Failed, Gone
from regulars_shopify.pages import Listing
from regulars_shopify.spool import Family, Spool
from regulars_shopify.walk import next_walk

ROOTS_A_PAGE = 250
_NARROWEST = timedelta(hours=1)
_RESTARTS = 3

Window = tuple[datetime | None, datetime | None]
"""From, and up to but not at; None: without end."""


@dataclass(frozen=True)
class Backfill:
    """What is still to be read: windows, and the operation that reads the first of them."""

    started: datetime
    windows: tuple[Window, ...] = ((None, None),)
    id: str | None = None

    @classmethod
    def of(cls, cursor: str | None) -> Backfill | None:
        """The backfill that a cursor holds open, if any."""
        held = json.loads(cursor).get("bulk") if cursor else None
        if held is None:
            return None
        windows = tuple((_instant(low), _instant(high)) for low, high in held["windows"])
        return cls(datetime.fromisoformat(held["started"]), windows, held["id"])

    def cursor(self) -> str:
        """The cursor within this backfill; after it, that of the next walk."""
        if not self.windows:
            return next_walk(self.started)
        windows = [[low and low.isoformat(), high and high.isoformat()] for low, high in self.windows]
        return json.dumps({"bulk": {"started": self.started.isoformat(), "windows": windows, "id": self.id}})

    def begun(self, id: str, at: datetime) -> Backfill:
        """With an operation that reads the first window."""
        return replace(self, id=id, started=min(self.started, at))

    def past(self) -> Backfill:
        """After the first window."""
        return replace(self, windows=self.windows[1:], id=None)

    def halved(self, oldest: datetime) -> Backfill:
        """With two halves in the first window's place. Raises PlatformError where it is narrow already."""
        low, high = self.windows[0]
        low, end = low or oldest, high or self.started
        if end - low < _NARROWEST:
            what = f"bulk operations fail even for what changed from {low:%Y-%m-%d %H:%M} on for an hour"
            raise PlatformError(
                what,
                where="shopify",
                hint="Try again later, or set bulk_above so high that pages are read instead",
            )
        middle = low + (end - low) / 2
        middle = middle.replace(microsecond=0)
        return replace(self, windows=((low, middle), (middle, high), *self.windows[1:]), id=None)


@dataclass(frozen=True)
class Stream:
    """A stream that bulk operations can read.

    `query(window)` is the inner query; `read` makes nodes of families; `page` makes a page of nodes.
    """

    query: Callable[[Window], str]
    read: Callable[[Sequence[Family]], Listing[Any]]
    page: Callable[[Listing[Any], str], Page]
    oldest: Callable[[], datetime]


def backfill(bulk: Bulk, stream: Stream, todo: Backfill) -> Iterator[Page]:
    """All that is still to be read. Raises PlatformError, QuotaError, AuthError."""
    restarts = 0
    while todo.windows:
        if todo.id is None:
            todo = todo.begun(*bulk.start(stream.query(todo.windows[0])))
            yield Page({}, todo.cursor())
            yield Page({}, begins=True)  # a pass begins: the core stores the cursor before anybody waits
        try:
            yield from _window(bulk, stream, todo)
            todo = todo.past()
        except Failed:
            todo = todo.halved(stream.oldest())
        except Gone as gone:
            restarts += 1
            if restarts > _RESTARTS:
                raise PlatformError(f"bulk operations end without a result ({gone})", where="shopify") from None
            todo = replace(todo, id=None)
        yield Page({}, todo.cursor())


def _window(bulk: Bulk, stream: Stream, todo: Backfill) -> Iterator[Page]:
    operation = bulk.wait(todo.id or "")
    with Spool() as spool:
        bulk.fill(operation, spool)
        some: list[Family] = []
        for family in spool.families():
            some.append(family)
            if len(some) == ROOTS_A_PAGE:
                yield stream.page(stream.read(some), todo.cursor())
                some = []
        if some:
            yield stream.page(stream.read(some), todo.cursor())


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
