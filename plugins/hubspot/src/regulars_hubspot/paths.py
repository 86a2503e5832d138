"""Where each API version keeps what Regulars uses. HubSpot dates its paths since 2026; shapes are the same.

Source: HubSpot's API reference, versions 2026-09 and v3/v4. v4 loses support on 2027-03-30, v1 to v3 in
September 2027.
"""

from __future__ import annotations

from dataclasses import dataclass

API_VERSION = "2026-09"
TYPE_IDS = {"contacts": "0-1", "companies": "0-2", "orders": "0-123"}
"""HubSpot's numbers of the kinds of objects."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of one API version. `{}` stands for the kind of object."""

    object: str
    property: str
    association: str
    lists: str
    account: str
    token: str

    def objects(self, kind: str) -> str:
        """Records of a kind ("contacts"), their search and their batches below it."""
        return self.object.format(kind)

    def properties(self, kind: str) -> str:
        """Property definitions of a kind, and `/groups`."""
        return self.property.format(kind)

    def associations(self, kind: str, to: str) -> str:
        """Which records of the kind `to` belong to those of `kind`: `/batch/read` below it."""
        return self.association.format(kind, to)


PATHS = {
    API_VERSION: Paths(
        object=f"/crm/objects/{API_VERSION}/{{}}",
        property=f"/crm/properties/{API_VERSION}/{{}}",
        association=f"/crm/associations/{API_VERSION}/{{}}/{{}}",
        lists=f"/crm/lists/{API_VERSION}",
        account=f"/account-info/{API_VERSION}/details",
        # The token endpoint takes no part in each release: this is its newest version.
        token="/oauth/2026-03/token",  # noqa: S106
    ),
    "v3": Paths(
        object="/crm/v3/objects/{}",
        property="/crm/v3/properties/{}",
        association="/crm/v4/associations/{}/{}",
        lists="/crm/v3/lists",
        account="/account-info/v3/details",
        token="/oauth/v3/token",  # noqa: S106
    ),
}
"""API version -> its paths."""
EVENTS = "/email/public/v1/events"
"""Marketing e-mail events, which have no dated successor."""
