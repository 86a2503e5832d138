"""The reads that every client does: which stream of which platform, and how its pages come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Read:
    """One read. `rows` are platform objects at full size, `page` how many come on a page; `kind` is the
    record kind that counts as a row; `since` asks for changes only."""

    name: str
    plugin: str
    stream: str
    kind: str
    page: int
    rows: int
    since: str | None = None


READS = {
    read.name: read
    for read in (
        Read("hubspot-contacts", "hubspot", "contacts", "person", 100, 20_000),
        Read("hubspot-changed", "hubspot", "contacts", "person", 200, 20_000, since="2025-01-01T00:00:00+00:00"),
        Read("mailchimp-members", "mailchimp", "members", "person", 1000, 20_000),
        Read("shopify-customers", "shopify", "customers", "person", 250, 20_000),
        Read("shopify-orders", "shopify", "orders", "order", 100, 10_000),
    )
}
