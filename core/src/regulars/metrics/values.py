"""Which value of a customer a report weighs with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from regulars.warehouse import Session


@dataclass(frozen=True, slots=True)
class ValueBasis:
    """Which value: the predicted one of 12 months, or a year of the simple CLV where nobody is predicted.

    `margin` is in the predicted one; the simple one is net sales and has none.
    """

    name: Literal["predicted", "simple"]
    table: str
    margin: float | None = None

    @property
    def text(self) -> str:
        """In words."""
        if self.name == "simple":
            return "a year of simple CLV, not predicted"
        return "predicted 12-month CLV" + ("" if self.margin is None else f", {margin_words(self.margin)}")


def value_basis(session: Session) -> ValueBasis:
    """The predicted value where the snapshot has it."""
    if session.has("customer_clv") and session.query("SELECT count(*) FROM customer_clv")[0][0]:
        return ValueBasis("predicted", "customer_clv", predicted_margin(session))
    return ValueBasis("simple", "customer_value")


def predicted_margin(session: Session) -> float | None:
    """The share of net sales that the snapshot's predicted values leave; None where nobody is predicted."""
    found = session.query("SELECT margin FROM clv_model") if session.has("clv_model") else []
    return found[0][0] if found else None


def margin_words(margin: float) -> str:
    """ "margin 40%"; a margin of 1 takes nothing off, and says so."""
    return f"margin {margin:.0%}" + (": net sales, not profit" if margin == 1 else "")
