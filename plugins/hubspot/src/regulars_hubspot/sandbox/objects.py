"""The records of one kind: what they hold and what a write does."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from regulars_hubspot.sandbox.kinds import Kind
from regulars_hubspot.sandbox.problem import Body, invalid, invalid_values, not_found
from regulars_hubspot.sandbox.rules import Rules
from regulars_hubspot.sandbox.schema import Schema, stored

Values = dict[str, str]
Told = Callable[[str, Body, Mapping[str, Any]], None]
"""Told of what happened to a record: creation, propertyChange, deletion, merge, privacyDeletion; with more."""


def stamp(at: datetime) -> str:
    """An instant as HubSpot writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Objects:
    """All records of a kind, live and archived. A write replaces a row's `properties`, so that a reference
    to the old ones stays what it was (the search index lives on that)."""

    def __init__(self, kind: Kind, schema: Schema, changed: Callable[[Body], None], told: Told) -> None:
        self.kind, self.schema, self._changed, self._told = kind, schema, changed, told
        self.rules = Rules(kind.singular)
        self.rows: dict[str, Body] = {}
        self._live: list[int] = []
        self._archived: list[int] = []
        self._next = kind.first_id

    # --- reading ---

    def get(self, key: str, id_property: str = "hs_object_id") -> Body:
        """A live record by id, or by the value of a unique property. Raises 404."""
        row = self.rows.get(key) if id_property == "hs_object_id" else self.holding(id_property, key)
        if row is None or row["archived"]:
            raise not_found("resource not found")
        return row

    def holding(self, name: str, value: str) -> Body | None:
        """The live record with this value of a unique property. Raises 400 for one that is not unique."""
        if not self.schema.unique(name):
            raise invalid(f"Property '{name}' is not a unique identifier of {self.kind.type_id}")
        return next(
            (r for r in self.rows.values() if not r["archived"] and r["properties"].get(name) == value), None
        )

    def page(self, after: str, limit: int, archived: bool) -> tuple[list[Body], str | None]:
        """Records in the order of their ids from `after` on, and where the next page begins."""
        if after and not after.isdigit():
            raise invalid(f"after must be an integer, not {after!r}")
        ids = self._archived if archived else self._live
        start = bisect_left(ids, int(after)) if after else 0
        found = [self.rows[str(n)] for n in ids[start : start + limit]]
        more = ids[start + limit] if start + limit < len(ids) else None
        return found, None if more is None else str(more)

    def view(self, row: Body, wanted: Sequence[str], properties: Values | None = None) -> Body:
        """A record as an answer: wanted properties that exist, null where they are empty."""
        kind, values = self.kind, row["properties"] if properties is None else properties
        names = dict.fromkeys((*wanted, kind.created, "hs_object_id", kind.modified) if wanted else kind.defaults)
        seen: Body = {
            "id": row["id"],
            "properties": {n: values.get(n) for n in names if n in self.schema.live},
            "createdAt": row["createdAt"],
            "updatedAt": values[kind.modified],
            "archived": row["archived"],
        }
        if row["archived"]:
            seen["archivedAt"] = row["archivedAt"]
        return seen

    # --- writing ---

    def create(
        self, values: Values, now: datetime, created: datetime | None = None, source: str = "INTEGRATION"
    ) -> Body:
        """A new record; `source` is who made it (INTEGRATION, IMPORT, CRM_UI ...)."""
        number, self._next = self._next, self._next + 50
        row: Body = {"id": str(number), "createdAt": stamp(created or now), "archived": False}
        row["properties"] = {
            "hs_object_id": str(number),
            self.kind.created: row["createdAt"],
            "hs_object_source_label": source,
        }
        self.rows[row["id"]] = row
        self._live.append(number)
        self._told("creation", row, {})
        self.put(row, values, now)
        return row

    def check(self, row: Body | None, values: Values, dated: bool) -> None:
        """Raise 400 unless these values may be written to a record (None: to a new one).

        The portal's own rules are enforced by the dated API only.
        """
        if faults := self.schema.faults(values):
            raise invalid_values(faults)
        if dated:
            self.rules.enforce(row["properties"] if row else None, values)
        for name in filter(self.schema.unique, values):
            holder = self.holding(name, values[name]) if values[name] else None
            if holder is not None and holder is not row:
                text = f"{holder['id']} already has that value."
                raise invalid(text, errors=[{"message": text, "code": "CONFLICTING_UNIQUE_VALUE"}])

    def put(self, row: Body, values: Values, now: datetime) -> None:
        """Write values that were checked, or the platform's own. Every write moves the last change."""
        held: Values = dict(row["properties"])
        for name, value in values.items():
            if value == "":
                held.pop(name, None)
            else:
                held[name] = stored(self.schema.live[name], value)
            if value != row["properties"].get(name, ""):
                self._told("propertyChange", row, {"propertyName": name, "propertyValue": value})
        self._stored(row, held, now)

    def _stored(self, row: Body, held: Values, now: datetime) -> None:
        held[self.kind.modified] = row["updatedAt"] = stamp(now)
        row["properties"] = held
        self._changed(row)

    def archive(self, key: str, now: datetime) -> None:
        """Into the recycle bin; an unknown or archived id is fine."""
        row = self.rows.get(key)
        if row is None or row["archived"]:
            return
        row["archived"], row["archivedAt"] = True, stamp(now)
        self._live.pop(bisect_left(self._live, int(key)))
        insort(self._archived, int(key))
        self._told("deletion", row, {})
        self._changed(row)

    def merge(self, primary: str, loser: str, now: datetime) -> Body:
        """Two records become one, which keeps the primary's id."""
        first, second = self.get(primary), self.get(loser)
        if first is second:
            raise invalid("Cannot merge an object with itself")
        gone = losers(first, second)
        values = {**second["properties"], **first["properties"], "hs_merged_object_ids": ";".join(gone)}
        self.remove(second)
        self.put(first, values, now)
        return first

    def remove(self, row: Body) -> None:
        """Gone for good, also from the recycle bin."""
        ids = self._archived if row["archived"] else self._live
        ids.pop(bisect_left(ids, int(row["id"])))
        del self.rows[row["id"]]
        row["archived"], row["archivedAt"] = True, row["updatedAt"]
        self._changed(row)

    # --- state ---

    def state(self) -> Any:
        """JSON-able."""
        return {"rows": self.rows, "next": self._next}

    def restore(self, state: Any) -> None:
        """Become what `state` gave."""
        self.rows, self._next = state["rows"], state["next"]
        self._live = sorted(int(n) for n, row in self.rows.items() if not row["archived"])
        self._archived = sorted(int(n) for n, row in self.rows.items() if row["archived"])


def losers(first: Body, second: Body) -> list[str]:
    """Everybody who went up in these two, those of earlier merges too, and the second itself."""
    before = [one["properties"].get("hs_merged_object_ids", "") for one in (first, second)]
    return list(dict.fromkeys([n for text in before for n in text.split(";") if n] + [second["id"]]))
