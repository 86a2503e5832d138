"""Joining and leaving our lists: tags added and removed, never a customer's tags as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars import Change, JoinList, LeaveList, Outcome, UnknownOutcomeError

from regulars_shopify.bulk_changes import BulkChanges
from regulars_shopify.endpoint import Done, Endpoint
from regulars_shopify.namespace import list_fault

Move = JoinList | LeaveList
Found = dict[Change, Outcome]


def write(endpoint: Endpoint, changes: Sequence[Move]) -> Found:
    """One call for what one customer joins and one for what they leave; an outcome for each change."""
    done: Found = {c: Outcome(c, "rejected", fault) for c in changes if (fault := list_fault(c.list))}
    for moves in grouped([change for change in changes if change not in done]):
        done |= _moved(endpoint, moves)
    return done


def write_many(bulk: BulkChanges, changes: Sequence[Move]) -> Found:
    """The same for thousands: a line for each customer, an operation for each direction."""
    done: Found = {c: Outcome(c, "rejected", fault) for c in changes if (fault := list_fault(c.list))}
    groups = grouped([change for change in changes if change not in done])
    for name in ("add_tags", "remove_tags"):
        lines = [moves for moves in groups if document_of(moves[0]) == name]
        answers = bulk.run(name, [variables(moves) for moves in lines]) if lines else []
        for moves, answer in zip(lines, answers, strict=True):
            done |= {move: _outcome(move, answer) for move in moves}
    return done


def _outcome(move: Move, answer: Done | None) -> Outcome:
    if answer is None:
        return Outcome(move, "unknown", "no line of the result is about it")
    return Outcome(move, "rejected", answer.errors[0].message) if answer.errors else Outcome(move, "written")


def grouped(changes: Sequence[Move]) -> list[list[Move]]:
    """Changes of one customer and one direction together."""
    groups: dict[tuple[str, type], list[Move]] = {}
    for change in changes:
        groups.setdefault((change.id, type(change)), []).append(change)
    return list(groups.values())


def document_of(move: Move) -> str:
    """The name of the mutation's document."""
    return "add_tags" if isinstance(move, JoinList) else "remove_tags"


def variables(moves: Sequence[Move]) -> Mapping[str, Any]:
    """The mutation's variables."""
    return {"id": moves[0].id, "tags": [move.list for move in moves]}


def _moved(endpoint: Endpoint, moves: Sequence[Move]) -> Found:
    try:
        answer = endpoint.change(document_of(moves[0]), variables(moves))
    except UnknownOutcomeError as fault:
        return {move: Outcome(move, "unknown", str(fault)) for move in moves}
    return {move: _outcome(move, answer) for move in moves}
