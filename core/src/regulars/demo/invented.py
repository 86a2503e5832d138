"""Invented shops: deterministic people who buy, return, drift away, move and change their minds."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from regulars.testing.world import World, WorldLine, WorldOrder, WorldPerson, WorldProduct, WorldRefund

_FIRST = (
    *("Ada", "Amir", "Bea", "Carl", "Dana", "Elif", "Emil", "Finn", "Gina", "Hana"),
    *("Ines", "Jude", "Kira", "Lior", "Mara", "Noor", "Omar", "Rosa", "Sam", "Yara"),
)
_LAST = (
    *("Abel", "Berg", "Castell", "Duarte", "Evers", "Fisk", "Gallo", "Holt", "Ito", "Jansen"),
    *("Kaur", "Lund", "Meyer", "Novak", "Okoye", "Quist", "Rossi", "Silva", "Tan", "Vogt"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A habit: how often such people buy (days between orders), for how long, and their share."""

    share: float
    gap: float
    stays: float


_KINDS = (Kind(0.45, 45, 60), Kind(0.30, 32, 400), Kind(0.17, 21, 900), Kind(0.08, 12, 1500))


@dataclass(frozen=True, slots=True)
class Shop:
    """What a shop is like. Prices are plain decimal texts of its currency."""

    name: str
    currency: str
    timezone: str
    country: str
    products: tuple[tuple[str, str, str, str], ...]  # sku, title, category, price


PETS = Shop(
    "Bright Paw",
    "USD",
    "America/Chicago",
    "US",
    (
        ("DRY-S", "Dry food, small bag", "Dry food", "18.90"),
        ("DRY-L", "Dry food, large bag", "Dry food", "49.50"),
        ("TREAT", "Training treats", "Treats", "7.25"),
        ("FEED", "Slow feeder", "Feeder", "34.00"),
        ("MAT", "Crate mat", "Crate mats", "29.95"),
    ),
)
TEA = Shop(
    "Fernhill Tea",
    "EUR",
    "Europe/Berlin",
    "DE",
    (
        ("ASSAM", "Assam, loose leaf", "Loose leaf", "12.80"),
        ("SENCHA", "Sencha, loose leaf", "Loose leaf", "16.40"),
        ("POT", "Glass teapot", "Teaware", "39.00"),
        ("GIFT", "Gift set", "Gift sets", "55.00"),
    ),
)


def invented(shop: Shop, people: int, days: int, end: datetime, seed: int) -> World:
    """A shop's past: `people` who came over `days` before `end`, and everything they did.

    The same arguments give the same world. A few odd ones are always there: a shared inbox, a person
    known under two spellings, guests, a test order, wholesale buyers, an order in another currency.
    """
    dice = random.Random(seed)
    world = World(shop.name, shop.currency, shop.timezone, shop.country)
    world.products = [WorldProduct(sku, title, category) for sku, title, category, _ in shop.products]
    for number in range(people):
        _arrive(world, shop, number, days, end, dice)
    _odd_ones(world, shop, end)
    return world


def _arrive(world: World, shop: Shop, number: int, days: int, end: datetime, dice: random.Random) -> None:
    first, last = dice.choice(_FIRST), dice.choice(_LAST)
    came = end - timedelta(days=dice.uniform(1, days))
    person = WorldPerson(
        key=f"p{number:05d}",
        email=f"{first}.{last}.{number}@example.test".lower(),
        first_name=first,
        last_name=last,
        country=shop.country if dice.random() < 0.9 else "CA",
        created_at=came,
        consent=dice.choices(("subscribed", "unsubscribed", "not_subscribed"), (0.72, 0.08, 0.20))[0],
    )
    world.people.append(person)
    _habits(world, shop, person, end, dice)
    _mishaps(person, dice)


def _habits(world: World, shop: Shop, person: WorldPerson, end: datetime, dice: random.Random) -> None:
    if dice.random() < 0.06:
        return  # signed up and never bought
    kind = dice.choices(_KINDS, [k.share for k in _KINDS])[0]
    at = came = person.created_at or end
    leaves, number = came + timedelta(days=dice.expovariate(1 / kind.stays)), 0
    while at < end and (at <= leaves or number == 0):
        number += 1
        world.orders.append(order_of(shop, person, f"{person.key}-{number}", at, dice))
        at += timedelta(days=max(1.0, dice.gammavariate(2, kind.gap / 2)))


