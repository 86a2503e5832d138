"""Which records belong to which: associations of two kinds, with their types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regulars_hubspot.sandbox.kinds import KINDS, Kind
from regulars_hubspot.sandbox.problem import Body

Key = tuple[str, str, str, str]  # type id and record id of one side, then of the other
_DEFAULT = {
    ("0-1", "0-2"): 279, ("0-2", "0-1"): 280,
    ("0-1", "0-3"): 4, ("0-3", "0-1"): 3,
    ("0-2", "0-3"): 342, ("0-3", "0-2"): 341,
    ("0-123", "0-1"): 507, ("0-1", "0-123"): 508,
    ("0-123", "0-2"): 509, ("0-2", "0-123"): 510,
}  # fmt: skip
PRIMARY = {("0-1", "0-2"): 1, ("0-2", "0-1"): 2}
"""A contact's first company is its primary one."""


class Associations:
    """Both directions of every association. `page`: how many of one record an answer holds."""

    def __init__(self) -> None:
        self.page = 1_000
        self.types: dict[Key, list[int]] = {}
        self._to: dict[tuple[str, str, str], dict[str, None]] = {}

    def add(self, one: Kind, key: str, other: Kind, to: str, types: Sequence[int] = ()) -> list[int]:
        """Associate two records, in both directions. Returns the types that hold from the first side."""
        for a, x, b, y in ((one, key, other, to), (other, to, one, key)):
            pair = (a.type_id, b.type_id)
            found = self.types.setdefault((a.type_id, x, b.type_id, y), [])
            first = pair in PRIMARY and not self.of(a, x, b)
            more = types if (a, x) == (one, key) else ()
            wanted = [*more, _DEFAULT.get(pair, 1), *([PRIMARY[pair]] if first else [])]
            found += [n for n in dict.fromkeys(wanted) if n not in found]
            self._to.setdefault((a.type_id, x, b.type_id), {})[y] = None
        return self.types[one.type_id, key, other.type_id, to]

    def drop(self, one: Kind, key: str, other: Kind, to: str) -> None:
        """Part two records; those that are apart are fine."""
        for a, x, b, y in ((one, key, other, to), (other, to, one, key)):
            self.types.pop((a.type_id, x, b.type_id, y), None)
            self._to.get((a.type_id, x, b.type_id), {}).pop(y, None)

    def of(self, one: Kind, key: str, other: Kind) -> list[str]:
        """Ids of the records of another kind that belong to a record, in the order of their ids."""
        return sorted(self._to.get((one.type_id, key, other.type_id), ()), key=int)

    def leave_all(self, one: Kind, key: str) -> None:
        """A record is gone for good."""
        for type_id, record, other, to in [k for k in self.types if k[:2] == (one.type_id, key)]:
            self.types.pop((type_id, record, other, to), None)
            self.types.pop((other, to, type_id, record), None)
            self._to.get((other, to, type_id), {}).pop(record, None)
            self._to.pop((type_id, record, other), None)

    def take_over(self, one: Kind, gone: str, survivor: str) -> None:
        """What belonged to a record that was merged belongs to its survivor."""
        by_id = {kind.type_id: kind for kind in KINDS}
        for _, _, other, to in [k for k in self.types if k[:2] == (one.type_id, gone)]:
            self.add(one, survivor, by_id[other], to)
        self.leave_all(one, gone)

    def view(self, one: Kind, key: str, other: Kind, to: str) -> Body:
        """One association as an answer of v4: the other record and the types."""
        found = self.types[one.type_id, key, other.type_id, to]
        labels = {PRIMARY.get((one.type_id, other.type_id)): "Primary"}
        return {
            "toObjectId": int(to),
            "associationTypes": [
                {"category": "HUBSPOT_DEFINED", "typeId": n, "label": labels.get(n)} for n in sorted(found)
            ],
        }

    def state(self) -> Any:
        """JSON-able."""
        return [[*key, types] for key, types in self.types.items()]

    def restore(self, state: Any) -> None:
        """Become what `state` gave."""
        self.types, self._to = {}, {}
        for a, x, b, y, types in state:
            self.types[a, x, b, y] = types
            self._to.setdefault((a, x, b), {})[y] = None
