"""What winning customers cost, where somebody entered it: per customer, against their value, until paid back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import groupby

from regulars.metrics.values import value_basis
from regulars.warehouse import Session, statement

FEWEST = 10
"""Customers of an age without whom the payback is not followed any further."""


@dataclass(frozen=True, slots=True)
class Spend:
    """Entered for the month that begins on `month`, in minor units of the client's currency."""

    month: date
    source: str
    minor: int


@dataclass(frozen=True, slots=True)
class Margin:
    """The share of net sales that stays; `is_set` False: nobody said, so values are net sales."""

    share: float
    is_set: bool


@dataclass(frozen=True, slots=True)
class Won:
    """Customers whose first order fell into a month, from a source with spend in it. `net_minor` is what they
    bought so far, `ahead_minor` the value expected of the next 12 months (the margin is in it already).
    `month` None: all months with spend together."""

    month: date | None
    source: str
    spent_minor: int
    customers: int
    net_minor: int
    ahead_minor: int

    def plus(self, other: Won) -> Won:
        """Both together, over all months."""
        return Won(
            None,
            self.source,
            self.spent_minor + other.spent_minor,
            self.customers + other.customers,
            self.net_minor + other.net_minor,
            self.ahead_minor + other.ahead_minor,
        )

    @property
    def of_all_months(self) -> Won:
        """The same, not of one month."""
        return replace(self, month=None)

    @property
    def cac_minor(self) -> int | None:
        """Spent / customers won, half up; None where nobody was won."""
        return (2 * self.spent_minor + self.customers) // (2 * self.customers) if self.customers else None

    def value_minor(self, margin: Margin) -> int | None:
        """Per customer: what they brought so far x margin, and the next 12 months; None for nobody."""
        if not self.customers:
            return None
        return round((Fraction(str(margin.share)) * self.net_minor + self.ahead_minor) / self.customers)

    def ratio(self, margin: Margin) -> float | None:
        """CLV:CAC, value per customer / cost per customer; None without customers or without cost."""
        value = self.value_minor(margin)
        return None if value is None or not self.spent_minor else value * self.customers / self.spent_minor


@dataclass(frozen=True, slots=True)
class Payback:
    """After how many months (of 30 days since their first order) customers of a source have brought their cost.
    `months` None: not within `seen` months, beyond which too few are old enough."""

    source: str
    months: int | None
    seen: int


def won(session: Session, spend: Sequence[Spend]) -> tuple[Won, ...]:
    """Per month and source with spend, oldest first."""
    if not spend:
        return ()
    total: dict[tuple[date, str], int] = {}
    for each in spend:
        total[each.month, each.source] = total.get((each.month, each.source), 0) + each.minor
    sql = statement(__package__, "paid").replace("{value}", value_basis(session).table)
    rows = session.query(sql, _params(total))
    return tuple(Won(month, source, total[month, source], *rest) for month, source, *rest in rows)


def paybacks(
    session: Session, spend: Sequence[Spend], sources: Sequence[Won], margin: Margin, as_of: date
) -> tuple[Payback, ...]:
    """One per source with spend, from the increments of those who are old enough for each month."""
    if not spend:
        return ()
    asked = dict.fromkeys((each.month, each.source) for each in spend)
    rows = session.query(statement(__package__, "payback"), {**_params(asked), "as_of": as_of})
    steps = {source: list(found) for source, found in groupby(rows, key=lambda row: row[0])}
    return tuple(
        _payback(each, [(people, minor) for _, _, people, minor in steps.get(each.source, [])], margin)
        for each in sources
    )


def _payback(won: Won, months: Sequence[tuple[int, int]], margin: Margin) -> Payback:
    brought, cost = Fraction(0), won.cac_minor
    seen = 0
    for people, minor in months:
        if people < FEWEST or cost is None:
            break
        seen += 1
        brought += Fraction(str(margin.share)) * minor / people
        if brought >= cost:
            return Payback(won.source, seen, seen)
    return Payback(won.source, None, seen)


def _params(
    pairs: dict[tuple[date, str], int] | dict[tuple[date, str], None],
) -> dict[str, list[date] | list[str]]:
    return {"months": [month for month, _ in pairs], "sources": [source for _, source in pairs]}
