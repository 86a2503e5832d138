"""Which customers and orders left the shop: no list of the platform says so.

Every run compares how many there are with how many there were (two root counts in a quiet night). Where
some are missing, the range of ids is halved by counts until a page holds the rest, and the missing are
asked for by id, past the search index: only what is not there by id is gone. A customer whose latest
order belongs to somebody else now was merged into them; without such a witness it counts as deleted. So
the latest orders are kept up to date: each night of customers who changed, each week of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from regulars import Deletion, Merge, Page, Record

from regulars_shopify.client import ShopifyClient
from regulars_shopify.ledger import Ledger
from regulars_shopify.models import Numbered
from regulars_shopify.pages import Listing

WINDOW = timedelta(days=60)
"""What of the orders can be seen without the right to all of them."""
_MARGIN = timedelta(days=1)
_ALL_MARKS = timedelta(days=7)
_OVERLAP = timedelta(hours=1)  # as for changed customers: the index may lag
_A_PAGE = 250
_DEPTH = 20_000  # of one search; then it is asked anew
_SAVED = 100_000  # ids after which a first listing notes how far it came

Listed = Callable[[str | None, str | None], Listing[Numbered]]


@dataclass(frozen=True)
class Sweep:
    """One kind of object: what the platform calls it, and our record kind."""

    client: ShopifyClient
    now: datetime
    name: Literal["customers", "orders"]
    kind: Literal["person", "order"]

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Deletions and merges since the last sweep. The first one only notes what there is."""
        ledger = Ledger.of(cursor)
        rows: dict[str, Sequence[Record]] = {}
        if len(ledger) and (gone := set(self._gone(ledger, self._from(ledger), ledger.last))):
            rows = self._records(ledger, gone)
            ledger = ledger.without(gone)
        if self.kind == "person":
            self._look_again(ledger)
        for number, mark in self._beyond(ledger.last):
            ledger.add(number, mark)
            if len(ledger) % _SAVED == 0:
                yield Page(rows, ledger.cursor())
                rows = {}
        yield Page(rows, ledger.cursor())

    def _look_again(self, ledger: Ledger) -> None:
        """Bring the latest orders up to date. A deleted order changes no customer: hence all, now and then."""
        now = int(self.now.timestamp())
        every = now - ledger.listed >= _ALL_MARKS.total_seconds()
        since = datetime.fromtimestamp(ledger.asked, UTC) - _OVERLAP if ledger.asked else None
        if len(ledger) and (every or since is None):
            for number, mark in self._beyond(0, ledger.last):
                ledger.remark(number, mark)
        elif len(ledger) and since is not None:
            for node in self._walk(f"updated_at:>='{since:%Y-%m-%dT%H:%M:%SZ}'"):
                ledger.remark(_number(node["id"]), _mark(node))
        ledger.asked, ledger.listed = now, now if every else ledger.listed

    def _from(self, ledger: Ledger) -> int:
        """From which number on what is not to be seen is gone.

        Without the right to all orders, the old ones vanish from sight without being gone.
        """
        if self.kind == "person":
            return 0
        edge = self.now - WINDOW
        opened, oldest = self.client.oldest_order()
        if opened > edge or (oldest is not None and oldest < edge):
            return 0
        young = int((edge + _MARGIN).timestamp())
        fresh = (number for number, made in zip(ledger.numbers, ledger.marks, strict=True) if made >= young)
        return next(fresh, ledger.last + 1)

    def _gone(self, ledger: Ledger, low: int, high: int) -> Iterator[int]:
        """Numbers of the ledger in a range that are there no more."""
        known = ledger.span(low, high)
        if not known or self.client.count(self.name, f"id:>={low} AND id:<={high}") == len(known):
            return
        if len(known) <= _A_PAGE:
            seen = {node["id"] for node in self._listed(low - 1, high)}
            missing = [ledger.numbers[at] for at in known if self._gid(ledger.numbers[at]) not in seen]
            there = self.client.still_there([self._gid(number) for number in missing])
            yield from (number for number in missing if self._gid(number) not in there)
            return
        middle = ledger.numbers[known[len(known) // 2]]
        yield from self._gone(ledger, low, middle - 1)
        yield from self._gone(ledger, middle, high)

    def _beyond(self, last: int, upto: int | None = None) -> Iterator[tuple[int, int]]:
        """Numbers greater than one, with their marks."""
        for node in self._listed(last, upto):
            yield _number(node["id"]), _mark(node)

    def _listed(self, above: int, upto: int | None = None) -> Iterator[Numbered]:
        return self._walk(f"id:<={upto}" if upto is not None else "", above)

    def _walk(self, where: str, above: int = 0) -> Iterator[Numbered]:
        """Everything above a number that matches a search, by number."""
        ask = self.client.customer_ids if self.name == "customers" else self.client.order_ids
        after, seen = None, 0
        while True:
            listing = ask(f"id:>{above}" + (f" AND {where}" if where else ""), after)
            yield from listing.nodes
            seen += len(listing.nodes)
            if (after := listing.after) is None:
                return
            if seen >= _DEPTH:
                above, after, seen = _number(listing.nodes[-1]["id"]), None, 0

    def _records(self, ledger: Ledger, gone: set[int]) -> dict[str, Sequence[Record]]:
        merged = self._merged(ledger, gone) if self.kind == "person" else {}
        deletions: list[Record] = [
            Deletion(id=self._gid(number), updated_at=self.now, entity=self.kind)
            for number in sorted(gone)
            if number not in merged
        ]
        merges: list[Record] = [
            Merge(id=self._gid(number), updated_at=self.now, into=into) for number, into in sorted(merged.items())
        ]
        return {"deletion": deletions, "merge": merges}

    def _merged(self, ledger: Ledger, gone: set[int]) -> dict[int, str]:
        """Whose latest order belongs to somebody else now, and to whom."""
        witness = {f"gid://shopify/Order/{mark}": number for number in gone if (mark := ledger.mark(number))}
        buyers = self.client.still_there(list(witness)) if witness else {}
        found = {witness[order]: buyer for order, buyer in buyers.items() if buyer}
        return {number: buyer for number, buyer in found.items() if buyer != self._gid(number)}

    def _gid(self, number: int) -> str:
        return f"gid://shopify/{'Customer' if self.kind == 'person' else 'Order'}/{number}"


def _mark(node: Numbered) -> int:
    if "createdAt" in node:
        return int(node["createdAt"].timestamp())
    order = node.get("lastOrder")
    return _number(order["id"]) if order else 0


def _number(gid: str) -> int:
    return int(gid.rpartition("/")[2])
