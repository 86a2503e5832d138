"""One portal's state, and the record of what nobody of ours may ever do to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regulars import Clock
from regulars.testing import Answer, Asked

from regulars_hubspot.sandbox.contacts import Contacts
from regulars_hubspot.sandbox.lists import Lists
from regulars_hubspot.sandbox.problem import Body, invalid
from regulars_hubspot.sandbox.schema import Schema
from regulars_hubspot.sandbox.search import Index

_FORBIDDEN = {"lifecyclestage", "hs_marketable_status", "hs_legal_basis"}


class Portal:
    """Contacts, properties, lists and the search index, with the clock they live by."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.schema, self.lists = Schema(), Lists()
        self.index = Index(self.schema)
        self.contacts = Contacts(self.schema, lambda row: self.index.changed(row, self.now()))
        self.forbidden: list[str] = []

    def now(self) -> datetime:
        """The present instant."""
        return self._clock.now()

    def touched(self, what: str, names: Iterable[str] | None = None) -> None:
        """Note a request that touches what Regulars must never touch: any of these properties that is
        taboo, or (None) the act itself."""
        bad = [n for n in names or () if n in _FORBIDDEN or n.startswith("hs_email_")]
        if bad or names is None:
            self.forbidden.append(f"{what} {' '.join(bad)}".strip())

    def state(self) -> Any:
        """JSON-able."""
        schema = self.schema
        return {
            "contacts": self.contacts.state(),
            "lists": self.lists.state(),
            "properties": schema.live,
            "archived_properties": schema.archived,
            "groups": schema.groups,
            "forbidden": self.forbidden,
        }

    def restore(self, state: Any) -> None:
        """Become what `state` gave; the search index is then up to date."""
        self.schema.live, self.schema.archived = state["properties"], state["archived_properties"]
        self.schema.groups, self.forbidden = state["groups"], state["forbidden"]
        self.lists.restore(state["lists"])
        self.contacts.restore(state["contacts"])
        self.index.rebuild(row for row in self.contacts.rows.values() if not row["archived"])


@dataclass(frozen=True)
class Call:
    """A request that found its route: the portal, what was asked, and whether by the dated API."""

    portal: Portal
    asked: Asked
    dated: bool

    def body(self) -> Body:
        """The body as a JSON object. Raises 400."""
        found = self.json()
        if not isinstance(found, dict):
            raise invalid("Invalid input JSON: expected an object")
        return found

    def json(self) -> Any:
        """The body as JSON. Raises 400."""
        try:
            return self.asked.json()
        except ValueError:
            raise invalid("Invalid input JSON") from None

    def limit(self, default: int, most: int) -> int:
        """The page size asked for. Raises 400 above the most there is."""
        asked = self.asked.param("limit") or str(default)
        if not asked.isdigit() or not 0 < int(asked) <= most:
            raise invalid(f"limit must be between 1 and {most}, not {asked}")
        return int(asked)


@dataclass(frozen=True)
class Route:
    """A method, a pattern of what follows the area's path, the scopes needed, and who answers."""

    method: str
    pattern: str
    scopes: tuple[str, ...]
    answer: Callable[..., Answer]
    searching: bool = False
