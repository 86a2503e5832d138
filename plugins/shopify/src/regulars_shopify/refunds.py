"""Refunds as records: what was given back of which line, and goodwill, which names no line."""

from __future__ import annotations

from collections.abc import Sequence

from regulars import Line, Order, Refund, RefundLine

from regulars_shopify.amounts import in_shop
from regulars_shopify.models import OrderNode, RefundNode
from regulars_shopify.shares import split


def refunds_of(node: OrderNode, order: Order, lines: Sequence[Line]) -> tuple[list[Refund], list[RefundLine]]:
    """The refunds of an order, with their lines. Their lines must be complete.

    What was paid back beyond the returned goods, shipping and duties is goodwill: goods given back in
    money without a line that names them. It lies on the order's lines in proportion, with quantity 0,
    and never makes more than was sold.
    """
    refunds: list[Refund] = []
    refund_lines: list[RefundLine] = []
    left = order["goods_minor"]
    for given in node["refunds"]:
        returned = _returned(given, order)
        left -= sum(line["goods_minor"] for line in returned)
        goodwill = min(_beyond(given, returned, order, node["taxesIncluded"]), max(0, left))
        left -= goodwill
        shares = _goodwill(given, goodwill, order, lines)
        refunds.append(_refund(given, [*returned, *shares], order, node["taxesIncluded"], goodwill))
        refund_lines += [*returned, *shares]
    return refunds, refund_lines


def _returned(node: RefundNode, order: Order) -> list[RefundLine]:
    return [
        RefundLine(
            id=line["id"] or f"{node['id']}:{line['lineItem']['id']}",
            updated_at=order["updated_at"],
            refund_id=node["id"],
            order_id=order["id"],
            line_id=line["lineItem"]["id"],
            quantity=line["quantity"],
            currency=order["currency"],
            goods_minor=in_shop(line["subtotalSet"], order["currency"]),
        )
        for line in node["refundLineItems"]["nodes"]
    ]


def _beyond(node: RefundNode, returned: Sequence[RefundLine], order: Order, taxes_included: bool) -> int:
    """What was paid back and is neither for the returned lines, nor shipping, nor duties."""
    currency = order["currency"]
    known = sum(line["goods_minor"] for line in returned)
    known += sum(in_shop(line["subtotalAmountSet"], currency) for line in node["refundShippingLines"]["nodes"])
    known += sum(in_shop(duty["amountSet"], currency) for duty in node["duties"] or ())
    if not taxes_included:
        known += _tax(node, currency)
        known += sum(in_shop(line["taxAmountSet"], currency) for line in node["refundShippingLines"]["nodes"])
    return max(0, in_shop(node["totalRefundedSet"], currency) - known)


def _tax(node: RefundNode, currency: str) -> int:
    return sum(in_shop(line["totalTaxSet"], currency) for line in node["refundLineItems"]["nodes"])


def _goodwill(node: RefundNode, amount: int, order: Order, lines: Sequence[Line]) -> list[RefundLine]:
    if not amount:
        return []
    return [
        RefundLine(
            id=f"{node['id']}:{line['id']}:goodwill",
            updated_at=order["updated_at"],
            refund_id=node["id"],
            order_id=order["id"],
            line_id=line["id"],
            quantity=0,
            currency=order["currency"],
            goods_minor=share,
        )
        for line, share in zip(lines, split(amount, [line["goods_minor"] for line in lines]), strict=True)
        if share
    ]


def _refund(
    node: RefundNode, lines: Sequence[RefundLine], order: Order, taxes_included: bool, goodwill: int
) -> Refund:
    currency = order["currency"]
    # Nobody says how much of a goodwill is tax: as much as of the goods that it is for.
    share = goodwill * order["goods_tax_minor"] // (order["goods_minor"] or 1)
    return Refund(
        id=node["id"],
        updated_at=order["updated_at"],
        order_id=order["id"],
        refunded_at=node["processedAt"],
        currency=currency,
        goods_minor=sum(line["goods_minor"] for line in lines),
        goods_tax_minor=_tax(node, currency) + share if taxes_included else 0,
        total_minor=in_shop(node["totalRefundedSet"], currency),
    )
