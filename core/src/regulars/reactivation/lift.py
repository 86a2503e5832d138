"""What a series did: the treated against those held out, from orders and from nothing else.

The interval is Newcombe's for the difference of two independent proportions (method 10, from two
Wilson intervals: R. G. Newcombe, Statistics in Medicine 17, 1998, pages 873-890), at 95 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil, sqrt

from regulars.reactivation.desk import EcoaDesk
from regulars.reactivation.entries import entries
from regulars.reactivation.funnel import MINUS
from regulars.reactivation.history import today
from regulars.warehouse import Session, statement

_Z95, _Z80 = 1.95996398, 0.84162123
SEEN = 0.01
"""The smallest rise of the return rate that a series is asked to show: one percentage point."""
CONTAMINATED = 0.02
"""Above this share of held-out people who were reached anyway, nothing can be said."""


@dataclass(frozen=True, slots=True)
class Arm:
    """People whose time is over, how many of them ordered in it, how many the series reached."""

    people: int = 0
    returned: int = 0
    reached: int = 0

    @property
    def rate(self) -> float:
        """Share who ordered."""
        return self.returned / self.people if self.people else 0.0


@dataclass(frozen=True, slots=True)
class Lift:
    """`low` to `high`: extra returns per treated person, as shares of one, at 95 %."""

    treated: Arm
    held_out: Arm
    low: float
    high: float
    missing: int

    @property
    def void(self) -> bool:
        """Too many of those held out were reached by the series."""
        return self.held_out.reached > CONTAMINATED * self.held_out.people

    @property
    def sentence(self) -> str:
        """One of three sentences, or that the comparison is void."""
        if self.void:
            return (
                f"void: {self.held_out.reached:,} of {self.held_out.people:,} held-out people"
                " were reached by the series"
            )
        low, high = round(self.low * self.treated.people), round(self.high * self.treated.people)
        if self.treated.people and self.held_out.people and (self.low > 0 or self.high < 0):
            return f"caused between {low:,} and {high:,} extra customers".replace("-", MINUS)
        if self.missing == 0:
            return f"no visible effect (between {low:+,} and {high:+,})".replace("-", MINUS)
        return f"cannot tell: {self.missing:,} more people needed"


def compare(treated: Arm, held_out: Arm, share: float) -> Lift:
    """The comparison of two arms; `share` of all people are held out, which says how many are needed."""
    low, high = interval(treated, held_out)
    enough = needed(max(held_out.rate, SEEN), SEEN, share)
    missing = max(0, enough - treated.people - held_out.people)
    return Lift(treated, held_out, low, high, missing)


def interval(treated: Arm, held_out: Arm) -> tuple[float, float]:
    """Treated rate minus held-out rate, at 95 %; all of (-1, 1) where an arm is empty."""
    if not treated.people or not held_out.people:
        return -1.0, 1.0
    low1, high1 = _wilson(treated)
    low2, high2 = _wilson(held_out)
    p1, p2 = treated.rate, held_out.rate
    low = p1 - p2 - sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2)
    return low, p1 - p2 + sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2)


def needed(base: float, rise: float, share: float) -> int:
    """People in both arms together to see the rate rise from `base` by `rise`, with `share` held out
    (two-sided 5 %, power 80 %, normal approximation without pooling)."""
    if not 0 < share < 1:
        return 0
    spread = base * (1 - base) / share + (base + rise) * (1 - base - rise) / (1 - share)
    return ceil((_Z95 + _Z80) ** 2 * spread / rise**2)


def lift(desk: EcoaDesk, session: Session, series: str, segment: str) -> Lift:
    """Compare everybody who entered `series` at least holdout.measure_days ago."""
    rules = desk.config.holdout
    ripe = desk.now().astimezone(desk.zone).date() - timedelta(days=rules.measure_days)
    found = [entry for entry in entries(desk.journal, series) if entry.on <= ripe]
    now = today(session, [entry.customer_id for entry in found])
    params = {
        "ids": [now[entry.customer_id] for entry in found],
        "days": [entry.on for entry in found],
        "arms": [entry.arm for entry in found],
        "measure_days": rules.measure_days,
        "segment": segment,
        "series": series,
    }
    rows = session.query(statement("regulars.reactivation", "outcome"), params)
    arms = {arm: Arm(people, returned, reached) for arm, people, returned, reached in rows}
    return compare(arms.get("treated", Arm()), arms.get("held_out", Arm()), rules.share)


def _wilson(arm: Arm) -> tuple[float, float]:
    n, p, z = arm.people, arm.rate, _Z95
    middle, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
