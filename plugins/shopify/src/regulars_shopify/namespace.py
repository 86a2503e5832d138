"""What is ours on a shop: customer metafields of one namespace, and customer tags with one prefix.

Field `regulars.stage` is the metafield `stage` of namespace `regulars`; list `regulars:at-risk` is a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

NAMESPACE = "regulars"
FIELD_PREFIX, LIST_PREFIX = f"{NAMESPACE}.", f"{NAMESPACE}:"
CANDIDATE = f"{FIELD_PREFIX}ecoa_email"
"""Where a confirmed new address goes: a customer's own address is the merchant's and the customer's."""
MAX_KEY = 64
_KEY = re.compile(rf"[A-Za-z0-9_-]{{2,{MAX_KEY}}}")
_MAX_TAG = 255


def key_of(field: str) -> str:
    """The metafield's key."""
    return field.removeprefix(FIELD_PREFIX)


def field_fault(field: str) -> str:
    """Why a field cannot be a metafield; "" where it can (shopify.dev, Metafield limits)."""
    if _KEY.fullmatch(key_of(field)):
        return ""
    return f"a metafield's key is 2 to {MAX_KEY} letters, digits, - and _"


def list_fault(name: str) -> str:
    """Why a list cannot be a tag; "" where it can. Shopify cuts tags at commas and trims them."""
    if "," in name:
        return "a comma cuts a tag in two"
    if name != name.strip():
        return "a tag neither begins nor ends with a space"
    return f"a tag has at most {_MAX_TAG} characters" if len(name) > _MAX_TAG else ""


def among(tags: Iterable[str], lists: Iterable[str]) -> frozenset[str]:
    """Those of `lists` that stand among a customer's tags; case makes no difference to Shopify."""
    there = {tag.strip().casefold() for tag in tags}
    return frozenset(name for name in lists if name.casefold() in there)


def ours(tags: Iterable[str]) -> list[str]:
    """Those of a customer's tags that are lists of ours, in order."""
    return sorted(tag for tag in tags if tag.casefold().startswith(LIST_PREFIX))
