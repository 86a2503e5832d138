"""Our totals against the platforms', and the bridge to what CLV and CRR are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from regulars.errors import DataCheckError
from regulars.metrics import Span
from regulars.reconcile.accepted import Accepted, unaccepted, use_up
from regulars.reconcile.answer import Answer, Compared, Difference, compare
from regulars.reconcile.books import Books, Key
from regulars.reconcile.bridge import PENNY, Bridge, bridge
from regulars.reconcile.side import Side

By = Literal["month", "day"]
STORED = "stored records"


@dataclass(frozen=True, slots=True)
class Head:
    """One connection's sums in one currency: as the platform has them, as we do, and what of the difference is
    younger than our last read. `source` says who the platform's column is from, `accepted` what of the difference
    a person accepted, by reason."""

    connection: str
    currency: str
    source: str
    platform: Side
    ours: Side
    later: Side
    accepted: tuple[tuple[str, Side], ...] = ()

    @property
    def diff(self) -> Side:
        """Platform less ours, less what is younger."""
        return self.platform - self.later - self.ours

    @property
    def rest(self) -> Side:
        """What of the difference nobody accepted."""
        return self.diff - sum((side for _, side in self.accepted), start=Side())

    @property
    def agrees(self) -> bool:
        """Whether they are the same to the penny, order for order, but for what was accepted."""
        return self.rest.orders == 0 and all(abs(minor) <= PENNY for _, minor in self.rest.lines())


@dataclass(frozen=True, slots=True)
class Period:
    """A day, a month or the whole span."""

    span: Span
    heads: tuple[Head, ...]
    bridge: Bridge

    @property
    def agrees(self) -> bool:
        """Whether platform, records and measured basis are the same to the penny."""
        return all(head.agrees for head in self.heads) and self.bridge.agrees


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A span as a whole and in parts, which orders differ and what of the sums that were asked for (`rest`), both
    without what was accepted, and how many orders changed since the last read."""

    books: Books
    total: Period
    parts: tuple[Period, ...]
    differences: tuple[Difference, ...]
    rest: Mapping[Key, Side]
    changed: int
    read_at: datetime | None

    @property
    def agrees(self) -> bool:
        """Whether all is the same to the penny, in the whole and in each part."""
        return self.total.agrees and all(part.agrees for part in self.parts) and not self.differences

    @property
    def exit_code(self) -> int:
        """0, or that of a failed data check; an order that counts nowhere is one."""
        return 0 if self.agrees and not self.books.unrated else DataCheckError.exit_code


def reconcile(
    books: Books,
    answers: Mapping[str, Answer] | None = None,
    *,
    read_at: datetime | None = None,
    accepted: Sequence[Accepted] = (),
    by: By = "month",
) -> Reconciliation:
    """Compare and bridge. Connections without an answer are compared with the sums of their stored records.

    `answers` are the platforms' own, by connection; `books` must hold the entries of those. `read_at` is
    when the last read began. What was accepted counts only against what a platform answered.
    """
    answers = answers or {}
    compared = {name: compare(name, found, books.held[name], read_at) for name, found in answers.items()}
    titles = {name: found.title for name, found in answers.items()}
    platform, later = _platform(books, compared), _later(compared)
    diffs = {
        key: platform.get(key, Side()) - later.get(key, Side()) - books.measured.get(key, Side())
        for key in {*platform, *later, *books.measured}
        if key[1] in compared
    }
    used = {key: use_up(diff, [one for one in accepted if one.key == key]) for key, diff in diffs.items()}
    sides = platform, later, used
    spans = list(_parts(books.span, by))
    return Reconciliation(
        books=books,
        total=_period(books, books.span, *sides, titles),
        parts=tuple(_period(books, span, *sides, titles) for span in spans)
        if len(spans) > 1 or by == "day"
        else (),
        differences=unaccepted(
            (d for found in compared.values() for d in found.differences), accepted, books.span
        ),
        rest={key: diff - sum(used[key].values(), start=Side()) for key, diff in diffs.items()},
        changed=sum(len(found.changed) for found in compared.values()),
        read_at=read_at,
    )


def _platform(books: Books, compared: Mapping[str, Compared]) -> dict[Key, Side]:
    stored = {key: side for key, side in books.raw.items() if key[1] not in compared}
    for found in compared.values():
        stored |= found.platform
    return stored


def _later(compared: Mapping[str, Compared]) -> dict[Key, Side]:
    return {key: side for found in compared.values() for key, side in found.later.items()}


def _parts(span: Span, by: By) -> Iterator[Span]:
    first = span.starts_on
    while first <= span.ends_on:
        last = first if by == "day" else _month_end(first)
        yield Span(first, min(last, span.ends_on))
        first = last + timedelta(days=1)


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _period(
    books: Books,
    span: Span,
    platform: Mapping[Key, Side],
    later: Mapping[Key, Side],
    used: Mapping[Key, Mapping[str, Side]],
    titles: Mapping[str, str],
) -> Period:
    events = [event for event in books.events if span.starts_on <= event.day <= span.ends_on]
    measured = sum(minor for day, minor in books.basis.items() if span.starts_on <= day <= span.ends_on)
    accounts = sorted({key[1:] for sides in (platform, books.measured) for key in _within(sides, span)})
    heads = [
        Head(
            *account,
            titles.get(account[0], STORED),
            platform=_sum(platform, span, *account),
            ours=_sum(books.measured, span, *account),
            later=_sum(later, span, *account),
            accepted=_by_reason(used, span, *account),
        )
        for account in accounts
    ]
    return Period(span, tuple(heads), bridge(events, books.manner, measured))


def _by_reason(
    used: Mapping[Key, Mapping[str, Side]], span: Span, connection: str, currency: str
) -> tuple[tuple[str, Side], ...]:
    found: dict[str, Side] = {}
    for key in sorted(_within(used, span)):
        if key[1:] == (connection, currency):
            for reason, side in used[key].items():
                found[reason] = found.get(reason, Side()) + side
    return tuple(found.items())


def _within(sides: Mapping[Key, object], span: Span) -> Sequence[Key]:
    return [key for key in sides if span.starts_on <= key[0] <= span.ends_on]


def _sum(sides: Mapping[Key, Side], span: Span, connection: str, currency: str) -> Side:
    return sum((sides[key] for key in _within(sides, span) if key[1:] == (connection, currency)), start=Side())
