"""What Shopify's JSON becomes: our records.

Shop money is what is added up; presentment money, which the customer saw, is kept beside it.
"""

from __future__ import annotations

import json
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
)

from regulars_shopify.amounts import in_shop, minor
from regulars_shopify.models import (
    CompanyNode,
    CustomerNode,
    FulfilmentNode,
    LineNode,
    OrderNode,
    ProductNode,
)
from regulars_shopify.namespace import ours
from regulars_shopify.refunds import refunds_of
from regulars_shopify.shares import split

Rows = dict[str, list[Record]]
"""Record kind -> records."""

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
        held=_held(node),
        lists=ours(node["tags"]) if node["tags"] else [],
        custom=json.dumps(_metafields(node), ensure_ascii=False) if "metafields" in node else "{}",
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
    return email if " " not in email else "".join(email.split())


def _held(node: CustomerNode) -> str:
    """Our own fields, as a plan compares with them."""
    if not node["ours"]["nodes"]:
        return "{}"
    return json.dumps({f"{f['namespace']}.{f['key']}": f["value"] for f in node["ours"]["nodes"]}, sort_keys=True)


def _metafields(node: CustomerNode) -> dict[str, str]:
    fields = node["metafields"]["nodes"]
    return {f["key"] if "." in f["key"] else f"{f['namespace']}.{f['key']}": f["value"] for f in fields}


def to_order(node: OrderNode) -> Rows:
    """An order and all that hangs on it. Its lines and refund lines must be complete.

    The lines' goods add up to the order's. Raises MoneyError for an amount that cannot be understood.
    """
    order = _order(node)
    lines = _lines(node, order)
    rows: Rows = {"order": [order], "line": [*lines]}
    if node["refunds"]:
        refunds, refund_lines = refunds_of(node, order, lines)
        rows["refund"], rows["refund_line"] = [*refunds], [*refund_lines]
    if node["fulfillments"]:
        rows["fulfilment"] = [_fulfilment(parcel, order) for parcel in node["fulfillments"]]
    if node["discountCodes"]:
        rows["code_use"] = [_code_use(code, order) for code in node["discountCodes"]]
    return rows


def _line_goods(line: LineNode, currency: str) -> int:
    """What a line costs after all discounts, those on the whole order included."""
    goods = minor(line["originalTotalSet"]["shopMoney"]["amount"], currency)
    for allocation in line["discountAllocations"]:
        goods -= in_shop(allocation["allocatedAmountSet"], currency)
    return goods


def _order(node: OrderNode) -> Order:
    customer, address, total = node["customer"], node["displayAddress"], node["totalPriceSet"]
    subtotal, seen, currency = (
        node["subtotalPriceSet"],
        total["presentmentMoney"],
        total["shopMoney"]["currencyCode"],
    )
    return Order(
        id=node["id"],
        updated_at=node["updatedAt"],
        number=node["name"],
        ordered_at=node["processedAt"],
        person_id=customer["id"] if customer else None,
        email=_address(node["email"]) if node["email"] else None,
        company_id=_company(node),
        currency=currency,
        goods_minor=in_shop(subtotal, currency) if subtotal else _goods(node, currency),
        goods_tax_minor=_goods_tax(node, currency) if node["taxesIncluded"] else 0,
        discount_minor=in_shop(node["totalDiscountsSet"], currency),
        shipping_minor=_shipping(node, currency),
        tax_minor=in_shop(node["totalTaxSet"], currency),
        total_minor=minor(total["shopMoney"]["amount"], currency),
        presentment_currency=seen["currencyCode"],
        presentment_total_minor=minor(seen["amount"], seen["currencyCode"]),
        test=node["test"],
        cancelled_at=node["cancelledAt"],
        status=node["displayFinancialStatus"],
        country=address["countryCodeV2"] if address else None,
        source=node["sourceName"],
        tags=node["tags"],
    )


def _goods(node: OrderNode, currency: str) -> int:
    return sum(_line_goods(line, currency) for line in node["lineItems"]["nodes"])


def _goods_tax(node: OrderNode, currency: str) -> int:
    lines = node["lineItems"]["nodes"]
    return sum(in_shop(tax["priceSet"], currency) for line in lines for tax in line["taxLines"])


def _company(node: OrderNode) -> str | None:
    purchaser = node.get("purchasingEntity") or {}
    return purchaser["company"]["id"] if "company" in purchaser else None


def _shipping(node: OrderNode, currency: str) -> int:
    """What was charged for sending, after discounts on it."""
    line = node["shippingLine"]
    return in_shop(line["discountedPriceSet"] if line else node["totalShippingPriceSet"], currency)


def _lines(node: OrderNode, order: Order) -> list[Line]:
    lines, currency = node["lineItems"]["nodes"], order["currency"]
    goods = [_line_goods(line, currency) for line in lines]
    # Edited orders and rounding can leave a difference to the order's own sum, which is what counts.
    if rest := order["goods_minor"] - sum(goods):
        goods = [own + share for own, share in zip(goods, split(rest, goods), strict=True)]
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
