"""The reads that every client does: which stream of which platform, and how many rows."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Read:
    """One read. `rows` are platform objects at full size; `kind` is the record kind that counts as one;
    `since` asks for what changed after that instant only."""

    name: str
    plugin: str
    stream: str
    kind: str
    rows: int
    since: str | None = None

    @property
    def cursor(self) -> str | None:
        """The cursor that the read begins with: all were listed lately, so that changes are read alone."""
        listed = {"listed_at": "2100-01-01T00:00:00+00:00", "shape": "consent by address"}
        return json.dumps({"since": self.since, **listed}) if self.since else None


READS = {
    read.name: read
    for read in (
        Read("hubspot-contacts", "hubspot", "contacts", "person", 100_000),
        Read("hubspot-changed", "hubspot", "contacts", "person", 100_000, since="2025-01-01T00:00:00+00:00"),
        Read("mailchimp-members", "mailchimp", "members", "person", 100_000),
        Read("shopify-customers", "shopify", "customers", "person", 100_000),
        Read("shopify-orders", "shopify", "orders", "order", 100_000),
    )
}
