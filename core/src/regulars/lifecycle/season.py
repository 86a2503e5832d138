"""Categories that are bought once a year, in their season."""

from __future__ import annotations

from collections.abc import Mapping

YEAR = 365
SHARE = 0.9
ASSUMED = 90
"""Days of a season of which too little is known."""


def season_days(orders: Mapping[int, int]) -> int:
    """The length of the season: the shortest run of days, over the new year too, with nine in ten orders.

    `orders` by day of the year, 1 to 366. Somebody silent for a year and this long has missed a whole
    season, whenever the last order was.
    """
    ring = [orders.get(day, 0) for day in range(1, YEAR + 1)]
    ring[-1] += orders.get(YEAR + 1, 0)
    enough = SHARE * sum(ring)
    best, held, end = YEAR, 0, 0
    for start in range(YEAR):
        while held < enough and end - start < YEAR:
            held += ring[end % YEAR]
            end += 1
        if held >= enough:
            best = min(best, max(1, end - start))
        held -= ring[start]
    return best
