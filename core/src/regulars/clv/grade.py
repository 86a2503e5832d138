"""How near a prediction came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Decile:
    """A tenth of the customers by prediction, the best first: sums of predicted and actual."""

    customers: int
    predicted: float
    actual: float


@dataclass(frozen=True, slots=True)
class Grade:
    """`bias` (predicted - actual) / actual, `mae` mean absolute error per customer, `gini` of the ranking
    divided by that of the perfect one, `brier` mean squared error of the chance of coming back and
    `brier_base` that of telling everybody the average, `lift` the best decile's mean divided by that of all."""

    customers: int
    actual: float
    predicted: float
    bias: float | None
    mae: float
    gini: float | None
    brier: float
    brier_base: float
    lift: float | None
    deciles: tuple[Decile, ...]

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Grade:
        """From `asdict`, or its JSON."""
        return cls(**{**stored, "deciles": tuple(Decile(**each) for each in stored["deciles"])})
