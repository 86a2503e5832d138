"""Time to the next order, counting those who have not ordered again yet as what they are: undecided.

Kaplan and Meier's curve over whole days, which is exact because orders are known by day. A mean of the
gaps that were seen is too short: whoever is still away is not in it. Sources: Kaplan & Meier 1958, JASA
53:457-481; Greenwood 1926 for the variance; intervals on the log(-log) scale stay between 0 and 1.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import exp, inf, log, sqrt
from typing import Literal

from regulars.warehouse import Session, statement

After = Literal["any", "first"]
"""After every order, or after the first one only."""

FEWEST = 50
"""People still waiting without whom the curve is not read any further."""
YEAR = 365
_Z = 1.959963984540054  # 95 %, two-sided


@dataclass(frozen=True, slots=True)
class Waited:
    """How many waited exactly `days`: `ordered` of them then ordered again, `censored` are still waiting."""

    days: int
    ordered: int
    censored: int


@dataclass(frozen=True, slots=True)
class Step:
    """One day of the curve. `at_risk` had not ordered before that day; `left` is the share without another
    order after it, `low` to `high` its 95 % interval (None before somebody ordered and once nobody is left)."""

    day: int
    at_risk: int
    ordered: int
    censored: int
    left: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Chance:
    """The chance of an order within a number of days, with its 95 % interval, and how many it rests on.

    The interval is None where nobody ordered in those days, or everybody: Greenwood's variance says nothing there.
    """

    value: float
    low: float | None
    high: float | None
    at_risk: int


@dataclass(frozen=True, slots=True)
class Survival:
    """The curve: a step for each day on which somebody ordered again or stopped being seen."""

    steps: tuple[Step, ...]

    @property
    def waits(self) -> int:
        """How many waits the curve is made of."""
        return self.steps[0].at_risk if self.steps else 0

    @property
    def ordered(self) -> int:
        """How many of them ended with an order."""
        return sum(step.ordered for step in self.steps)

    @property
    def horizon(self) -> int | None:
        """The last day with enough people still waiting; None in a shop that is too small."""
        return max((step.day for step in self.steps if step.at_risk >= FEWEST), default=None)

    @property
    def look_ahead(self) -> int | None:
        """Days ahead for which chances are comparable at all silences: half the horizon, a year at most."""
        return None if not self.horizon or self.horizon < 2 else min(YEAR, self.horizon // 2)

    def left(self, day: int) -> float:
        """The share without another order after `day` days; 1 before the first step."""
        at = bisect_right(self.steps, day, key=lambda step: step.day)
        return self.steps[at - 1].left if at else 1.0

    def quantile(self, share: float) -> int | None:
        """The first day by which this share has ordered again; None where the curve does not get there."""
        return _first(self.steps, 1 - share, [step.left for step in self.steps])

    @property
    def median(self) -> int | None:
        """The day by which half have ordered again, those still away counted in."""
        return self.quantile(0.5)

    @property
    def median_interval(self) -> tuple[int | None, int | None]:
        """95 %: where the curve's interval crosses one half (Brookmeyer & Crowley 1982)."""
        low = _first(self.steps, 0.5, [inf if step.low is None else step.low for step in self.steps])
        high = _first(self.steps, 0.5, [inf if step.high is None else step.high for step in self.steps])
        return low, high

    def chance(self, silent: int, within: int) -> Chance | None:
        """The chance of an order within `within` days from now, of somebody silent for `silent` days.

        None where nobody was watched for that long: 1 - S(silent + within) / S(silent).
        """
        at_risk = self._waiting(silent)
        if not at_risk or not self.steps or silent + within > self.steps[-1].day:
            return None
        between = [step for step in self.steps if silent < step.day <= silent + within]
        left = self.left(silent + within) / self.left(silent)
        low, high = _interval(left, _greenwood(between))
        return Chance(1 - left, None if high is None else 1 - high, None if low is None else 1 - low, at_risk)

    def silence(self, below: float) -> int | None:
        """After how many days of silence the chance of an order in the next `look_ahead` days is below this.

        None where it is not, as far as it can be seen.
        """
        ahead = self.look_ahead
        for day in range(ahead + 1 if ahead else 0):
            found = self.chance(day, ahead or 0)
            if found is not None and found.value < below:
                return day
        return None

    def _waiting(self, day: int) -> int:
        """How many were watched for more than `day` days without ordering."""
        at = bisect_right(self.steps, day, key=lambda step: step.day)
        return self.steps[at].at_risk if at < len(self.steps) else 0


def survival(waited: Iterable[Waited]) -> Survival:
    """The curve from waits counted by their length, in any order."""
    rows = sorted((row for row in waited if row.ordered + row.censored), key=lambda row: row.days)
    at_risk, left, greenwood = sum(row.ordered + row.censored for row in rows), 1.0, 0.0
    steps: list[Step] = []
    for row in rows:
        left *= 1 - row.ordered / at_risk
        greenwood += _term(row.ordered, at_risk)
        low, high = _interval(left, greenwood)
        steps.append(Step(row.days, at_risk, row.ordered, row.censored, left, low, high))
        at_risk -= row.ordered + row.censored
    return Survival(tuple(steps))


def next_orders(session: Session, as_of: date) -> dict[After, Survival]:
    """Both curves as of a client's calendar day, from the customers' days.

    Orders of one day are one. After any order: a person counts once per order, so the intervals are a
    little too narrow where a few people order very often.
    """
    rows = session.query(statement(__package__, "next_order"), {"as_of": as_of})
    return {
        "any": survival(Waited(days, ordered, censored) for days, ordered, censored, _, _ in rows),
        "first": survival(Waited(days, ordered, censored) for days, _, _, ordered, censored in rows),
    }


def _first(steps: Iterable[Step], at_most: float, values: Iterable[float]) -> int | None:
    # A hair's breadth, because 0.8 x 0.625 is a half that floats may miss.
    pairs = zip(steps, values, strict=True)
    return next((step.day for step, value in pairs if value <= at_most + 1e-12), None)


def _term(ordered: int, at_risk: int) -> float:
    return ordered / (at_risk * (at_risk - ordered)) if ordered < at_risk else inf


def _greenwood(steps: Iterable[Step]) -> float:
    return sum((_term(step.ordered, step.at_risk) for step in steps), 0.0)


def _interval(left: float, greenwood: float) -> tuple[float | None, float | None]:
    if greenwood in (0, inf):
        return None, None
    spread = _Z * sqrt(greenwood) / -log(left)
    return left ** exp(spread), left ** exp(-spread)
