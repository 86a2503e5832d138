"""One sweep over an audience: members in the order in which they changed, page by page, several pages at a time.

Facts used (vendor specification and live probes by third parties): `since_last_changed` is exclusive and
`before_last_changed` inclusive, both to the second; a page may be shorter than `total_items` promises, and a
short page is the last; far offsets are slow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from regulars import PlatformError, Response

from regulars_mailchimp.client import PAGE, MailchimpClient
from regulars_mailchimp.listing import Listing, Row

SECOND = timedelta(seconds=1)
_BESIDE = 5
"""Rows by which pages overlap, so that a gap between them shows."""
_STEP = PAGE - _BESIDE

Rows = list[Any]
Name = tuple[Any, Any]


@dataclass(frozen=True)
class Sweep:
    """Members of `status` ("": all but the archived) as a `listing` reads them, changed after `since`, up to and
    including `until`."""

    client: MailchimpClient
    listing: Listing
    status: str = ""
    until: datetime | None = None
    run: int = 96
    """Pages after which reading begins anew at the instant reached, so that offsets stay small."""

    @property
    def _path(self) -> str:
        return f"{self.client.list}/members"

    def pages(self, since: datetime | None) -> Iterator[tuple[Rows, datetime | None]]:
        """Pages, oldest change first, each with the instant after which to go on.

        Reading goes on one second before the last row, not at an offset: a member that changes meanwhile
        leaves its place, and an offset would then step over its neighbour. Offsets are used inside a run of
        pages that overlap; where two share nothing, too many have left, and the run ends there. Where one
        second fills a whole run, an offset goes on inside it, or back to where pages overlap again. Rows
        that come twice do no harm.
        """
        offset, total = 0, 1
        last: Rows = []
        while True:
            begun, moved, gap, after = None, since, -1, offset
            with closing(self._run(since, offset, total)) as run:
                for at, rows, promised in run:
                    if at and not _share(last, rows):
                        gap = at
                        break
                    begun, moved = begun or _instant(rows[:1]), _instant(rows) or moved
                    yield rows, moved
                    if len(rows) < PAGE:
                        return
                    last, after, total = rows, at + _STEP, promised - at
            if begun is not None and moved is not None and moved > begun:
                since, offset = moved, 0
            else:
                offset, total = (max(0, gap - _STEP), 1) if gap >= 0 else (after, after + total)

    def _run(
        self, since: datetime | None, offset: int, total: int
    ) -> Generator[tuple[int, Rows, int], None, None]:
        """Pages at growing offsets, some asked for ahead of their turn, each with what it says of the total."""
        end = offset + _STEP * self.run
        ahead: deque[tuple[int, Future[Response]]] = deque()
        pool = ThreadPoolExecutor(max_workers=self.client.workers)

        def ask(least: int) -> None:
            """Keep the connections busy, also while a page is being worked on."""
            nonlocal offset
            while offset < end and len(ahead) < 2 * self.client.workers and (offset < total or len(ahead) < least):
                ahead.append((offset, pool.submit(self._fetch, since, offset)))
                offset += _STEP

        try:
            while offset < end or ahead:
                ask(1)
                at, future = ahead.popleft()
                rows, total = self._read(future.result(), at)
                ask(0)
                yield at, rows, total
        finally:
            pool.shutdown(cancel_futures=True)

    def _fetch(self, since: datetime | None, offset: int) -> Response:
        """A page as it arrives. It is read when its turn comes: what waits is cheap as one text, dear as thousands
        of objects."""
        params: dict[str, str | int] = {
            "count": PAGE,
            "offset": offset,
            "sort_field": "last_changed",
            "sort_dir": "ASC",
            "fields": ",".join(["total_items", *(f"members.{name}" for name in self.listing.asked)]),
        }
        if self.status:
            params["status"] = self.status
        if since:
            params["since_last_changed"] = since.isoformat()
        if self.until:
            params["before_last_changed"] = self.until.isoformat()
        return self.client.send("GET", self._path, params=params)

    def _read(self, response: Response, offset: int) -> tuple[Rows, int]:
        told = self.listing.plain(response)
        told = told or self.listing.odd(self.client.there(response, self._path), self._path)
        if not told.members and not offset and told.total_items:
            raise PlatformError("the answer lists no members", where=self._path, hint="Try again later")
        return told.members, int(told.total_items or 0)


def _share(last: Rows, rows: Rows) -> bool:
    """Whether two pages have a row in common. Nearly always it is where they overlap; all are looked through only
    where it is not."""
    return bool(_names(last[-_BESIDE:]) & _names(rows[:_BESIDE]) or _names(last) & _names(rows))


def _names(rows: Rows) -> set[Name]:
    """What rows are known by as long as they do not change."""
    return {(row.contact_id, row.last_changed) for row in rows if isinstance(row, Row)}


def _instant(rows: Rows) -> datetime | None:
    """One second before the last row's change; None where no row says."""
    for row in reversed(rows):
        try:
            return datetime.fromisoformat(row.last_changed).astimezone(UTC) - SECOND
        except (AttributeError, OverflowError, TypeError, ValueError):
            continue
    return None
