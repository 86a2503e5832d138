"""What Shopify's JSON becomes: our records.

Shop money is what is added up; presentment money, which the customer saw, is kept beside it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from regulars import (
    CodeUse,
    Consent,
    Fulfilment,
    Line,
    Order,
    Person,
    Product,
    Record,
    Refund,
    RefundLine,
    minor_units,
)

from regulars_shopify.models import (
    CustomerNode,
    FulfilmentNode,
    LineNode,
    OrderNode,
    ProductNode,
    RefundNode,
    ShopBag,
)
from regulars_shopify.shares import split

Rows = dict[str, list[Record]]
"""Record kind -> records."""

_CONSENT = {
    "SUBSCRIBED": "subscribed",
    "UNSUBSCRIBED": "unsubscribed",
    "PENDING": "pending",
    "NOT_SUBSCRIBED": "not_subscribed",
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


def to_person(node: CustomerNode) -> Person:
    """A customer as a record; `custom` holds the metafields that were asked for as `namespace.key`."""
    email, phone, address = node["defaultEmailAddress"], node["defaultPhoneNumber"], node["defaultAddress"]
    return Person(
        id=node["id"],
        updated_at=node["updatedAt"],
        created_at=node["createdAt"],
        email=_address(email["emailAddress"]) if email else None,
        other_emails=[],
        phone=phone["phoneNumber"] if phone else None,
        first_name=node["firstName"],
        last_name=node["lastName"],
        country=address["countryCodeV2"] if address else None,
        company=address["company"] if address else None,
        tags=node["tags"],
        held="{}",
        lists=[],
        custom=json.dumps(_metafields(node), ensure_ascii=False),
    )


def to_consents(node: CustomerNode) -> list[Consent]:
    """What the customer's addresses say. A state that is not listed is unknown, never a yes."""
    found = []
    if email := node["defaultEmailAddress"]:
        address = _address(email["emailAddress"])
        found.append(_consent(node, "email", address, email["marketingState"], email["marketingUpdatedAt"]))
    if phone := node["defaultPhoneNumber"]:
        sms = phone["smsMarketingConsent"]
        found.append(_consent(node, "sms", phone["phoneNumber"], sms["state"], sms["updatedAt"]))
    return found


def _consent(node: CustomerNode, channel: str, address: str, state: str, at: datetime | None) -> Consent:
    return Consent(
        id=f"{node['id']}:{channel}",
        updated_at=node["updatedAt"],
        person_id=node["id"],
        address=address,
        channel=channel,
        state=_CONSENT.get(state, "unknown"),
        at=at,
        by="unknown",
        source=None,
        proof=None,  # the opt-in level proves nothing: a fresh customer has one without ever opting in
    )


def _address(email: str) -> str:
    """As Shopify stores it: without any space, its letters as they are."""
    return "".join(email.split())


def _metafields(node: CustomerNode) -> dict[str, str]:
    fields = node.get("metafields", {"nodes": []})["nodes"]
    return {f["key"] if "." in f["key"] else f"{f['namespace']}.{f['key']}": f["value"] for f in fields}


def to_order(node: OrderNode) -> Rows:
    """An order and all that hangs on it. Its lines and refund lines must be complete.

    The lines' goods add up to the order's. Raises MoneyError for an amount that cannot be understood.
    """
    order = _order(node)
    rows: Rows = {"order": [order], "line": [*_lines(node, order)], "refund": [], "refund_line": []}
    for refund in node["refunds"]:
        lines = _refund_lines(refund, order)
        rows["refund"].append(_refund(refund, lines, order, node["taxesIncluded"]))
        rows["refund_line"] += lines
    rows["fulfilment"] = [_fulfilment(parcel, order) for parcel in node["fulfillments"]]
    rows["code_use"] = [_code_use(code, order) for code in node["discountCodes"]]
    return rows


