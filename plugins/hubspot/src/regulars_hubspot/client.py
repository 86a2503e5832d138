"""HubSpot's endpoints as methods: paths, paging, authentication, refusals. No rules.

Sources: HubSpot's API reference, versions 2026-09 and v3 (same shapes, other paths).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from regulars import Http, PlatformError, Response, Secret

from regulars_hubspot.policy import SEARCH, complaint, words
from regulars_hubspot.settings import HubSpotSettings

API_VERSION = "2026-09"
PATHS: Mapping[str, Mapping[str, str]] = {
    API_VERSION: {
        "contacts": f"/crm/objects/{API_VERSION}/contacts",
        "properties": f"/crm/properties/{API_VERSION}/contacts",
        "lists": f"/crm/lists/{API_VERSION}",
        "account": f"/account-info/{API_VERSION}/details",
    },
    "v3": {
        "contacts": "/crm/v3/objects/contacts",
        "properties": "/crm/v3/properties/contacts",
        "lists": "/crm/v3/lists",
        "account": "/account-info/v3/details",
    },
}
CONTACT = "0-1"  # HubSpot's object type id
PAGE, SEARCH_PAGE, BATCH = 100, 200, 100
Body = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """What became of a batch: ids written, ids refused with the reason, or the reason why HubSpot
    refused the batch as a whole (it does so for one value that is not valid)."""

    ids: frozenset[str] = frozenset()
    errors: Mapping[str, str] = field(default_factory=dict)
    refused: str | None = None


class HubSpot:
    """One account. Every method raises AuthError, QuotaError and PlatformError as the policy says."""

    def __init__(self, settings: HubSpotSettings, http: Http) -> None:
        self._http, self._paths = http, PATHS[settings.api]
        self._bearer = Secret(settings.token.name, f"Bearer {settings.token.reveal()}")

    # --- the account ---

    def account(self) -> Response:
        """Who we are; its headers tell what is left of the day."""
        return self._send("GET", self._paths["account"])

    # --- reading contacts ---

    def contacts(
        self, after: str | None, properties: Sequence[str], *, archived: bool = False, limit: int = PAGE
    ) -> tuple[list[Any], str | None]:
        """Contacts in the order of their ids, and where the next page begins. Sees writes at once."""
        params: dict[str, str | int] = {"limit": limit, "archived": str(archived).lower()}
        if properties:
            params["properties"] = ",".join(properties)
        if after:
            params["after"] = after
        body = _object(self._send("GET", self._paths["contacts"], params=params))
        return _results(body), _after(body)

    def read(self, ids: Sequence[str], properties: Sequence[str]) -> list[Any]:
        """At most 100 contacts by id; an unknown one is absent. Sees writes at once."""
        asked = {"inputs": [{"id": one} for one in ids], "properties": list(properties)}
        body = _object(self._send("POST", f"{self._paths['contacts']}/batch/read", json=asked, reads=True))
        for error in body.get("errors") or ():
            if error.get("category") != "OBJECT_NOT_FOUND":
                raise PlatformError(f"HubSpot could not look up contacts: {self._http.clean(words(error))}")
        return _results(body)

    def changed(
        self, since: datetime, until: datetime, after_id: str, properties: Sequence[str]
    ) -> tuple[list[Any], bool]:
        """Contacts changed in `[since, until]` with an id above `after_id`, in the order of their ids,
        and whether there are more. Reads the search index, which is some seconds behind.

        Reading on by id, never by offset, keeps clear of search's 10,000 results and of rows that
        leave the window meanwhile.
        """
        wanted = (
            ("lastmodifieddate", "GTE", _millis(since)),
            ("lastmodifieddate", "LTE", _millis(until)),
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
        path = f"{self._paths['contacts']}/search"
        body = _object(self._send("POST", path, json=asked, reads=True, bucket=SEARCH))
        return _results(body), _after(body) is not None

    # --- writing contacts ---

    def update(self, values: Mapping[str, Mapping[str, str]]) -> Written:
        """Set properties of at most 100 contacts by record id."""
        inputs = [{"id": one, "properties": dict(given)} for one, given in values.items()]
        path = f"{self._paths['contacts']}/batch/update"
        answer = self._send("POST", path, json={"inputs": inputs}, accept=(400, 409))
        if answer.status >= 400:
            return Written(refused=self._complaint(answer))
        body = _object(answer)
        errors: dict[str, str] = {}
        for error in body.get("errors") or ():
            context = error.get("context") or {}
            errors |= dict.fromkeys(
                [*context.get("id", ()), *context.get("ids", ())], self._http.clean(words(error))
            )
        return Written(frozenset(str(row["id"]) for row in _results(body)), errors)

    def set_email(self, contact: str, email: str) -> str | None:
        """Change a contact's own address. Returns why HubSpot refused, None where it did not."""
        path = f"{self._paths['contacts']}/{quote(contact, safe='')}"
        answer = self._send("PATCH", path, json={"properties": {"email": email}}, accept=(400, 404, 409))
        return self._complaint(answer) if answer.status >= 400 else None

    # --- properties ---

    def properties(self) -> dict[str, Body]:
        """Every live definition of a contact's property, by name."""
        rows = _results(_object(self._send("GET", self._paths["properties"])))
        return {row["name"]: row for row in rows}

    def create_group(self, name: str, label: str) -> None:
        """Make a property group; one that exists is left as it is."""
        asked = {"name": name, "label": label, "displayOrder": -1}
        self._send("POST", f"{self._paths['properties']}/groups", json=asked, accept=(409,))

    def create_property(self, definition: Body) -> Body | None:
        """Make a property. Returns it as it is now (an archived one comes back as it was), None where
        one of that name exists."""
        answer = self._send("POST", self._paths["properties"], json=definition, accept=(409,))
        return None if answer.status == 409 else _object(answer)

    def set_options(self, name: str, options: Sequence[Body]) -> None:
        """Replace all options of an enumeration."""
        self._send("PATCH", f"{self._paths['properties']}/{quote(name)}", json={"options": list(options)})

    # --- lists ---

    def lists(self, text: str) -> list[Body]:
        """Static lists of contacts whose name contains `text`."""
        found: list[Body] = []
        while True:
            asked = {"query": text, "offset": len(found), "count": 500, "processingTypes": ["MANUAL"]}
            body = _object(self._send("POST", f"{self._paths['lists']}/search", json=asked, reads=True))
            page = body.get("lists")
            if not isinstance(page, list):
                raise PlatformError("HubSpot answered a search for lists without lists")
            found += page
            if not body.get("hasMore") or not page:
                return [row for row in found if row.get("objectTypeId", CONTACT) == CONTACT]

    def list_named(self, name: str) -> str | None:
        """The id of the list with this name, None where there is none. Sees writes at once."""
        path = f"{self._paths['lists']}/object-type-id/{CONTACT}/name/{quote(name, safe='')}"
        answer = self._send("GET", path, accept=(404,))
        return None if answer.status == 404 else str(_object(answer)["list"]["listId"])

    def create_list(self, name: str) -> str:
        """Make a static list."""
        asked = {"name": name, "objectTypeId": CONTACT, "processingType": "MANUAL"}
        return str(_object(self._send("POST", self._paths["lists"], json=asked))["list"]["listId"])

    def members(self, list_id: str, after: str | None) -> tuple[list[Any], str | None]:
        """Members of a list in the order of their ids, and where the next page begins."""
        params: dict[str, str | int] = {"limit": PAGE} | ({"after": after} if after else {})
        body = _object(self._send("GET", f"{self._paths['lists']}/{list_id}/memberships", params=params))
        return _results(body), _after(body)

    def memberships(self, ids: Sequence[str]) -> dict[str, frozenset[str]]:
        """The ids of all lists that each of at most 100 contacts is in."""
        asked = {"inputs": [{"objectTypeId": CONTACT, "recordId": one} for one in ids]}
        path = f"{self._paths['lists']}/records/memberships/batch/read"
        body = _object(self._send("POST", path, json=asked, reads=True))
        if body.get("errors"):
            raise PlatformError(
                f"HubSpot could not look up memberships: {self._http.clean(words(body['errors'][0]))}"
            )
        return {
            str(row["recordId"]): frozenset(str(one["listId"]) for one in row.get("recordListMemberships", ()))
            for row in _results(body)
        }

    def change_members(self, list_id: str, ids: Sequence[str], act: Literal["add", "remove"]) -> Written:
        """Let at most 1,000 contacts into a static list, or out of it; those in or out already are fine."""
        path = f"{self._paths['lists']}/{list_id}/memberships/{act}"
        answer = self._send("PUT", path, json=list(ids), accept=(400, 404))
        if answer.status >= 400:
            return Written(refused=self._complaint(answer))
        missing = {str(one) for one in _object(answer).get("recordIdsMissing") or ()}
        return Written(frozenset(ids) - missing, dict.fromkeys(missing, "HubSpot knows no contact with this id"))

    def _send(
        self,
        method: Literal["GET", "POST", "PUT", "PATCH"],
        path: str,
        *,
        accept: tuple[int, ...] = (),
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        reads: bool | None = None,
        bucket: str = "default",
    ) -> Response:
        answer = self._http.request(
            method,
            path,
            params=params,
            json=json,
            headers={"Authorization": self._bearer},
            reads=reads,
            bucket=bucket,
        )
        if answer.status >= 400 and answer.status not in accept:
            raise PlatformError(f"HubSpot refused: {self._complaint(answer)}", where=answer.url)
        return answer

    def _complaint(self, answer: Response) -> str:
        return self._http.clean(complaint(answer))


def _object(answer: Response) -> Body:
    body = answer.json()
    if not isinstance(body, dict):
        raise PlatformError("the answer is not a JSON object", where=answer.url)
    return body


def _results(body: Body) -> list[Any]:
    found = body.get("results")
    if not isinstance(found, list):
        raise PlatformError("HubSpot's answer has no results", hint="Nothing of this page was stored")
    return found


def _after(body: Body) -> str | None:
    """The cursor of the next page; there is no `paging` on the last."""
    after = ((body.get("paging") or {}).get("next") or {}).get("after")
    return None if after is None else str(after)


def _millis(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))
