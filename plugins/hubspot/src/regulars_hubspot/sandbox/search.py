"""The search index of one kind: complete, capped, and behind the truth by some seconds."""

from __future__ import annotations

import operator
import random
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable
from datetime import datetime
from heapq import heappop, heappush
from typing import Any

from regulars_hubspot.sandbox.kinds import Kind
from regulars_hubspot.sandbox.problem import Body, invalid
from regulars_hubspot.sandbox.schema import Schema, millis

Values = dict[str, str]
Test = Callable[[Values], bool]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "GT": operator.gt,
    "GTE": operator.ge,
    "LT": operator.lt,
    "LTE": operator.le,
}


class Index:
    """Records as search sees them: each write shows after `lag` seconds and up to `spread` more."""

    def __init__(self, kind: Kind, schema: Schema, seed: int = 0) -> None:
        self._kind, self._schema, self._dice = kind, schema, random.Random(seed)
        self.lag, self.spread, self.page_cap, self.result_cap = 2.0, 38.0, 200, 10_000
        self._seen: dict[int, Values] = {}
        self._ids: list[int] = []
        self._coming: list[tuple[float, int, int, Values | None]] = []
        self._shown: dict[int, int] = {}  # the number of the write that is shown
        self._writes = 0
        self._stamps: dict[str, int] = {}
        self._last, self._found = "", list[int]()

    def changed(self, row: Body, now: datetime) -> None:
        """A record was written; an archived one leaves the index."""
        values = None if row["archived"] else row["properties"]
        self._writes += 1
        due = now.timestamp() + self.lag + (self._dice.uniform(0, self.spread) if self.spread else 0)
        heappush(self._coming, (due, self._writes, int(row["id"]), values))

    def rebuild(self, rows: Iterable[Body]) -> None:
        """Show these records, as they are, at once."""
        self._seen = {int(row["id"]): row["properties"] for row in rows}
        self._ids = sorted(self._seen)
        self._coming.clear()
        self._last = ""

    def find(self, asked: Body, now: datetime) -> tuple[list[Values], int, int | None]:
        """Matching records of one page, how many there are in all, and the next offset."""
        self._catch_up(now)
        limit, offset = asked.get("limit", 10), _offset(asked.get("after", 0))
        if not isinstance(limit, int) or not 0 <= limit <= self.page_cap:
            raise invalid(f"limit must be between 0 and {self.page_cap}")
        if offset + limit > self.result_cap:
            raise invalid(f"Paging is limited to {self.result_cap} results in all; narrow the search")
        found = self._matching(asked.get("filterGroups") or [])
        if text := str(asked.get("query") or "").lower():
            found = [n for n in found if self._says(self._seen[n], text)]
        self._sort(found, asked.get("sorts") or [])
        page = [self._seen[n] for n in found[offset : offset + limit]]
        end = offset + limit
        return page, len(found), end if end < len(found) else None

    def _says(self, held: Values, text: str) -> bool:
        return any(text in held.get(name, "").lower() for name in self._kind.searched)

    def _matching(self, groups: list[Body]) -> list[int]:
        filters = [f for group in groups for f in group.get("filters", [])]
        if len(groups) > 5 or len(filters) > 18 or any(len(g.get("filters", [])) > 6 for g in groups):
            raise invalid("At most 5 filterGroups of 6 filters, 18 filters in all")
        if not groups:
            return list(self._ids)
        if len(groups) > 1:
            return self._meeting(groups)
        # An index knows where an id begins, and what it found a moment ago: so reading on from an id
        # stays fast in a large portal.
        from_id = [f for f in filters if f.get("propertyName") == "hs_object_id" and f.get("operator") == "GT"]
        ids = self._meeting([{"filters": [f for f in filters if f not in from_id]}])
        for one in from_id:
            ids = ids[bisect_right(ids, int(one["value"])) :]
        return list(ids)

    def _meeting(self, groups: list[Body]) -> list[int]:
        """Ids of the records that meet all filters of any group, in order."""
        asked = repr(groups)
        if self._last != asked:
            tests = [[self._test(f) for f in group.get("filters", [])] for group in groups]
            seen = self._seen
            self._found = [n for n in self._ids if any(all(t(seen[n]) for t in group) for group in tests)]
            self._last = asked
        return self._found

    def _sort(self, found: list[int], sorts: list[Any]) -> None:
        if len(sorts) > 1:
            raise invalid("Only one sort is allowed")
        if not sorts:
            return
        rule = sorts[0] if isinstance(sorts[0], dict) else {"propertyName": sorts[0]}
        name, descending = rule["propertyName"], rule.get("direction") == "DESCENDING"
        if name != "hs_object_id":
            key = self._key(name)
            found.sort(key=lambda n: key(self._seen[n].get(name, "")))
        if descending:
            found.reverse()

    def _test(self, asked: Body) -> Test:
        name, act = asked.get("propertyName", ""), asked.get("operator", "")
        if name not in self._schema.live:
            # The wrong name finds nothing and says nothing (hs_lastmodifieddate on contacts).
            return lambda _: False
        if act in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
            return lambda held: (name in held) == (act == "HAS_PROPERTY")
        if act in ("IN", "NOT_IN"):
            wanted = set(asked.get("values") or [])
            return lambda held: (held.get(name, "").lower() in wanted) == (act == "IN")
        if "value" not in asked:
            raise invalid(f"{act} needs a value")
        value, high = str(asked["value"]), str(asked.get("highValue", ""))
        if act in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"):
            token = value.strip("*").lower()
            return lambda held: (token in held.get(name, "").lower()) == (act == "CONTAINS_TOKEN")
        return self._comparison(name, act, value, high)

    def _comparison(self, name: str, act: str, value: str, high: str) -> Test:
        key = self._key(name)
        want = key(value)
        if act == "BETWEEN":
            most = key(high)
            return lambda held: name in held and want <= key(held[name]) <= most
        if act == "NEQ":
            return lambda held: name not in held or key(held[name]) != want
        compare = _COMPARE.get(act)
        if compare is None:
            raise invalid(f"Unknown operator {act!r}")
        return lambda held: name in held and compare(key(held[name]), want)

    def _key(self, name: str) -> Callable[[str], Any]:
        """How values of a property compare: numbers, instants, or texts whatever their case."""
        kind = self._schema.live[name]["type"] if name in self._schema.live else "string"
        if kind == "number":
            return lambda value: float(value or 0)
        return self._millis if kind in ("date", "datetime") else str.lower

    def _millis(self, value: str) -> int:
        found = self._stamps.get(value)
        if found is None:
            found = self._stamps[value] = millis(value) or 0
        return found

    def _catch_up(self, now: datetime) -> None:
        at = now.timestamp()
        while self._coming and self._coming[0][0] <= at:
            _, write, number, values = heappop(self._coming)
            if self._shown.get(number, 0) > write:
                continue  # a later write of the same record came first
            self._shown[number] = write
            self._last = ""
            if values is None:
                self._drop(number)
                continue
            if number not in self._seen:
                insort(self._ids, number)
            self._seen[number] = values

    def _drop(self, number: int) -> None:
        if self._seen.pop(number, None) is not None:
            self._ids.pop(bisect_right(self._ids, number) - 1)


def _offset(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid(f"after must be an integer, not {value!r}") from None
