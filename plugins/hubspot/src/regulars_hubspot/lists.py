"""HubSpot's endpoints for lists (segments) of contacts as methods.

Source: HubSpot's lists reference, versions 2026-09 and v3. Every write of a membership needs the scope to
read lists too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote

from regulars import PlatformError

from regulars_hubspot.client import PAGE, Written
from regulars_hubspot.paths import TYPE_IDS
from regulars_hubspot.refusals import words
from regulars_hubspot.wire import Body, Wire, after_of, object_of, results_of

CONTACT = TYPE_IDS["contacts"]


class Lists:
    """The lists of one account."""

    def __init__(self, wire: Wire) -> None:
        self._wire, self._path = wire, wire.paths.lists

    def find(self, text: str = "", kinds: Sequence[str] = ("MANUAL",)) -> list[Body]:
        """Lists of contacts whose name contains `text`. `kinds`: MANUAL, SNAPSHOT, DYNAMIC."""
        found: list[Body] = []
        while True:
            asked = {"query": text, "offset": len(found), "count": 500, "processingTypes": list(kinds)}
            asked["additionalProperties"] = ["hs_list_size"]
            body = object_of(self._wire.send("POST", f"{self._path}/search", json=asked, reads=True))
            page = body.get("lists")
            if not isinstance(page, list):
                raise PlatformError("HubSpot answered a search for lists without lists")
            found += page
            if not body.get("hasMore") or not page:
                return [row for row in found if row.get("objectTypeId", CONTACT) == CONTACT]

    def named(self, name: str) -> str | None:
        """The id of the list with this name, None where there is none. Sees writes at once."""
        path = f"{self._path}/object-type-id/{CONTACT}/name/{quote(name, safe='')}"
        answer = self._wire.send("GET", path, accept=(404,))
        return None if answer.status == 404 else str(object_of(answer)["list"]["listId"])

    def create(self, name: str) -> str:
        """Make a static list."""
        asked = {"name": name, "objectTypeId": CONTACT, "processingType": "MANUAL"}
        return str(object_of(self._wire.send("POST", self._path, json=asked))["list"]["listId"])

    def members(self, list_id: str, after: str | None) -> tuple[list[Any], str | None]:
        """Members of a list in the order of their ids, and where the next page begins."""
        params: dict[str, str | int] = {"limit": PAGE} | ({"after": after} if after else {})
        body = object_of(self._wire.send("GET", f"{self._path}/{list_id}/memberships", params=params))
        return results_of(body), after_of(body)

    def of(self, ids: Sequence[str]) -> dict[str, frozenset[str]]:
        """The ids of all lists that each of at most 100 contacts is in."""
        asked = {"inputs": [{"objectTypeId": CONTACT, "recordId": one} for one in ids]}
        path = f"{self._path}/records/memberships/batch/read"
        body = object_of(self._wire.send("POST", path, json=asked, reads=True))
        if body.get("errors"):
            text = self._wire.http.clean(words(body["errors"][0]))
            raise PlatformError(f"HubSpot could not look up memberships: {text}")
        return {
            str(row["recordId"]): frozenset(str(one["listId"]) for one in row.get("recordListMemberships", ()))
            for row in results_of(body)
        }

    def change(self, list_id: str, ids: Sequence[str], act: Literal["add", "remove"]) -> Written:
        """Let contacts into a static list, or out of it; those in or out already are fine."""
        path = f"{self._path}/{list_id}/memberships/{act}"
        answer = self._wire.send("PUT", path, json=list(ids), accept=(400, 404))
        if answer.status >= 400:
            return Written(refused=self._wire.complaint(answer))
        missing = {str(one) for one in object_of(answer).get("recordIdsMissing") or ()}
        return Written(frozenset(ids) - missing, dict.fromkeys(missing, "HubSpot knows no contact with this id"))
