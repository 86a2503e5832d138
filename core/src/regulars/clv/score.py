"""What a fitted shop says of each of its customers."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from regulars.clv.table import Floats, Ints, distinct

MONTH = 365.25 / 12


class Model(Protocol):
    """Any of the buying models."""

    def alive(self, x: Floats, tx: Floats, age: Floats) -> Floats: ...

    def active(self, x: Floats, tx: Floats, age: Floats, days: float) -> Floats: ...

    def expected(self, x: Floats, tx: Floats, age: Floats, days: float) -> Floats: ...

    def active_if_alive(self, x: Floats, age: Floats, days: float) -> Floats: ...

    def expected_if_alive(self, x: Floats, age: Floats, days: float) -> Floats: ...

    def quantiles(
        self, alive: Floats, x: Floats, age: Floats, shares: tuple[float, ...], farthest: float
    ) -> list[Floats]: ...


def discounted(model: Model, x: Floats, tx: Floats, age: Floats, yearly: float, months: int = 12) -> Floats:
    """Expected purchase days of the next `months`, each month's discounted to now at `yearly` (0.1 is 10 %)."""
    return np.asarray(
        model.alive(x, tx, age) * discounted_if_alive(model, x, age, yearly, months), dtype=np.float64
    )


def discounted_if_alive(model: Model, x: Floats, age: Floats, yearly: float, months: int = 12) -> Floats:
    """The same for somebody known to be alive.

    Sum over months k of (E[Y(k)] - E[Y(k-1)]) / (1 + yearly)^(k/12); after Fader, Hardie & Lee (2005), "RFM
    and CLV", JMR 42, with months for instants. It is worked out once per distinct (x, age).
    """
    cell, at = _pairs(x, age)
    before = np.zeros(len(cell[0]))
    total = np.zeros(len(cell[0]))
    for month in range(1, months + 1):
        by_now = model.expected_if_alive(*cell, month * MONTH)
        total += (by_now - before) / (1 + yearly) ** (month / 12)
        before = by_now
    return np.asarray(total[at], dtype=np.float64)


def expected(model: Model, x: Floats, tx: Floats, age: Floats, days: float) -> Floats:
    """Expected purchase days within `days`."""
    return np.asarray(model.alive(x, tx, age) * expected_if_alive(model, x, age, days), dtype=np.float64)


def expected_if_alive(model: Model, x: Floats, age: Floats, days: float) -> Floats:
    """The same for somebody known to be alive, worked out once per distinct (x, age)."""
    cell, at = _pairs(x, age)
    return np.asarray(model.expected_if_alive(*cell, days)[at], dtype=np.float64)


def _pairs(x: Floats, age: Floats) -> tuple[tuple[Floats, Floats], Ints]:
    """The distinct pairs, and which of them each customer has."""
    width = float(age.max(initial=0.0)) + 1.0
    found, at = distinct(x * width + age)
    ux = np.floor(found / width)
    return (ux, found - ux * width), at
