"""What customers are worth by the product they began with. Source: requirements B007.

It is what went together, not what the product caused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from regulars.errors import RegularsError
from regulars.warehouse import Session, statement

FEW = 30
"""A mean over fewer people than this is marked: chance alone moves it."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean in minor units, half to even; None, "not measured", over nobody."""

    total_minor: int
    people: int

    @property
    def minor(self) -> int | None:
        """total / people."""
        return round(Fraction(self.total_minor, self.people)) if self.people else None

    @property
    def few(self) -> bool:
        """Too few people to read much into it."""
        return self.people < FEW


@dataclass(frozen=True, slots=True)
class Began:
    """Customers whose first day with an order had one product (`first`; None: all customers, each once).

    `spent` are net sales so far of all of them, `predicted` the next 12 months' of those who are predicted.
    """

    first: str | None
    spent: Mean
    predicted: Mean


def value_by_product(session: Session, as_of: date) -> list[Began]:
    """Most customers first; all customers last. Whoever began with several products counts for each.

    Raises RegularsError where no night predicted anything.
    """
    if not session.has("customer_clv"):
        raise RegularsError("nothing was predicted yet", hint="Run: regulars run")
    sql = statement(__package__, "value_by_product").format(first_product=statement(__package__, "first_product"))
    rows = session.query(sql, {"as_of": as_of})
    return [Began(first, Mean(net, people), Mean(clv, predicted)) for first, people, net, predicted, clv in rows]
