"""The whole of what the simulated shop understands: what can be read, and what can be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars_shopify.sandbox.payloads import PAYLOADS
from regulars_shopify.sandbox.schema import TYPES as READABLE
from regulars_shopify.sandbox.schema import FieldType

ABSTRACT: Mapping[str | None, tuple[str, ...]] = {
    "Node": ("Customer", "Order", "Product"),
    "DiscountCode": ("DiscountCodeBasic",),
}
"""Interfaces and unions, with the types that can be met there."""

TYPES: dict[str, dict[str, FieldType]] = {
    **READABLE,
    **PAYLOADS,
    "QueryRoot": {**READABLE["QueryRoot"], **PAYLOADS["QueryRoot"]},
    "Metafield": {**READABLE["Metafield"], **PAYLOADS["Metafield"]},
}


def typename(thing: Any) -> str:
    """The type of an object that stands where several types can."""
    return str(thing["__typename"]) if isinstance(thing, Mapping) else type(thing).__name__
