"""Shopify's amounts as integers of minor units."""

from __future__ import annotations

from functools import cache

from regulars import minor_units

_MOST = 65_536


class Amounts(dict[str | None, int]):
    """Amounts of one currency by their texts, each understood once: a shop has few prices and many lines.

    An amount that is not there (None) is 0. Raises MoneyError for one that cannot be understood.
    """

    def __init__(self, currency: str) -> None:
        super().__init__({None: 0})
        self._currency = currency

    def __missing__(self, text: str) -> int:
        if len(self) >= _MOST:
            self.clear()
            self[None] = 0
        found = self[text] = minor_units(text, self._currency)
        return found


amounts = cache(Amounts)
"""The amounts of a currency."""
