"""What Shopify's JSON becomes: our records.

Shop money is what is added up; presentment money, which the customer saw, is kept beside it. Records are
written as literals: called by its name, a TypedDict costs three times as much, and there are millions.
"""

from __future__ import annotations

from collections.abc import Sequence

from regulars import (
    CodeUse,
    Columns,
    Company,
    Fulfilment,
    Line,
    MoneyError,
    Order,
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


def to_people(nodes: Sequence[CustomerNode]) -> Columns:
    """Customers as records; `custom` holds the metafields that were asked for as `namespace.key`."""
    none: list[str] = []
    emails = [node["defaultEmailAddress"] for node in nodes]
    phones = [node["defaultPhoneNumber"] for node in nodes]
    return Columns(
        {
            "id": [node["id"] for node in nodes],
            "updated_at": [node["updatedAt"] for node in nodes],
            "created_at": [node["createdAt"] for node in nodes],
            "email": [_address(email["emailAddress"]) if email else None for email in emails],
            "other_emails": [none] * len(nodes),
            "phone": [phone["phoneNumber"] if phone else None for phone in phones],
            "first_name": [node["firstName"] for node in nodes],
            "last_name": [node["lastName"] for node in nodes],
            "country": [node["country"] for node in nodes],
            "company": [node["company"] for node in nodes],
            "tags": [node["tags"] for node in nodes],
            "held": [_held(node["ours"]) if node["ours"] else "{}" for node in nodes],
            "lists": [ours(node["tags"]) if node["tags"] else none for node in nodes],
            "custom": [_custom(node["metafields"]) if "metafields" in node else "{}" for node in nodes],
        }
    )


def to_consents(nodes: Sequence[CustomerNode]) -> Columns:
    """What customers' addresses say: those for e-mail, then those for text messages."""
    mailed = [(node, email) for node in nodes if (email := node["defaultEmailAddress"])]
    texted = [(node, phone) for node in nodes if (phone := node["defaultPhoneNumber"])]
    people = [*(node for node, _ in mailed), *(node for node, _ in texted)]
    ids, channels = [node["id"] for node in people], ["email"] * len(mailed) + ["sms"] * len(texted)
    states = [*(email["marketingState"] for _, email in mailed), *(phone["state"] for _, phone in texted)]
    nothing = [None] * len(people)
    return Columns(
        {
            "id": [f"{person}:{channel}" for person, channel in zip(ids, channels, strict=True)],
            "updated_at": [node["updatedAt"] for node in people],
            "person_id": ids,
            "address": [
                *(_address(email["emailAddress"]) for _, email in mailed),
                *(phone["phoneNumber"] for _, phone in texted),
            ],
            "channel": channels,
            # A state that is not listed is unknown, never a yes.
            "state": [_CONSENT.get(state, "unknown") for state in states],
            "at": [
                *(email["marketingUpdatedAt"] for _, email in mailed),
                *(phone["updatedAt"] for _, phone in texted),
            ],
            "by": ["unknown"] * len(people),
            "source": nothing,
            "proof": nothing,  # the opt-in level proves nothing: a fresh customer has one without ever opting in
        }
    )


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

    The lines' goods add up to the order's. Raises MoneyError for an amount in shop money that cannot be
    understood; then nothing was added.
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
    seen_currency, seen_total = _seen(node)
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
        "presentment_currency": seen_currency,
        "presentment_total_minor": seen_total,
        "test": node["test"],
        "cancelled_at": node["cancelledAt"],
        "status": node["displayFinancialStatus"],
        "country": node["country"],
        "source": node["sourceName"],
        "tags": node["tags"],
    }


def _seen(node: OrderNode) -> tuple[str, int] | tuple[None, None]:
    """What the customer saw, if it can be understood: nothing is counted by it, and Shopify has currencies
    that ISO 4217 has not (JEP, KID, USDC)."""
    currency = node["seen_currency"]
    try:
        return currency, amounts(currency)[node["seen_total"]]
    except MoneyError:
        return None, None


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
