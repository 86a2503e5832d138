"""HubSpot's orders, for a client whose sales are kept nowhere else.

HubSpot's reference does not list the properties of an order; which of these names a portal has is read from
its definitions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from regulars import MoneyError, Order, Page, Rejected, minor_units

from regulars_hubspot.models import Row, country_of, in_utc, instant_of, rows_of

NAMES: Mapping[str, tuple[str, ...]] = {
    "number": ("hs_external_order_id", "hs_order_name"),
    "ordered_at": ("hs_external_created_date", "hs_processed_date", "hs_createdate"),
    "currency": ("hs_currency_code",),
    "total": ("hs_total_price",),
    "discount": ("hs_order_discount",),
    "shipping": ("hs_shipping_cost",),
    "tax": ("hs_tax",),
    "email": ("hs_billing_address_email",),
    "country": ("hs_shipping_address_country", "hs_billing_address_country"),
    "status": ("hs_external_order_status", "hs_payment_status", "hs_fulfillment_status", "hs_pipeline_stage"),
    "source": ("hs_source_store",),
    "tags": ("hs_tags",),
    "cancelled_at": ("hs_cancelled_date",),
}
"""What we need of an order, and the properties that say it, best first."""
_SEPARATOR = re.compile(r"\s*[;,]\s*")


def names(there: Iterable[str]) -> list[str]:
    """Those properties that the portal has."""
    known = set(there)
    return [name for wanted in NAMES.values() for name in wanted if name in known]


def to_page(raws: Sequence[Any], people: Mapping[str, str], currency: str | None) -> Page:
    """Orders as records; one whose money or date cannot be understood is kept aside. `people` names each
    order's contact, `currency` that of orders which do not say theirs."""
    rows, rejected = rows_of(raws, "order")
    found: list[Order] = []
    for row in rows:
        try:
            found.append(to_order(row, people.get(row.id), currency))
        except (ValueError, MoneyError) as fault:
            rejected.append(Rejected("order", row.id, str(fault), json.dumps(row.properties)))
    return Page({"order": found} if found else {}, rejected=rejected)


def to_order(row: Row, person: str | None, currency: str | None) -> Order:
    """One order. Goods are the total without shipping and tax. Raises ValueError and MoneyError."""
    code = _first(row, "currency") or currency
    if code is None:
        raise ValueError("currency: the order says none, and the portal has several")
    code = code.upper()
    if (text := _first(row, "total")) is None:
        raise ValueError("total: the order has none")
    total = minor_units(text, code)
    discount, shipping, tax = (minor_units(_first(row, x) or "0", code) for x in ("discount", "shipping", "tax"))
    cancelled = _first(row, "cancelled_at")
    return Order(
        id=row.id,
        updated_at=row.updated_at,
        number=_first(row, "number"),
        ordered_at=_instant(_first(row, "ordered_at")) or row.created_at or row.updated_at,
        person_id=person,
        email=_first(row, "email"),
        company_id=None,
        currency=code,
        goods_minor=total - shipping - tax,
        goods_tax_minor=0,
        discount_minor=discount,
        shipping_minor=shipping,
        tax_minor=tax,
        total_minor=total,
        presentment_currency=None,
        presentment_total_minor=None,
        test=False,
        cancelled_at=_instant(cancelled),
        status=_first(row, "status"),
        country=country_of(_first(row, "country")),
        source=_first(row, "source"),
        tags=[tag for tag in _SEPARATOR.split(_first(row, "tags") or "") if tag],
    )


def _first(row: Row, what: str) -> str | None:
    return row.first(*NAMES[what])


def _instant(text: str | None) -> datetime | None:
    """An instant of a property: ISO, or milliseconds. Raises ValueError."""
    if text is None:
        return None
    if text.isdigit() and len(text) > 8:
        return instant_of(int(text))
    found = datetime.fromisoformat(text)
    return in_utc(found) if found.tzinfo else found.replace(tzinfo=UTC)