def order_of(shop: Shop, person: WorldPerson, key: str, at: datetime, dice: random.Random) -> WorldOrder:
    """One order of a person at an instant, sometimes with a discount, sometimes partly brought back."""
    chosen = dice.sample(shop.products, dice.choices((1, 2, 3), (0.6, 0.3, 0.1))[0])
    lines = [WorldLine(sku, dice.choices((1, 2), (0.8, 0.2))[0], price) for sku, _, _, price in chosen]
    order = WorldOrder(key, person.key, at, lines, shipping="4.90", country=person.country)
    order.delivered_at = at + timedelta(days=3)
    if dice.random() < 0.15:
        order.discount = "2.50"
    if dice.random() < 0.04:
        order.refunds.append(WorldRefund(at + timedelta(days=9), ((0, 1),), lines[0].price))
    return order


def _mishaps(person: WorldPerson, dice: random.Random) -> None:
    luck = dice.random()
    if luck < 0.06:
        person.bounced = "hard"
        if dice.random() < 0.5:
            person.properties["moved_to"] = f"new.{person.email}"
            person.properties["ecoa_permission"] = dice.choice(
                ("confirmed", "confirmed", "no_response", "opted_out")
            )
    elif luck < 0.08:
        person.bounced = "soft"
    if dice.random() < 0.05:
        person.spelling["crm"] = str(person.email).title()
    if dice.random() < 0.15:
        person.on = ("shop", "mail") if dice.random() < 0.5 else ("shop", "crm")


def _odd_ones(world: World, shop: Shop, end: datetime) -> None:
    some = shop.products[0]
    for key in ("inbox-1", "inbox-2"):
        world.people.append(
            WorldPerson(key, "info@example.test", key.title(), "Office", created_at=end - timedelta(days=90),
                        on=("shop",) if key == "inbox-1" else ("crm",))
        )  # fmt: skip
    trade = WorldPerson("trade", "buying@bigstore.example.test", "Big", "Store", shop.country,
                        created_at=end - timedelta(days=200), on=("shop", "crm"))  # fmt: skip
    world.people.append(trade)
    world.orders += [
        WorldOrder("guest-1", None, end - timedelta(days=3), [WorldLine(some[0], 1, some[3])],
                   email="walk.in@example.test"),
        WorldOrder("guest-2", None, end - timedelta(days=2), [WorldLine(some[0], 1, some[3])]),
        WorldOrder("test-1", "p00001", end - timedelta(days=2), [WorldLine(some[0], 1, some[3])], test=True),
        WorldOrder("trade-1", "trade", end - timedelta(days=20), [WorldLine(some[0], 150, some[3])],
                   tags=("wholesale",)),
        WorldOrder("foreign-1", "p00002", end - timedelta(days=5), [WorldLine(some[0], 1, "21.00")],
                   currency="SEK"),
    ]  # fmt: skip


def day_of_orders(world: World, shop: Shop, start: datetime, count: int, seed: int) -> list[WorldOrder]:
    """`count` new orders within the 22 hours after `start`, by people who buy often."""
    dice = random.Random(seed)
    bought: dict[str, int] = {}
    for order in world.orders:
        if order.person:
            bought[order.person] = bought.get(order.person, 0) + 1
    regulars = sorted(bought, key=lambda key: (-bought[key], key))[: max(40, count)]
    people = {person.key: person for person in world.people}
    orders = []
    for number in range(count):
        at = start + timedelta(minutes=dice.uniform(0, 22 * 60))
        person = people[dice.choice(regulars)]
        order = order_of(shop, person, f"d{start:%Y%m%d}-{number}", at, dice)
        order.refunds.clear()
        order.delivered_at = None  # a delivery would make the order appear as changed on a later night
        orders.append(order)
    return orders


def local(shop: Shop, year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """An instant by the shop's own clock."""
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(shop.timezone))
