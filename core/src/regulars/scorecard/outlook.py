"""If nothing is done: how many of today's customers will order in the next 90 days.

For each length of silence, the share of all waits that got so far and then ended within 90 days (Kaplan and
Meier's curve, `metrics.survival`), summed over the customers who are that silent today. New customers are
not in it. The interval rests on chance, the curve's own uncertainty (Greenwood 1926) and 5 % for the unknown;
it is then made wider or narrower as earlier forecasts of this shop were further off, or less, than that.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from math import sqrt

from regulars.metrics.survival import FEWEST, Survival, Waited, survival
from regulars.warehouse import Session, statement

AHEAD = 90
"""Days."""
QUARTERS = 4
"""Past forecasts that are held against what came."""
COVER = 0.80
"""What share of them the interval should cover."""
_Z = 1.2815515655446004  # 80 %, two-sided
_EARLIER = 8  # forecasts before the tested ones, to learn from
_UNSURE = 0.05  # what no past can tell of the next quarter, as a share of the forecast
_WEIGHT = 2  # before anything was learnt: errors as large as their variance, as if seen twice
_SEEN = 2 * AHEAD  # days of history without which no forecast is made
_ALL_BACK = 0.05  # share still away at the curve's end that may be neglected
_BEYOND = 0.2  # largest share of the forecast that may come from silences longer than were watched


@dataclass(frozen=True, slots=True)
class Wait:
    """How many waits had lasted exactly `days` on a day: `ordered` ended there, `waiting` are open, and of
    these `came` ended within the next 90 days."""

    days: int
    ordered: int
    waiting: int
    came: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast made on `on`: of `customers`, `recent` ordered in the 90 days before, and `expected` (80 %:
    `low` to `high`) in the 90 days after. `came` is how many did; None where these days are not over.

    All three are None where there was too little to learn from: fewer than 50 waits or 180 days, or silences
    that were not watched for long enough.
    """

    on: date
    customers: int
    recent: int
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    came: int | None = None

    @property
    def covered(self) -> bool | None:
        """Whether the interval held what came; None where one of them is not known."""
        if self.came is None or self.low is None or self.high is None:
            return None
        return round(self.low) <= self.came <= round(self.high)


@dataclass(frozen=True, slots=True)
class Outlooks:
    """Today's forecast, and those of past quarters as they would have been made then, newest first.

    `model` is what the model of predicted values expects of today's customers (the sum of p_active_90d), a
    second opinion; None where nobody is predicted.
    """

    now: Outlook
    past: tuple[Outlook, ...]
    model: float | None = None

    @property
    def tested(self) -> int:
        """Past quarters whose forecast can be judged."""
        return sum(1 for each in self.past if each.covered is not None)

    @property
    def covered(self) -> int:
        """Of these, how many times the interval held what came."""
        return sum(1 for each in self.past if each.covered)


def outlook(session: Session, as_of: date) -> Outlooks:
    """The forecast as of a client's day with its back-test on four past quarters of 90 days each."""
    origins = [as_of - timedelta(days=AHEAD * back) for back in range(1 + QUARTERS + _EARLIER)]
    found = session.query(statement(__package__, "waiting"), {"origins": origins, "ahead": AHEAD})
    waits = {on: [Wait(*row[1:]) for row in rows] for on, rows in groupby(found, key=lambda row: row[0])}
    first = session.query("SELECT min(ordered_on) FROM customer_day WHERE orders > 0")[0][0]
    made = [_made(on, waits.get(on, []), first, is_over=on < as_of) for on in origins]
    judged = [_with_interval(made, at) for at in range(1 + QUARTERS)]
    return Outlooks(judged[0], tuple(judged[1:]), _second_opinion(session, as_of))


def _second_opinion(session: Session, as_of: date) -> float | None:
    if not session.has("clv_model"):
        return None
    asked = "SELECT expected_active_90d FROM clv_model WHERE as_of = $as_of"
    found = session.query(asked, {"as_of": as_of})
    return found[0][0] if found else None


