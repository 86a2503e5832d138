"""Who is written to in a reactivation, and for everybody else the one first reason why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlglot import exp

from regulars.journal import Journal, Lease
from regulars.reactivation.candidates import candidates
from regulars.reactivation.desk import EcoaDesk
from regulars.reactivation.eligibility import prepare
from regulars.reactivation.entries import Arm, Entry, newest, remember
from regulars.reactivation.funnel import Funnel
from regulars.reactivation.history import today
from regulars.segments import Draw, Segment
from regulars.segments.compiler import all_of, compile_condition
from regulars.segments.library import EMAIL
from regulars.warehouse import Session, statement

PAUSE = timedelta(days=365)
"""Between two entries of one person into one series."""

WORDS = {
    "withdrawn": "unsubscribed or complained (any platform)",
    "consent_unknown": "consent unknown",
    "no_address": "no e-mail address",
    "bounced": "hard bounce without a confirmed new address",
    "not_deliverable": "not known to be deliverable",
    "recent": "in this series less than 365 d ago",
    "too_late": "too late: a series begun now would not end before lifecycle.act_before",
    "held_out": "held out to measure what it does",
    "ordered_since": "ordered since",
}
"""Reason -> words, in the order of the checks."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody inside the rule; `reason` None: in the audience."""

    customer_id: str
    email: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody inside the rule of `segment`. `entering` are those who enter `series` now, with the
    arm they were drawn into; `leaving` were in it and are no more."""

    segment: str
    series: str
    on: date
    people: Sequence[Person]
    entering: Sequence[tuple[str, Arm]]
    leaving: Sequence[str]

    @property
    def members(self) -> list[str]:
        """Customer ids of those who are written to."""
        return [person.customer_id for person in self.people if person.reason is None]

    def funnel(self) -> Funnel:
        """How many were left out, and why."""
        return Funnel.count((person.reason for person in self.people), WORDS)

    def lines(self, notes: Mapping[str, str] | None = None) -> list[str]:
        """The funnel for a person to read; `notes` by reason."""
        first, *rest = self.funnel().lines("inside the rule", WORDS, notes)
        head = f"left out of {self.segment}"
        return [f"{head}  {first}", *(f"{'':<{len(head)}}  {line}" for line in rest)]


def is_reactivation(segment: Segment) -> bool:
    """Whether a segment's people are an audience of this kind."""
    return segment.stage == "reactivation" and segment.channel == "email"


def audience(desk: EcoaDesk, session: Session, segment: Segment) -> Audience:
    """Judge everybody inside the segment's own rule, consent, deliverability and holdout set apart.

    Pure: nothing is stored until `assign`.
    """
    prepare(session)
    on = desk.now().astimezone(desk.zone).date()
    draw = Draw(desk.config.holdout.salt, desk.config.id, desk.config.holdout.share)
    series = _inside(session, segment, on, draw)
    past = newest(session, desk.journal, series)
    people: list[Person] = []
    entering: list[tuple[str, Arm]] = []
    stays: set[str] = set()
    for customer, email, reason, ordered, late in _rows(session, desk, on):
        entry = past.get(customer)
        arm = entry.arm if entry else _drawn(draw, series, customer)
        why = reason or _recent(entry, on) or _too_late(entry, late)
        if why is None and not ordered:
            # Held-out people enter and leave like the others: they are what the others are compared with.
            stays.add(customer)
            if not (entry and entry.inside):
                entering.append((customer, arm))
        if why is None and (arm == "held_out" or ordered):
            why = "held_out" if arm == "held_out" else "ordered_since"
        people.append(Person(customer, email, why))
    leaving = sorted(customer for customer, entry in past.items() if entry.inside and customer not in stays)
    return Audience(segment.name, series, on, people, entering, leaving)


def assign(journal: Journal, lease: Lease, found: Audience) -> None:
    """Store who enters and in which arm, and who leaves; before anything about them is written."""
    remember(journal, lease, found.series, found.on, found.entering, found.leaving)


def confine(session: Session, found: Audience) -> int:
    """Take everybody who is not in the audience out of the table `segment_member`; returns how many."""
    where = "segment = $segment AND NOT list_contains($members::VARCHAR[], customer_id)"
    params = {"segment": found.segment, "members": found.members}
    gone = session.query(f"SELECT count(*) FROM segment_member WHERE {where}", params)[0][0]
    session.run(f"DELETE FROM segment_member WHERE {where}", params)
    return int(gone)


def _inside(session: Session, segment: Segment, on: date, draw: Draw) -> str:
    """Make the view `inside`; returns the series' name: that of the rule's holdout(), else the segment's."""
    own = []
    series = segment.name
    for condition in segment.rule().conditions:
        if held := _held_out_of(condition):
            series = held
        elif condition.sql("duckdb", comments=False) not in EMAIL:
            own.append(compile_condition(condition, on, draw))
    session.run(f"CREATE OR REPLACE TEMP VIEW inside AS SELECT * FROM catalogue WHERE {all_of(own)}")
    return series


def _held_out_of(condition: exp.Expr) -> str | None:
    """The series of a condition that is exactly NOT holdout('series')."""
    inner = condition.this.unnest() if isinstance(condition, exp.Not) else None
    if isinstance(inner, exp.Anonymous) and str(inner.this).lower() == "holdout":
        return str(inner.expressions[0].name)
    return None


def _rows(session: Session, desk: EcoaDesk, on: date) -> list[tuple[str, str | None, str | None, bool, bool]]:
    confirmed = [one for one in candidates(desk.journal) if one.state == "confirmed" and one.email]
    now = today(session, [one.customer_id for one in confirmed])
    params = {
        "confirmed_ids": [now[one.customer_id] for one in confirmed],
        "confirmed": [one.email for one in confirmed],
        "zone": desk.config.timezone,
        "on": on,
        "series": desk.config.lifecycle.series.days,
    }
    rows = session.query(statement("regulars.reactivation", "audience"), params)
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def _drawn(draw: Draw, series: str, customer_id: str) -> Arm:
    return "held_out" if draw.held_out(series, customer_id) else "treated"


def _recent(entry: Entry | None, on: date) -> str | None:
    return "recent" if entry and not entry.inside and on - entry.on < PAUSE else None


def _too_late(entry: Entry | None, late: bool) -> str | None:
    """Nobody begins what would not end in time; who began in time goes on to the end."""
    return "too_late" if late and not (entry and entry.inside) else None
