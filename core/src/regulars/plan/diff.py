"""The difference between what a platform holds and what we want. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from regulars.changes import JoinList, LeaveList, SetField
from regulars.plan.document import FieldCount, ListCount
from regulars.plan.mapping import FieldRule, ListRule
from regulars.plan.mirror import Record
from regulars.plan.planned import IN, PlannedChange
from regulars.plan.values import close, same
from regulars.segments.columns import NOT_OF_ORDERS

UNCOUNTED = "an order of this customer counts nowhere, see: regulars status"
"""Why nothing that rests on orders is written to a customer of whom one could not be counted."""


def field_changes(
    connection: str, rule: FieldRule, records: Sequence[Record], wanted: Mapping[str, str | None]
) -> tuple[FieldCount, list[PlannedChange]]:
    """Changes of one field. `wanted`: customer -> text; a customer without one is wanted empty, which
    clears nothing unless the rule says so."""
    name, changes, held, known = rule.spec.name, [], 0, 0
    tally = dict.fromkeys(("set", "change", "clear", "same", "blocked"), 0)
    for record in records:
        now, text = record.fields.get(name) or None, wanted.get(record.customer)
        if now is not None:
            held += 1
            known += name in record.last
        if now == text or _stays(rule, now, text):
            tally["same"] += 1
            continue
        invalid = _invalid(rule, text)
        lacking = UNCOUNTED if record.uncounted and rule.column not in NOT_OF_ORDERS else ""
        blocked = record.blocked or lacking or invalid
        tally["blocked" if blocked else _sort(now, text)] += 1
        reason = _reason(rule, now, text, record.last.get(name))
        change = SetField(record.id, name, text)
        changes.append(PlannedChange(connection, change, now, record.last.get(name), reason, blocked))
    spec = rule.spec
    count = FieldCount(
        spec.name,
        spec.type,
        spec.label,
        spec.options,
        set=tally["set"],
        change=tally["change"],
        clear=tally["clear"],
        same=tally["same"],
        blocked=tally["blocked"],
        held=held,
        first=2 * known < held,
    )
    return count, changes


def list_changes(
    connection: str,
    rule: ListRule,
    records: Sequence[Record],
    members: frozenset[str],
    stop: str = "",
    refused: frozenset[str] = frozenset(),
    withdrawn: frozenset[str] = frozenset(),
) -> tuple[ListCount, list[PlannedChange]]:
    """Changes of one list: who joins and who leaves. `stop` blocks joins, never leaves.

    Of a person's records, one that said no or whose address is dead is not handed to a sender. Nothing keeps
    the records `refused`, whose people said no, in a sender's list. Of whom an order counts nowhere neither joins
    nor leaves, except that it leaves a sender's list: that order may be why; and that customers `withdrawn`, who
    said no on a channel that the list's rule wants, leave: that is why, whatever the orders are.
    """
    changes = []
    for record in records:
        inside = rule.name in record.lists
        wanted = record.customer in members and not (rule.mailed and record.stopped)
        if inside == wanted:
            continue
        change = JoinList(record.id, rule.name) if wanted else LeaveList(record.id, rule.name)
        now, last = (IN if inside else None), record.last.get(rule.name)
        reason = f"{'joins' if wanted else 'leaves'} segment {rule.segment}"
        if last is not None and not inside and wanted:
            reason += "; somebody took the record out of the list"
        may_leave = rule.mailed or record.customer in withdrawn
        lacking = UNCOUNTED if record.uncounted and (wanted or not may_leave) else ""
        blocked = record.blocked or lacking or (stop if wanted else "")
        if record.id in refused and not wanted:
            blocked = ""
        changes.append(PlannedChange(connection, change, now, last, reason, blocked, rule.mailed and wanted))
    before = sum(1 for record in records if rule.name in record.lists)
    joins = sum(1 for c in changes if isinstance(c.change, JoinList) and not c.blocked)
    leaves = sum(1 for c in changes if isinstance(c.change, LeaveList) and not c.blocked)
    blocked_ones = sum(1 for c in changes if c.blocked)
    count = ListCount(rule.name, rule.segment, rule.title, before, joins, leaves, blocked_ones, mailed=rule.mailed)
    no = sum(1 for c in changes if c.change.id in refused and c.wanted is None)
    return replace(count, refused=no, channels=tuple(sorted(rule.channels))), changes


def _stays(rule: FieldRule, now: str | None, wanted: str | None) -> bool:
    if wanted is None:
        return now is None or not rule.clear
    return same(rule.type, now, wanted) or (now is not None and close(rule.threshold, now, wanted))


def _sort(now: str | None, wanted: str | None) -> str:
    if wanted is None:
        return "clear"
    return "set" if now is None else "change"


def _invalid(rule: FieldRule, wanted: str | None) -> str:
    options = rule.spec.options
    if wanted is None or not options or wanted in options:
        return ""
    return f"{wanted!r} is none of the field's options"


def _reason(rule: FieldRule, now: str | None, wanted: str | None, last: str | None) -> str:
    reason = f"{rule.column} is {'unknown' if wanted is None else wanted}"
    if last is None or same(rule.type, now, last):
        return reason
    return f"{reason}; drift: the platform has {now or 'nothing'}, we had written {last}"