@dataclass(frozen=True, slots=True)
class _Made:
    """A forecast with its variance before anything was learnt from earlier ones."""

    outlook: Outlook
    variance: float = 0.0

    @property
    def off(self) -> float | None:
        """By how much it was off, squared, as a multiple of its own variance."""
        expected, came = self.outlook.expected, self.outlook.came
        if expected is None or came is None or not self.variance:
            return None
        return (came - expected) ** 2 / self.variance


def _made(on: date, waits: Sequence[Wait], first: date | None, *, is_over: bool) -> _Made:
    customers = sum(wait.waiting for wait in waits)
    recent = sum(wait.waiting for wait in waits if wait.days < AHEAD)
    came = sum(wait.came for wait in waits) if is_over else None
    blank = Outlook(on, customers, recent, came=came)
    curve = survival(Waited(wait.days, wait.ordered, wait.waiting) for wait in waits)
    if first is None or (on - first).days < _SEEN or curve.waits < FEWEST or curve.horizon is None:
        return _Made(blank)
    found = forecast(curve, [(wait.days, wait.waiting) for wait in waits if wait.waiting])
    if found.beyond > _BEYOND * found.expected:
        return _Made(blank)
    return _Made(replace(blank, expected=found.expected), found.variance)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Customers expected to order, the variance of that, and how many of them are silent for longer than enough
    people were watched: they are taken as silent for that long, which is too favourable."""

    expected: float
    variance: float
    beyond: float


def forecast(curve: Survival, silent: Sequence[tuple[int, int]]) -> Forecast:
    """Of customers counted by days of silence, those who order within 90 days."""
    longest = _longest(curve)
    expected = chance = beyond = 0.0
    staying: dict[int, float] = {}
    for days, people in silent:
        here = min(days, longest)
        stays = curve.left(here + AHEAD) / before if (before := curve.left(here)) else 1.0
        expected += people * (1 - stays)
        beyond += people * (1 - stays) if days > longest else 0.0
        chance += people * stays * (1 - stays)
        staying[here] = staying.get(here, 0.0) + people * stays
    variance = chance + _curve_variance(curve, staying) + (_UNSURE * expected) ** 2
    return Forecast(expected, variance, beyond)


def _longest(curve: Survival) -> int:
    """The longest silence of which the next 90 days are known: enough people got so far, and were watched on, or
    all but a few of them came back sooner."""
    last = curve.steps[-1]
    watched = last.day if last.left < _ALL_BACK else last.day - AHEAD
    return max(min(curve.horizon or 0, watched), 0)


def _curve_variance(curve: Survival, staying: Mapping[int, float]) -> float:
    """Each day of the curve errs by itself, and moves all who pass that day within the 90 days."""
    days, sums = sorted(staying), [0.0]
    for day in days:
        sums.append(sums[-1] + staying[day])
    found = 0.0
    for step in curve.steps:
        moved = sums[bisect_left(days, step.day)] - sums[bisect_left(days, step.day - AHEAD)]
        if moved and step.ordered < step.at_risk:
            found += step.ordered / (step.at_risk * (step.at_risk - step.ordered)) * moved**2
    return found


def _with_interval(made: Sequence[_Made], at: int) -> Outlook:
    """Only what was over on that day has taught anything."""
    here = made[at]
    if here.outlook.expected is None:
        return here.outlook
    learnt = [off for one in made[at + 1 : at + 1 + _EARLIER] if (off := one.off) is not None]
    scale = (_WEIGHT + sum(learnt)) / (_WEIGHT + len(learnt))
    half = _Z * sqrt(here.variance * scale)
    low, high = max(0.0, here.outlook.expected - half), min(here.outlook.customers, here.outlook.expected + half)
    return replace(here.outlook, low=low, high=high)
