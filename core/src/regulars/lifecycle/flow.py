"""How customers flow between stages, and whether the levels tell them apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo

from regulars.journal import Fact
from regulars.models import Level, Stage
from regulars.warehouse import Session, statement

STAGES: tuple[str, ...] = get_args(Stage)
LEVELS: tuple[str, ...] = get_args(Level)
ENOUGH = 30
"""People on a level, fewer of whom say nothing of it."""
YEAR = timedelta(days=365)
NOT_SEPARATED = "the rules do not separate your customers"


@dataclass(frozen=True, slots=True)
class Flow:
    """From the end of one day to the end of another: (stage then, stage now) -> customers. Stage then is ""
    for those who came since."""

    starts_on: date
    ends_on: date
    counts: Mapping[tuple[str, str], int]

    def size(self, stage: str) -> int:
        """How many were in a stage at the start: the sum of its row."""
        return sum(count for (old, _), count in self.counts.items() if old == stage)

    def size_now(self, stage: str) -> int:
        """How many are in it at the end: the sum of its column."""
        return sum(count for (_, new), count in self.counts.items() if new == stage)


@dataclass(frozen=True, slots=True)
class Return:
    """Of those who stood on a level a year ago, how many ordered since."""

    level: str
    customers: int
    returned: int

    @property
    def share(self) -> float | None:
        """None where too few stood there to say."""
        return self.returned / self.customers if self.customers >= ENOUGH else None


def month_ends(as_of: date, months: int) -> list[date]:
    """The ends of the last months, oldest first, then `as_of` itself."""
    ends = [as_of]
    for _ in range(months):
        ends.append(ends[-1].replace(day=1) - timedelta(days=1))
    return ends[::-1]


def recorded_since(facts: Sequence[Fact], zone: str) -> date | None:
    """The day of the first night that recorded anything, in the client's zone. It dates back the one stage in
    which it found somebody, and knows of none before; None where there was no night."""
    first = min((fact.at for fact in facts), default=None)
    return first and first.astimezone(ZoneInfo(zone)).date()


def flows(session: Session, facts: Sequence[Fact], as_of: date, zone: str, months: int = 1) -> Sequence[Flow]:
    """The flow through each of the last months and the running one, from recorded moves of stages; not of a
    month that began before anything was recorded.

    A customer counts once, under today's profiles. `facts` are those of kind "stage". Makes stage_move.
    """
    since = recorded_since(facts, zone)
    told = [(fact.subject, date.fromisoformat(fact.payload["on"]), fact.payload["new"]) for fact in facts]
    names = ("subjects", "moved", "stages")
    session.run(_MOVES, {name: [row[n] for row in told] for n, name in enumerate(names)})
    found = []
    for starts_on, ends_on in pairwise(month_ends(as_of, months)):
        if since is None or starts_on < since:
            continue
        rows = session.query(statement(__package__, "transition"), {"starts_on": starts_on, "ends_on": ends_on})
        found.append(Flow(starts_on, ends_on, {(old or "", new): count for old, new, count in rows}))
    return found


_MOVES = """CREATE OR REPLACE TEMP TABLE stage_move AS
    SELECT unnest($subjects::VARCHAR[]) AS subject, unnest($moved::DATE[]) AS moved_on,
           unnest($stages::VARCHAR[]) AS new"""


def returns(session: Session, as_of: date, zone: str) -> Sequence[Return]:
    """The back-test of the levels: as they stood a year ago, and who ordered since."""
    rows = session.query(statement(__package__, "level_return"), {"then_on": as_of - YEAR, "zone": zone})
    return [Return(LEVELS[level], customers, returned) for level, customers, returned in rows]


def verdict(found: Iterable[Return]) -> str:
    """What the back-test says."""
    shares = [one.share for one in found if one.share is not None]
    if len(shares) < 2:
        return f"too few: fewer than two levels had {ENOUGH} people a year ago"
    if all(low < high for low, high in pairwise(shares)):
        return "the 12-month return rises with the level"
    return NOT_SEPARATED
