"""The change of a product, split over its factors so that the parts are the change exactly.

A factor's part is what changing it alone brings, averaged over every order in which the factors can change
one after another: L. S. Shapley, A value for n-person games (1953). For products it is the complete
decomposition of J. W. Sun, Energy Economics 20 (1998). Unlike weights with logarithms it also holds
for factors that are 0 or negative, and it is exact in fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations
from math import prod


def shapley(before: Sequence[Fraction], now: Sequence[Fraction]) -> list[Fraction]:
    """One part per factor, in their order; their sum is product(now) - product(before)."""
    parts = [Fraction(0)] * len(before)
    orders = list(permutations(range(len(before))))
    for order in orders:
        at = list(before)
        for n in order:
            others = prod(at[:n] + at[n + 1 :], start=Fraction(1))
            parts[n] += (now[n] - at[n]) * others / len(orders)
            at[n] = now[n]
    return parts


def whole_parts(parts: Sequence[Fraction], total: int) -> list[int]:
    """Parts as whole numbers whose sum is `total`: each half to even, and the largest takes what that leaves.

    So a factor that did not change has a part of exactly 0.
    """
    whole = [round(part) for part in parts]
    largest = max(range(len(parts)), key=lambda n: abs(parts[n]))
    whole[largest] += total - sum(whole)
    return whole
