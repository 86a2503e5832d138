"""Contacts: who owns an address, life cycle stages, merges under a new id, privacy deletion."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from regulars_hubspot.sandbox.kinds import CONTACT, STAGES
from regulars_hubspot.sandbox.objects import Objects, Told, Values, losers
from regulars_hubspot.sandbox.problem import Body, Problem, invalid
from regulars_hubspot.sandbox.schema import Schema


class Contacts(Objects):
    """All contacts. `keep_primary_id`: whether a merge keeps the primary's id (a beta) or makes a new one."""

    def __init__(self, schema: Schema, changed: Any, told: Told) -> None:
        super().__init__(CONTACT, schema, changed, told)
        self.owner: dict[str, str] = {}  # address, primary or additional -> contact id
        self.blocked: set[str] = set()
        self.keep_primary_id = False

    def holding(self, name: str, value: str) -> Body | None:
        """Also by any of its addresses."""
        if name != "email":
            return super().holding(name, value)
        return self.rows.get(self.owner.get(value.lower(), ""))

    def create(
        self, values: Values, now: datetime, created: datetime | None = None, source: str = "INTEGRATION"
    ) -> Body:
        """A new contact. Raises 409 naming the contact that holds the address."""
        self._claimable(values.get("email", "").lower(), None)
        return super().create(values, now, created, source)

    def check(self, row: Body | None, values: Values, dated: bool) -> None:
        super().check(row, values, dated)
        if address := values.get("email", "").lower():
            self._claimable(address, row)

    def put(self, row: Body, values: Values, now: datetime) -> None:
        """A stage never goes back, and a new address starts clean."""
        stage = row["properties"].get("lifecyclestage")
        if _backward(stage, values.get("lifecyclestage")):
            values = {name: value for name, value in values.items() if name != "lifecyclestage"}
        super().put(row, values, now)
        for address in addresses(row["properties"]):
            self.owner.setdefault(address, row["id"])

    def _stored(self, row: Body, held: Values, now: datetime) -> None:
        before = row["properties"].get("email")
        if held.get("email") != before:
            self._readdress(row["id"], before, held, row["properties"])
        super()._stored(row, held, now)

    def archive(self, key: str, now: datetime) -> None:
        row = self.rows.get(key)
        super().archive(key, now)
        if row is not None:
            self._release(row)

    def forget(self, key: str) -> None:
        """Delete for good (GDPR): the address may never be used again."""
        row = self.rows[key]
        self.blocked.update(addresses(row["properties"]))
        self._told("privacyDeletion", row, {})
        self.remove(row)

    def merge(self, primary: str, loser: str, now: datetime) -> Body:
        """Two contacts become one, under a new id unless the portal keeps the primary's."""
        first, second = self.get(primary), self.get(loser)
        if first is second:
            raise invalid("Cannot merge a contact with itself")
        values, gone = {**second["properties"], **first["properties"]}, losers(first, second)
        everywhere = [*addresses(first["properties"]), *addresses(second["properties"])]
        survivor = first
        self.remove(second)
        if not self.keep_primary_id:
            gone.append(primary)
            self.remove(first)
            survivor = super().create({}, now)
        values["hs_merged_object_ids"] = ";".join(gone)
        values["hs_additional_emails"] = ";".join(a for a in everywhere if a != values.get("email"))
        values |= {"hs_object_id": survivor["id"], "createdate": first["createdAt"]}
        self.put(survivor, values, now)
        more = {"primaryObjectId": primary, "mergedObjectIds": [loser], "newObjectId": survivor["id"]}
        self._told("merge", survivor, more)
        return survivor

    def remove(self, row: Body) -> None:
        self._release(row)
        super().remove(row)

    # --- addresses ---

    def _claimable(self, address: str, row: Body | None) -> None:
        owner = self.owner.get(address)
        if owner is not None and (row is None or owner != row["id"]):
            raise Problem(409, "CONFLICT", f"Contact already exists. Existing ID: {owner}")
        if address in self.blocked:
            raise invalid("This address was deleted for privacy reasons and cannot be used again")

    def _readdress(self, contact: str, before: str | None, held: Values, was: Values) -> None:
        """What HubSpot knows of mailing belongs to the address, so that a new one starts clean."""
        if before:
            self.owner.pop(before, None)
        if now := held.get("email"):
            self.owner[now] = contact
        if before:
            for name in [n for n in held if n.startswith("hs_email_") and held[n] == was.get(n)]:
                del held[name]

    def _release(self, row: Body) -> None:
        for address in addresses(row["properties"]):
            if self.owner.get(address) == row["id"]:
                del self.owner[address]

    # --- state ---

    def state(self) -> Any:
        return {**super().state(), "blocked": sorted(self.blocked), "owner": self.owner}

    def restore(self, state: Any) -> None:
        super().restore(state)
        self.owner, self.blocked = state["owner"], set(state["blocked"])


def addresses(values: Values) -> list[str]:
    """The primary address and the additional ones, in lower case."""
    given = [values.get("email", ""), *values.get("hs_additional_emails", "").split(";")]
    return [one.lower() for one in given if one]


def _backward(held: str | None, wanted: str | None) -> bool:
    """Whether a life cycle stage would go back, which HubSpot does only after it was cleared."""
    return bool(held and wanted) and STAGES.index(wanted or "") < STAGES.index(held or "")
