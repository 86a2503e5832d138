"""The dated moves of each customer: what was said on which night, kept as facts of the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from regulars.journal import Fact, Journal
from regulars.lifecycle.line import stored
from regulars.lifecycle.schedule import Kept
from regulars.models import Move
from regulars.warehouse import Session, statement

KINDS = ("state", "stage", "level")
"""Kinds of fact; the subject is the customer_id of that night, the payload {"on", "old", "new"}."""
LINE = "line"
"""Kind of fact; the subject is a category or "" for the whole shop, the payload that of a `Line`."""

FACTS = (*KINDS, LINE)
"""All kinds that `Recorded` is made of."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The newest recorded move of every subject: `table` has kind, subject, new, moved_on. `lines` are the
    payloads of all lines that were ever in force, oldest first, with their category."""

    table: pa.Table
    lines: tuple[tuple[str, Kept], ...] = ()

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> Recorded:
        """From facts of the kinds in `KINDS` and of lines, oldest first, in any mixture; others are left alone."""
        last: dict[tuple[str, str], Mapping[str, Any]] = {}
        lines = []
        for fact in facts:
            if fact.kind == LINE:
                lines.append((fact.subject, fact.payload))
            elif fact.kind in KINDS:
                last[fact.kind, fact.subject] = fact.payload
        rows = [(kind, subject, said["new"], said["on"]) for (kind, subject), said in last.items()]
        return cls(_moved_table(rows), tuple(lines))

    @classmethod
    def of_journal(cls, journal: Journal) -> Recorded:
        """The same from a journal."""
        rows = [(kind, *row) for kind in KINDS for row in journal.newest(kind, "new", "on")]
        return cls(_moved_table(rows), tuple((fact.subject, fact.payload) for fact in journal.facts(LINE)))

    def lines_on(self, day: date) -> dict[str, Kept]:
        """The line of each category that was in force on a day."""
        return {category: line for category, line in self.lines if date.fromisoformat(line["on"]) <= day}

    def redrawn_on(self, day: date) -> date:
        """The last day up to `day` on which a line was replaced, long ago where none was."""
        replaced = (date.fromisoformat(line["on"]) for _, line in self.lines if line["version"] > 1)
        return max((on for on in replaced if on <= day), default=date.min)


def _moved_table(rows: Sequence[tuple[str, ...]]) -> pa.Table:
    columns = [pa.array([row[n] for row in rows], pa.string()) for n in range(4)]
    return pa.table(
        dict(zip(("kind", "subject", "new"), columns, strict=False)) | {"moved_on": columns[3].cast(pa.date32())}
    )


def moves(session: Session, kind: str, as_of: date) -> list[tuple[str, dict[str, Any]]]:
    """The new moves of one kind after `build`, ready for `Journal.add_facts`: (customer_id, payload)."""
    rows = session.query(statement(__package__, "moves"), {"kind": kind, "as_of": as_of})
    return [(who, {"on": on.isoformat(), "old": old, "new": new}) for who, on, old, new in rows]


def line_facts(session: Session) -> list[tuple[str, dict[str, Any]]]:
    """The lines that came into force after `build`, ready for `Journal.add_facts`: (category, payload)."""
    return [(line.category, line.payload()) for line in stored(session) if line.is_new]


def history(facts: Iterable[Fact]) -> tuple[Move, ...]:
    """Facts of one kind and subject as moves, oldest first."""
    return tuple(Move(date.fromisoformat(f.payload["on"]), f.payload["old"], f.payload["new"]) for f in facts)
