"""One portal's state, and the record of what nobody of ours may ever do to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from regulars import Clock
from regulars.testing import Answer, Asked

from regulars_hubspot.sandbox.associations import Associations
from regulars_hubspot.sandbox.contacts import Contacts
from regulars_hubspot.sandbox.events import Events
from regulars_hubspot.sandbox.kinds import CONTACT, KINDS, Kind
from regulars_hubspot.sandbox.lists import Lists
from regulars_hubspot.sandbox.objects import Objects, stamp
from regulars_hubspot.sandbox.problem import Body, invalid
from regulars_hubspot.sandbox.schema import Schema
from regulars_hubspot.sandbox.search import Index
from regulars_hubspot.sandbox.webhooks import Webhooks

_FORBIDDEN = {"lifecyclestage", "hs_marketable_status", "hs_legal_basis"}


class Portal:
    """Objects, properties, lists, associations and the search index, with the clock they live by."""

    def __init__(self, clock: Clock, number: int) -> None:
        self._clock, self.number = clock, number
        self.lists, self.associations, self.events = Lists(), Associations(), Events(number)
        self.webhooks = Webhooks(clock, number)
        self.schemas = {kind.name: Schema(kind) for kind in KINDS}
        self.indexes = {kind.name: Index(kind, self.schemas[kind.name], number) for kind in KINDS}
        self.objects: dict[str, Objects] = {
            kind.name: Objects(kind, self.schemas[kind.name], self._changed(kind), self._told(kind))
            for kind in KINDS
            if kind is not CONTACT
        }
        self.contacts = Contacts(self.schemas["contacts"], self._changed(CONTACT), self._told(CONTACT))
        self.objects["contacts"] = self.contacts
        self.schema, self.index = self.schemas["contacts"], self.indexes["contacts"]
        self.forbidden: list[str] = []
        self.sparse_email_upsert = "refused"
        """What an upsert by address does that leaves out properties the contact has: "refused", "clears"
        them, or "kept"."""

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
        return {
            "objects": {name: objects.state() for name, objects in self.objects.items()},
            "schemas": {name: schema.state() for name, schema in self.schemas.items()},
            "lists": self.lists.state(),
            "associations": self.associations.state(),
            "events": self.events.state(),
            "forbidden": self.forbidden,
        }

    def restore(self, state: Any) -> None:
        """Become what `state` gave; the search index is then up to date."""
        for name, schema in self.schemas.items():
            schema.restore(state["schemas"][name])
        for name, objects in self.objects.items():
            objects.restore(state["objects"][name])
            self.indexes[name].rebuild(row for row in objects.rows.values() if not row["archived"])
        self.lists.restore(state["lists"])
        self.associations.restore(state["associations"])
        self.events.restore(state["events"])
        self.forbidden = state["forbidden"]

    def _changed(self, kind: Kind) -> Callable[[Body], None]:
        return lambda row: self.indexes[kind.name].changed(row, self.now())

    def _told(self, kind: Kind) -> Callable[[str, Body, Mapping[str, Any]], None]:
        return partial(self.webhooks.happened, kind.singular)


@dataclass(frozen=True)
class Call:
    """A request that found its route: the portal, what was asked, whether by the dated API, and of what
    kind of object."""

    portal: Portal
    asked: Asked
    dated: bool
    kind: Kind = CONTACT

    @property
    def objects(self) -> Objects:
        """The records asked for."""
        return self.portal.objects[self.kind.name]

    @property
    def schema(self) -> Schema:
        """Their properties."""
        return self.portal.schemas[self.kind.name]

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

    @property
    def archived(self) -> bool:
        """Whether the recycle bin is asked for."""
        return self.asked.param("archived").lower() == "true"

    def inputs(self, most: int = 100) -> list[Body]:
        """The inputs of a batch. Raises 400 for none and for too many."""
        inputs = self.body().get("inputs")
        if not isinstance(inputs, list) or not inputs or not all(isinstance(one, dict) for one in inputs):
            raise invalid("Invalid input JSON: inputs must be a list that holds something")
        if len(inputs) > most:
            raise invalid(f"The maximum number of inputs is {most}, there are {len(inputs)}")
        return inputs

    def batch(self, results: list[Body], errors: list[Body], status: int = 200) -> Answer:
        """What became of a batch; 207 where something in it failed."""
        at = stamp(self.portal.now())
        body: Body = {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}
        if errors:
            body |= {"numErrors": len(errors), "errors": errors}
        return Answer.of(body, 207 if errors else status)

    def limit(self, default: int, most: int) -> int:
        """The page size asked for. Raises 400 above the most there is."""
        asked = self.asked.param("limit") or str(default)
        if not asked.isdigit() or not 0 < int(asked) <= most:
            raise invalid(f"limit must be between 1 and {most}, not {asked}")
        return int(asked)


@dataclass(frozen=True)
class Route:
    """A method, a pattern of what follows the area's path, the scopes needed, and who answers. `{}` in a
    scope stands for the kind of object."""

    method: str
    pattern: str
    scopes: tuple[str, ...]
    answer: Callable[..., Answer]
