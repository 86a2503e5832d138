"""The whole of what the simulated shop understands: what can be read, and what can be changed."""

from __future__ import annotations

from collections.abc import Mapping

from regulars_shopify.sandbox import schema
from regulars_shopify.sandbox.payloads import CHANGES
from regulars_shopify.sandbox.schema import FieldType

ABSTRACT: dict[str | None, tuple[str, ...]] = {"DiscountCode": ("DiscountCodeBasic",)}
ABSTRACT.update(schema.ABSTRACT.items())
"""Interfaces and unions, with the types that can be met there."""

TYPES: Mapping[str, Mapping[str, FieldType]] = {
    name: {**schema.TYPES.get(name, {}), **CHANGES.get(name, {})} for name in (*schema.TYPES, *CHANGES)
}
