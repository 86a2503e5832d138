"""The last look at every change, when it is planned and again right before it is handed to a plugin."""

from __future__ import annotations

from regulars.changes import AddressChange, Change, IssueCode, JoinList, LeaveList, SetField
from regulars.connector import Writes
from regulars.errors import RefusedError


def check(change: Change, writes: Writes | None, where: str = "") -> None:
    """Let a change of our own namespace through.

    Raises RefusedError for a platform that may not be written to, for a field or list that is not
    ours, and for anything that is not exactly one of the closed union (a subclass is not).
    """
    if writes is None:
        raise RefusedError("this platform cannot be written to", where=where)
    if type(change) not in (SetField, JoinList, LeaveList, AddressChange, IssueCode):
        raise RefusedError(f"{type(change).__name__} is not a change that exists", where=where)
    if not change.id:
        raise RefusedError("a change without a record", where=where)
    match change:
        case SetField(field=name):
            _ours("field", name, writes.field_prefix, where)
            if len(name) > writes.max_field_name:
                hint = f"At most {writes.max_field_name} characters"
                raise RefusedError(f"the field name {name!r} is too long", where=where, hint=hint)
        case JoinList(list=name) | LeaveList(list=name):
            _ours("list", name, writes.list_prefix, where)
        case AddressChange(old=old, new=new, proof=proof):
            if not proof:
                raise RefusedError("a new address without the person's confirmation", where=where)
            if "@" not in new or old.strip().lower() == new.strip().lower():
                raise RefusedError("a new address that is none", where=where)
        case IssueCode(amount_minor=amount):
            if amount <= 0:
                raise RefusedError("a discount code without a value", where=where)


def _ours(what: str, name: str, prefix: str, where: str) -> None:
    if not prefix or not name.startswith(prefix) or name == prefix:
        hint = f"Ours begin with {prefix!r}"
        raise RefusedError(f"the {what} {name!r} is not ours to write", where=where, hint=hint)
