"""HubSpot's envelope of a record: id, properties as texts, instants."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from regulars import Rejected, json_text

_TEXTS = {str, type(None)}


@dataclass(slots=True)
class Row:
    """A record. All property values are texts; None is a known property without a value."""

    id: str
    properties: dict[str, str | None]
    created_at: datetime | None
    updated_at: datetime
    archived_at: datetime | None

    def get(self, name: str) -> str | None:
        """A property's value, None where it is empty or was not read."""
        return self.properties.get(name) or None

    def first(self, *names: str) -> str | None:
        """The value of the first of these properties that has one."""
        return next((value for name in names if (value := self.properties.get(name))), None)

    def many(self, name: str) -> list[str]:
        """The values of a property that holds several."""
        text = self.properties.get(name)
        return [one for one in text.split(";") if one] if text else []

    def json(self, names: Iterable[str]) -> str:
        """Those of these properties that have a value, as a JSON object."""
        get = self.properties.get
        found = {name: value for name in names if (value := get(name))}
        return json_text(found) if found else "{}"


def row_of(raw: Any) -> Row:
    """One record. Raises ValueError where it is none."""
    if not isinstance(raw, dict):
        raise ValueError("a record that is no JSON object")
    key, properties = raw.get("id"), raw.get("properties")
    if not isinstance(key, str) or not key.isdigit():
        raise ValueError(f"id: {key!r} is no record id")
    if not isinstance(properties, dict):
        raise ValueError("properties: there are none")
    if not _TEXTS.issuperset(map(type, properties.values())):
        wrong = next(name for name, value in properties.items() if type(value) not in _TEXTS)
        raise ValueError(f"properties: {wrong} is no text")
    updated = _instant(raw, "updatedAt")
    if updated is None:
        raise ValueError("updatedAt: there is none")
    archived = _instant(raw, "archivedAt") if "archivedAt" in raw else None
    return Row(key, properties, _instant(raw, "createdAt"), updated, archived)


def rows_of(raws: Sequence[Any], kind: str = "person") -> tuple[list[Row], list[Rejected]]:
    """The records of a page; one that cannot be understood is kept aside under its canonical `kind`."""
    rows: list[Row] = []
    rejected: list[Rejected] = []
    for raw in raws:
        try:
            rows.append(row_of(raw))
        except ValueError as fault:
            key = str(raw.get("id", "")) if isinstance(raw, dict) else ""
            rejected.append(Rejected(kind, key, str(fault), json.dumps(raw)))
    return rows, rejected


@lru_cache(1000)
def country_of(text: str | None) -> str | None:
    """An ISO 3166-1 alpha-2 code; None for a country in words."""
    return text.upper() if text and len(text) == 2 and text.isascii() and text.isalpha() else None


def instant_of(millis: int) -> datetime:
    """So many milliseconds after 1970 began. Raises ValueError where no calendar goes that far."""
    try:
        return datetime.fromtimestamp(millis / 1000, UTC)
    except (OverflowError, OSError):
        raise ValueError("an instant that no calendar has") from None


def _instant(raw: dict[str, Any], name: str) -> datetime | None:
    text = raw.get(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: {text!r} is no instant") from None
    if found.tzinfo is None:
        raise ValueError(f"{name}: {text!r} has no time zone")
    return found
