"""A kind of object with its search index, which may lag behind, and its pages.

Lists and searches go through the index; reading by id sees a change at once. Sorted lists are made
once after a change, and a cursor is found in them by bisection, so that it stays good while rows move.
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter

from regulars_shopify.sandbox.search import Search, Searchable


class Kept(Protocol):
    """What a collection needs to know of an object."""

    number: int
    updated: int

    @property
    def id(self) -> int:
        """The id on the platform."""


T = TypeVar("T", bound=Kept)


class TooDeep(Exception):
    """One search was paged through further than the platform allows."""


class BadCursor(Exception):
    """A cursor that is none of ours."""


@dataclass(frozen=True)
class Slice:
    """A page of a connection. `values` are what the nodes are sorted by, for their cursors."""

    nodes: Sequence[Any]
    values: Sequence[int]
    more: bool
    earlier: bool = False

    def cursor(self, at: int) -> str:
        """The cursor of one node."""
        return cursor(self.nodes[at].id, self.values[at])


def cursor(id: int, value: int) -> str:
    """As the platform writes it: base64 of the id and the value sorted by."""
    told = json.dumps({"last_id": id, "last_value": value}, separators=(",", ":"))
    return base64.b64encode(told.encode()).decode()


def position(text: str) -> tuple[int, int]:
    """What a cursor holds: value and id. Raises BadCursor."""
    try:
        held = json.loads(base64.b64decode(text, validate=True))
        return int(held["last_value"]), int(held["last_id"])
    except (ValueError, KeyError, TypeError):
        raise BadCursor(text) from None


def within(items: Sequence[Any], first: int, after: str | None) -> Slice:
    """A page of a list that hangs on one object; its items keep their order."""
    begin = 0
    if after is not None:
        last = position(after)[1]
        begin = next((i + 1 for i, item in enumerate(items) if item.id == last), len(items))
    nodes = items[begin : begin + first]
    return Slice(nodes, [item.id for item in nodes], begin + first < len(items), begin > 0)


class Collection(Generic[T]):
    """All objects of a kind. `sorts`: sort key -> the value sorted by (UPDATED_AT is the index's own)."""

    def __init__(
        self, sorts: Mapping[str, Callable[[T], int]], fields: Mapping[str, Searchable], depth: int = 25_000
    ) -> None:
        self.fields, self.depth = dict(fields), depth
        self.live: dict[int, T] = {}
        self.keys: dict[str, int] = {}
        self.gone: dict[int, int | None] = {}
        """Numbers of what left, and what stands for it now."""
        self._sorts = sorts
        self._indexed: dict[int, int] = {}
        self._late: list[tuple[int, int, int]] = []  # visible from, number, updated
        self._sorted: dict[str, list[tuple[int, int, int]]] = {}

    def sorted_by(self, sort: str) -> bool:
        """Whether there is such a sort key."""
        return sort == "UPDATED_AT" or sort in self._sorts

    def put(self, thing: T, visible: int | None = None) -> None:
        """Keep an object; searches see it from second `visible` on (None: at once)."""
        self.live[thing.number] = thing
        if visible is None:
            self._indexed[thing.number] = thing.updated
            self._sorted.clear()
        else:
            self._late.append((visible, thing.number, thing.updated))

    def remove(self, number: int, into: int | None = None) -> None:
        """Take an object out, also of the index; `into` is the number of what stands for it."""
        del self.live[number]
        self.gone[number] = into
        self._indexed.pop(number, None)
        self._late = [entry for entry in self._late if entry[1] != number]
        self._sorted.clear()

    def standing(self, number: int | None) -> int | None:
        """The number of what stands for a number now; None where nothing does."""
        while number in self.gone:
            number = self.gone[number]
        return number

    def settle(self, now: int) -> None:
        """Let the index catch up with what it should know by now."""
        if self._late and any(entry[0] <= now for entry in self._late):
            for _, number, updated in (entry for entry in self._late if entry[0] <= now):
                self._indexed[number] = updated
            self._late = [entry for entry in self._late if entry[0] > now]
            self._sorted.clear()

    def count(self, search: Search) -> int:
        """How many objects match."""
        if not search.tests:
            return len(self._indexed)
        return sum(search.matches(self.live[number], at) for number, at in self._indexed.items())

    def page(self, search: Search, sort: str, reverse: bool, first: int, after: str | None) -> Slice:
        """The matching objects behind a cursor. Raises BadCursor, TooDeep."""
        rows = self._rows(sort)
        begin = bisect_left(rows, (search.low,)) if sort == "UPDATED_AT" and not reverse else 0
        start = begin
        if after is not None:
            value, last = position(after)
            scale = 1 if sort == "ID" else 1000
            start = max(start, self._behind(rows, value // scale, last, reverse))
        if after is not None and search.tests and self._is_too_deep(rows, begin, start, reverse, search):
            raise TooDeep
        found = list(self._matching(rows, start, reverse, search, first + 1))
        nodes, scale = found[:first], 1 if sort == "ID" else 1000
        return Slice(
            [self.live[number] for _, _, number in nodes],
            [value * scale for value, _, _ in nodes],
            len(found) > first,
            start > begin,
        )

    def state(self, objects: TypeAdapter[list[T]]) -> dict[str, Any]:
        """Everything, as JSON-able data."""
        return {
            "objects": objects.dump_python(list(self.live.values()), mode="json"),
            "keys": self.keys,
            "gone": list(self.gone.items()),
            "indexed": list(self._indexed.items()),
            "late": self._late,
        }

    def restore(self, state: Mapping[str, Any], objects: TypeAdapter[list[T]]) -> None:
        """Become what `state` gave."""
        self.live = {thing.number: thing for thing in objects.validate_python(state["objects"])}
        self.keys = dict(state["keys"])
        self.gone = dict(state["gone"])
        self._indexed = dict(state["indexed"])
        self._late = [(visible, number, updated) for visible, number, updated in state["late"]]
        self._sorted.clear()

    def _is_too_deep(
        self, rows: list[tuple[int, int, int]], begin: int, start: int, reverse: bool, search: Search
    ) -> bool:
        """Whether more than can be paged through were found before `start`: what does not match is not counted."""
        if start - begin <= self.depth:
            return False
        last = len(rows) - 1
        before = (rows[last - i if reverse else i][2] for i in range(begin, start))
        return sum(search.matches(self.live[number], self._indexed[number]) for number in before) > self.depth

    def _behind(self, rows: list[tuple[int, int, int]], value: int, id: int, reverse: bool) -> int:
        if reverse:
            return len(rows) - bisect_left(rows, (value, id))
        return bisect_right(rows, (value, id, 1 << 62))

    def _matching(
        self, rows: list[tuple[int, int, int]], start: int, reverse: bool, search: Search, wanted: int
    ) -> Iterator[tuple[int, int, int]]:
        last = len(rows) - 1
        for i in range(start, len(rows)):
            row = rows[last - i] if reverse else rows[i]
            if not search.tests or search.matches(self.live[row[2]], self._indexed[row[2]]):
                yield row
                wanted -= 1
                if wanted == 0:
                    return

    def _rows(self, sort: str) -> list[tuple[int, int, int]]:
        """(value, id, number) in ascending order."""
        if sort not in self._sorted:
            value = self._sorts.get(sort)
            self._sorted[sort] = sorted(
                (at if value is None else value(self.live[number]), self.live[number].id, number)
                for number, at in self._indexed.items()
            )
        return self._sorted[sort]
