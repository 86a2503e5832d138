"""Splitting a whole number of minor units so that the parts add up to it again."""

from __future__ import annotations

from collections.abc import Sequence


def split(total: int, weights: Sequence[int]) -> list[int]:
    """`total` over the weights, in proportion, the rest to the largest remainders (first come first).

    Weights of nothing but zero (or less) share evenly. Without weights there is nothing to give to.
    """
    if not weights:
        return []
    if sum(weights) <= 0 or min(weights) < 0:
        weights = [1] * len(weights)
    whole = sum(weights)
    parts = [abs(total) * weight // whole for weight in weights]
    rests = [abs(total) * weight % whole for weight in weights]
    by_rest = sorted(range(len(parts)), key=lambda i: -rests[i])
    for i in by_rest[: abs(total) - sum(parts)]:
        parts[i] += 1
    return parts if total >= 0 else [-part for part in parts]
