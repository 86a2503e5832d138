"""What is owed after a job: bounced new addresses are given back for credit, people who said no since are
named to the provider, and what nobody needs any more is erased there.

Each step is written down before or after the call so that a crash repeats it, and repeating is harmless.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from regulars.consent import reference as stop_reference
from regulars.consent import stops
from regulars.ecoa import EcoaBounce, EcoaCapabilities, EcoaCredit, EcoaProvider
from regulars.errors import RegularsError
from regulars.journal import Fact, Lease
from regulars.money import Money
from regulars.reactivation.candidates import Candidate, candidates
from regulars.reactivation.desk import EcoaDesk
from regulars.reactivation.eligibility import prepare
from regulars.reactivation.history import today, withdrawn
from regulars.reactivation.jobs import Job, Record, addresses, erase, forgotten, jobs, records
from regulars.reactivation.progress import EcoaProgress

KEPT = timedelta(days=30)
"""How long after its end a job stays at a provider that names no term of its own."""


def look_after(desk: EcoaDesk, lease: Lease, provider: EcoaProvider, progress: EcoaProgress) -> None:
    """Return, suppress and erase; one step's trouble does not stop the others."""
    takes = provider.capabilities()
    steps: tuple[Callable[[EcoaDesk, Lease, EcoaProvider, EcoaCapabilities, EcoaProgress], None], ...]
    steps = (_return_bounces, _suppress, _erase)
    for step in steps:
        try:
            step(desk, lease, provider, takes, progress)
        except RegularsError as fault:
            progress.faults[step.__name__.strip("_")] = str(fault)


# --- credit ------------------------------------------------------------------------------------------


def _return_bounces(
    desk: EcoaDesk, lease: Lease, provider: EcoaProvider, takes: EcoaCapabilities, progress: EcoaProgress
) -> None:
    if "return_bounces" not in takes.does:
        return
    _claim(desk, lease, takes)
    decided = {f.payload["claim"] for f in desk.journal.facts("ecoa_credit") if not f.payload["waiting"]}
    known = jobs(desk.journal)
    for claim in list(desk.journal.facts("ecoa_claim")):
        job = known[claim.subject]
        if claim.seq not in decided and job.connection == desk.config.ecoa.connection:
            _ask_credit(desk, lease, provider, job, claim, progress)


def _claim(desk: EcoaDesk, lease: Lease, takes: EcoaCapabilities) -> None:
    """Note new addresses that bounced inside their job's window, as one claim for each job. They are no
    candidates any more."""
    window = timedelta(days=takes.bounce_credit_days)
    mine = {
        job.id
        for job in _ours(desk)
        if job.state == "settled" and job.moved_at and desk.now() <= job.moved_at + window
    }
    claimed = {key for fact in desk.journal.facts("ecoa_claim") for key in fact.payload["keys"]}
    open_ = [one for one in candidates(desk.journal) if one.job in mine and one.email and one.key not in claimed]
    bounced = _bounced_since(desk, [str(one.email) for one in open_])
    gone = [one for one in open_ if one.email in bounced]
    with desk.journal.tx(lease) as tx:
        for job in sorted({one.job for one in gone}):
            keys = sorted(one.key for one in gone if one.job == job)
            at = {one.key: bounced[str(one.email)] for one in gone if one.job == job}
            desk.journal.add_facts(tx, "ecoa_claim", [(job, {"keys": keys, "at": at})])
        desk.journal.add_facts(tx, "ecoa_result", [_bounced(one) for one in gone])


def _ask_credit(
    desk: EcoaDesk, lease: Lease, provider: EcoaProvider, job: Job, claim: Fact, progress: EcoaProgress
) -> None:
    emails = addresses(desk.journal)
    rows = [
        EcoaBounce(key, emails[key], datetime.fromisoformat(claim.payload["at"][key]))
        for key in claim.payload["keys"]
        if key in emails
    ]
    # People erased meanwhile are not named again, whatever their credit would have been.
    told = provider.return_bounces(job.job_ref, rows) if rows else EcoaCredit(_none(job))
    before = [f.payload for f in desk.journal.facts("ecoa_credit", job.id) if f.payload["claim"] == claim.seq]
    left_out = set(claim.payload["keys"]) - {row.record_key for row in rows}
    minor, by_record = _granted(told, before[-1] if before else {}, left_out)
    payload = {
        "claim": claim.seq,
        "minor": minor,
        "currency": told.granted.currency,
        "waiting": told.waiting,
        "refused": len(told.refused),
        "by": by_record,
    }
    if before[-1:] != [payload]:
        with desk.journal.tx(lease) as tx:
            desk.journal.add_facts(tx, "ecoa_credit", [(job.id, payload)])
    progress.returned += len(rows)
    for one in told.refused:
        progress.note(job.id, f"no credit for a bounced address: {one.reason}")


def _granted(told: EcoaCredit, last: Mapping[str, Any], left_out: Collection[str]) -> tuple[int, dict[str, int]]:
    """What a claim brought in all, in minor units, and by record key as far as that is told.

    The answer speaks of the rows of its own call: what records that are `left_out` brought before stays theirs.
    Where the provider does not tell it by record, the claim brought at least what it had brought before.
    """
    kept = {key: minor for key, minor in last.get("by", {}).items() if key in left_out}
    by_record = kept | {key: money.minor for key, money in told.by_record.items()}
    granted = told.granted.minor + sum(kept.values())
    return max(granted, last.get("minor", 0)) if left_out else granted, by_record


def _none(job: Job) -> Money:
    return Money.of_minor(0, job.cost.currency)


