"""One change of a plan: what, to whom, why, and whether anything stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from regulars.changes import AddressChange, Change, IssueCode, JoinList, LeaveList, SetField

IN = "in"
"""What a list holds of a record that is in it; None where it is not."""
NEW_ADDRESS, NEW_ADDRESS_STATE = "ecoa_email", "ecoa_state"
"""The fields of ours, after the platform's prefix, that hold a confirmed new address."""
WHOLE_PLAN = "guard max_write_records"
"""How the reason begins where a guard stops a whole plan."""
KINDS: Mapping[str, type[Change]] = {
    "set": SetField,
    "leave": LeaveList,
    "join": JoinList,
    "address": AddressChange,
    "code": IssueCode,
}
"""Names of the kinds, in the order in which they are written: fields before lists."""
_NAMES = {kind: name for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A change with `now`, what the platform held when it was planned, and `last`, what we last wrote.

    `blocked` says why it is not written; "" is writable. `mailed`: it hands a person to a sender, so
    that consent is looked at once more right before the write.
    """

    connection: str
    change: Change
    now: str | None
    last: str | None
    reason: str
    blocked: str = ""
    mailed: bool = False

    @property
    def kind(self) -> str:
        """A key of KINDS."""
        return _NAMES[type(self.change)]

    @property
    def name(self) -> str:
        """The field or list that it is about."""
        return name_of(self.change)

    @property
    def wanted(self) -> str | None:
        """What the platform holds once it is done."""
        return wanted_of(self.change)

    def to_json(self) -> dict[str, Any]:
        """As it stands in a plan's file."""
        rest: dict[str, Any] = {"now": self.now, "last": self.last, "reason": self.reason}
        if self.blocked:
            rest["blocked"] = self.blocked
        if self.mailed:
            rest["mailed"] = True
        return {"connection": self.connection, "kind": self.kind, **asdict(self.change), **rest}

    @classmethod
    def of_json(cls, row: Mapping[str, Any]) -> PlannedChange:
        """From a plan's file. Raises KeyError or TypeError where it is none."""
        kind = KINDS[row["kind"]]
        change = kind(**{name: row[name] for name in kind.__slots__})
        return cls(
            row["connection"],
            change,
            row["now"],
            row["last"],
            row["reason"],
            row.get("blocked", ""),
            row.get("mailed", False),
        )


def name_of(change: Change) -> str:
    """The field or list a change is about; "e-mail" for an address, the code for a code."""
    match change:
        case SetField(field=name) | JoinList(list=name) | LeaveList(list=name) | IssueCode(code=name):
            return name
        case AddressChange():
            return "e-mail"


def wanted_of(change: Change) -> str | None:
    """What the platform holds once a change is done."""
    match change:
        case SetField(value=value):
            return value
        case JoinList():
            return IN
        case LeaveList():
            return None
        case AddressChange(new=new):
            return new
        case IssueCode(code=code):
            return code
