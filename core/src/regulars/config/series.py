"""Whether a win-back that begins on the lapsed line still ends in time."""

from __future__ import annotations

from math import ceil


def ends_in_time(lapsed: int, series: int, act_before: int) -> bool:
    """lapsed + series < act_before, in days."""
    return lapsed + series < act_before


def proposed(lapsed: int, series: int) -> int:
    """The `act_before` to write instead: 1.3 x lapsed, and in any case late enough for the series."""
    return max(ceil(1.3 * lapsed), lapsed + series + 1)
