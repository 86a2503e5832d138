"""What was done before, under today's customer ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from regulars.journal import Journal
from regulars.reactivation.jobs import jobs, records
from regulars.warehouse import Session

REFUSALS = ("declined", "wrong_person")


@dataclass(frozen=True, slots=True)
class Past:
    """Customer ids and address references: in open jobs, looked up recently; and who said no."""

    open: list[str]
    recent: list[str]
    refused: list[str]


def submitted(session: Session, journal: Journal, since: datetime, without: str | None) -> Past:
    """What earlier jobs mean for a new one. A job that was only quoted means nothing."""
    known = jobs(journal)
    rows = [(known[r.job], r) for r in records(journal) if r.job in known and r.job != without]
    open_ = [record for job, record in rows if job.open]
    recent = [record for job, record in rows if job.state == "settled" and job.quoted_at >= since]
    refused = [f.subject for f in journal.facts("ecoa_result") if f.payload["state"] in REFUSALS]
    now = today(session, [r.customer_id for r in (*open_, *recent)] + refused)
    return Past(
        sorted({x for r in open_ for x in (now[r.customer_id], r.reference)}),
        sorted({x for r in recent for x in (now[r.customer_id], r.reference)}),
        sorted({now[customer] for customer in refused}),
    )


def withdrawn(session: Session) -> set[str]:
    """Today's ids of customers who said no on any platform, or were erased. Needs `prepare`."""
    return {row[0] for row in session.query("SELECT customer_id FROM withdrawn_customer")}


def today(session: Session, customer_ids: Iterable[str]) -> dict[str, str]:
    """Each id a fact was written under -> the id that customer has now.

    A customer is called by its oldest profile, so that joining profiles can change the id. Profiles that were
    merged away or deleted are found under who goes on for them.
    """
    ids = sorted(set(customer_ids))
    moved = dict(
        session.query(
            "SELECT profile_key, customer_id FROM known_as WHERE list_contains($ids::VARCHAR[], profile_key)",
            {"ids": ids},
        )
    )
    return {one: moved.get(one, one) for one in ids}
