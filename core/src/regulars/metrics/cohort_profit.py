"""Profit per customer against the loss rate, by month of first order.

Lost as in retention: no counted order within the active window up to the snapshot's day. Source: A095 and
row 51 of requirements 2.10; that they go together is told as an association (C. Spearman, "The proof and
measurement of association between two things", American Journal of Psychology 15, 1904, pages 72-101).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import correlation

from regulars.errors import RegularsError
from regulars.metrics.crr import percent
from regulars.metrics.repeat import SMALL
from regulars.warehouse import Session, statement

FEWEST = 6
"""Cohorts of at least SMALL people without whom nothing is said of how loss and profit go together."""


@dataclass(frozen=True, slots=True)
class ProfitRow:
    """`people` first ordered in the month that begins on `month`; `net_minor` is what they bought so far.
    `lost` of them are not customers any more; None for a cohort younger than the window, which cannot tell."""

    month: date
    people: int
    lost: int | None
    net_minor: int

    @property
    def small(self) -> bool:
        """Too few people to read much into it."""
        return self.people < SMALL

    @property
    def loss_rate(self) -> Decimal | None:
        """Lost / people x 100."""
        return None if self.lost is None else percent(self.lost, self.people)

    @property
    def net_each_minor(self) -> int:
        """Net sales per customer, half to even."""
        return round(Fraction(self.net_minor, self.people))

    def profit_each_minor(self, margin: float) -> int:
        """Net sales x margin / people, half to even; rounded once."""
        return round(Fraction(str(margin)) * self.net_minor / self.people)


@dataclass(frozen=True, slots=True)
class CohortProfit:
    """All cohorts, the oldest first, as of a client's calendar day; `window` in days."""

    as_of: date
    currency: str
    window: int
    rows: tuple[ProfitRow, ...]

    @property
    def compared(self) -> tuple[ProfitRow, ...]:
        """Cohorts that are large and old enough."""
        return tuple(row for row in self.rows if not row.small and row.lost is not None)

    @property
    def association(self) -> float | None:
        """Spearman's rank correlation, -1 to 1, of loss rate and net sales per customer, which a margin leaves
        in the same order. None for fewer than FEWEST cohorts, and where one of the two is the same in all."""
        rows = self.compared
        if len(rows) < FEWEST:
            return None
        return spearman(
            [Fraction(row.lost or 0, row.people) for row in rows],
            [Fraction(row.net_minor, row.people) for row in rows],
        )


def cohort_profit(session: Session) -> CohortProfit:
    """From the values of a published snapshot. Raises RegularsError where nothing was measured."""
    if not session.has("metric_basis"):
        raise RegularsError("nothing was measured yet", hint="Run: regulars run")
    ((as_of, currency, window),) = session.query("SELECT as_of, currency, window_days FROM metric_basis")
    gone_by = as_of - timedelta(days=window)
    found = session.query(statement(__package__, "cohort_profit"), {"gone_by": gone_by})
    rows = (
        ProfitRow(month, people, gone if _last_day(month) <= gone_by else None, net)
        for month, people, gone, net in found
    )
    return CohortProfit(as_of, currency, window, tuple(rows))


def spearman(one: Sequence[Fraction], other: Sequence[Fraction]) -> float | None:
    """Rank correlation of pairs, equal values sharing their mean rank; None where either never varies."""
    if len(set(one)) < 2 or len(set(other)) < 2:
        return None
    return correlation(_ranks(one), _ranks(other))


def _ranks(values: Sequence[Fraction]) -> list[float]:
    order = sorted(values)
    first = {value: order.index(value) for value in set(values)}
    return [first[value] + (order.count(value) + 1) / 2 for value in values]


def _last_day(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
