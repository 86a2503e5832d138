"""A shop's money: what the world sold is what is read, to the cent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from regulars.money import minor_units
from regulars.testing.contract.bench import Bench, require
from regulars.testing.contract.shelf import Shelf
from regulars.testing.contract.suite import Suite
from regulars.testing.world import WorldOrder


class ShopContract(Suite):
    """Orders, lines and refunds of a platform with the role shop."""

    def test_every_order_is_read_with_its_money(self, bench: Bench) -> None:
        """Goods after discounts, before refunds; guests', test and cancelled orders are orders too."""
        orders = _read(bench).of("order")
        got = Counter(row["goods_minor"] for row in orders)
        wanted = Counter(_goods(order, bench.world.currency) for order in bench.world.orders)
        missing, surplus = sorted((wanted - got).elements()), sorted((got - wanted).elements())
        require(
            not missing and not surplus, f"orders of {missing[:5]} minor units are missing, {surplus[:5]} surplus"
        )

    def test_lines_add_up_to_their_order(self, bench: Bench) -> None:
        """A discount on the order is spread over its lines."""
        shelf, sums = _read(bench), defaultdict[str, int](int)
        for line in shelf.of("line"):
            sums[line["order_id"]] += line["goods_minor"]
        wrong = [row["id"] for row in shelf.of("order") if sums[row["id"]] != row["goods_minor"]]
        require(not wrong, f"the lines of {len(wrong)} orders do not add up to goods_minor: {wrong[:3]}")

    def test_total_shipping_and_discount_are_those_of_the_sale(self, bench: Bench) -> None:
        """The total is goods and shipping, and the tax where prices do not include it."""
        orders, currency = _read(bench).of("order"), bench.world.currency
        for field in ("shipping_minor", "discount_minor", "total_minor"):
            got = Counter((*_known_by(row), _without_tax_on_top(row, field)) for row in orders)
            wanted = Counter(
                (_day(x.at), _goods(x, currency), _sold(x, currency)[field]) for x in bench.world.orders
            )
            wrong = sorted((wanted - got).elements())
            require(not wrong, f"{field} of {len(wrong)} orders differs: {_told(wrong)}")

    def test_an_order_names_its_buyer(self, bench: Bench) -> None:
        """By `person_id`, which is the id of a person who was read; a guest has none."""
        shelf, world = _read(bench), bench.world
        people = {row["id"]: {row["email"], *row["other_emails"]} for row in shelf.of("person")}
        got = Counter(
            (*_known_by(row), (address or "").lower())
            for row in shelf.of("order")
            for address in people.get(row["person_id"], ())
        )
        email = {x.key: x.spelling.get("shop", x.email).lower() for x in world.people if x.email}
        wanted = Counter(
            (_day(x.at), _goods(x, world.currency), email[x.person]) for x in world.orders if x.person in email
        )
        wrong = sorted((wanted - got).elements())
        require(not wrong, f"person_id of {len(wrong)} orders is not their buyer's: {_told(wrong)}")

    def test_refunds_are_records_of_their_own(self, bench: Bench) -> None:
        """Dated by the refund, positive, and never taken off the order."""
        got = Counter((row["refunded_at"].date(), row["goods_minor"]) for row in _read(bench).of("refund"))
        refunds = [refund for order in bench.world.orders for refund in order.refunds]
        currency = bench.world.currency
        wanted = Counter((x.at.date(), minor_units(x.amount, currency)) for x in refunds)
        require(got == wanted, f"refunds differ: {sorted(((wanted - got) + (got - wanted)).elements())[:5]}")

    def test_refund_lines_add_up_to_their_refund(self, bench: Bench) -> None:
        """What was given back of which line: numbers by product need it."""
        shelf, sums = _read(bench), defaultdict[str, int](int)
        for line in shelf.of("refund_line"):
            sums[line["refund_id"]] += line["goods_minor"]
        wrong = [row["id"] for row in shelf.of("refund") if sums[row["id"]] != row["goods_minor"]]
        require(not wrong, f"the refund_lines of {len(wrong)} refunds do not add up to goods_minor: {wrong[:3]}")

    def test_test_and_cancelled_orders_are_marked(self, bench: Bench) -> None:
        """Metrics leave them out by these marks alone."""
        orders = _read(bench).of("order")
        tests = sum(row["test"] for row in orders)
        cancelled = sum(row["cancelled_at"] is not None for row in orders)
        require(tests == sum(x.test for x in bench.world.orders), f"{tests} orders are marked as tests")
        wanted = sum(x.cancelled_at is not None for x in bench.world.orders)
        require(cancelled == wanted, f"{cancelled} orders are marked as cancelled")

    def test_a_guests_order_has_the_guests_address(self, bench: Bench) -> None:
        """It is the one thing a guest is known by."""
        guests = {order.email for order in bench.world.orders if order.person is None and order.email}
        seen = {(row["email"] or "").lower() for row in _read(bench).of("order")}
        require(guests <= seen, f"no order has the address {sorted(guests - seen)[:1]}")


def _read(bench: Bench) -> Shelf:
    if bench.connector.role != "shop":
        pytest.skip(f"{bench.connector.name} is no shop")
    shelf = Shelf()
    shelf.read(bench.source())
    return shelf


def _goods(order: WorldOrder, currency: str) -> int:
    lines = sum(minor_units(line.price, currency) * line.quantity for line in order.lines)
    return lines - minor_units(order.discount, currency)


def _sold(order: WorldOrder, currency: str) -> Mapping[str, int]:
    shipping, discount = minor_units(order.shipping, currency), minor_units(order.discount, currency)
    total = _goods(order, currency) + shipping
    return {"shipping_minor": shipping, "discount_minor": discount, "total_minor": total}


def _without_tax_on_top(row: Mapping[str, Any], field: str) -> int:
    """The world has no taxes: a sandbox that adds them to the total says so by `goods_tax_minor` 0."""
    on_top = field == "total_minor" and not row["goods_tax_minor"]
    amount: int = row[field]
    return amount - row["tax_minor"] if on_top else amount


def _known_by(row: Mapping[str, Any]) -> tuple[date, int]:
    """Ids are the platform's own: an order of the world is found again by its day and its goods."""
    return _day(row["ordered_at"]), row["goods_minor"]


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _told(wrong: list[tuple[date, int, Any]]) -> str:
    return "; ".join(
        f"ordered on {day}, goods_minor {goods}: {wanted} is right" for day, goods, wanted in wrong[:3]
    )
