"""Orders that a shop's integration keeps in Mailchimp, for clients whose shop is read nowhere else.

Facts used (vendor specification): there is no filter by time and no order, so that every read is a whole one;
amounts are JSON numbers; refunds are told as a state of the order alone, without an amount.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import Any

from regulars import Line, MoneyError, Order, Page, Record, Refund, RefundLine, Rejected, exponent, full_compare

from regulars_mailchimp.account import stores
from regulars_mailchimp.client import MailchimpClient
from regulars_mailchimp.gathering import Gathering
from regulars_mailchimp.rows import instant

KINDS = ("order", "line", "refund", "refund_line")
_ASKED = (
    "id,customer,currency_code,order_total,discount_total,tax_total,shipping_total,financial_status,landing_site,"
    "processed_at_foreign,cancelled_at_foreign,updated_at_foreign,shipping_address,lines"
)
_NOT_UNDERSTOOD = (ArithmeticError, AttributeError, KeyError, MoneyError, TypeError, ValueError)

Row = Mapping[str, Any]


class Orders:
    """All orders of the stores that belong to one audience."""

    def __init__(self, client: MailchimpClient, audience: str) -> None:
        self._client, self._audience = client, audience

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """A whole pass; what it does not show any more is gone, where all of it could be read indeed."""
        unread = bool(cursor and json.loads(cursor).get("unread"))
        short: list[str] = []
        for page in full_compare(partial(self._read, short), cursor, KINDS):
            unread = unread or bool(short or page.rejected)
            if not unread:
                yield page
            elif page.complete:
                # What could not be read is still there, so that such a pass proves nothing.
                yield replace(page, complete=())
            else:
                # The cursor carries it, because a pass may be cut and gone on with by another process.
                yield replace(page, cursor=json.dumps({**json.loads(page.cursor or "{}"), "unread": True}))

    def _read(self, short: list[str], resume: str | None) -> Iterator[tuple[Page, str]]:
        """Store by store; the token names the last store that was read to its end. `short` learns which stores
        showed less than they promise."""
        done = resume or ""
        for store in sorted(
            str(row["id"]) for row in stores(self._client) if row.get("list_id") == self._audience
        ):
            if store <= done:
                continue
            found = Gathering(self._client, f"ecommerce/stores/{store}/orders", "orders", "id", _ASKED)
            for rows in found.pages():
                yield _page(store, rows), done
            if not found.whole:
                short.append(store)
            done = store
            yield Page({}), done


def _page(store: str, rows: list[dict[str, Any]]) -> Page:
    orders: list[Order] = []
    lines: list[Line] = []
    refunds: list[Refund] = []
    refund_lines: list[RefundLine] = []
    rejected: list[Rejected] = []
    for row in rows:
        try:
            order = _order(store, row)
            sold = _lines(order, row)
        except _NOT_UNDERSTOOD as fault:
            rejected.append(Rejected("order", f"{store}:{row.get('id')}", f"{type(fault).__name__}: {fault}"))
            continue
        orders.append(order)
        lines += sold
        if row.get("financial_status") == "refunded":
            refunds.append(_refund(order))
            refund_lines += [_refund_line(order, line) for line in sold]
    found: dict[str, Sequence[Record]] = {
        "order": orders,
        "line": lines,
        "refund": refunds,
        "refund_line": refund_lines,
    }
    return Page(found, rejected=rejected)


def _order(store: str, row: Row) -> Order:
    currency = str(row["currency_code"])
    total, shipping, tax, discount = (
        _minor(row.get(name), currency)
        for name in ("order_total", "shipping_total", "tax_total", "discount_total")
    )
    sold = sum(_price(line, currency) for line in row.get("lines") or ())
    # Whether prices include the tax nobody says; the total does.
    goods = sold - discount
    included = goods + shipping + tax != total
    if included and goods + shipping != total:
        goods = total - shipping
    customer, place = row.get("customer") or {}, row.get("shipping_address") or {}
    ordered, changed = instant(row["processed_at_foreign"]), row.get("updated_at_foreign")
    cancelled = row.get("cancelled_at_foreign")
    return Order(
        id=f"{store}:{row['id']}",
        updated_at=instant(changed) if changed else ordered,
        number=str(row["id"]),
        ordered_at=ordered,
        person_id=None,
        email=customer.get("email_address") or None,
        company_id=None,
        currency=currency,
        goods_minor=goods,
        goods_tax_minor=tax if included else 0,
        discount_minor=discount,
        shipping_minor=shipping,
        tax_minor=tax,
        total_minor=total,
        presentment_currency=None,
        presentment_total_minor=None,
        test=False,
        cancelled_at=instant(cancelled) if cancelled else None,
        status=row.get("financial_status") or None,
        country=str(place.get("country_code") or "").upper() or None,
        source="mailchimp",
        tags=[],
    )


def _lines(order: Order, row: Row) -> list[Line]:
    """The lines; what the order's goods are above or below their sum is shared out by price, to the cent."""
    given = row.get("lines") or ()
    prices = [_price(line, order["currency"]) for line in given]
    shares = _shared(order["goods_minor"], prices)
    return [
        Line(
            id=f"{order['id']}:{line['id']}",
            updated_at=order["updated_at"],
            order_id=order["id"],
            product_id=str(line.get("product_id") or "") or None,
            sku=str(line.get("product_variant_id") or "") or None,
            title=line.get("product_title") or None,
            category=None,
            quantity=int(line.get("quantity") or 0),
            current_quantity=int(line.get("quantity") or 0),
            currency=order["currency"],
            goods_minor=share,
            gift_card=False,
        )
        for line, share in zip(given, shares, strict=True)
    ]


def _shared(total: int, prices: list[int]) -> list[int]:
    """`total` in the proportions of the prices; the rest of the division goes to the first ones."""
    whole = sum(prices)
    if not whole:
        return [total if number == 0 else 0 for number in range(len(prices))]
    shares = [total * price // whole for price in prices]
    for number in range(total - sum(shares)):
        shares[number] += 1
    return shares


def _refund(order: Order) -> Refund:
    return Refund(
        id=f"{order['id']}:refund",
        updated_at=order["updated_at"],
        order_id=order["id"],
        refunded_at=order["updated_at"],
        currency=order["currency"],
        goods_minor=order["goods_minor"],
        goods_tax_minor=order["goods_tax_minor"],
        total_minor=order["total_minor"],
    )


def _refund_line(order: Order, line: Line) -> RefundLine:
    return RefundLine(
        id=f"{line['id']}:refund",
        updated_at=order["updated_at"],
        refund_id=f"{order['id']}:refund",
        order_id=order["id"],
        line_id=line["id"],
        quantity=line["quantity"],
        currency=order["currency"],
        goods_minor=line["goods_minor"],
    )


def _price(line: Row, currency: str) -> int:
    """Unit price times quantity, less the line's own discount."""
    return _minor(line.get("price"), currency) * int(line.get("quantity") or 0) - _minor(
        line.get("discount"), currency
    )


def _minor(value: Any, currency: str) -> int:
    """A JSON number as minor units; its shortest spelling is what the shop sent, but for the last digits
    that floating point adds."""
    amount = Decimal(str(value or 0)).scaleb(exponent(currency))
    return int(amount.to_integral_value(ROUND_HALF_EVEN))
