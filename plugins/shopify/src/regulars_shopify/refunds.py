"""Refunds as records: what was given back of which line, and goodwill, which names no line."""

from __future__ import annotations

from collections.abc import Sequence

from regulars import Line, Order, Refund, RefundLine

from regulars_shopify.amounts import Amounts
from regulars_shopify.models import OrderNode, RefundNode
from regulars_shopify.shares import split


def refunds_of(
    node: OrderNode, order: Order, lines: Sequence[Line], money: Amounts
) -> tuple[list[Refund], list[RefundLine]]:
    """The refunds of an order, with their lines. Their lines must be complete.

    What was paid back beyond the returned goods, shipping and duties is goodwill: goods given back in
    money without a line that names them. It lies on the order's lines in proportion, with quantity 0,
    and never makes more than was sold.
    """
    refunds: list[Refund] = []
    refund_lines: list[RefundLine] = []
    left = order["goods_minor"]
    for given in node["refunds"]:
        returned = _returned(given, order, money)
        left -= sum(line["goods_minor"] for line in returned)
        goodwill = min(_beyond(given, returned, money, node["taxesIncluded"]), max(0, left))
        left -= goodwill
        shares = _goodwill(given, goodwill, order, lines)
        tax = _tax(given, goodwill, order, money) if node["taxesIncluded"] else 0
        refunds.append(_refund(given, [*returned, *shares], order, tax, money[given["total"]]))
        refund_lines += [*returned, *shares]
    return refunds, refund_lines


def _returned(node: RefundNode, order: Order, money: Amounts) -> list[RefundLine]:
    return [
        RefundLine(
            id=line["id"] or f"{node['id']}:{line['line']}",
            updated_at=order["updated_at"],
            refund_id=node["id"],
            order_id=order["id"],
            line_id=line["line"],
            quantity=line["quantity"],
            currency=order["currency"],
            goods_minor=money[line["subtotal"]],
        )
        for line in node["refundLineItems"]["nodes"]
    ]


def _beyond(node: RefundNode, returned: Sequence[RefundLine], money: Amounts, taxes_included: bool) -> int:
    """What was paid back and is neither for the returned lines, nor shipping, nor duties."""
    known = sum(line["goods_minor"] for line in returned)
    known += sum(money[line["subtotal"]] for line in node["shipping"])
    known += sum(money[duty["amount"]] for duty in node["duties"] or ())
    if not taxes_included:
        known += _line_tax(node, money)
        known += sum(money[line["tax"]] for line in node["shipping"])
    return max(0, money[node["total"]] - known)


def _line_tax(node: RefundNode, money: Amounts) -> int:
    return sum(money[line["tax"]] for line in node["refundLineItems"]["nodes"])


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


def _tax(node: RefundNode, goodwill: int, order: Order, money: Amounts) -> int:
    """The tax inside the goods. Nobody says how much of a goodwill is tax: as much as of the goods it is for."""
    return _line_tax(node, money) + goodwill * order["goods_tax_minor"] // (order["goods_minor"] or 1)


def _refund(node: RefundNode, lines: Sequence[RefundLine], order: Order, tax: int, total: int) -> Refund:
    return Refund(
        id=node["id"],
        updated_at=order["updated_at"],
        order_id=order["id"],
        refunded_at=node["processedAt"],
        currency=order["currency"],
        goods_minor=sum(line["goods_minor"] for line in lines),
        goods_tax_minor=tax,
        total_minor=total,
    )
