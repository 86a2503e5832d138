"""A shop's money: what the world sold is what is read, to the cent."""

from __future__ import annotations

from collections import Counter, defaultdict

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

    def test_refunds_are_records_of_their_own(self, bench: Bench) -> None:
        """Dated by the refund, positive, and never taken off the order."""
        got = Counter((row["refunded_at"].date(), row["goods_minor"]) for row in _read(bench).of("refund"))
        refunds = [refund for order in bench.world.orders for refund in order.refunds]
        currency = bench.world.currency
        wanted = Counter((x.at.date(), minor_units(x.amount, currency)) for x in refunds)
        require(got == wanted, f"refunds differ: {sorted(((wanted - got) + (got - wanted)).elements())[:5]}")

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
