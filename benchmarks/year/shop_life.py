"""What happens in the shop: orders, refunds, edits, new customers. The world is the shop's memory."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from regulars.testing import WorldLine, WorldOrder, WorldPerson, WorldRefund

from benchmarks.year.town import COUNTRIES, FIRST, LAST, Act, Touch, Town, pick

PRICES = {"TEA-1": "8.50", "TEA-2": "9.20", "POT-1": "39.00", "CUP-1": "12.00"}


def bring(town: Town, people: Iterable[WorldPerson], orders: Iterable[WorldOrder]) -> list[Touch]:
    """Bring these, and all the orders of the people concerned, to the shop."""
    world, orders = town.house.world, list(orders)
    by_key = {person.key: person for person in world.people}
    persons = {p.key: p for p in people} | {o.person: by_key[o.person] for o in orders if o.person in by_key}
    theirs = [o for o in world.orders if o.person in persons or o in orders]
    part = replace(world, people=list(persons.values()), orders=theirs)
    before = _updated(town)
    town.shop.populate(part)
    # A person's new address changes its orders as well.
    changed = [Touch("shop", number) for number, at in _updated(town).items() if before.get(number) != at]
    return [*_there(town.shop.customers, persons.values()), *_there(town.shop.orders, orders), *changed]


def _updated(town: Town) -> dict[str, int]:
    return {str(order.id): order.updated for order in town.shop.orders.live.values()}


def _there(kept: Any, things: Iterable[Any]) -> list[Touch]:
    numbers = [kept.keys.get(thing.key) for thing in things]
    return [Touch("shop", str(kept.live[number].id)) for number in numbers if number in kept.live]


def _somebody(town: Town, dice: random.Random) -> WorldPerson | None:
    keys, live = town.shop.customers.keys, town.shop.customers.live
    return pick(dice, [p for p in town.house.world.people if "shop" in p.on and keys.get(p.key) in live])


def _sold(town: Town, dice: random.Random, *, older: timedelta = timedelta(0)) -> WorldOrder | None:
    keys, live = town.shop.orders.keys, town.shop.orders.live
    orders = town.house.world.orders
    for _ in range(20):
        order = orders[dice.randrange(len(orders))]
        if order.at <= town.now - older and keys.get(order.key) in live:
            return order
    return None


def _ordered(town: Town, dice: random.Random, person: str | None, **more: object) -> WorldOrder:
    town.counter += 1
    skus = dice.sample(list(PRICES), dice.randrange(1, 4))
    lines = [WorldLine(sku, dice.randrange(1, 4), PRICES[sku]) for sku in skus]
    order = WorldOrder(f"year-{town.counter}", person, town.now, lines, shipping="4.95", **more)  # type: ignore[arg-type]
    if dice.random() < 0.3:
        order.discount = dice.choice(("1.00", "2.50", "3.33"))
    town.house.world.orders.append(order)
    return order


def order(town: Town, dice: random.Random) -> Sequence[Touch]:
    person = _somebody(town, dice)
    if person is None:
        return ()
    odd = dice.random()
    more: dict[str, object] = {"country": person.country}
    if odd < 0.03:
        more["test"] = True
    elif odd < 0.06:
        more["currency"] = "USD"
    elif odd < 0.09:
        more["tags"] = ("wholesale",)
    return bring(town, (), [_ordered(town, dice, person.key, **more)])


def guest_order(town: Town, dice: random.Random) -> Sequence[Touch]:
    """A guest, now and then under the address of somebody known, written another way."""
    known = _somebody(town, dice)
    email = town.address(dice)
    if known is not None and known.email and dice.random() < 0.4:
        email = known.email.title()
    return bring(town, (), [_ordered(town, dice, None, email=email)])


def new_customer(town: Town, dice: random.Random) -> Sequence[Touch]:
    town.counter += 1
    consent = dice.choice(("subscribed", "unsubscribed", "not_subscribed", "pending"))
    person = WorldPerson(
        f"new-{town.counter}",
        town.address(dice),
        dice.choice(FIRST),
        dice.choice(LAST),
        dice.choice(COUNTRIES),
        created_at=town.now,
        on=("shop",),
        consent=consent,
    )
    town.house.world.people.append(person)
    return bring(town, [person], [_ordered(town, dice, person.key)] if dice.random() < 0.7 else ())


def refund(town: Town, dice: random.Random) -> Sequence[Touch]:
    """A part of an order comes back, now and then a year late."""
    sold = _sold(town, dice, older=timedelta(days=dice.choice((0, 3, 40, 200))))
    if sold is None or sold.currency or sold.cancelled_at:
        return ()
    back = dict.fromkeys(range(len(sold.lines)), 0)
    for given in sold.refunds:
        for n, quantity in given.lines:
            back[n] += quantity
    left = [n for n, line in enumerate(sold.lines) if line.quantity > back[n]]
    if not left:
        return ()
    line = dice.choice(left)
    sold.refunds.append(WorldRefund(town.now, ((line, 1),), _worth(sold, line)))
    return bring(town, (), [sold])


def _worth(sold: WorldOrder, line: int) -> str:
    """A little less than the price, so that a discounted line is not given back at more than it cost."""
    return f"{max(0.01, float(sold.lines[line].price) - 4):.2f}"


def goodwill(town: Town, dice: random.Random) -> Sequence[Touch]:
    """Money back without goods."""
    sold = _sold(town, dice)
    if sold is None or sold.currency or len(sold.refunds) > 2:
        return ()
    sold.refunds.append(WorldRefund(town.now, (), "1.50"))
    return bring(town, (), [sold])


def cancel(town: Town, dice: random.Random) -> Sequence[Touch]:
    sold = _sold(town, dice)
    if sold is None or sold.cancelled_at or sold.delivered_at:
        return ()
    sold.cancelled_at = town.now
    return bring(town, (), [sold])


def edit_order(town: Town, dice: random.Random) -> Sequence[Touch]:
    """Something is added to an order that was placed."""
    sold = _sold(town, dice)
    if sold is None:
        return ()
    if dice.random() < 0.5:
        dice.choice(sold.lines).quantity += 1
    else:
        sku = dice.choice(list(PRICES))
        sold.lines.append(WorldLine(sku, 1, PRICES[sku]))
    return bring(town, (), [sold])


def tag_order(town: Town, dice: random.Random) -> Sequence[Touch]:
    sold = _sold(town, dice)
    if sold is None:
        return ()
    tag = dice.choice(("vip", "gift", "wholesale", "Check, twice"))
    sold.tags = tuple(t for t in sold.tags if t != tag) if tag in sold.tags else (*sold.tags, tag)
    return bring(town, (), [sold])


def deliver(town: Town, dice: random.Random) -> Sequence[Touch]:
    sold = _sold(town, dice)
    if sold is None or sold.delivered_at or sold.at > town.now - timedelta(days=2):
        return ()
    sold.delivered_at = town.now
    return bring(town, (), [sold])


def change_address(town: Town, dice: random.Random) -> Sequence[Touch]:
    person = _somebody(town, dice)
    if person is None:
        return ()
    person.email = town.address(dice)
    person.spelling = {}
    return bring(town, [person], ())


def edit_customer(town: Town, dice: random.Random) -> Sequence[Touch]:
    person = _somebody(town, dice)
    if person is None:
        return ()
    person.last_name, person.country = dice.choice(LAST), dice.choice(COUNTRIES)
    person.phone = dice.choice((None, f"+353 1 496 {dice.randrange(1000, 9999)}"))
    return bring(town, [person], ())


def change_consent(town: Town, dice: random.Random) -> Sequence[Touch]:
    person = _somebody(town, dice)
    if person is None:
        return ()
    person.consent = dice.choice(("subscribed", "unsubscribed", "unsubscribed", "pending"))
    return bring(town, [person], ())


def tag_customer(town: Town, dice: random.Random) -> Sequence[Touch]:
    """The merchant's own tags."""
    person = _somebody(town, dice)
    if person is None:
        return ()
    tag = dice.choice(("VIP", "local", "Wine club", "b2b"))
    person.tags = tuple(t for t in person.tags if t != tag) if tag in person.tags else (*person.tags, tag)
    return bring(town, [person], ())


