"""What Shopify's JSON becomes: our records.

Shop money is what is added up; presentment money, which the customer saw, is kept beside it. Records are
written as literals: called by its name, a TypedDict costs three times as much, and there are millions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from regulars import (
    CodeUse,
    Company,
    Consent,
    Fulfilment,
    Line,
    Order,
    Person,
    Product,
    Record,
    json_text,
)

from regulars_shopify.amounts import Amounts, amounts
from regulars_shopify.models import (
    CompanyNode,
    CustomerNode,
    FulfilmentNode,
    LineNode,
    Metafield,
    OrderNode,
    ProductNode,
)
from regulars_shopify.namespace import ours
from regulars_shopify.refunds import refunds_of
from regulars_shopify.shares import split

Rows = dict[str, list[Record]]
"""Record kind -> records; a kind that is not there yet has none."""

_CONSENT = {
    "SUBSCRIBED": "subscribed",
    "UNSUBSCRIBED": "unsubscribed",
    "PENDING": "pending",
    "NOT_SUBSCRIBED": "not_subscribed",
    "NEVER_SUBSCRIBED": "not_subscribed",  # what text messages call it
}


def to_product(node: ProductNode) -> Product:
    """A product as a record."""
    return Product(
        id=node["id"],
        updated_at=node["updatedAt"],
        title=node["title"],
        category=node["productType"] or None,
        vendor=node["vendor"] or None,
        status=node["status"],
        tags=node["tags"],
    )


def to_company(node: CompanyNode) -> Company:
    """A buying company as a record."""
    return Company(
        id=node["id"], updated_at=node["updatedAt"], name=node["name"], domain=None, country=None, custom="{}"
    )


def add_customer(node: CustomerNode, rows: Rows) -> None:
    """A customer as a record, and what its addresses say."""
    rows["person"].append(to_person(node))
    if email := node["defaultEmailAddress"]:
        address = _address(email["emailAddress"])
        at = email["marketingUpdatedAt"]
        rows["consent"].append(_consent(node, "email", address, email["marketingState"], at))
    if phone := node["defaultPhoneNumber"]:
        rows["consent"].append(_consent(node, "sms", phone["phoneNumber"], phone["state"], phone["updatedAt"]))


def to_person(node: CustomerNode) -> Person:
    """A customer as a record; `custom` holds the metafields that were asked for as `namespace.key`."""
    email, phone, tags = node["defaultEmailAddress"], node["defaultPhoneNumber"], node["tags"]
    return {
        "id": node["id"],
        "updated_at": node["updatedAt"],
        "created_at": node["createdAt"],
        "email": _address(email["emailAddress"]) if email else None,
        "other_emails": [],
        "phone": phone["phoneNumber"] if phone else None,
        "first_name": node["firstName"],
        "last_name": node["lastName"],
        "country": node["country"],
        "company": node["company"],
        "tags": tags,
        "held": _held(node["ours"]) if node["ours"] else "{}",
        "lists": ours(tags) if tags else [],
        "custom": _custom(node["metafields"]) if "metafields" in node else "{}",
    }


def _consent(node: CustomerNode, channel: str, address: str, state: str, at: datetime | None) -> Consent:
    """A state that is not listed is unknown, never a yes."""
    return {
        "id": f"{node['id']}:{channel}",
        "updated_at": node["updatedAt"],
        "person_id": node["id"],
        "address": address,
        "channel": channel,
        "state": _CONSENT.get(state, "unknown"),
        "at": at,
        "by": "unknown",
        "source": None,
        "proof": None,  # the opt-in level proves nothing: a fresh customer has one without ever opting in
    }


def _address(email: str) -> str:
    """As Shopify stores it: without any space, its letters as they are."""
    return email if " " not in email else "".join(email.split())


def _held(fields: Sequence[Metafield]) -> str:
    """Our own fields, as a plan compares with them."""
    return json_text(dict(sorted((f"{f['namespace']}.{f['key']}", f["value"]) for f in fields)))


def _custom(fields: Sequence[Metafield]) -> str:
    named = {f["key"] if "." in f["key"] else f"{f['namespace']}.{f['key']}": f["value"] for f in fields}
    return json_text(named)


def add_order(node: OrderNode, rows: Rows) -> None:
    """An order and all that hangs on it; its lines and refund lines must be complete.

    The lines' goods add up to the order's. Raises MoneyError for an amount that cannot be understood;
    then nothing was added.
    """
    money = amounts(node["currency"])
    goods = [_line_goods(line, money) for line in node["lineItems"]["nodes"]]
    order = _order(node, money, goods)
    lines = _lines(node, order, goods)
    refunds, refund_lines = refunds_of(node, order, lines, money) if node["refunds"] else ([], [])
    rows["order"].append(order)
    rows["line"] += lines
    if refunds:
        rows["refund"] += refunds
        rows["refund_line"] += refund_lines
    if node["fulfillments"]:
        rows["fulfilment"] += [_fulfilment(parcel, order) for parcel in node["fulfillments"]]
    if node["discountCodes"]:
        rows["code_use"] += [_code_use(code, order) for code in node["discountCodes"]]


def _line_goods(line: LineNode, money: Amounts) -> int:
    """What a line costs after all discounts, those on the whole order included."""
    goods = money[line["total"]]
    for allocation in line["discountAllocations"]:
        goods -= money[allocation["amount"]]
    return goods


def _order(node: OrderNode, money: Amounts, goods: Sequence[int]) -> Order:
    email, subtotal, sending = node["email"], node["subtotal"], node["sending"]
    return {
        "id": node["id"],
        "updated_at": node["updatedAt"],
        "number": node["name"],
        "ordered_at": node["processedAt"],
        "person_id": node["customer"],
        "email": _address(email) if email else None,
        "company_id": _company(node) if "purchasingEntity" in node else None,
        "currency": node["currency"],
        "goods_minor": sum(goods) if subtotal is None else money[subtotal],
        "goods_tax_minor": _goods_tax(node, money) if node["taxesIncluded"] else 0,
        "discount_minor": money[node["discounts"]],
        # What was charged for sending, after discounts on it.
        "shipping_minor": money[node["shipping"] if sending is None else sending],
        "tax_minor": money[node["tax"]],
        "total_minor": money[node["total"]],
        "presentment_currency": node["seen_currency"],
        "presentment_total_minor": amounts(node["seen_currency"])[node["seen_total"]],
        "test": node["test"],
        "cancelled_at": node["cancelledAt"],
        "status": node["displayFinancialStatus"],
        "country": node["country"],
        "source": node["sourceName"],
        "tags": node["tags"],
    }


def _goods_tax(node: OrderNode, money: Amounts) -> int:
    lines = node["lineItems"]["nodes"]
    return sum([money[tax["amount"]] for line in lines for tax in line["taxLines"]])


def _company(node: OrderNode) -> str | None:
    purchaser = node["purchasingEntity"] or {}
    return purchaser["company"]["id"] if "company" in purchaser else None


def _lines(node: OrderNode, order: Order, goods: list[int]) -> list[Line]:
    # Edited orders and rounding can leave a difference to the order's own sum, which is what counts.
    if rest := order["goods_minor"] - sum(goods):
        goods = [own + share for own, share in zip(goods, split(rest, goods), strict=True)]
    order_id, updated_at, currency = order["id"], order["updated_at"], order["currency"]
    return [
        {
            "id": line["id"],
            "updated_at": updated_at,
            "order_id": order_id,
            "product_id": line["product"],
            "sku": line["sku"] or None,
            "title": line["title"],
            "category": line["category"] or None,
            "quantity": line["quantity"],
            "current_quantity": line["currentQuantity"],
            "currency": currency,
            "goods_minor": amount,
            "gift_card": line["isGiftCard"],
        }
        for line, amount in zip(node["lineItems"]["nodes"], goods, strict=True)
    ]


def _fulfilment(node: FulfilmentNode, order: Order) -> Fulfilment:
    return Fulfilment(
        id=node["id"],
        updated_at=order["updated_at"],
        order_id=order["id"],
        status=node["displayStatus"] or node["status"],
        shipped_at=node["createdAt"],
        delivered_at=node["deliveredAt"],
    )


def _code_use(code: str, order: Order) -> CodeUse:
    return CodeUse(id=f"{order['id']}:{code}", updated_at=order["updated_at"], order_id=order["id"], code=code)
