"""What is read from Shopify: products, customers, orders, each by what changed since the last walk.

A walk goes through a stream by `updated_at`. Objects that change meanwhile move behind it and are met
again, so that the next walk begins where this one *started*, less an overlap for the search index,
which lags, and for clocks that disagree. Platform cursors live within one process; what is stored is
how far the walk came, from where any process can ask again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from regulars import ConfigError, Http, MoneyError, Page, Rejected

from regulars_shopify import cost
from regulars_shopify.client import LINES_A_PAGE, MANY_LINES_A_PAGE, ShopifyClient
from regulars_shopify.models import Connection, OrderNode
from regulars_shopify.pages import Listing
from regulars_shopify.rows import Rows, to_company, to_consents, to_order, to_person, to_product
from regulars_shopify.settings import ShopifySettings

OVERLAP = timedelta(hours=1)
SEARCH_DEPTH = 20_000  # Shopify pages through 25,000 objects of one search; then it must be asked anew
MAX_METAFIELDS = 250
_KIND = {"products": "product", "customers": "person", "companies": "company", "orders": "order"}

N = TypeVar("N")
Asked = tuple[Listing[Any], Callable[[Any], Rows]]


class Malformed(Exception):
    """A record of which a part cannot be understood."""


@dataclass(frozen=True)
class Walk:
    """One way through a stream: everything from `since` on, begun at `started`, come to `reached`."""

    since: datetime | None
    started: datetime
    reached: datetime | None

    @classmethod
    def of(cls, cursor: str | None, now: datetime) -> Walk:
        """The walk that a cursor holds open, or a new one from where the last began."""
        held: dict[str, str | None] = json.loads(cursor) if cursor else {}
        since, started, reached = (_instant(held.get(key)) for key in ("since", "started", "reached"))
        return cls(since, started or now, reached or since)

    def at(self, nodes: Sequence[Any]) -> Walk:
        """This walk after these nodes."""
        last = max((node["updatedAt"] for node in nodes), default=self.reached)
        return replace(self, reached=last)

    def open(self) -> str:
        """The cursor within this walk."""
        return json.dumps({k: v.isoformat() if v else None for k, v in vars(self).items()})

    def done(self) -> str:
        """The cursor for the next walk."""
        return json.dumps({"since": (self.started - OVERLAP).isoformat()})


class ShopifySource:
    """The streams of one shop. `extra` are metafields of customers, as `namespace.key`."""

    def __init__(self, settings: ShopifySettings, http: Http, extra: Sequence[str] = ()) -> None:
        self._client, self._settings, self._clock = ShopifyClient(settings, http), settings, http.clock
        self._metafields = _checked(extra)
        self._ask: dict[str, Callable[[datetime | None, str | None], Asked]] = {
            "products": self._products,
            "customers": self._customers,
            "companies": self._companies,
            "orders": self._orders,
        }
        self._lines = LINES_A_PAGE

    def streams(self) -> Sequence[str]:
        """Products first, so that lines find theirs, then customers and companies, then orders."""
        return tuple(self._ask)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """All that changed since the last walk. A crash goes on from the last page that was stored."""
        walk = Walk.of(cursor, self._clock.now())
        if stream == "companies" and not self._sells_to_companies:
            return
        start, after, seen = walk.reached, None, 0
        while True:
            listing, to_rows = self._ask[stream](start, after)
            walk = walk.at(listing.nodes)
            yield _page(listing, to_rows, _KIND[stream], walk.open())
            if (after := listing.after) is None:
                break
            seen += len(listing.nodes) + len(listing.rejected)
            if seen >= SEARCH_DEPTH and walk.reached != start:
                start, after, seen = walk.reached, None, 0
        yield Page({}, walk.done())

    def _products(self, start: datetime | None, after: str | None) -> Asked:
        return self._client.products(_changed(start), after), lambda node: {"product": [to_product(node)]}

    def _customers(self, start: datetime | None, after: str | None) -> Asked:
        listing = self._client.customers(_changed(start), after, self._metafields)
        return listing, lambda node: {"person": [to_person(node)], "consent": [*to_consents(node)]}

    @cached_property
    def _sells_to_companies(self) -> bool:
        return self._client.has_companies()

    def _companies(self, start: datetime | None, after: str | None) -> Asked:
        return self._client.companies(_changed(start), after), lambda node: {"company": [to_company(node)]}

    def _orders(self, start: datetime | None, after: str | None) -> Asked:
        where = _changed(start, self._placed())
        listing = self._client.orders(where, after, self._lines, self._sells_to_companies)
        cut = sum(node["lineItems"]["pageInfo"]["hasNextPage"] for node in listing.nodes)
        if self._lines < MANY_LINES_A_PAGE and self._dearer_one_by_one(cut):
            self._lines = MANY_LINES_A_PAGE
            return self._orders(start, after)
        return listing, lambda node: to_order(self._completed(node))

    def _dearer_one_by_one(self, cut: int) -> bool:
        """Whether fetching the rest of so many orders' lines costs more than the page with all its lines."""
        many = MANY_LINES_A_PAGE
        first = cost.fitting(lambda size: cost.orders(size, many, self._sells_to_companies))
        return cut * cost.ORDER_LINES > cost.orders(first, many, self._sells_to_companies)

    def _placed(self) -> str:
        day = self._settings.since
        return f"processed_at:>='{day.isoformat()}T00:00:00Z'" if day else ""

    def _completed(self, node: OrderNode) -> OrderNode:
        """The order with all its lines and refund lines, however many pages they fill."""
        _follow(node["lineItems"], node["id"], self._client.order_lines)
        for refund in node["refunds"]:
            _follow(refund["refundLineItems"], refund["id"], self._client.refund_lines)
        return node


def _checked(extra: Sequence[str]) -> tuple[str, ...]:
    for name in extra:
        namespace, dot, key = name.partition(".")
        if not (namespace and dot and key):
            raise ConfigError(f"{name!r} is no metafield", where="shopify", hint="Write it as namespace.key")
    if len(set(extra)) > MAX_METAFIELDS:
        raise ConfigError(f"more than {MAX_METAFIELDS} metafields are mapped", where="shopify")
    return tuple(dict.fromkeys(extra))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _changed(start: datetime | None, *others: str) -> str | None:
    """A search for what changed from `start` on. Without quotes Shopify would drop the time of day."""
    since = f"updated_at:>='{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'" if start else ""
    return " AND ".join(filter(None, (since, *others))) or None


def _follow(connection: Connection[N], of: str, read: Callable[[str, str | None], Listing[N]]) -> None:
    """Read what is missing of a connection inside a record."""
    while connection["pageInfo"]["hasNextPage"]:
        listing = read(of, connection["pageInfo"]["endCursor"])
        if listing.rejected:
            raise Malformed(f"{listing.rejected[0].kind} {listing.rejected[0].id}: {listing.rejected[0].reason}")
        connection["nodes"] += listing.nodes
        connection["pageInfo"] = {"hasNextPage": listing.after is not None, "endCursor": listing.after}


def _page(listing: Listing[Any], to_rows: Callable[[Any], Rows], kind: str, cursor: str) -> Page:
    rows: Rows = {}
    rejected = list(listing.rejected)
    for node in listing.nodes:
        try:
            made = to_rows(node)
        except (Malformed, MoneyError) as fault:
            rejected.append(Rejected(kind, node["id"], str(fault)))
            continue
        for name, records in made.items():
            rows.setdefault(name, []).extend(records)
    return Page(rows, cursor, rejected)