def drift(town: Town, dice: random.Random) -> Sequence[Touch]:
    """Somebody writes into a metafield of ours."""
    customer, defined = pick(dice, list(town.shop.customers.live.values())), town.shop.metafields.definitions
    ours = pick(dice, [full for full in defined if full.startswith("regulars.")])
    if customer is None or ours is None:
        return ()
    if dice.random() < 0.3:
        customer.metafields.pop(ours, None)
    else:
        customer.metafields[ours] = {"number_decimal": "12.5", "date": "2025-03-04"}.get(
            defined[ours].type, "by hand"
        )
    town.shop.touch(customer)
    return [Touch("shop", str(customer.id))]


def our_tag(town: Town, dice: random.Random) -> Sequence[Touch]:
    """Somebody gives or takes a tag of ours."""
    customers = list(town.shop.customers.live.values())
    ours = sorted({tag for customer in customers for tag in customer.tags if tag.startswith("regulars:")})
    if not ours:
        return ()
    customer, tag = dice.choice(customers), dice.choice(ours)
    people, gid = town.shop.people, f"gid://shopify/Customer/{customer.id}"
    (people.remove_tags if tag in customer.tags else people.add_tags)(gid, [tag])
    return [Touch("shop", str(customer.id))]


def _gid(kind: str, thing: Any) -> str:
    return f"gid://shopify/{kind}/{thing.id}"


