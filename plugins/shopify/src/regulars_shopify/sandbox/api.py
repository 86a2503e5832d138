"""The whole of what the simulated shop understands: what can be read, and what can be changed."""

from __future__ import annotations

from collections.abc import Mapping

from regulars_shopify.sandbox import schema
from regulars_shopify.sandbox.departure_types import DEPARTURES
from regulars_shopify.sandbox.discount_types import DISCOUNTS
from regulars_shopify.sandbox.operation_types import OPERATIONS
from regulars_shopify.sandbox.payloads import CHANGES
from regulars_shopify.sandbox.schema import FieldType
from regulars_shopify.sandbox.upload_types import UPLOAD_TYPES
from regulars_shopify.sandbox.webhook_types import WEBHOOK_TYPES

ABSTRACT: dict[str | None, tuple[str, ...]] = {
    "DiscountCode": ("DiscountCodeBasic",),
    "Discount": ("DiscountCodeBasic",),
}
ABSTRACT.update(schema.ABSTRACT.items())
"""Interfaces and unions, with the types that can be met there."""

_PARTS = (schema.TYPES, CHANGES, DISCOUNTS, OPERATIONS, DEPARTURES, UPLOAD_TYPES, WEBHOOK_TYPES)

TYPES: Mapping[str, Mapping[str, FieldType]] = {
    name: {field: known for part in _PARTS for field, known in part.get(name, {}).items()}
    for name in (name for part in _PARTS for name in part)
}
