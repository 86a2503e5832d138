"""What was read, put together as the warehouse does it: the newest version wins, what is gone goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from regulars.connector import Page, Source

Key = tuple[str, str]


@dataclass
class Shelf:
    """Records by (kind, id), with each stream's cursor. `pages` counts what was put."""

    rows: dict[Key, Mapping[str, Any]] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)
    pages: int = 0
    _seen: dict[str, set[Key]] = field(default_factory=dict)

    def read(self, source: Source, stop_after: int | None = None) -> None:
        """Read every stream on from its cursor; stop dead after so many pages."""
        for stream in source.streams():
            for page in source.pages(stream, self.cursors.get(stream)):
                self._put(stream, page)
                if stop_after is not None and self.pages >= stop_after:
                    return

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        """All records of a kind, by id."""
        return [row for (k, _), row in sorted(self.rows.items()) if k == kind]

    def difference(self, other: Shelf) -> str:
        """The first record that is not the same on both shelves, in words; empty if there is none."""
        for key in sorted(self.rows.keys() | other.rows.keys()):
            mine, theirs = self.rows.get(key), other.rows.get(key)
            if mine != theirs:
                return f"{key[0]} {key[1]}: {_differing(mine, theirs)}"
        return ""

    def _put(self, stream: str, page: Page) -> None:
        if page.begins:
            self._seen[stream] = set()
        seen = self._seen.setdefault(stream, set())
        for kind, records in page.rows.items():
            for record in records:
                self._put_one(kind, record, seen)
        for key in [k for k in self.rows if k[0] in page.complete and k not in seen]:
            del self.rows[key]
        if page.cursor is not None:
            self.cursors[stream] = page.cursor
        self.pages += 1

    def _put_one(self, kind: str, record: Mapping[str, Any], seen: set[Key]) -> None:
        if kind == "deletion":
            self.rows.pop((record["entity"], record["id"]), None)
            return
        key = (kind, record["id"])
        seen.add(key)
        held = self.rows.get(key)
        if held is None or held["updated_at"] <= record["updated_at"]:
            self.rows[key] = record
        if kind == "merge":
            self.rows.pop(("person", record["id"]), None)


def _differing(mine: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None) -> str:
    if mine is None or theirs is None:
        return "missing on one side"
    names = [name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)]
    return ", ".join(f"{name} is {mine.get(name)!r} or {theirs.get(name)!r}" for name in sorted(names))
