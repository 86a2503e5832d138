"""Shopify's amounts as integers of minor units."""

from __future__ import annotations

from functools import lru_cache

from regulars import minor_units

from regulars_shopify.models import ShopBag

minor = lru_cache(maxsize=65_536)(minor_units)
"""An amount of a currency; a shop has few prices and many lines. Raises MoneyError."""


def in_shop(bag: ShopBag | None, currency: str) -> int:
    """The shop's side of an amount, 0 where there is none."""
    return minor(bag["shopMoney"]["amount"], currency) if bag else 0
