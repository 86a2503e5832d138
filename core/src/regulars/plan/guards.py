"""Limits that a plan may not pass: a field or list that does is blocked, the others stay writable."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Protocol

from regulars.plan.document import FieldCount, ListCount
from regulars.plan.planned import WHOLE_PLAN, PlannedChange

HANDFUL = 10
"""Fewer records than this are no share of anything: a shop of five people may change two."""


class Limits(Protocol):
    """Section [guards] of a client."""

    @property
    def max_change_pct_per_field(self) -> float:
        """Share of the records with a value whose value may change or go."""

    @property
    def max_clear_pct_per_field(self) -> float:
        """Share of the records with a value whose value may go."""

    @property
    def max_segment_shift_pct(self) -> float:
        """How much a list may grow or shrink, net."""

    @property
    def max_write_records(self) -> int:
        """How many records one plan may touch."""


def guard_field(count: FieldCount, limits: Limits, allowed: Collection[str] = ()) -> str:
    """Which guard stops a field, in words with the numbers; "" for none.

    The first time a field is written, its change share says nothing. `allowed` holds
    "<guard>:<field>" that a person let through.
    """
    checks = [("max_clear_pct_per_field", count.clear, limits.max_clear_pct_per_field)]
    if not count.first:
        checks.append(("max_change_pct_per_field", count.change + count.clear, limits.max_change_pct_per_field))
    for guard, moved, limit in checks:
        share = 100 * moved / count.held if count.held else 0.0
        if moved >= HANDFUL and share > limit and f"{guard}:{count.name}" not in allowed:
            return f"guard {guard}: {share:.1f} %, limit {limit:g} %"
    return ""


def guard_list(count: ListCount, limits: Limits, allowed: Collection[str] = ()) -> str:
    """The same for a list. A list that nobody was in has no share to shift."""
    net = abs(count.joins - count.leaves)
    share = 100 * net / count.before if count.before else 0.0
    guard, limit = "max_segment_shift_pct", limits.max_segment_shift_pct
    if net >= HANDFUL and share > limit and f"{guard}:{count.name}" not in allowed:
        return f"guard {guard}: {share:.1f} %, limit {limit:g} %"
    return ""


def guard_records(changes: Sequence[PlannedChange], limits: Limits) -> str:
    """Whether the plan touches too many records."""
    records = len({(c.connection, c.change.id) for c in changes if not c.blocked})
    if records <= limits.max_write_records:
        return ""
    return f"{WHOLE_PLAN}: {records:,} records, limit {limits.max_write_records:,}"


def blocked(
    changes: Sequence[PlannedChange], why: str, free: Collection[PlannedChange] = ()
) -> list[PlannedChange]:
    """The changes with `why` in their way; what was blocked already keeps its own reason. Nothing is in the way of
    those in `free`."""
    return [replace(c, blocked=why) if why and not c.blocked and c not in free else c for c in changes]
