"""The interval of a share: Wilson's, at 95 % (E. B. Wilson, JASA 22, 1927, pages 209-212)."""

from __future__ import annotations

from math import sqrt

Z = 1.959963984540054  # 95 %, two-sided


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Low and high of part / whole as per cent. Raises ValueError for a whole of 0."""
    if whole <= 0:
        raise ValueError("a share of nobody has no interval")
    p, z = part / whole, Z
    middle, half = p + z * z / (2 * whole), z * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    low, high = (middle - half) / (1 + z * z / whole), (middle + half) / (1 + z * z / whole)
    return 100 * max(low, 0.0), 100 * min(high, 1.0)
