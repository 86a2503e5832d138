"""One account's rate budget: token buckets fed by the platform's own answers.

A fixed-rate limiter cannot see what other apps of the same account use; the platform's headers can.
Each bucket starts from its declared limit and is corrected by every answer that tells what is left.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from regulars.clock import Clock
from regulars.errors import QuotaError


@dataclass(frozen=True, slots=True)
class Limit:
    """`capacity` units that refill evenly at `per_second` units a second. A cost is counted in units
    (calls for most platforms, query points for some)."""

    bucket: str
    capacity: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Level:
    """What an answer says about a bucket: units left now, and, where told, capacity and refill."""

    bucket: str
    left: float
    capacity: float | None = None
    per_second: float | None = None


@dataclass
class _Bucket:
    capacity: float
    per_second: float
    left: float
    at: datetime


class Quota:
    """The budget of one account, shared by everything in this process that calls it."""

    def __init__(self, clock: Clock, limits: Sequence[Limit] = (), in_flight: int | None = None) -> None:
        now = clock.now()
        self._clock, self._lock = clock, threading.Lock()
        self._gate = threading.BoundedSemaphore(in_flight) if in_flight else None
        self._buckets = {x.bucket: _Bucket(x.capacity, x.per_second, x.capacity, now) for x in limits}

    @contextmanager
    def call(self, bucket: str, cost: float) -> Iterator[None]:
        """Wait until `cost` units are there, take them, and hold one of the connections meanwhile.

        Raises QuotaError where the cost exceeds the bucket's capacity, which no waiting can mend.
        """
        self._take(bucket, cost)
        if self._gate is None:
            yield
            return
        with self._gate:
            yield

    def observe(self, level: Level) -> None:
        """Correct a bucket by what the platform said."""
        with self._lock:
            held = self._buckets.get(level.bucket)
            if held is None:
                return
            held.capacity = level.capacity if level.capacity is not None else held.capacity
            held.per_second = level.per_second if level.per_second is not None else held.per_second
            held.left, held.at = min(level.left, held.capacity), self._clock.now()

    def left(self) -> Mapping[str, float]:
        """Units left per bucket, as of now."""
        with self._lock:
            return {name: self._refill(held) for name, held in self._buckets.items()}

    def _take(self, bucket: str, cost: float) -> None:
        while True:
            with self._lock:
                held = self._buckets.get(bucket)
                if held is None:
                    return
                if cost > held.capacity:
                    text = f"one call costs {cost:g}, {bucket} holds {held.capacity:g} at most"
                    raise QuotaError(
                        text, where="quota", hint="No waiting helps; report it to the plugin's author"
                    )
                if self._refill(held) >= cost:
                    held.left -= cost
                    return
                # A rounding rest can be shorter than a clock's tick, which would never pass.
                wait = max(0.001, (cost - held.left) / held.per_second)
            self._clock.sleep(wait)

    def _refill(self, held: _Bucket) -> float:
        now = self._clock.now()
        gone = max(0.0, (now - held.at).total_seconds())
        held.left, held.at = min(held.capacity, held.left + gone * held.per_second), now
        return held.left