def merge(town: Town, dice: random.Random) -> Sequence[Touch]:
    """The merchant makes two customers one; the platform takes some seconds for it."""
    customers = list(town.shop.customers.live.values())
    if len(customers) < 12:
        return ()
    one, two = dice.sample(customers, 2)
    orders = [order for order in town.shop.orders.live.values() if order.customer in (one.number, two.number)]
    town.shop.departures.merge({"customerOneId": _gid("Customer", one), "customerTwoId": _gid("Customer", two)})
    town.house.clock.forward(timedelta(seconds=3))
    town.shop.departures.settle()
    return [Touch("shop", str(thing.id)) for thing in (one, two, *orders)]


def delete_customer(town: Town, dice: random.Random) -> Sequence[Touch]:
    """Only who never ordered can be deleted."""
    buyers = {order.customer for order in town.shop.orders.live.values()}
    customer = pick(dice, [c for c in town.shop.customers.live.values() if c.number not in buyers])
    if customer is None:
        return ()
    town.shop.departures.delete({"input": {"id": _gid("Customer", customer)}})
    return [Touch("shop", str(customer.id))]


def delete_order(town: Town, dice: random.Random) -> Sequence[Touch]:
    order = dice.choice(list(town.shop.orders.live.values()))
    town.shop.departures.delete_order(_gid("Order", order))
    return [Touch("shop", str(order.id))]


def erase(town: Town, dice: random.Random) -> Sequence[Touch]:
    """Somebody wants to be forgotten; it ripens for weeks, and by day, for what the platform does in the
    middle of a night would look as if we had done it."""
    customer = pick(dice, list(town.shop.customers.live.values()))
    if customer is None or len(town.shop.customers.live) < 12:
        return ()
    last = [order.created for order in town.shop.orders.live.values() if order.customer == customer.number]
    hours = [town.now.hour, *(datetime.fromtimestamp(at, UTC).hour for at in last)]
    if any(hour < 7 or hour > 22 for hour in hours):
        return ()
    town.shop.departures.erase(_gid("Customer", customer))
    return [Touch("shop", str(customer.id))]


def settle(town: Town) -> None:
    """What was due by now has happened, and the shop's memory knows it."""
    town.shop.departures.settle()
    kept, world = town.shop.customers, town.house.world
    gone = {key for key, number in kept.keys.items() if number in kept.gone and kept.standing(number) is None}
    world.people = [person for person in world.people if person.key not in gone]
    for order in world.orders:
        if order.person in gone:
            order.person = order.email = order.country = None


ACTS = (
    Act("an order", 9, order),
    Act("a guest's order", 2, guest_order),
    Act("a new customer", 1, new_customer),
    Act("a refund", 2, refund),
    Act("money back without goods", 0.5, goodwill),
    Act("a cancelled order", 0.5, cancel),
    Act("an edited order", 1, edit_order),
    Act("a tagged order", 0.7, tag_order),
    Act("a delivery", 2, deliver),
    Act("another address in the shop", 0.7, change_address),
    Act("an edited customer", 1, edit_customer),
    Act("consent in the shop", 1, change_consent),
    Act("the merchant's tags", 1, tag_customer),
    Act("somebody writes our metafield", 0.7, drift),
    Act("somebody changes our tag in the shop", 0.5, our_tag),
    Act("a merge in the shop", 0.25, merge),
    Act("a deleted customer", 0.2, delete_customer),
    Act("a deleted order", 0.2, delete_order),
    Act("a wish to be forgotten", 0.15, erase),
)
