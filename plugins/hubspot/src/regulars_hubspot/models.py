"""HubSpot's envelope of a record: id, properties as texts, instants."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from regulars import Rejected, json_text

_TEXTS = {str, type(None)}

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Row(msgspec.Struct, rename="camel", gc=False):
    """A record. All property values are texts; None is a known property without a value."""

    id: str
    updated_at: Instant
    properties: dict[str, str | None]
    created_at: Instant | None = None
    archived_at: Instant | None = None

    def __post_init__(self) -> None:
        """Holds whichever way a record was read. Raises ValueError."""
        if not self.id.isdigit():
            raise ValueError(f"id: {self.id!r} is no record id")
        self.updated_at = in_utc(self.updated_at)
        self.created_at = self.created_at and in_utc(self.created_at)
        self.archived_at = self.archived_at and in_utc(self.archived_at)

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
    if not isinstance(key, str):
        raise ValueError(f"id: {key!r} is no record id")
    if not isinstance(properties, dict):
        raise ValueError("properties: there are none")
    if not _TEXTS.issuperset(map(type, properties.values())):
        wrong = next(name for name, value in properties.items() if type(value) not in _TEXTS)
        raise ValueError(f"properties: {wrong} is no text")
    updated = instant(raw, "updatedAt")
    if updated is None:
        raise ValueError("updatedAt: there is none")
    archived = instant(raw, "archivedAt") if "archivedAt" in raw else None
    return Row(key, updated, properties, instant(raw, "createdAt"), archived)


def rows_of(raws: Sequence[Any], kind: str = "person") -> tuple[list[Row], list[Rejected]]:
    """The records of a page (see `listed`); one that cannot be understood is kept aside under its canonical
    `kind`."""
    rows: list[Row] = []
    rejected: list[Rejected] = []
    for raw in raws:
        try:
            rows.append(raw if type(raw) is Row else row_of(raw))
        except ValueError as fault:
            key = str(raw.get("id", "")) if isinstance(raw, dict) else ""
            rejected.append(Rejected(kind, key, str(fault), json.dumps(raw)))
    return rows, rejected


class _Page(msgspec.Struct, gc=False):
    results: list[Row]
    paging: Any = None


_PAGES = msgspec.json.Decoder(_Page)


def listed(body: bytes) -> tuple[list[Any], Any] | None:
    """A page's records at a stroke, in half the time that one after the other takes, and its `paging`. None where
    one of them cannot be understood: then `rows_of` finds out which."""
    try:
        page = _PAGES.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return page.results, page.paging


def id_of(raw: Any) -> str:
    """The id of a page's record; empty where it tells none."""
    if type(raw) is Row:
        return raw.id
    return str(raw.get("id", "")) if isinstance(raw, dict) else ""


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


def in_utc(found: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError where no calendar has it."""
    if found.tzinfo is UTC:
        return found
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError("an instant that no calendar has") from None


def instant(raw: dict[str, Any], name: str) -> datetime | None:
    """An instant of a record's envelope in UTC, None where there is none. Raises ValueError where it is no instant
    or has no zone."""
    text = raw.get(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: {text!r} is no instant") from None
    if found.tzinfo is None:
        raise ValueError(f"{name}: {text!r} has no time zone")
    return in_utc(found)
