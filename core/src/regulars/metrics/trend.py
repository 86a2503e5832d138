"""Where a series of the client's own figures is going, without an assumption about its shape.

Mann and Kendall's test: of all pairs of periods, how many rise and how many fall; more of one kind than
chance would give in one of twenty steady series is a trend. Source: Mann 1945, Econometrica 13:245-259.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from math import sqrt
from typing import Literal

Direction = Literal["rising", "steady", "falling", "too few"]

FEWEST = 4
"""Periods without which nothing is said: with three, no order of them is rare enough."""
_Z = 1.645  # one of twenty, one-sided


@dataclass(frozen=True, slots=True)
class Trend:
    """Pairs of periods that rise and fall, and the range of the values, oldest first."""

    values: tuple[Decimal, ...]
    rises: int
    falls: int
    direction: Direction

    @property
    def low(self) -> Decimal | None:
        """The smallest of the values."""
        return min(self.values, default=None)

    @property
    def high(self) -> Decimal | None:
        """The largest of the values."""
        return max(self.values, default=None)

    def __str__(self) -> str:
        if self.direction == "too few":
            one = len(self.values) == 1
            known = "1 comparable period" if one else f"{len(self.values)} comparable periods"
            return f"cannot tell: {known}, {FEWEST} are needed"
        size = len(self.values)
        pairs = f"of {size * (size - 1) // 2} pairs of {size} periods"
        return f"{self.direction}: {pairs} {self.rises} rise, {self.falls} fall"


def trend(values: Sequence[Decimal]) -> Trend:
    """The direction of values in order of time."""
    pairs = list(combinations(values, 2))
    rises, falls = sum(b > a for a, b in pairs), sum(b < a for a, b in pairs)
    return Trend(tuple(values), rises, falls, _direction(rises - falls, len(values)))


def _direction(more: int, size: int) -> Direction:
    if size < FEWEST:
        return "too few"
    spread = sqrt(size * (size - 1) * (2 * size + 5) / 18)
    # The sum of signs moves in steps of two: one is taken off before it is compared with a bell curve.
    if (abs(more) - 1) / spread < _Z:
        return "steady"
    return "rising" if more > 0 else "falling"
