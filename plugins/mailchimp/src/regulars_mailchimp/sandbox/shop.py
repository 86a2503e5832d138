"""E-commerce data that a shop's integration put into the account. There is no filter by time and no order."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from regulars.testing import World, WorldOrder, WorldPerson

from regulars_mailchimp.sandbox.paging import links, stamp, window
from regulars_mailchimp.sandbox.problems import not_found
from regulars_mailchimp.sandbox.routing import Call, Reply, route

Store = dict[str, Any]
"""id, list_id, name, currency_code, platform, orders (id -> order)."""

_CENT = Decimal("0.01")


def bring(store: Store, world: World) -> None:
    """The world's orders, as the integration of a shop sends them: no tests, and refunds only as a state."""
    people = {person.key: person for person in world.people}
    titles = {product.sku: product.title for product in world.products}
    for order in world.orders:
        if not order.test:
            person = people.get(order.person or "")
            store["orders"][order.key] = _order(store, order, person, titles)


@route("GET", "ecommerce/stores")
def stores(call: Call) -> Reply:
    """All stores."""
    offset, count = window(call.asked)
    rows = [_store(row) for row in call.box.stores.values()]
    return 200, {"stores": rows[offset : offset + count], "total_items": len(rows), "_links": links()}


@route("GET", "ecommerce/stores/*")
def store(call: Call) -> Reply:
    """One store."""
    return 200, _store(_found(call))


@route("GET", "ecommerce/orders")
def all_orders(call: Call) -> Reply:
    """Orders of all stores."""
    rows = [order for store in call.box.stores.values() for order in store["orders"].values()]
    return 200, _paged(call, rows)


@route("GET", "ecommerce/stores/*/orders")
def orders(call: Call) -> Reply:
    """Orders of one store."""
    found = _found(call)
    return 200, _paged(call, list(found["orders"].values())) | {"store_id": found["id"]}


@route("GET", "ecommerce/stores/*/orders/*")
def order(call: Call) -> Reply:
    """One order."""
    found = _found(call)
    if call.args[1] not in found["orders"]:
        raise not_found()
    return 200, found["orders"][call.args[1]]


@route("GET", "ecommerce/stores/*/customers")
def customers(call: Call) -> Reply:
    """Who bought."""
    offset, count = window(call.asked)
    found = _found(call)
    rows = list({order["customer"]["id"]: order["customer"] for order in found["orders"].values()}.values())
    page = rows[offset : offset + count]
    return 200, {"store_id": found["id"], "customers": page, "total_items": len(rows), "_links": links()}


def _found(call: Call) -> Store:
    if call.args[0] not in call.box.stores:
        raise not_found()
    return call.box.stores[call.args[0]]


def _paged(call: Call, rows: list[Any]) -> dict[str, Any]:
    offset, count = window(call.asked)
    return {"orders": rows[offset : offset + count], "total_items": len(rows), "_links": links()}


def _store(row: Store) -> dict[str, Any]:
    told = {name: row[name] for name in ("id", "list_id", "name", "currency_code", "platform")}
    return {**told, "is_syncing": False, "list_is_active": True, "_links": links()}


def _order(store: Store, order: WorldOrder, person: WorldPerson | None, titles: dict[str, str]) -> dict[str, Any]:
    goods = sum((Decimal(line.price) * line.quantity for line in order.lines), Decimal(0))
    discount, shipping = Decimal(order.discount), Decimal(order.shipping)
    email = order.email or (person.email if person else None) or ""
    changed = max((refund.at for refund in order.refunds), default=order.cancelled_at or order.at)
    cancelled = stamp(order.cancelled_at) if order.cancelled_at else ""
    return {
        "id": order.key,
        "customer": {"id": order.person or f"guest-{order.key}", "email_address": email, "opt_in_status": False},
        "store_id": store["id"],
        "campaign_id": "",
        "landing_site": "",
        "financial_status": "refunded" if order.refunds else "paid",
        "fulfillment_status": "shipped" if order.delivered_at else "",
        "currency_code": order.currency or store["currency_code"],
        "order_total": _number(goods - discount + shipping),
        "discount_total": _number(discount),
        "tax_total": 0,
        "shipping_total": _number(shipping),
        "processed_at_foreign": stamp(order.at),
        "cancelled_at_foreign": cancelled,
        "updated_at_foreign": stamp(changed + timedelta(0)),
        "shipping_address": {"country_code": order.country or ""},
        "lines": [
            {
                "id": f"{order.key}-{number}",
                "product_id": line.sku,
                "product_title": titles.get(line.sku, line.sku),
                "product_variant_id": line.sku,
                "quantity": line.quantity,
                "price": _number(Decimal(line.price)),
                "discount": 0,
            }
            for number, line in enumerate(order.lines)
        ],
    }


def _number(amount: Decimal) -> int | float:
    """Mailchimp writes amounts as JSON numbers."""
    return int(amount) if amount == amount.to_integral_value() else float(amount.quantize(_CENT))
