"""What is read from Shopify: products, customers, orders, each by what changed since the last walk.

A walk goes through a stream by `updated_at`. Objects that change meanwhile move behind it and are met
again, so that the next walk begins where this one *started*, less an overlap for the search index,
which lags, and for clocks that disagree. Platform cursors live within one process; what is stored is
how far the walk came, from where any process can ask again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, TypeVar

from regulars import ConfigError, Http, MoneyError, Page, Rejected

from regulars_shopify import bulk_streams, cost
from regulars_shopify.backfill import Backfill, Stream, backfill
from regulars_shopify.bulk import Bulk
from regulars_shopify.client import LINES_A_PAGE, MANY_LINES_A_PAGE, ShopifyClient
from regulars_shopify.mapped import noted, still_true
from regulars_shopify.models import CompanyNode, Connection, CustomerNode, OrderNode, ProductNode
from regulars_shopify.pages import Listing
from regulars_shopify.rows import Rows, add_order, to_company, to_consents, to_people, to_product
from regulars_shopify.settings import ShopifySettings
from regulars_shopify.sweep import Sweep
from regulars_shopify.walk import Walk, changed, placed

SEARCH_DEPTH = 20_000  # Shopify pages through 25,000 objects of one search; then it must be asked anew
MAX_METAFIELDS = 250

_SWEEPS: Mapping[str, tuple[Literal["customers", "orders"], Literal["person", "order"]]] = {
    "customers_gone": ("customers", "person"),
    "orders_gone": ("orders", "order"),
}

N = TypeVar("N")


class Malformed(Exception):
    """A record of which a part cannot be understood."""


class ShopifySource:
    """The streams of one shop. `extra` are metafields of customers, as `namespace.key`."""

    def __init__(self, settings: ShopifySettings, http: Http, extra: Sequence[str] = ()) -> None:
        self._client, self._settings, self._clock = ShopifyClient(settings, http), settings, http.clock
        self._metafields = _checked(extra)
        self._ask: dict[str, Callable[[datetime | None, str | None], Listing[Any]]] = {
            "products": lambda start, after: self._client.products(changed(start), after),
            "customers": self._customers,
            "companies": lambda start, after: self._client.companies(changed(start), after),
            "orders": self._orders,
        }
        self._page: dict[str, Callable[[Listing[Any], str], Page]] = {
            "products": _products,
            "customers": _customers,
            "companies": _companies,
            "orders": self._orders_told,
        }
        self._bulk = {"customers": self._bulk_customers(), "orders": self._bulk_orders()}
        self._lines = LINES_A_PAGE

    def streams(self) -> Sequence[str]:
        """Products first, so that lines find theirs, then customers and companies, orders, and who left."""
        return (*self._ask, *_SWEEPS)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """All that changed since the last walk. A crash goes on from the last page that was stored.

        Customers are all read again where other metafields are mapped than the last time.
        """
        if stream == "companies" and not self._sells_to_companies:
            return
        if stream in _SWEEPS:
            yield from Sweep(self._client, self._clock.now(), *_SWEEPS[stream]).pages(cursor)
            return
        mapped = self._metafields if stream == "customers" else ()
        yield from noted(self._changed(stream, still_true(cursor, mapped)), mapped)

    def _changed(self, stream: str, cursor: str | None) -> Iterator[Page]:
        todo = Backfill.of(cursor)
        if todo is None and cursor is None and self._is_large(stream):
            todo = Backfill(self._clock.now())
        if todo is not None:
            yield from backfill(Bulk(self._client, self._clock), self._bulk[stream], todo)
        else:
            walk = Walk.of(cursor, self._clock.now())
            yield from self._paged(stream, self._ask[stream], walk, self._bulk.get(stream))

    def orders_of(self, since: datetime, until: datetime) -> Iterator[Page]:
        """Every order that was placed before `until` and has changed since `since`, whatever was read before."""
        walk = Walk(since, self._clock.now(), since)
        return self._paged("orders", lambda start, after: self._orders(start, after, placed(None, until)), walk)

    def placed_in(self, since: datetime, until: datetime) -> int:
        """How many orders the shop counts that were placed in a span; of those we read at all."""
        return self._client.count("orders", " AND ".join(filter(None, (placed(since, until), self._placed()))))

    def _is_large(self, stream: str) -> bool:
        """Whether a first reading is worth a bulk operation."""
        if stream == "customers":
            return self._client.count("customers") > self._settings.bulk_above
        return stream == "orders" and (
            self._client.count("orders", self._placed() or None) > self._settings.bulk_above
        )

    def _paged(
        self,
        stream: str,
        ask: Callable[[datetime | None, str | None], Listing[Any]],
        walk: Walk,
        bulk: Stream | None = None,
    ) -> Iterator[Page]:
        """A walk, page by page. Where one instant holds more than a search shows, `bulk` reads the rest."""
        start, after, seen = walk.reached, None, 0
        while True:
            listing = ask(start, after)
            walk = walk.at(listing.nodes)
            yield self._page[stream](listing, walk.open())
            if (after := listing.after) is None:
                break
            seen += len(listing.nodes) + len(listing.rejected)
            if seen >= SEARCH_DEPTH and walk.reached != start:
                start, after, seen = walk.reached, None, 0
            elif seen >= SEARCH_DEPTH and bulk:
                rest = Backfill(walk.started, ((start, None),))
                yield from backfill(Bulk(self._client, self._clock), bulk, rest)
                return
        yield Page({}, walk.done())

    def _customers(self, start: datetime | None, after: str | None) -> Listing[CustomerNode]:
        return self._client.customers(changed(start), after, self._metafields)

    def _bulk_customers(self) -> Stream:
        return Stream(
            lambda window: bulk_streams.customers_query(changed(window[0], until=window[1]), self._metafields),
            lambda families: bulk_streams.customers(families, self._metafields),
            _customers,
            self._client.opened,
        )

    def _bulk_orders(self) -> Stream:
        return Stream(
            lambda window: bulk_streams.orders_query(
                changed(window[0], self._placed(), until=window[1]), self._sells_to_companies
            ),
            lambda families: bulk_streams.orders(families, self._client),
            self._orders_told,
            self._client.opened,
        )

    @cached_property
    def _sells_to_companies(self) -> bool:
        return self._client.has_companies()

    def _orders(self, start: datetime | None, after: str | None, *others: str) -> Listing[OrderNode]:
        where = changed(start, self._placed(), *others)
        listing = self._client.orders(where, after, self._lines, self._sells_to_companies)
        cut = sum(node["lineItems"]["hasNextPage"] for node in listing.nodes)
        if self._lines < MANY_LINES_A_PAGE and self._dearer_one_by_one(cut):
            self._lines = MANY_LINES_A_PAGE
            return self._orders(start, after, *others)
        return listing

    def _dearer_one_by_one(self, cut: int) -> bool:
        """Whether fetching the rest of so many orders' lines costs more than the page with all its lines."""
        many = MANY_LINES_A_PAGE
        first = cost.fitting(lambda size: cost.orders(size, many, self._sells_to_companies))
        return cut * cost.ORDER_LINES > cost.orders(first, many, self._sells_to_companies)

    def _placed(self) -> str:
        day = self._settings.since
        return f"processed_at:>='{day.isoformat()}T00:00:00Z'" if day else ""

    def _orders_told(self, listing: Listing[OrderNode], cursor: str) -> Page:
        """A page of orders; one that cannot be understood is set aside."""
        rows: Rows = defaultdict(list)
        rejected = list(listing.rejected)
        for node in listing.nodes:
            try:
                self._add_order(node, rows)
            except (Malformed, MoneyError) as fault:
                rejected.append(Rejected("order", node["id"], str(fault)))
        return Page(rows, cursor, rejected)

    def _add_order(self, node: OrderNode, rows: Rows) -> None:
        """The order with all its lines and refund lines, however many pages they fill."""
        _follow(node["lineItems"], node["id"], self._client.order_lines)
        for refund in node["refunds"]:
            _follow(refund["refundLineItems"], refund["id"], self._client.refund_lines)
        add_order(node, rows)


