"""Quote and submit. Money is set aside in the journal before the provider is called; whatever happens
after that, the next call asks the provider for the job under its key before anything else."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from regulars.ecoa import EcoaJob, EcoaProvider
from regulars.errors import PlanError, RefusedError, RegularsError, UnknownOutcomeError
from regulars.journal import Lease
from regulars.reactivation.batch import Batch, draft, redraft
from regulars.reactivation.budget import Month, month, month_of, refuse_beyond
from regulars.reactivation.desk import EcoaDesk
from regulars.reactivation.jobs import Job

QUOTE_LIFE = timedelta(days=7)
"""How long a quote holds whose provider does not say."""


def quote(desk: EcoaDesk, lease: Lease, provider: EcoaProvider, by: str = "") -> tuple[Job, Month]:
    """Ask the price of all that is eligible and within budget; buys nothing. `by` is who asks.

    Who stands behind which record key is stored before anything leaves. Raises RefusedError (off, or
    nobody eligible), QuotaError (no budget left) and DataCheckError (consent is not fresh, or the newest night
    did not end well).
    """
    left = month(desk.config, desk.journal, desk.now())
    desk.require_fresh()
    batch = draft(desk, provider.capabilities(), left)
    with desk.journal.tx(lease) as tx:
        desk.journal.add_facts(
            tx,
            "ecoa_record",
            [
                (
                    one.customer_id,
                    {
                        "job": one.job,
                        "key": one.key,
                        "reference": one.reference,
                        "connection": one.connection,
                    },
                )
                for one in batch.people
            ],
        )
    told = provider.quote(batch.sent)
    refuse_beyond(left, len(batch.sent.rows), told.cost, desk.now(), desk.zone)
    with desk.journal.tx(lease) as tx:
        payload = {
            "quote_ref": told.quote_ref,
            "connection": desk.config.ecoa.connection,
            "records": len(batch.sent.rows),
            "minor": told.cost.minor,
            "currency": told.cost.currency,
            "expires_at": (told.expires_at or desk.now() + QUOTE_LIFE).isoformat(),
            "digest": batch.digest,
            "by": by,
        }
        desk.journal.add_facts(tx, "ecoa_quote", [(batch.job, payload)])
    return desk.job_by_id(batch.job), left


def submit(desk: EcoaDesk, lease: Lease, provider: EcoaProvider, quote_ref: str, by: str) -> Job:
    """Buy a quoted job, once. Safe to repeat after a crash or a time-out.

    `by` is the person who approved; where `ecoa.four_eyes` is set, somebody else than who asked for the
    quote. Raises RefusedError for the same person, PlanError (unknown, expired or outdated quote), QuotaError
    (beyond a cap), DataCheckError (consent is not fresh, or the newest night did not end well),
    UnknownOutcomeError (nobody knows yet: the money stays set aside).
    """
    job = desk.job(quote_ref)
    if job.connection != desk.config.ecoa.connection and job.state in ("quoted", "reserved"):
        # Another provider does not know the job, so that it would look as if nothing had been bought.
        raise RefusedError(
            "the quote was made at another provider",
            where=f"quote {quote_ref}",
            hint=f"Nothing was sent; set ecoa.connection back to {job.connection!r}, or ask for a new quote",
        )
    if job.state == "reserved":
        job = recover(desk, lease, provider, job)
    if job.state in ("submitted", "settled"):
        return job
    if job.state == "released":
        raise PlanError("this quote's purchase failed", where=f"quote {quote_ref}", hint="Ask for a new quote")
    if desk.config.ecoa.four_eyes and (not job.by or job.by == by):
        raise RefusedError(
            f"{by} asked for this quote, somebody else must approve it",
            where=f"quote {quote_ref}",
            hint="Nothing was bought; ecoa.four_eyes is set",
        )
    desk.require_fresh()
    batch = redraft(desk, job, provider.capabilities())
    if job.state == "quoted":
        job = _reserve(desk, lease, job, by)
    return _buy(desk, lease, provider, job, batch)


def recover(desk: EcoaDesk, lease: Lease, provider: EcoaProvider, job: Job) -> Job:
    """Find out what became of a purchase whose end is not known; never buys.

    A job that the provider does not have is given up once its quote is too old to be bought.
    """
    found = provider.find(job.key)
    if found is not None:
        return _submitted(desk, lease, job, found)
    if desk.now() > job.expires_at:
        return release(desk, lease, job, "the provider has no such job and the quote expired")
    return job


def release(desk: EcoaDesk, lease: Lease, job: Job, why: str) -> Job:
    """Give the money that was set aside back to the budget: nothing was bought."""
    with desk.journal.tx(lease) as tx:
        desk.journal.add_facts(tx, "ecoa_released", [(job.id, {"why": why})])
    return desk.job_by_id(job.id)


def _reserve(desk: EcoaDesk, lease: Lease, job: Job, by: str) -> Job:
    now = desk.now()
    if now > job.expires_at:
        raise PlanError("the quote has expired", where=f"quote {job.quote_ref}", hint="Ask for a new quote")
    refuse_beyond(month(desk.config, desk.journal, now), job.records, job.cost, now, desk.zone)
    key = hashlib.sha256(f"{desk.journal.key}|ecoa|{job.id}".encode()).hexdigest()[:32]
    payload = {"key": key, "month": month_of(desk.config, now), "by": by}
    with desk.journal.tx(lease) as tx:
        desk.journal.add_facts(tx, "ecoa_reserved", [(job.id, payload)])
    return desk.job_by_id(job.id)


def _buy(desk: EcoaDesk, lease: Lease, provider: EcoaProvider, job: Job, batch: Batch) -> Job:
    try:
        answer = provider.submit(job.quote_ref, batch.sent, job.key)
    except UnknownOutcomeError:
        raise
    except RegularsError as refusal:
        # The provider says that it refused; it is asked again before the money counts as free.
        if provider.find(job.key) is None:
            release(desk, lease, job, refusal.what)
        raise
    return _submitted(desk, lease, job, answer)


def _submitted(desk: EcoaDesk, lease: Lease, job: Job, answer: EcoaJob) -> Job:
    paid = answer.charged
    payload = {
        "job_ref": answer.job_ref,
        "minor": paid.minor if paid else None,
        "currency": paid.currency if paid else None,
    }
    with desk.journal.tx(lease) as tx:
        desk.journal.add_facts(tx, "ecoa_submitted", [(job.id, payload)])
    return desk.job_by_id(job.id)
