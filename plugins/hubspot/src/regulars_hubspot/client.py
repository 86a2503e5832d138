"""HubSpot's endpoints for objects and properties as methods: paths, paging and what answers say. No rules.

Sources: HubSpot's API reference, versions 2026-09 and v3 (same shapes, other paths).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from regulars import Http, PlatformError, Response

from regulars_hubspot.policy import SEARCH
from regulars_hubspot.refusals import faults_of, rules_of, words
from regulars_hubspot.settings import HubSpotSettings
from regulars_hubspot.wire import Body, Wire, after_of, object_of, page_of, results_of

PAGE, SEARCH_PAGE, BATCH = 100, 200, 100
CHANGED = {"contacts": "lastmodifieddate"}
"""The property that holds a record's last change, where it is not `hs_lastmodifieddate`. The wrong one
finds nothing and says nothing."""


@dataclass(frozen=True)
class Written:
    """What became of a batch: ids written, ids refused with the reason, or the reason why HubSpot
    refused the batch as a whole (it does so for one value that is not valid).

    With such a reason come `faults`, (property, HubSpot's words), and `rules`: the portal's rules that were
    broken, by code, each with the properties that it wants."""

    ids: frozenset[str] = frozenset()
    errors: Mapping[str, str] = field(default_factory=dict)
    refused: str | None = None
    faults: Sequence[tuple[str, str]] = ()
    rules: Mapping[str, Sequence[str]] = field(default_factory=dict)


class HubSpot:
    """One account. `kind` is a kind of object ("contacts"). Raises AuthError, QuotaError, PlatformError."""

    def __init__(self, settings: HubSpotSettings, http: Http) -> None:
        self.wire = Wire(settings, http)
        self._paths = self.wire.paths

    def account(self) -> Response:
        """Who we are; its headers tell what is left of the day."""
        return self.wire.send("GET", self._paths.account)

    # --- reading ---

    def page(
        self, kind: str, after: str | None, properties: Sequence[str], *, archived: bool = False, limit: int = PAGE
    ) -> tuple[list[Any], str | None]:
        """Records in the order of their ids, and where the next page begins. Sees writes at once."""
        self.wire.spare()
        query = _query(limit, archived, tuple(properties))
        if after:
            query += f"&after={quote(after, safe='')}"
        return page_of(self.wire.send("GET", f"{self._paths.objects(kind)}?{query}"))

    def read(self, kind: str, ids: Sequence[str], properties: Sequence[str]) -> list[Any]:
        """At most 100 records by id; an unknown one is absent. Sees writes at once."""
        asked = {"inputs": [{"id": one} for one in ids], "properties": list(properties)}
        return self._looked_up(f"{self._paths.objects(kind)}/batch/read", asked, kind)

    def changed(
        self, kind: str, since: datetime, until: datetime, after_id: str, properties: Sequence[str]
    ) -> tuple[list[Any], bool]:
        """Records changed in `[since, until]` with an id above `after_id`, in the order of their ids,
        and whether there are more. Reads the search index, which is some seconds behind.

        Reading on by id, never by offset, keeps clear of search's 10,000 results and of rows that
        leave the window meanwhile.
        """
        name = CHANGED.get(kind, "hs_lastmodifieddate")
        wanted = (
            (name, "GTE", _millis(since)),
            (name, "LTE", _millis(until)),
            ("hs_object_id", "GT", after_id),
        )
        filters = [
            {"propertyName": name, "operator": operator, "value": value} for name, operator, value in wanted
        ]
        asked = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": SEARCH_PAGE,
        }
        found, after = page_of(self._found(kind, asked))
        return found, after is not None

    def newest(self, kind: str, limit: int) -> list[Any]:
        """The records made last, as of some seconds ago, at most 200."""
        made = {"propertyName": "createdate", "direction": "DESCENDING"}
        return results_of(self._search(kind, {"filterGroups": [], "sorts": [made], "limit": limit}))

    def total(self, kind: str) -> int:
        """How many live records there are, as of some seconds ago. Raises PlatformError where it is not told."""
        found = self._search(kind, {"filterGroups": [], "limit": 1}).get("total")
        if not isinstance(found, int):
            raise PlatformError(f"HubSpot does not tell how many {kind} there are")
        return found

    def associated(self, kind: str, to: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """Ids of the records of kind `to` that belong to each of these; who has none is absent."""
        found: dict[str, list[str]] = {}
        asked: list[Body] = [{"id": one} for one in ids]
        while asked:
            path = f"{self._paths.associations(kind, to)}/batch/read"
            rows = self._looked_up(path, {"inputs": asked}, kind)
            for row in rows:
                more = [str(one["toObjectId"]) for one in row.get("to") or ()]
                found.setdefault(str(row["from"]["id"]), []).extend(more)
            asked = [{"id": row["from"]["id"], "after": after} for row in rows if (after := after_of(row))]
        return found

    def _search(self, kind: str, asked: Body) -> Body:
        return object_of(self._found(kind, asked))

    def _found(self, kind: str, asked: Body) -> Response:
        self.wire.spare()
        path = f"{self._paths.objects(kind)}/search"
        return self.wire.send("POST", path, json=asked, reads=True, bucket=SEARCH)

    def _looked_up(self, path: str, asked: Body, what: str) -> list[Any]:
        """The rows of a batch that reads. What is not found is absent; any other trouble is an error."""
        body = object_of(self.wire.send("POST", path, json=asked, reads=True))
        for error in body.get("errors") or ():
            missing = error.get("category") == "OBJECT_NOT_FOUND" or "NO_ASSOC" in str(error.get("subCategory"))
            if not missing:
                raise PlatformError(f"HubSpot could not look up {what}: {self.wire.http.clean(words(error))}")
        return results_of(body)

    # --- writing contacts ---

    def update(self, values: Mapping[str, Mapping[str, str]]) -> Written:
        """Set properties of at most 100 contacts by record id."""
        inputs = [{"id": one, "properties": dict(given)} for one, given in values.items()]
        path = f"{self._paths.objects('contacts')}/batch/update"
        answer = self.wire.send("POST", path, json={"inputs": inputs}, accept=(400, 409))
        if answer.status >= 400:
            return Written(frozenset(), {}, self.wire.complaint(answer), faults_of(answer), rules_of(answer))
        body = object_of(answer)
        errors: dict[str, str] = {}
        for error in body.get("errors") or ():
            context = error.get("context") or {}
            ids = [*context.get("id", ()), *context.get("ids", ())]
            errors |= dict.fromkeys(ids, self.wire.http.clean(words(error)))
        return Written(frozenset(str(row["id"]) for row in results_of(body)), errors)

    def set_email(self, contact: str, email: str) -> str | None:
        """Change a contact's own address. Returns why HubSpot refused, None where it did not."""
        path = f"{self._paths.objects('contacts')}/{quote(contact, safe='')}"
        asked = {"properties": {"email": email}}
        answer = self.wire.send("PATCH", path, json=asked, accept=(400, 404, 409))
        return self.wire.complaint(answer) if answer.status >= 400 else None

    # --- properties ---

    def properties(self, kind: str = "contacts") -> dict[str, Body]:
        """Every live definition of a property, by name."""
        rows = results_of(object_of(self.wire.send("GET", self._paths.properties(kind))))
        return {row["name"]: row for row in rows}

    def create_group(self, name: str, label: str) -> None:
        """Make a property group; one that exists is left as it is."""
        asked = {"name": name, "label": label, "displayOrder": -1}
        self.wire.send("POST", f"{self._paths.properties('contacts')}/groups", json=asked, accept=(409,))

    def create_property(self, definition: Body) -> Body | None:
        """Make a property. Returns it as it is now (an archived one comes back as it was), None where
        one of that name exists."""
        answer = self.wire.send("POST", self._paths.properties("contacts"), json=definition, accept=(409,))
        return None if answer.status == 409 else object_of(answer)

    def set_options(self, name: str, options: Sequence[Body]) -> None:
        """Replace all options of an enumeration."""
        path = f"{self._paths.properties('contacts')}/{quote(name)}"
        self.wire.send("PATCH", path, json={"options": list(options)})


@lru_cache(8)
def _query(limit: int, archived: bool, properties: tuple[str, ...]) -> str:
    """What all pages of a list have in common; escaping it anew for each costs as much as fifteen of its rows."""
    named = {"properties": ",".join(properties)} if properties else {}
    return urlencode({"limit": limit, "archived": str(archived).lower(), **named})


def _millis(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))
