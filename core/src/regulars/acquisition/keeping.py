"""What winning a customer costs against keeping one, where both were entered: the shop's own ratio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from regulars.acquisition.spend import Spend
from regulars.metrics.spans import last_complete
from regulars.warehouse import Session, statement

REFERENCE = "5 to 7 (no primary source is known; not this shop)"
"""What is said of shops in general, only to stand beside a ratio of one's own."""

NEEDS_SPEND = "needs ad spend: enter [costs] acquisition"
NEEDS_COST = "needs the cost of keeping: enter [costs] programmes or platforms for months with ad spend"
NOT_OVER = "not measured: no month with both costs is over"


@dataclass(frozen=True, slots=True)
class Keeping:
    """Over `months`, which are over and have both costs: `spent_minor` on winning and `won` customers whose
    first order lies in them, from any source; `cost_minor` of programmes and platforms and `kept` customers
    who ordered in a month after that of their first order, each counted once per month. Amounts in minor
    units of the client's currency. `needs`: what is missing where there is no such month, else empty."""

    months: tuple[date, ...] = ()
    spent_minor: int = 0
    won: int = 0
    cost_minor: int = 0
    kept: int = 0
    needs: str = ""

    @property
    def cac_minor(self) -> int | None:
        """Spent / customers won over all sources, half up; None where nobody was won."""
        return _each(self.spent_minor, self.won)

    @property
    def each_minor(self) -> int | None:
        """Cost of keeping / customers kept, per month, half up; None where nobody was kept."""
        return _each(self.cost_minor, self.kept)

    @property
    def ratio(self) -> float | None:
        """Winning / keeping, from the exact sums; None where one side has nobody or keeping cost nothing."""
        if not self.won or not self.kept or self.cost_minor <= 0:
            return None
        return self.spent_minor * self.kept / (self.won * self.cost_minor)

    @property
    def missing(self) -> str:
        """Why there is no ratio; empty where there is one."""
        if self.needs or self.ratio is not None:
            return self.needs
        if not self.won:
            return "not measured: nobody was won in these months"
        return "not measured: " + ("keeping cost nothing" if self.kept else "nobody was kept in these months")


def keeping(session: Session, spend: Sequence[Spend], costs: Mapping[date, int], as_of: date) -> Keeping:
    """From what was spent on winning and, per month (its first day), on programmes and platforms.

    Only whole months count: a bill is for the month, and customers of half of it would look dear.
    """
    paid = {each.month for each in spend if each.month <= as_of}
    if not paid:
        return Keeping(needs=NEEDS_SPEND)
    if not paid & costs.keys():
        return Keeping(needs=NEEDS_COST)
    newest = last_complete("month", as_of).starts_on
    months = sorted(month for month in paid & costs.keys() if month <= newest)
    if not months:
        return Keeping(needs=NOT_OVER)
    ((won, kept),) = session.query(statement(__package__, "keeping"), {"months": months})
    spent = sum(each.minor for each in spend if each.month in months)
    return Keeping(tuple(months), spent, won, sum(costs[month] for month in months), kept)


def _each(minor: int, people: int) -> int | None:
    return (2 * minor + people) // (2 * people) if people else None
