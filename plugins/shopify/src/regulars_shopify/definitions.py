"""Definitions of our metafields: which are missing, and making them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars import ConfigError, FieldSpec, PlatformError

from regulars_shopify import cost
from regulars_shopify.endpoint import Endpoint, UserError
from regulars_shopify.namespace import FIELD_PREFIX, NAMESPACE, field_fault, key_of

TYPES: Mapping[str, str] = {
    "text": "single_line_text_field",
    "number": "number_decimal",
    "date": "date",
    "boolean": "boolean",
}
"""Our types as Shopify's."""
_POINTS = cost.connection(250, 1)
_TOO_MANY_FILTERS = "OWNER_TYPE_LIMIT_EXCEEDED_FOR_USE_AS_ADMIN_FILTERS"


def missing(endpoint: Endpoint, wanted: Sequence[FieldSpec]) -> tuple[FieldSpec, ...]:
    """The fields that have no definition yet. Raises ConfigError for a name that cannot be one, and for
    one that is defined with another type, which Shopify cannot change."""
    for spec in wanted:
        if fault := field_fault(spec.name):
            raise ConfigError(fault, where=f"shopify {spec.name}", hint="Map to a field with another name")
    there = _defined(endpoint) if wanted else {}
    for spec in wanted:
        if there.get(spec.name, TYPES[spec.type]) != TYPES[spec.type]:
            raise ConfigError(
                f"the metafield is a {there[spec.name]}, the mapping says {spec.type}",
                where=f"shopify {spec.name}",
                hint="Map to another field, or delete that definition in the shop's settings under Custom data",
            )
    return tuple(spec for spec in wanted if spec.name not in there)


def provision(endpoint: Endpoint, wanted: Sequence[FieldSpec]) -> None:
    """Define what is not there; a definition that somebody made meanwhile is a success.

    Raises ConfigError with Shopify's words where it refuses, as when 256 definitions are there.
    """
    for spec in wanted:
        error = _define(endpoint, spec, filterable=True)
        if error and error.code == _TOO_MANY_FILTERS:
            error = _define(endpoint, spec, filterable=False)
        if error and error.code != "TAKEN":
            raise ConfigError(
                f"Shopify defines no such metafield: {error.message}",
                where=f"shopify {spec.name}",
                hint="Delete definitions of customers that nobody needs in the shop's settings under Custom data",
            )


def _define(endpoint: Endpoint, spec: FieldSpec, *, filterable: bool) -> UserError | None:
    """Filterable, so that the merchant can build segments on it; a shop has room for so many only."""
    definition: dict[str, Any] = {
        "name": spec.label or key_of(spec.name).replace("_", " ").capitalize(),
        "namespace": NAMESPACE,
        "key": key_of(spec.name),
        "type": TYPES[spec.type],
        "ownerType": "CUSTOMER",
        "description": "Written by Regulars",
    }
    if filterable:
        definition["capabilities"] = {"adminFilterable": {"enabled": True}}
    done = endpoint.change("define", {"definition": definition})
    return next(iter(done.errors), None)


def _defined(endpoint: Endpoint) -> dict[str, str]:
    """Types of all that is defined in our namespace, by field name."""
    found: dict[str, str] = {}
    after: str | None = None
    while True:
        data = endpoint.ask("definitions", {"namespace": NAMESPACE, "after": after}, _POINTS)
        try:
            told = data["metafieldDefinitions"]
            found |= {FIELD_PREFIX + node["key"]: node["type"]["name"] for node in told["nodes"]}
            info = told["pageInfo"]
        except (KeyError, TypeError):
            raise PlatformError("definitions of metafields cannot be understood", where="shopify") from None
        if not info["hasNextPage"]:
            return found
        after = info["endCursor"]
