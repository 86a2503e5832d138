"""The toy as a shop: its people, and what the world sold them, but for one flaw at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from contract import toy
from regulars import Connector, Page, minor_units, record
from regulars.testing import Answer, Asked, World, WorldOrder

Rows = Mapping[str, list[dict[str, Any]]]


class ToyShopSandbox(toy.ToySandbox):
    """The toy's people, and orders numbered as they come in. An order is charged whole, without taxes."""

    def __init__(self, clock, seed=0):
        super().__init__(clock, seed)
        self.orders: list[dict[str, Any]] = []

    def populate(self, world: World) -> None:
        super().populate(world)
        keys = [person.key for person in world.people]
        for order in world.orders[len(self.orders) :]:
            buyer = str(keys.index(order.person) + 1) if order.person else None
            number, at = str(len(self.orders) + 1), self.clock.now().isoformat()
            self.orders.append({"id": number, "at": at, "buyer": buyer, **_sold(order, world.currency)})

    def respond(self, asked: Asked) -> Answer:
        answer = super().respond(asked)
        if asked.path != "/orders" or answer.status == 401:
            return answer
        after = int(asked.param("after", "0"))
        return Answer.of(self.orders[after : after + toy.PAGE])

    def state(self):
        return {**super().state(), "orders": self.orders}

    def restore(self, state):
        super().restore(state)
        self.orders = state["orders"]


def _sold(order: WorldOrder, currency: str) -> dict[str, Any]:
    """An order as the toy shop tells it; the discount is taken off the first line."""
    goods = [minor_units(line.price, currency) * line.quantity for line in order.lines]
    off, shipping = minor_units(order.discount, currency), minor_units(order.shipping, currency)
    goods[0] -= off
    return {
        "ordered": order.at.isoformat(),
        "email": order.email,
        "currency": currency,
        "goods": goods,
        "quantities": [line.quantity for line in order.lines],
        "off": off,
        "shipping": shipping,
        "total": sum(goods) + shipping,
        "test": order.test,
        "cancelled": order.cancelled_at.isoformat() if order.cancelled_at else None,
        "refunds": [
            {"at": x.at.isoformat(), "amount": minor_units(x.amount, currency), "lines": x.lines}
            for x in order.refunds
        ],
    }


class ToyShop(toy.Toy):
    """Source of the toy shop."""

    def streams(self):
        return ("people", "orders")

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        if stream == "people":
            yield from super().pages(stream, cursor)
            return
        while orders := self.get("/orders", after=cursor or "0"):
            cursor = orders[-1]["id"]
            yield Page(self.rows(orders), cursor)

    def rows(self, orders: list[dict[str, Any]]) -> Rows:
        rows: dict[str, list[dict[str, Any]]] = {"order": [], "line": [], "refund": [], "refund_line": []}
        for o in orders:
            about = {"updated_at": datetime.fromisoformat(o["at"]), "currency": o["currency"]}
            rows["order"].append(self.order(o, about))
            for i, (goods, quantity) in enumerate(zip(o["goods"], o["quantities"], strict=True)):
                line = {"goods_minor": goods, "quantity": quantity, "current_quantity": quantity}
                rows["line"].append(record("line", id=f"{o['id']}-{i}", order_id=o["id"], **about, **line))
            for i, refund in enumerate(o["refunds"]):
                self.put_refund(rows, f"{o['id']}-{i}", refund, {"order_id": o["id"], **about})
        if self.flaw == "tells no refund lines":
            del rows["refund_line"]
        return rows

    def order(self, o: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
        flaw = self.flaw
        return record(
            "order",
            id=o["id"],
            **about,
            ordered_at=datetime.fromisoformat(o["ordered"]),
            person_id=None if flaw == "forgets the buyer" else o["buyer"],
            email=o["email"],
            goods_minor=sum(o["goods"]),
            goods_tax_minor=0,
            discount_minor=0 if flaw == "forgets discounts" else o["off"],
            shipping_minor=o["shipping"] + (100 if flaw == "shipping is wrong" else 0),
            tax_minor=0,
            total_minor=o["total"] + (7 if flaw == "total is off by 7" else 0),
            test=o["test"],
            cancelled_at=datetime.fromisoformat(o["cancelled"]) if o["cancelled"] else None,
        )

    def put_refund(self, rows: Rows, number: str, refund: Mapping[str, Any], about: Mapping[str, Any]) -> None:
        at, amount = datetime.fromisoformat(refund["at"]), refund["amount"]
        sums = {"goods_minor": amount, "goods_tax_minor": 0, "total_minor": amount}
        rows["refund"].append(record("refund", id=number, refunded_at=at, **about, **sums))
        ((line, quantity),) = refund["lines"]
        back = {"line_id": f"{about['order_id']}-{line}", "quantity": quantity, "goods_minor": amount}
        rows["refund_line"].append(record("refund_line", id=number, refund_id=number, **about, **back))


def connector(flaw: str = "") -> Connector:
    return replace(
        toy.connector(),
        role="shop",
        source=lambda settings, http, extra: ToyShop(settings, http, flaw),
        destination=None,
        writes=None,
        sandbox=ToyShopSandbox,
    )
