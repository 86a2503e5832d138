"""Cohorts: people by the month of their first order, and what they did in the months after it.

A month that is not over at `as_of` has no figure (None): a pale cell would read as a loss.
Source: CLV.md section 7 of the design; picture 1 of requirements 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Literal

from regulars.metrics.repeat import SMALL
from regulars.warehouse import Session, statement

Measure = Literal["buyers", "returned", "revenue", "revenue_to_date"]
"""Share who ordered in that month; share who had ordered on a second day by its end; net sales per
customer in it; net sales per customer from the first order to its end."""

Cell = Fraction | None


@dataclass(frozen=True, slots=True)
class Cohort:
    """`size` people first ordered in the month that begins on `month`. The lists run from month 0 to the
    newest one that is over: people who ordered in it, people whose second day with an order lies in it,
    and net sales in minor units."""

    month: date
    size: int
    buyers: tuple[int, ...]
    second: tuple[int, ...]
    net_minor: tuple[int, ...]

    @property
    def small(self) -> bool:
        """Too few people to read much into it."""
        return self.size < SMALL

    def counted(self, measure: Measure) -> tuple[int, ...]:
        """People or minor units per month since, before they are divided by the size."""
        match measure:
            case "buyers":
                return self.buyers
            case "returned":
                return tuple(accumulate(self.second))
            case "revenue":
                return self.net_minor
            case "revenue_to_date":
                return tuple(accumulate(self.net_minor))


@dataclass(frozen=True, slots=True)
class Cohorts:
    """All cohorts up to a client's calendar day, the oldest first; a month without a new customer is none."""

    as_of: date
    rows: tuple[Cohort, ...]

    @property
    def width(self) -> int:
        """Months since, month 0 included, of the oldest cohort."""
        return max((len(row.buyers) for row in self.rows), default=0)

    def cells(self, row: Cohort, measure: Measure, width: int) -> list[Cell]:
        """Figures per customer of the first `width` months; None for a month that is not over."""
        ripe = [Fraction(count, row.size) for count in row.counted(measure)[:width]]
        return [*ripe, *[None] * (width - len(ripe))]

    def together(self, measure: Measure, width: int) -> list[Cell]:
        """All cohorts that are old enough as one, month by month."""
        return [self._column(measure, since) for since in range(width)]

    def _column(self, measure: Measure, since: int) -> Cell:
        ripe = [row for row in self.rows if len(row.buyers) > since]
        people = sum(row.size for row in ripe)
        return Fraction(sum(row.counted(measure)[since] for row in ripe), people) if people else None


def cohorts(session: Session, as_of: date) -> Cohorts:
    """The cohorts from the customers' days, counted orders only, as of a client's calendar day."""
    day = {"as_of": as_of}
    bought = {(m, k): (n, net) for m, k, n, net in session.query(statement(__package__, "cohort"), day)}
    second = {(m, k): n for m, k, n in session.query(statement(__package__, "second_order"), day)}
    months = sorted({month for month, _ in bought})
    return Cohorts(as_of, tuple(_cohort(month, bought, second, _over(month, as_of)) for month in months))


def per_customer(cell: Cell) -> int | None:
    """Minor units of a revenue cell, half to even."""
    return None if cell is None else round(cell)


def share(cell: Cell) -> Decimal | None:
    """A share cell in per cent."""
    return None if cell is None else Decimal(cell.numerator) * 100 / Decimal(cell.denominator)


def _cohort(
    month: date, bought: dict[tuple[date, int], tuple[int, int]], second: dict[tuple[date, int], int], ripe: int
) -> Cohort:
    per_month = [bought.get((month, since), (0, 0)) for since in range(ripe)]
    return Cohort(
        month=month,
        size=bought[month, 0][0],
        buyers=tuple(people for people, _ in per_month),
        second=tuple(second.get((month, since), 0) for since in range(ripe)),
        net_minor=tuple(net for _, net in per_month),
    )


def _over(month: date, as_of: date) -> int:
    """How many months from this one on are over once `as_of` is."""
    tomorrow = as_of + timedelta(days=1)
    return (tomorrow.year - month.year) * 12 + tomorrow.month - month.month
