"""Who entered which series when, and in which arm: facts, so that nobody is drawn twice.

series       subject customer  {"series", "on", "arm": "treated" | "held_out"}
series_left  subject customer  {"series", "on"}
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from regulars.journal import Journal, Lease
from regulars.reactivation.history import today
from regulars.warehouse import Session

Arm = Literal["treated", "held_out"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One customer's entry into a series; `inside` while it has not left again."""

    customer_id: str
    on: date
    arm: Arm
    inside: bool


def entries(journal: Journal, series: str) -> list[Entry]:
    """All entries of a series, oldest first, under the ids they were written with."""
    found: list[Entry] = []
    last: dict[str, int] = {}
    facts = sorted([*journal.facts("series"), *journal.facts("series_left")], key=lambda fact: fact.seq)
    for fact in facts:
        if fact.payload["series"] != series:
            continue
        if fact.kind == "series":
            last[fact.subject] = len(found)
            on = date.fromisoformat(fact.payload["on"])
            found.append(Entry(fact.subject, on, fact.payload["arm"], inside=True))
        elif fact.subject in last:
            position = last[fact.subject]
            before = found[position]
            found[position] = Entry(before.customer_id, before.on, before.arm, inside=False)
    return found


def newest(session: Session, journal: Journal, series: str) -> dict[str, Entry]:
    """The newest entry per customer of today; where profiles were joined, the older id's arm stays."""
    found = entries(journal, series)
    now = today(session, [entry.customer_id for entry in found])
    chosen: dict[str, Entry] = {}
    arms: dict[str, Arm] = {}
    for entry in found:
        customer = now[entry.customer_id]
        if entry.customer_id == customer or customer not in arms:
            arms[customer] = entry.arm
        before = chosen.get(customer)
        inside = entry.inside or (before is not None and before.inside)
        chosen[customer] = Entry(customer, entry.on, arms[customer], inside)
    return {customer: Entry(customer, one.on, arms[customer], one.inside) for customer, one in chosen.items()}


def remember(
    journal: Journal, lease: Lease, series: str, on: date, entered: Iterable[tuple[str, Arm]], left: Iterable[str]
) -> None:
    """Append entries with their arms, and who left."""
    day = on.isoformat()
    with journal.tx(lease) as tx:
        journal.add_facts(
            tx, "series", [(customer, {"series": series, "on": day, "arm": arm}) for customer, arm in entered]
        )
        journal.add_facts(tx, "series_left", [(customer, {"series": series, "on": day}) for customer in left])
