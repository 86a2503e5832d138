"""Shopify's amounts as integers of minor units."""

from __future__ import annotations

from functools import lru_cache

from regulars import minor_units

from regulars_shopify.models import Money, ShopBag

_minor_units = lru_cache(maxsize=65_536)(minor_units)  # a shop has few prices and many lines


def of(money: Money) -> int:
    """An amount in its own currency. Raises MoneyError where it cannot be understood."""
    return _minor_units(money["amount"], money["currencyCode"])


def in_shop(bag: ShopBag | None) -> int:
    """The shop's side of an amount, 0 where there is none."""
    return of(bag["shopMoney"]) if bag else 0
