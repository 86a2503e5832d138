"""What the platform holds at this moment against what a change expects. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.changes import AddressChange, IssueCode, JoinList, LeaveList, SetField
from regulars.connector import FieldType, Held
from regulars.plan import PlannedChange
from regulars.plan.planned import IN
from regulars.plan.values import same

SAID_NO = ("unsubscribed", "complained", "redacted")
"""A platform's own words for somebody who said no or was erased there."""
STOPPED = (*SAID_NO, "cleaned", "bounced", "invalid", "archived", "pending")
"""A platform's own words for somebody who must not be handed to a sender."""

Types = Mapping[str, FieldType]


def value_of(planned: PlannedChange, held: Held) -> str | None:
    """What the record holds now of what the change is about."""
    match planned.change:
        case SetField(field=name):
            return held.fields.get(name) or None
        case JoinList(list=name) | LeaveList(list=name):
            return IN if name in held.lists else None
        case AddressChange():
            return held.email
        case IssueCode():
            return None


def equal(planned: PlannedChange, types: Types, one: str | None, other: str | None) -> bool:
    """Whether two values of what the change is about are the same."""
    match planned.change:
        case SetField(field=name):
            return same(types.get(name, "text"), one, other)
        case AddressChange():
            return _address(one) == _address(other)
        case _:
            return one == other


def done(planned: PlannedChange, types: Types, held: Held | None) -> bool:
    """Whether the record holds what is wanted. A code cannot be read back."""
    if held is None or isinstance(planned.change, IssueCode):
        return False
    return equal(planned, types, value_of(planned, held), planned.wanted)


def drifted(planned: PlannedChange, types: Types, held: Held) -> bool:
    """Whether somebody changed the value since the plan was made."""
    if isinstance(planned.change, IssueCode):
        return False
    expected = planned.change.old if isinstance(planned.change, AddressChange) else planned.now
    return not equal(planned, types, value_of(planned, held), expected)


def refusal(planned: PlannedChange, held: Held) -> str:
    """Why a person must not be handed to a sender after all; "" where nothing speaks against it."""
    hands_over = planned.mailed or isinstance(planned.change, AddressChange)
    # An address that bounced is the very reason for a new one.
    stops = SAID_NO if isinstance(planned.change, AddressChange) else STOPPED
    return f"{held.state} on the platform by now" if hands_over and held.state in stops else ""


def _address(text: str | None) -> str:
    return (text or "").strip().lower()
