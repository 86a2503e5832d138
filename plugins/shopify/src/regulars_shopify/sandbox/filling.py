"""The invented world becomes this shop's part of it: only what differs is changed, and bumped to now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from regulars import minor_units
from regulars.testing import World, WorldOrder, WorldPerson, WorldProduct, WorldRefund

from regulars_shopify.sandbox import objects
from regulars_shopify.sandbox.collection import Collection, T
from regulars_shopify.sandbox.objects import Customer, Line, Order, Parcel, Product, Refund, RefundLine
from regulars_shopify.shares import split

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox

_CONSENT = {
    "subscribed": "SUBSCRIBED",
    "unsubscribed": "UNSUBSCRIBED",
    "complained": "UNSUBSCRIBED",
    "pending": "PENDING",
}
_CODE = "WELCOME"
_CHANGES_A_SECOND = 1000
_SHIPS_AFTER = timedelta(days=1)

_minor = lru_cache(maxsize=100_000)(minor_units)


def _second(moment: datetime) -> int:
    return int(moment.timestamp())


class Filling:
    """One passage of a world into a shop."""

    def __init__(self, shop: ShopifySandbox, world: World) -> None:
        self._shop, self._world = shop, world
        self._now = shop.now()
        self._first = not shop.name
        self._changes = 0
        self._people = {p.key: p for p in world.people}
        self._titles = {p.sku: p for p in world.products}

    def run(self) -> None:
        """Create and update products, customers and orders, in that order."""
        shop, world = self._shop, self._world
        shop.name, shop.currency, shop.timezone, shop.country = (
            world.name,
            world.currency,
            world.timezone,
            world.country,
        )
        for product in world.products:
            self._put(shop.products, self._product(product))
        counts = self._counts()
        for person in world.people:
            if "shop" in person.on and not (person.created_at and _second(person.created_at) > self._now):
                self._customer(person, counts.get(person.key, 0))
        for order in world.orders:
            if _second(order.at) <= self._now:
                made = self._order(order)
                self._put(shop.orders, made, _latest(made, self._now))
        shop.forget_lookups()

    def _counts(self) -> Mapping[str, int]:
        counts: dict[str, int] = {}
        for order in self._world.orders:
            if order.person and _second(order.at) <= self._now:
                counts[order.person] = counts.get(order.person, 0) + 1
        return counts

    def _number(self, kind: Collection[T], key: str) -> int:
        return kind.keys.setdefault(key, len(kind.keys) + 1)

    def _put(self, kind: Collection[T], made: T, at_first: int | None = None) -> None:
        """Keep it where it is new or different. What a first world brings was there all along; what left
        the shop does not come back."""
        if made.number in kind.gone:
            return
        held = kind.live.get(made.number)
        if held == made:
            return
        if held is None and self._first and at_first is not None:
            made.updated = at_first
        else:
            made.updated = max(self._moment(), held.updated if held else 0)
        kind.put(made, self._shop.visible_from(made.updated, first=self._first))

    def _moment(self) -> int:
        """Now; a great many changes are spread over the last seconds, as no shop makes them in one."""
        self._changes += 1
        return self._now - self._changes // _CHANGES_A_SECOND

    def _product(self, product: WorldProduct) -> Product:
        number = self._number(self._shop.products, product.sku)
        held = self._shop.products.live.get(number)
        created = held.created if held else self._now
        return Product(number, product.sku, product.title, product.category, created, self._now)

    def _customer(self, person: WorldPerson, orders: int) -> None:
        kind = self._shop.customers
        number = self._number(kind, person.key)
        held = kind.live.get(number)
        email = _address(person)
        consent = _CONSENT.get(person.consent, "NOT_SUBSCRIBED")
        created = _second(person.created_at) if person.created_at else held.created if held else self._now
        said_at: int | None = created if held is None and self._first else self._now
        if consent == "NOT_SUBSCRIBED":
            said_at = None
        elif held and held.consent == consent:
            said_at = held.consent_at
        made = Customer(
            number=number,
            email=email,
            first_name=person.first_name,
            last_name=person.last_name,
            phone=person.phone,
            country=person.country,
            tags=_tags([*person.tags, *(held.added if held else ())]),
            consent=consent,
            consent_at=said_at,
            metafields={f"custom.{name}": value for name, value in person.properties.items()} | _others(held),
            orders=orders,
            created=created,
            updated=self._now,
            added=held.added if held else [],
        )
        self._put(kind, made, created)

    def _order(self, order: WorldOrder) -> Order:
        number = self._number(self._shop.orders, order.key)
        person = self._people.get(order.person) if order.person else None
        money = order.currency or self._world.currency
        lines = self._lines(number, order, money)
        known = self._shop.customers.keys.get(person.key) if person and "shop" in person.on else None
        buyer = self._shop.customers.standing(known)
        erased = known is not None and buyer is None
        made = Order(
            number=number,
            money=money,
            customer=buyer,
            email=None
            if erased
            else _squeezed(order.email)
            if order.email
            else _address(person)
            if person
            else None,
            created=_second(order.at),
            test=order.test,
            cancelled=self._past(order.cancelled_at),
            country=None if erased else order.country or (person.country if person else None),
            tags=_tags(order.tags),
            codes=[_CODE] if any(line.off for line in lines) else [],
            taxes_included=self._shop.taxes_included,
            shipping=_minor(order.shipping, money),
            lines=lines,
            refunds=[],
            parcels=self._parcels(number, order),
            updated=self._now,
        )
        due = [refund for refund in order.refunds if _second(refund.at) <= self._now]
        made.refunds = [self._refund(made, i, refund) for i, refund in enumerate(due)]
        return made

    def _lines(self, number: int, order: WorldOrder, money: str) -> list[Line]:
        totals = [_minor(line.price, money) * line.quantity for line in order.lines]
        offs = split(_minor(order.discount, money), totals)
        made = []
        for i, (line, total, off) in enumerate(zip(order.lines, totals, offs, strict=True)):
            product = self._titles.get(line.sku)
            made.append(
                Line(
                    id=objects.line_id(number, i),
                    money=money,
                    sku=line.sku,
                    title=product.title if product else line.sku,
                    product=self._shop.products.keys.get(line.sku),
                    quantity=line.quantity,
                    current=line.quantity,
                    total=total,
                    off=off,
                    tax=self._tax(total - off),
                )
            )
        return made

    def _tax(self, goods: int) -> int:
        percent = self._shop.tax_percent
        return round(goods * percent / (100 + percent if self._shop.taxes_included else 100))

    def _refund(self, order: Order, index: int, refund: WorldRefund) -> Refund:
        number, amount = objects.refund_id(order.number, index), _minor(refund.amount, order.money)
        worth = [_worth(order.lines[at], quantity) for at, quantity in refund.lines]
        lines = []
        for i, ((at, quantity), share) in enumerate(zip(refund.lines, split(amount, worth), strict=True)):
            order.lines[at].current -= quantity
            lines.append(RefundLine(number * 1000 + i, order.money, at, quantity, share, self._tax(share)))
        return Refund(number, order.money, _second(refund.at), amount, lines)

    def _parcels(self, number: int, order: WorldOrder) -> list[Parcel]:
        if order.delivered_at is None or order.cancelled_at is not None:
            return []
        shipped = min(_second(order.at + _SHIPS_AFTER), _second(order.delivered_at))
        if shipped > self._now:
            return []
        return [Parcel(number * 10, shipped, self._past(order.delivered_at))]

    def _past(self, moment: datetime | None) -> int | None:
        return _second(moment) if moment and _second(moment) <= self._now else None


def _others(held: Customer | None) -> dict[str, str]:
    """Metafields that programs set; the world knows nothing of them."""
    there = held.metafields if held else {}
    return {name: value for name, value in there.items() if not name.startswith("custom.")}


def _worth(line: Line, quantity: int) -> int:
    return (line.total - line.off) * quantity // max(1, line.quantity)


def _latest(order: Order, now: int) -> int:
    """When an order that was there all along was last touched."""
    moments = [order.created, order.cancelled or 0, *(refund.at for refund in order.refunds)]
    moments += [max(parcel.created, parcel.delivered or 0) for parcel in order.parcels]
    return min(now, max(moments))


def _address(person: WorldPerson) -> str | None:
    email = person.spelling.get("shop", person.email)
    return _squeezed(email) if email else None


def _squeezed(email: str) -> str:
    """The platform stores addresses without any space."""
    return "".join(email.split())


def _tags(tags: Sequence[str]) -> list[str]:
    """Trimmed, cut at commas, once each whatever the case, in alphabetical order."""
    found: dict[str, str] = {}
    for tag in ",".join(tags).split(","):
        if tag.strip():
            found.setdefault(tag.strip().lower(), tag.strip())
    return [found[low] for low in sorted(found)]
