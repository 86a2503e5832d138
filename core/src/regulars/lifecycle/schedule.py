"""When a newly learned line replaces the one in force. Lines that moved each night would move people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from regulars.lifecycle.line import Line

SETTLED = timedelta(days=7)
"""How long a line is left alone however far it would move."""
MOVED = 0.10

Kept = Mapping[str, Any]
"""The payload of a fact of kind "line"."""


def in_force(learned: Iterable[Line], past: Mapping[str, Kept], as_of: date) -> Sequence[Line]:
    """The lines of a day: those recorded, unless a new one is due.

    `past` has the newest recorded line of each category on or before `as_of`. What a person said counts
    at once. A learned line is replaced at most once in a calendar month, or after a week where it
    moved by more than a tenth.
    """
    return [_in_force(line, past.get(line.category), as_of) for line in learned]


def _in_force(line: Line, kept: Kept | None, as_of: date) -> Line:
    if kept is None:
        return replace(line, on=as_of, is_new=True)
    on = date.fromisoformat(kept["on"])
    if (line.at_risk, line.lapsed, line.source) == (kept["at_risk"], kept["lapsed"], kept["source"]):
        return replace(line, on=on, version=kept["version"], reason=kept["reason"])
    if _is_due(line, kept, as_of - on, (as_of.year, as_of.month) > (on.year, on.month)):
        return replace(line, on=as_of, version=kept["version"] + 1, is_new=True)
    note = f"tonight {line.at_risk} and {line.lapsed} would be learned; lines are reviewed once a month"
    stands: dict[str, Any] = {name: kept[name] for name in ("at_risk", "lapsed", "source", "reason", "version")}
    return replace(line, **stands, on=on, note=note)


def _is_due(line: Line, kept: Kept, age: timedelta, is_next_month: bool) -> bool:
    if "client" in (line.source, kept["source"]):
        return True
    moved = any(abs(getattr(line, name) - kept[name]) > MOVED * kept[name] for name in ("at_risk", "lapsed"))
    return age > timedelta() and (is_next_month or (moved and age >= SETTLED))