def _products(listing: Listing[ProductNode], cursor: str) -> Page:
    return Page({"product": [to_product(node) for node in listing.nodes]}, cursor, listing.rejected)


def _customers(listing: Listing[CustomerNode], cursor: str) -> Page:
    rows = {"person": to_people(listing.nodes), "consent": to_consents(listing.nodes)}
    return Page(rows, cursor, listing.rejected)


def _companies(listing: Listing[CompanyNode], cursor: str) -> Page:
    return Page({"company": [to_company(node) for node in listing.nodes]}, cursor, listing.rejected)


def _checked(extra: Sequence[str]) -> tuple[str, ...]:
    for name in extra:
        namespace, dot, key = name.partition(".")
        if not (namespace and dot and key):
            raise ConfigError(f"{name!r} is no metafield", where="shopify", hint="Write it as namespace.key")
    if len(set(extra)) > MAX_METAFIELDS:
        what = f"more than {MAX_METAFIELDS} metafields are mapped"
        raise ConfigError(what, where="shopify", hint="Leave some of them out of [[signal]]")
    return tuple(dict.fromkeys(extra))


def _follow(connection: Connection[N], of: str, read: Callable[[str, str | None], Listing[N]]) -> None:
    """Read what is missing of a connection inside a record."""
    while connection["hasNextPage"]:
        listing = read(of, connection["endCursor"])
        if listing.rejected:
            raise Malformed(f"{listing.rejected[0].kind} {listing.rejected[0].id}: {listing.rejected[0].reason}")
        connection["nodes"] += listing.nodes
        connection["hasNextPage"], connection["endCursor"] = listing.after is not None, listing.after
