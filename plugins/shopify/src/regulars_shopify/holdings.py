"""What customers hold of us right now, read by id: never by search, which lags behind writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired

from pydantic import TypeAdapter, ValidationError
from regulars import Held, PlatformError
from typing_extensions import TypedDict

from regulars_shopify import cost
from regulars_shopify.endpoint import Endpoint
from regulars_shopify.namespace import FIELD_PREFIX, among

MOST_IDS, MOST_FIELDS = 100, 250


class _Email(TypedDict):
    emailAddress: str | None
    marketingState: str


class _Metafield(TypedDict):
    namespace: str
    key: str
    value: str
    compareDigest: str


class _Metafields(TypedDict):
    nodes: list[_Metafield]


class _Customer(TypedDict):
    id: str
    tags: list[str]
    defaultEmailAddress: _Email | None
    metafields: NotRequired[_Metafields]


_NODES = TypeAdapter(list[_Customer | None])


@dataclass(frozen=True, slots=True)
class Holding:
    """One customer: what the core asks for, and each value's digest (None: the field is empty)."""

    held: Held
    digests: Mapping[str, str | None]


def batch(fields: int) -> int:
    """How many customers fit into one query, even if Shopify counted each of them in full."""
    each = 2 + (cost.connection(fields) if fields else 0)
    return min(MOST_IDS, cost.SINGLE_QUERY_MAX // each)


def points(fields: int) -> int:
    """What one query costs: a list by ids counts as one object (as recorded on live shops)."""
    return 1 + 1 + (cost.connection(fields) if fields else 0)


def read(
    endpoint: Endpoint, ids: Sequence[str], fields: Sequence[str], lists: Sequence[str]
) -> dict[str, Holding]:
    """Customers by id; one that Shopify does not know (deleted, merged away) is absent.

    Raises what the endpoint raises, and PlatformError where the answer is not one entry per id.
    """
    found: dict[str, Holding] = {}
    for some in _chunks(list(dict.fromkeys(ids)), batch(len(fields))):
        for customer in _customers(endpoint, some, fields):
            found[customer["id"]] = _holding(customer, fields, lists)
    return found


def _customers(endpoint: Endpoint, ids: Sequence[str], fields: Sequence[str]) -> Iterator[_Customer]:
    asked = {"ids": ids, "withFields": bool(fields), "first": max(1, len(fields)), "keys": list(fields)}
    data = endpoint.ask("holdings", asked, points(len(fields)))
    try:
        nodes = _NODES.validate_python(data.get("nodes"))
    except ValidationError as fault:
        where = ".".join(map(str, fault.errors(include_url=False, include_input=False)[0]["loc"]))
        raise PlatformError(f"customers cannot be understood ({where})", where="shopify") from None
    if len(nodes) != len(ids):
        raise PlatformError(
            f"{len(nodes)} answers for {len(ids)} customers", where="shopify", hint="Try again later"
        )
    yield from (node for node in nodes if node is not None)


def _holding(customer: _Customer, fields: Sequence[str], lists: Sequence[str]) -> Holding:
    there = {_name(told): told for told in customer["metafields"]["nodes"]} if "metafields" in customer else {}
    values = {name: there[name]["value"] if name in there else None for name in fields}
    digests = {name: there[name]["compareDigest"] if name in there else None for name in fields}
    email = customer["defaultEmailAddress"]
    held = Held(
        fields=values,
        lists=among(customer["tags"], lists),
        email=email["emailAddress"] if email else None,
        state=email["marketingState"].lower() if email else None,
    )
    return Holding(held, digests)


def _name(told: Mapping[str, Any]) -> str:
    """The field's name: asked for by `keys`, the key comes back in full."""
    key = str(told["key"])
    return key if key.startswith(FIELD_PREFIX) else f"{told['namespace']}.{key}"


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
