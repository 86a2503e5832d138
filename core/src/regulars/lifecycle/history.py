"""The dated moves of each customer: what was said on which night, kept as facts of the journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from regulars.journal import Fact
from regulars.models import Move
from regulars.warehouse import Session, statement

KINDS = ("state", "stage", "level")
"""Kinds of fact; the subject is the customer_id of that night, the payload {"on", "old", "new"}."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The newest recorded move of every subject: `table` has kind, subject, new, moved_on."""

    table: pa.Table

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> Recorded:
        """From facts of the kinds in `KINDS`, oldest first, in any mixture; others are left alone."""
        last = {(f.kind, f.subject): f.payload for f in facts if f.kind in KINDS}
        moved = [date.fromisoformat(payload["on"]) for payload in last.values()]
        return cls(
            pa.table(
                {
                    "kind": pa.array([kind for kind, _ in last], pa.string()),
                    "subject": pa.array([subject for _, subject in last], pa.string()),
                    "new": pa.array([payload["new"] for payload in last.values()], pa.string()),
                    "moved_on": pa.array(moved, pa.date32()),
                }
            )
        )


def moves(session: Session, kind: str, as_of: date) -> list[tuple[str, dict[str, Any]]]:
    """The new moves of one kind after `build`, ready for `Journal.add_facts`: (customer_id, payload)."""
    rows = session.query(statement(__package__, "moves"), {"kind": kind, "as_of": as_of})
    return [(who, {"on": on.isoformat(), "old": old, "new": new}) for who, on, old, new in rows]


def history(facts: Iterable[Fact]) -> tuple[Move, ...]:
    """Facts of one kind and subject as moves, oldest first."""
    return tuple(Move(date.fromisoformat(f.payload["on"]), f.payload["old"], f.payload["new"]) for f in facts)