def _bounced_since(desk: EcoaDesk, emails: Sequence[str]) -> dict[str, str]:
    """Address -> when its mail last came back for good (ISO), for those that bounce."""
    if not emails:
        return {}
    with desk.read() as session:
        prepare(session)
        rows = session.query(
            "SELECT address, last_at FROM bounced_address"
            " WHERE hard AND list_contains($emails::VARCHAR[], address)",
            {"emails": sorted(set(emails))},
        )
    return {address: (at or desk.now()).isoformat() for address, at in rows}


def _bounced(one: Candidate) -> tuple[str, dict[str, object]]:
    return one.customer_id, {
        "job": one.job,
        "key": one.key,
        "reference": one.reference,
        "state": "rejected",
        "why": "bounces_too",
        "code": "MATCHED",
        "permission_at": None,
        "expires_at": None,
    }


# --- people who said no ------------------------------------------------------------------------------


def _suppress(
    desk: EcoaDesk, lease: Lease, provider: EcoaProvider, takes: EcoaCapabilities, progress: EcoaProgress
) -> None:
    """Name people of open jobs who said no since, by the hashes of all their addresses."""
    if "suppress" not in takes.does:
        return
    running = {job.id for job in _ours(desk) if job.state == "submitted"}
    told = {fact.subject for fact in desk.journal.facts("ecoa_suppressed")}
    asked = [one for one in records(desk.journal) if one.job in running and one.key not in told]
    if not asked:
        return
    with desk.read() as session:
        prepare(session)
        now, gone = today(session, [one.customer_id for one in asked]), withdrawn(session)
        people = [one for one in asked if now[one.customer_id] in gone]
        rows = session.query(
            "SELECT DISTINCT address FROM known_address WHERE list_contains($ids::VARCHAR[], customer_id)",
            {"ids": sorted({now[one.customer_id] for one in people})},
        )
    if not people:
        return
    provider.suppress(sorted(hashlib.sha256(row[0].encode()).hexdigest() for row in rows))
    with desk.journal.tx(lease) as tx:
        desk.journal.add_facts(tx, "ecoa_suppressed", [(one.key, {"job": one.job}) for one in people])
    progress.suppressed += len(people)


# --- erasure -----------------------------------------------------------------------------------------


def _erase(
    desk: EcoaDesk, lease: Lease, provider: EcoaProvider, takes: EcoaCapabilities, progress: EcoaProgress
) -> None:
    """Have erased people, and jobs whose time is over, forgotten by the provider, and by ourselves.

    Records of a quote that was refused or broke off, so that it is no job, were sent all the same.
    """
    mine = {job.id: job for job in _ours(desk)}
    done = {fact.subject for fact in desk.journal.facts("ecoa_erased")}
    known, here = jobs(desk.journal), ("", desk.config.ecoa.connection)
    lost = {one.job for one in records(desk.journal) if one.job not in known and one.connection in here}
    left = [one for one in records(desk.journal) if one.job in mine.keys() | lost and one.key not in done]
    gone = _erased_people(desk, left)
    over = lost | {job.id for job in mine.values() if _is_over(desk, job, takes)}
    due = {one.key: "erased" for one in left if one.key in gone}
    due |= {one.key: "over" for one in left if one.job in over and one.key not in gone}
    _forget_here(desk, lease, [one for one in left if one.key in gone])
    if "erase" not in takes.does:
        by_hand = sum(why == "erased" for why in due.values())
        if by_hand:
            progress.note("erase", f"{by_hand:,} records of erased people must be named to the provider by hand")
        return
    if due:
        provider.erase(sorted(due))
        with desk.journal.tx(lease) as tx:
            desk.journal.add_facts(tx, "ecoa_erased", [(key, {"why": why}) for key, why in sorted(due.items())])
        progress.erased += len(due)


def _erased_people(desk: EcoaDesk, left: Sequence[Record]) -> Collection[str]:
    """Record keys of people who are erased: by our own list, by a platform's word, or by request."""
    keys = forgotten(desk.journal)
    stopped = {ref for ref, one in stops(desk.journal).items() if one.why == "erased"}
    held = addresses(desk.journal)
    keys |= {key for key, email in held.items() if stop_reference(desk.journal, email) in stopped}
    if not left:
        return keys
    with desk.read() as session:
        now = today(session, [one.customer_id for one in left])
        rows = session.query("SELECT customer_id FROM verdict WHERE state = 'erased'")
    erased = {row[0] for row in rows}
    return keys | {one.key for one in left if now[one.customer_id] in erased}


def _forget_here(desk: EcoaDesk, lease: Lease, gone: Sequence[Record]) -> None:
    held = addresses(desk.journal)
    if people := sorted({one.customer_id for one in gone if one.key in held}):
        with desk.journal.tx(lease) as tx:
            erase(tx, people, desk.journal)


def _is_over(desk: EcoaDesk, job: Job, takes: EcoaCapabilities) -> bool:
    """Whether nobody needs the provider to know this job's people any more."""
    if job.state in ("quoted", "released"):
        return desk.now() > job.expires_at
    if job.state != "settled" or job.moved_at is None:
        return False
    waits = any(f.payload["waiting"] for f in desk.journal.facts("ecoa_credit", job.id))
    kept = KEPT if takes.retention_days is None else timedelta(days=takes.retention_days)
    return not waits and desk.now() > job.moved_at + max(kept, timedelta(days=takes.bounce_credit_days))


def _ours(desk: EcoaDesk) -> list[Job]:
    """Jobs at the provider that is asked now."""
    return [job for job in jobs(desk.journal).values() if job.connection == desk.config.ecoa.connection]
