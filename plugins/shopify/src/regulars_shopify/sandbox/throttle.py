"""The point bucket of one app on one shop."""

from __future__ import annotations

from typing import Any

from regulars import Clock


class Bucket:
    """Refills evenly; holds 20 seconds' worth. Points that a query did not use are given back."""

    def __init__(self, clock: Clock, restore_rate: float) -> None:
        self._clock, self.restore_rate = clock, restore_rate
        self.left, self._at = self.capacity, clock.now()
        self.spent, self.refused = 0.0, 0
        """Points given out and not given back; queries that found too few."""

    @property
    def capacity(self) -> float:
        """The most it holds."""
        return self.restore_rate * 20

    def admit(self, points: float) -> bool:
        """Take the points, where they are there."""
        self._refill()
        if self.left < points:
            self.refused += 1
            return False
        self.left -= points
        self.spent += points
        return True

    def give_back(self, points: float) -> None:
        """Return what was taken too much."""
        self.left = min(self.capacity, self.left + points)
        self.spent -= points

    def status(self) -> dict[str, Any]:
        """As every answer tells it."""
        self._refill()
        return {
            "maximumAvailable": self.capacity,
            "currentlyAvailable": int(self.left),
            "restoreRate": self.restore_rate,
        }

    def _refill(self) -> None:
        now = self._clock.now()
        gone = max(0.0, (now - self._at).total_seconds())
        self.left, self._at = min(self.capacity, self.left + gone * self.restore_rate), now
