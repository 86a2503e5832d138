"""Which value of a customer a report weighs with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from regulars.warehouse import Session


@dataclass(frozen=True, slots=True)
class ValueBasis:
    """Which value: the predicted one of 12 months, or a year of the simple CLV where nobody is predicted."""

    name: Literal["predicted", "simple"]
    table: str

    @property
    def text(self) -> str:
        """In words."""
        return "predicted 12-month CLV" if self.name == "predicted" else "a year of simple CLV, not predicted"


def value_basis(session: Session) -> ValueBasis:
    """The predicted value where the snapshot has it."""
    if session.has("customer_clv") and session.query("SELECT count(*) FROM customer_clv")[0][0]:
        return ValueBasis("predicted", "customer_clv")
    return ValueBasis("simple", "customer_value")