def _minor(bag: ShopBag | None) -> int:
    return minor_units(bag["shopMoney"]["amount"], bag["shopMoney"]["currencyCode"]) if bag else 0


def _line_goods(line: LineNode) -> int:
    """What a line costs after all discounts, those on the whole order included."""
    off = sum(_minor(allocation["allocatedAmountSet"]) for allocation in line["discountAllocations"])
    return _minor(line["originalTotalSet"]) - off


def _order(node: OrderNode) -> Order:
    customer, address, total = node["customer"], node["displayAddress"], node["totalPriceSet"]
    lines, subtotal, seen = node["lineItems"]["nodes"], node["subtotalPriceSet"], total["presentmentMoney"]
    tax = sum(_minor(tax["priceSet"]) for line in lines for tax in line["taxLines"])
    return Order(
        id=node["id"],
        updated_at=node["updatedAt"],
        number=node["name"],
        ordered_at=node["processedAt"],
        person_id=customer["id"] if customer else None,
        email=_address(node["email"]) if node["email"] else None,
        company_id=None,
        currency=total["shopMoney"]["currencyCode"],
        goods_minor=_minor(subtotal) if subtotal else sum(map(_line_goods, lines)),
        goods_tax_minor=tax if node["taxesIncluded"] else 0,
        discount_minor=_minor(node["totalDiscountsSet"]),
        shipping_minor=_minor(node["totalShippingPriceSet"]),
        tax_minor=_minor(node["totalTaxSet"]),
        total_minor=_minor(total),
        presentment_currency=seen["currencyCode"],
        presentment_total_minor=minor_units(seen["amount"], seen["currencyCode"]),
        test=node["test"],
        cancelled_at=node["cancelledAt"],
        status=node["displayFinancialStatus"],
        country=address["countryCodeV2"] if address else None,
        source=node["sourceName"],
        tags=node["tags"],
    )


def _lines(node: OrderNode, order: Order) -> list[Line]:
    lines = node["lineItems"]["nodes"]
    goods = [_line_goods(line) for line in lines]
    # Edited orders and rounding can leave a difference to the order's own sum, which is what counts.
    goods = [
        own + share for own, share in zip(goods, split(order["goods_minor"] - sum(goods), goods), strict=True)
    ]
    return [_line(line, amount, order) for line, amount in zip(lines, goods, strict=True)]


def _line(node: LineNode, goods: int, order: Order) -> Line:
    product = node["product"]
    return Line(
        id=node["id"],
        updated_at=order["updated_at"],
        order_id=order["id"],
        product_id=product["id"] if product else None,
        sku=node["sku"] or None,
        title=node["title"],
        category=(product["productType"] or None) if product else None,
        quantity=node["quantity"],
        current_quantity=node["currentQuantity"],
        currency=order["currency"],
        goods_minor=goods,
        gift_card=node["isGiftCard"],
    )


def _refund_lines(node: RefundNode, order: Order) -> list[RefundLine]:
    return [
        RefundLine(
            id=line["id"] or f"{node['id']}:{line['lineItem']['id']}",
            updated_at=order["updated_at"],
            refund_id=node["id"],
            order_id=order["id"],
            line_id=line["lineItem"]["id"],
            quantity=line["quantity"],
            currency=order["currency"],
            goods_minor=_minor(line["subtotalSet"]),
        )
        for line in node["refundLineItems"]["nodes"]
    ]


def _refund(node: RefundNode, lines: Sequence[RefundLine], order: Order, taxes_included: bool) -> Refund:
    tax = sum(_minor(line["totalTaxSet"]) for line in node["refundLineItems"]["nodes"])
    return Refund(
        id=node["id"],
        updated_at=order["updated_at"],
        order_id=order["id"],
        refunded_at=node["processedAt"],
        currency=order["currency"],
        goods_minor=sum(line["goods_minor"] for line in lines),
        goods_tax_minor=tax if taxes_included else 0,
        total_minor=_minor(node["totalRefundedSet"]),
    )


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
