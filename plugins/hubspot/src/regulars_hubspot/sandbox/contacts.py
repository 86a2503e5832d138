"""The contacts of a portal: what they hold, who owns an address, what a write does."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from regulars_hubspot.sandbox.problem import Body, Problem, invalid, invalid_values, not_found
from regulars_hubspot.sandbox.schema import STAGES, Schema, stored

DEFAULTS = ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname")
FIRST_ID = 101


def stamp(at: datetime) -> str:
    """An instant as HubSpot writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Contacts:
    """All contacts, live and archived. A write replaces a row's `properties`, so that a reference to
    the old ones stays what it was (the search index lives on that)."""

    def __init__(self, schema: Schema, changed: Callable[[Body], None]) -> None:
        self.schema, self._changed = schema, changed
        self.rows: dict[str, Body] = {}
        self.owner: dict[str, str] = {}  # address, primary or additional -> contact id
        self.blocked: set[str] = set()
        self.keep_primary_id = False
        self.required: tuple[str, ...] = ()
        self._live: list[int] = []
        self._archived: list[int] = []
        self._next = FIRST_ID

    # --- reading ---

    def get(self, key: str, id_property: str = "hs_object_id") -> Body:
        """A live contact by id or by any of its addresses. Raises 404."""
        found = self.owner.get(key.lower(), "") if id_property == "email" else key
        row = self.rows.get(found)
        if row is None or row["archived"]:
            raise not_found("resource not found")
        return row

    def page(self, after: str, limit: int, archived: bool) -> tuple[list[Body], str | None]:
        """Contacts in the order of their ids from `after` on, and where the next page begins."""
        ids = self._archived if archived else self._live
        start = bisect_left(ids, int(after)) if after else 0
        found = [self.rows[str(n)] for n in ids[start : start + limit]]
        more = ids[start + limit] if start + limit < len(ids) else None
        return found, None if more is None else str(more)

    def view(self, row: Body, wanted: Sequence[str], properties: dict[str, str] | None = None) -> Body:
        """A contact as an answer: wanted properties that exist, null where they are empty."""
        values = row["properties"] if properties is None else properties
        names = dict.fromkeys((*wanted, "createdate", "hs_object_id", "lastmodifieddate") if wanted else DEFAULTS)
        seen: Body = {
            "id": row["id"],
            "properties": {n: values.get(n) for n in names if n in self.schema.live},
            "createdAt": row["createdAt"],
            "updatedAt": values["lastmodifieddate"],
            "archived": row["archived"],
        }
        if row["archived"]:
            seen["archivedAt"] = row["archivedAt"]
        return seen

    # --- writing ---

    def create(self, values: dict[str, str], now: datetime, created: datetime | None = None) -> Body:
        """A new contact. Raises 409 naming the contact that holds the address."""
        address = values.get("email", "").lower()
        self._claimable(address, None)
        number, self._next = self._next, self._next + 50
        row: Body = {"id": str(number), "createdAt": stamp(created or now), "archived": False}
        row["properties"] = {"hs_object_id": str(number), "createdate": row["createdAt"]}
        self.rows[row["id"]] = row
        self._live.append(number)
        self.put(row, values, now)
        return row

    def check(self, row: Body | None, values: dict[str, str], dated: bool) -> None:
        """Raise 400 unless these values may be written to a contact (None: to a new one).

        Required properties of the portal are enforced by the dated API only.
        """
        if faults := self.schema.faults(values):
            raise invalid_values(faults)
        held = row["properties"] if row else {}
        lacking = [n for n in self.required if not values.get(n, held.get(n, ""))] if dated else []
        if lacking:
            raise invalid(
                f"Required properties are missing: {', '.join(lacking)}",
                errors=[
                    {
                        "message": f"{name} is required",
                        "code": "MISSING_REQUIRED_PROPERTY",
                        "context": {"propertyName": [name]},
                    }
                    for name in lacking
                ],
            )
        if address := values.get("email", "").lower():
            self._claimable(address, row)

    def put(self, row: Body, values: dict[str, str], now: datetime) -> None:
        """Write values that were checked, or the platform's own. Every write moves lastmodifieddate."""
        held: dict[str, str] = dict(row["properties"])
        before = held.get("email")
        for name, value in values.items():
            if name == "lifecyclestage" and _backward(held.get(name), value):
                continue
            if value == "":
                held.pop(name, None)
            else:
                held[name] = stored(self.schema.live[name], value)
        if held.get("email") != before:
            self._readdress(row["id"], before, held, kept=values)
        held["lastmodifieddate"] = row["updatedAt"] = stamp(now)
        row["properties"] = held
        for address in addresses(held):
            self.owner.setdefault(address, row["id"])
        self._changed(row)

    def archive(self, contact: str, now: datetime) -> None:
        """Into the recycle bin; an unknown or archived id is fine."""
        row = self.rows.get(contact)
        if row is None or row["archived"]:
            return
        row["archived"], row["archivedAt"] = True, stamp(now)
        self._live.pop(bisect_left(self._live, int(contact)))
        insort(self._archived, int(contact))
        self._release(row)
        self._changed(row)

    def forget(self, contact: str) -> None:
        """Delete for good (GDPR): the address may never be used again."""
        row = self.rows[contact]
        if address := row["properties"].get("email"):
            self.blocked.add(address)
        self._remove(row)

    def merge(self, primary: str, loser: str, now: datetime) -> Body:
        """Two contacts become one, under a new id unless the portal keeps the primary's."""
        first, second = self.get(primary), self.get(loser)
        if first is second:
            raise invalid("Cannot merge a contact with itself")
        values = {**second["properties"], **first["properties"]}
        gone = [*values.get("hs_merged_object_ids", "").split(";"), loser]
        all_addresses = [*addresses(first["properties"]), *addresses(second["properties"])]
        survivor = first
        self._remove(second)
        if not self.keep_primary_id:
            gone.append(primary)
            self._remove(first)
            survivor = self.create({}, now)
        values["hs_merged_object_ids"] = ";".join(filter(None, gone))
        values["hs_additional_emails"] = ";".join(a for a in all_addresses if a != values.get("email"))
        values |= {"hs_object_id": survivor["id"], "createdate": first["createdAt"]}
        self.put(survivor, values, now)
        return survivor

    # --- addresses ---

    def _claimable(self, address: str, row: Body | None) -> None:
        owner = self.owner.get(address)
        if owner is not None and (row is None or owner != row["id"]):
            raise Problem(409, "CONFLICT", f"Contact already exists. Existing ID: {owner}")
        if address in self.blocked:
            raise invalid("This address was deleted for privacy reasons and cannot be used again")

    def _readdress(self, contact: str, before: str | None, held: dict[str, str], kept: dict[str, str]) -> None:
        """What HubSpot knows of mailing belongs to the address, so that a new one starts clean."""
        if before:
            self.owner.pop(before, None)
        if now := held.get("email"):
            self.owner[now] = contact
        if before:
            for name in [n for n in held if n.startswith("hs_email_") and n not in kept]:
                del held[name]

    def _release(self, row: Body) -> None:
        for address in addresses(row["properties"]):
            if self.owner.get(address) == row["id"]:
                del self.owner[address]

    def _remove(self, row: Body) -> None:
        ids = self._archived if row["archived"] else self._live
        ids.pop(bisect_left(ids, int(row["id"])))
        self._release(row)
        del self.rows[row["id"]]
        row["archived"] = True
        row["archivedAt"] = row["updatedAt"]
        self._changed(row)

    # --- state ---

    def state(self) -> Any:
        """JSON-able."""
        return {"rows": self.rows, "blocked": sorted(self.blocked), "next": self._next, "owner": self.owner}

    def restore(self, state: Any) -> None:
        """Become what `state` gave."""
        self.rows, self.owner, self._next = state["rows"], state["owner"], state["next"]
        self.blocked = set(state["blocked"])
        self._live = sorted(int(n) for n, row in self.rows.items() if not row["archived"])
        self._archived = sorted(int(n) for n, row in self.rows.items() if row["archived"])


def addresses(values: dict[str, str]) -> list[str]:
    """The primary address and the additional ones, in lower case."""
    given = [values.get("email", ""), *values.get("hs_additional_emails", "").split(";")]
    return [one.lower() for one in given if one]


def _backward(held: str | None, wanted: str) -> bool:
    """Whether a life cycle stage would go back, which HubSpot does only after it was cleared."""
    return bool(held and wanted) and STAGES.index(wanted) < STAGES.index(held or "")
