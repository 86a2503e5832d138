"""What a series brought beyond those held out, in money: the numerator of the scorecard's return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import sqrt

from regulars.metrics import Span
from regulars.warehouse import Session, statement

_Z = 1.959963984540054  # 95 %


@dataclass(frozen=True, slots=True)
class Entry:
    """A customer, under today's id, entered a series on a day, "treated" or "held_out"."""

    customer_id: str
    on: date
    arm: str


@dataclass(frozen=True, slots=True)
class Experiment:
    """All entries, how long an entry is measured, and whether those held out were reached after all."""

    entries: Sequence[Entry] = ()
    measure_days: int = 60
    is_void: bool = False


@dataclass(frozen=True, slots=True)
class Extra:
    """Net sales of the treated beyond what they would have been, in minor units, with a 95 % interval (normal,
    unequal variances); `low` and `high` None where an arm has fewer than two people."""

    treated: int
    held_out: int
    minor: int
    low: int | None
    high: int | None


def extra(session: Session, experiment: Experiment, span: Span) -> Extra | str:
    """Of entries whose time ended within the span; or why nothing can be said."""
    if experiment.is_void:
        return "void: people held out were reached by the series"
    over = timedelta(days=experiment.measure_days)
    ripe = [each for each in experiment.entries if span.starts_on <= each.on + over <= span.ends_on]
    if not ripe:
        return "no holdout was over in this month"
    params = {
        "ids": [each.customer_id for each in ripe],
        "days": [each.on for each in ripe],
        "arms": [each.arm for each in ripe],
        "measure_days": experiment.measure_days,
    }
    arms = {row[0]: row[1:] for row in session.query(statement(__package__, "arms"), params)}
    if len(arms) < 2:
        return "nobody was held out" if "treated" in arms else "nobody was treated"
    return _difference(arms["treated"], arms["held_out"])


def _difference(treated: tuple[int, int, float], held_out: tuple[int, int, float]) -> Extra:
    (n, net, variance), (m, net0, variance0) = treated, held_out
    found = net - Fraction(net0 * n, m)
    if n < 2 or m < 2:
        return Extra(n, m, round(found), None, None)
    half = _Z * n * sqrt(variance / n + variance0 / m)
    return Extra(n, m, round(found), round(float(found) - half), round(float(found) + half))
