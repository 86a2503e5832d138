"""A world as canonical records, for numbers at once without any platform in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from regulars.money import minor_units
from regulars.testing.world import World, WorldLine, WorldOrder, WorldPerson

Row = dict[str, Any]


def records_of(world: World) -> dict[str, list[Row]]:
    """Persons, products, orders, lines and refunds of a world, by record kind."""
    rows: dict[str, list[Row]] = {"person": [_person(p) for p in world.people]}
    rows["product"] = [
        {"id": p.sku, "updated_at": _EPOCH, "title": p.title, "category": p.category or None, "vendor": None,
         "status": None, "tags": []}
        for p in world.products
    ]  # fmt: skip
    for kind in ("order", "line", "refund", "refund_line"):
        rows[kind] = []
    for order in world.orders:
        currency = order.currency or world.currency
        at = max([order.at, *(refund.at for refund in order.refunds)]).astimezone(UTC)
        goods = sum(_minor(line, currency) for line in order.lines) - minor_units(order.discount, currency)
        rows["order"].append(_order(order, currency, goods, at))
        rows["line"] += _lines(order, currency, at)
        for kind, row in _refunds(order, currency, at):
            rows[kind].append(row)
    return rows


_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def _minor(line: WorldLine, currency: str) -> int:
    return line.quantity * minor_units(line.price, currency)


def _person(person: WorldPerson) -> Row:
    return {
        "id": person.key, "updated_at": person.created_at or _EPOCH, "created_at": person.created_at,
        "email": person.email, "other_emails": list(person.other_emails), "phone": person.phone,
        "first_name": person.first_name or None, "last_name": person.last_name or None, "country": person.country,
        "company": None, "tags": list(person.tags), "held": "{}", "lists": [], "custom": "{}",
    }  # fmt: skip


def _order(order: WorldOrder, currency: str, goods: int, at: datetime) -> Row:
    shipping = minor_units(order.shipping, currency)
    return {
        "id": order.key, "updated_at": at, "number": order.key, "ordered_at": order.at, "person_id": order.person,
        "email": order.email, "company_id": None, "currency": currency, "goods_minor": goods, "goods_tax_minor": 0,
        "discount_minor": minor_units(order.discount, currency), "shipping_minor": shipping, "tax_minor": 0,
        "total_minor": goods + shipping, "presentment_currency": None, "presentment_total_minor": None,
        "test": order.test, "cancelled_at": order.cancelled_at, "status": None, "country": order.country,
        "source": None, "tags": list(order.tags),
    }  # fmt: skip


def _lines(order: WorldOrder, currency: str, at: datetime) -> Iterable[Row]:
    for number, line in enumerate(order.lines):
        back = sum(n for refund in order.refunds for index, n in refund.lines if index == number)
        yield {
            "id": f"{order.key}/{number}", "updated_at": at, "order_id": order.key, "product_id": line.sku,
            "sku": line.sku, "title": None, "category": None, "quantity": line.quantity,
            "current_quantity": line.quantity - back, "currency": currency, "goods_minor": _minor(line, currency),
            "gift_card": False,
        }  # fmt: skip


def _refunds(order: WorldOrder, currency: str, at: datetime) -> Iterator[tuple[str, Row]]:
    for number, refund in enumerate(order.refunds):
        amount, name = minor_units(refund.amount, currency), f"{order.key}/r{number}"
        yield "refund", {
            "id": name, "updated_at": at, "order_id": order.key, "refunded_at": refund.at, "currency": currency,
            "goods_minor": amount, "goods_tax_minor": 0, "total_minor": amount,
        }  # fmt: skip
        for index, quantity in refund.lines:
            yield "refund_line", {
                "id": f"{name}/{index}", "updated_at": at, "refund_id": name, "order_id": order.key,
                "line_id": f"{order.key}/{index}", "quantity": quantity, "currency": currency,
                "goods_minor": quantity * minor_units(order.lines[index].price, currency),
            }  # fmt: skip
