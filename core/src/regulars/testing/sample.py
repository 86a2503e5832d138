"""A small invented shop with at least one of everything that goes wrong in a real one."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from regulars.testing.world import World, WorldLine, WorldOrder, WorldPerson, WorldProduct, WorldRefund

SAMPLE_END = datetime(2026, 11, 20, 18, tzinfo=UTC)

_FIRST = (
    *("Ada", "Ben", "Cora", "Dov", "Elsa", "Finn", "Gwen", "Hugo", "Iris", "Jon"),
    *("Kaya", "Leo", "Mina", "Nils", "Olga", "Pete", "Quin", "Rosa", "Sven", "Tova"),
)
_LAST = (
    *("Archer", "Baker", "Cole", "Dale", "Ellis", "Frost", "Gray"),
    *("Hale", "Irwin", "Joyce", "Kerr", "Lane", "Moss", "North"),
)
_PRODUCTS = (
    ("TEA-1", "Morning tea", "Tea", "8.50"),
    ("TEA-2", "Evening tea", "Tea", "9.20"),
    ("POT-1", "Teapot", "Pots", "39.00"),
    ("CUP-1", "Cup", "Cups", "12.00"),
)
_PRICE = {sku: price for sku, _, _, price in _PRODUCTS}


def sample_world(people: int = 40, seed: int = 0, end: datetime = SAMPLE_END) -> World:
    """`people` customers and two years of their orders up to `end`; the same arguments, the same world.

    The first ten people are special, by key: `unsubscribed`, `moved` (hard bounce, found again by an
    ECOA provider), `moved-silent` (found, but did not answer), `bounced-soft`, `inbox-a` and `inbox-b`
    (who share info@), `two-spellings`, `shop-only`, `mail-only` (who never bought), `no-address`. The
    orders hold a guest's, a test, a cancelled one and refunds, whole and in part.
    """
    if people < 10:
        raise ValueError("a sample world has at least ten people")
    dice = random.Random(seed)
    begin = end - timedelta(days=730)
    crowd = [_person(n, begin + timedelta(days=dice.randrange(700))) for n in range(people)]
    for person, (key, traits) in zip(crowd, _SPECIAL.items(), strict=False):
        person.key = key
        for name, value in traits.items():
            setattr(person, name, value)
    world = World("Sample", "EUR", "Europe/Dublin", "IE", crowd, _products(), [])
    for person in crowd:
        if "shop" in person.on:
            world.orders += _orders_of(person, end, dice)
    world.orders += _odd_orders(crowd[0], end)
    return world


_SPECIAL: dict[str, dict[str, object]] = {
    "unsubscribed": {"consent": "unsubscribed"},
    "moved": {"bounced": "hard", "country": "US", "properties": {"moved_to": "moved.on@example.test"}},
    "moved-silent": {
        "bounced": "hard",
        "country": "US",
        "properties": {"moved_to": "silent@example.test", "ecoa_permission": "no_response"},
    },
    "bounced-soft": {"bounced": "soft"},
    "inbox-a": {"email": "info@example.test", "on": ("shop", "mail")},
    "inbox-b": {"email": None, "other_emails": ("info@example.test",), "on": ("crm",)},
    "two-spellings": {"email": "una.twice@example.test", "spelling": {"crm": "Una.Twice@Example.test"}},
    "shop-only": {"on": ("shop",), "consent": "not_subscribed"},
    "mail-only": {"on": ("mail",)},
    "no-address": {"email": None, "phone": "+353 1 496 0000", "on": ("shop", "crm")},
}


def _person(number: int, since: datetime) -> WorldPerson:
    first, last = _FIRST[number % len(_FIRST)], _LAST[number % len(_LAST)]
    return WorldPerson(
        key=f"p{number:04}",
        email=f"{first}.{last}.{number}@example.test".lower(),
        first_name=first,
        last_name=last,
        country=("IE", "GB", "US")[number % 3],
        created_at=since,
    )


def _products() -> list[WorldProduct]:
    return [WorldProduct(sku, title, category) for sku, title, category, _ in _PRODUCTS]


def _orders_of(person: WorldPerson, end: datetime, dice: random.Random) -> list[WorldOrder]:
    since = person.created_at or end
    at, orders = since, []
    for number in range(dice.choice((0, 1, 1, 2, 3, 5))):
        at += timedelta(days=dice.randrange(1, 120), minutes=dice.randrange(600))
        if at >= end:
            break
        lines = [WorldLine(sku, dice.randrange(1, 4), _PRICE[sku]) for sku in dice.sample(list(_PRICE), 2)]
        order = WorldOrder(
            f"{person.key}-{number}", person.key, at, lines, shipping="4.95", country=person.country
        )
        if dice.random() < 0.1 and at + timedelta(days=9) < end:
            order.refunds.append(WorldRefund(at + timedelta(days=9), ((0, 1),), lines[0].price))
        if dice.random() < 0.2:
            order.discount = "2.00"
        orders.append(order)
    return orders


def _odd_orders(person: WorldPerson, end: datetime) -> list[WorldOrder]:
    at = end - timedelta(days=40)
    whole = WorldOrder("refunded-whole", person.key, at, [WorldLine("POT-1", 1, "39.00")])
    whole.refunds.append(WorldRefund(at + timedelta(days=5), ((0, 1),), "39.00"))
    return [
        whole,
        WorldOrder(
            "guest", None, at + timedelta(days=1), [WorldLine("CUP-1", 2, "12.00")], email="gus@example.test"
        ),
        WorldOrder("test", person.key, at + timedelta(days=2), [WorldLine("CUP-1", 1, "12.00")], test=True),
        WorldOrder(
            "cancelled",
            person.key,
            at + timedelta(days=3),
            [WorldLine("TEA-1", 1, "8.50")],
            cancelled_at=at + timedelta(days=4),
        ),
    ]
