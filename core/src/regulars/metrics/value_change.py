"""What changed the shop's simple CLV within a year: longer lifetimes, more orders a year, or dearer ones.

Source: requirements B007. Both values come from the same statement, as of the snapshot's day and as of
365 days before; so no order is in both years. The past one is what is known of it today: later refunds of
its orders and later joins of profiles are in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from regulars.metrics.clv import simple_clv
from regulars.metrics.crr import retention
from regulars.metrics.shapley import shapley, whole_parts
from regulars.metrics.spans import Span
from regulars.warehouse import Session, statement

_YEAR = timedelta(days=365)
_LENGTH = timedelta(days=364)  # of a year, from its first day to its last


class Factors(NamedTuple):
    """What simple CLV is the product of: lifetime in years, orders a year, minor units per order."""

    years: Decimal
    per_year: Decimal
    order_minor: int


@dataclass(frozen=True, slots=True)
class ShopValue:
    """The shop's three factors over `span`, a year; None is "not measured".

    Lifetimes are not known where nobody was a customer when the year began: the 1.00 that stands in for
    them elsewhere is not compared with anything.
    """

    span: Span
    years: Decimal | None
    per_year: Decimal | None
    order_minor: int | None

    @property
    def factors(self) -> Factors | None:
        """All three, where all are known."""
        if self.years is None or self.per_year is None or self.order_minor is None:
            return None
        return Factors(self.years, self.per_year, self.order_minor)

    @property
    def clv_minor(self) -> int | None:
        """Their product."""
        return None if self.factors is None else simple_clv(*self.factors)

    @property
    def missing(self) -> str:
        """Why one of the factors is not known; empty where all are."""
        if self.per_year is None:
            return f"nobody ordered in {self.span}"
        if self.years is None:
            return f"nobody was a customer when {self.span} began, so lifetimes are not known"
        return ""


@dataclass(frozen=True, slots=True)
class Parts:
    """Minor units. Their sum is the change, to the unit."""

    time: int
    frequency: int
    amount: int

    @property
    def change(self) -> int:
        """All three."""
        return self.time + self.frequency + self.amount


@dataclass(frozen=True, slots=True)
class ValueChange:
    """The value now and a year before, and what made the difference.

    `before` and `parts` are None where that is not measured; `missing` says why. `doubtful` says what
    makes the split uncertain, empty where nothing does.
    """

    now: ShopValue
    before: ShopValue | None
    parts: Parts | None
    missing: str = ""
    doubtful: str = ""


def split(before: Factors, now: Factors) -> Parts:
    """The change of simple CLV over its three factors; the largest part takes the rounding penny."""
    parts = shapley([Fraction(each) for each in before], [Fraction(each) for each in now])
    return Parts(*whole_parts(parts, simple_clv(*now) - simple_clv(*before)))


def value_change(session: Session, as_of: date, window: int) -> ValueChange:
    """The change within the year up to the snapshot's day `as_of`; `window` in days says who is a customer.

    Two whole years of orders are needed. Nothing is written but temporary macros.
    """
    session.run(statement(__package__, "rounding"))
    now = _on(session, as_of, window)
    earlier = Span(now.span.starts_on - _YEAR, now.span.ends_on - _YEAR)
    first = session.query("SELECT min(f.first_order_on) FROM first_order AS f")[0][0]
    if first is None or first > earlier.starts_on:
        known = f"the first order known is of {first}" if first else "no order is known"
        return ValueChange(now, None, None, f"{known}; it takes two years of orders, from {earlier.starts_on}")
    before = _on(session, earlier.ends_on, window)
    if before.factors is None or now.factors is None:
        return ValueChange(now, before, None, before.missing or now.missing)
    parts = split(before.factors, now.factors)
    return ValueChange(now, before, parts, doubtful=_doubt(first, earlier, window))


def _on(session: Session, as_of: date, window: int) -> ShopValue:
    span = Span(as_of - _LENGTH, as_of)
    year = retention(session, span, window)
    found = session.table(statement(__package__, "shop_value"), {"as_of": as_of, "s": year.s, "l": year.l})
    row = found.to_pylist()[0]
    return ShopValue(
        span=span,
        years=row["clv_years"] if year.s else None,
        per_year=row["clv_orders_per_year"] if row["orders"] else None,
        order_minor=row["clv_order_value_minor"] if row["orders"] else None,
    )


def _doubt(first: date, earlier: Span, window: int) -> str:
    if first <= earlier.starts_on - timedelta(days=window):
        return ""
    return (
        f"the first order known is of {first}: a year ago too few could be lost, so that lifetime may be too long"
    )
