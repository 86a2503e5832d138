"""What a run does about open jobs: look them up, collect, settle. It never buys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from regulars.ecoa import EcoaJob, EcoaProvider, EcoaRejection, EcoaResult
from regulars.errors import RegularsError
from regulars.journal import Lease
from regulars.reactivation.adoption import adopt
from regulars.reactivation.aftercare import look_after
from regulars.reactivation.candidates import Found, State, Whose, candidates, judge, known, plain
from regulars.reactivation.desk import EcoaDesk
from regulars.reactivation.eligibility import role_parts
from regulars.reactivation.history import today, withdrawn
from regulars.reactivation.jobs import Job, forgotten, hold, jobs, records, reference
from regulars.reactivation.progress import EcoaProgress
from regulars.reactivation.purchase import recover

FINAL = ("completed", "failed", "cancelled")


def advance(desk: EcoaDesk, lease: Lease, provider: EcoaProvider) -> EcoaProgress:
    """Ask after every open job and collect what is ready, then return bounces, suppress and erase; one
    job's trouble does not stop the others.

    Submits nothing: that is a person's act.
    """
    progress = EcoaProgress()
    for job in jobs(desk.journal).values():
        if not job.open or job.connection != desk.config.ecoa.connection:
            continue
        try:
            _advance(desk, lease, provider, job, progress)
        except RegularsError as fault:
            progress.faults[job.id] = str(fault)
    look_after(desk, lease, provider, progress)
    progress.adopted = adopt(desk, lease)
    return progress


@dataclass(slots=True)
class _Read:
    """All that a job's results say."""

    rows: list[EcoaResult] = field(default_factory=list)
    unreadable: list[EcoaRejection] = field(default_factory=list)


def _read(provider: EcoaProvider, job: Job) -> _Read:
    read = _Read()
    for page in provider.results(job.job_ref):
        read.rows += page.rows
        read.unreadable += page.unreadable
    return read


def _unusable(
    desk: EcoaDesk, job: Job, refused: Sequence[EcoaRejection], unreadable: Sequence[EcoaRejection]
) -> dict[str, Found]:
    """By record key: what the provider did not take, and rows of its answer that cannot be understood."""
    said: dict[str, tuple[State, str, str]] = {
        one.record_key: ("no_match", "INVALID_INPUT", one.reason[:200]) for one in refused
    }
    said |= {one.record_key: ("rejected", "ERROR_FINAL", "unreadable") for one in unreadable}
    mine = {one.key: one for one in records(desk.journal, job.id)}
    return {
        key: Found(mine[key], state, code, None, why) for key, (state, code, why) in said.items() if key in mine
    }


def _advance(desk: EcoaDesk, lease: Lease, provider: EcoaProvider, job: Job, progress: EcoaProgress) -> None:
    if job.state == "reserved":
        job = recover(desk, lease, provider, job)
    if job.state == "released":
        progress.released.append(job.id)
    if job.state == "reserved":
        progress.waiting.append(job.id)
    if job.state != "submitted":
        return
    progress.polled += 1
    answer = provider.poll(job.job_ref)
    final = answer.state in FINAL
    if not final:
        _note_overdue(desk, provider, job, progress)
    if final or answer.state == "partial":
        _collect(desk, lease, provider, job, answer, final, progress)
    else:
        progress.waiting.append(job.id)


def _collect(
    desk: EcoaDesk,
    lease: Lease,
    provider: EcoaProvider,
    job: Job,
    answer: EcoaJob,
    final: bool,
    progress: EcoaProgress,
) -> None:
    """Store a job's results and, where it has ended, what it cost: in one transaction, so that a crash
    before it repeats all and one after it repeats nothing."""
    read = _read(provider, job) if answer.state in ("completed", "partial") else _Read()
    found, strangers = _found(desk, provider, job, read)
    unusable = _unusable(desk, job, answer.rejected, read.unreadable)
    answered = {one.record.key for one in found}
    news = _news(desk, [*found, *(one for key, one in unusable.items() if key not in answered)])
    with desk.journal.tx(lease) as tx:
        desk.journal.add_facts(tx, "ecoa_result", [_fact(one) for one in news])
        hold(tx, {one.record.key: one.email for one in news}, desk.journal)
        if final:
            paid = answer.charged or job.counts
            desk.journal.add_facts(
                tx,
                "ecoa_settled",
                [(job.id, {"minor": paid.minor, "currency": paid.currency, "state": answer.state})],
            )
    progress.found.update(one.state for one in news)
    progress.strangers += strangers
    if final:
        progress.missing += len(records(desk.journal, job.id)) - len(answered | unusable.keys())
    for text in _remarks(answer, read, found, final):
        progress.note(job.id, text)
    (progress.settled if final else progress.waiting).append(job.id)


def _found(desk: EcoaDesk, provider: EcoaProvider, job: Job, read: _Read) -> tuple[list[Found], int]:
    mine = records(desk.journal, job.id)
    earlier = [one for one in candidates(desk.journal) if one.job != job.id and one.email]
    emails = {plain(result.new_email) for result in read.rows if result.new_email}
    with desk.read() as session:
        about = known(session, desk.journal, emails)
        now = today(session, [*(one.customer_id for one in mine), *(one.customer_id for one in earlier)])
        gone = withdrawn(session)
    taken = {str(one.email): now[one.customer_id] for one in earlier}
    people = {one.key: Whose(one, now[one.customer_id], now[one.customer_id] in gone) for one in mine}
    asks = provider.capabilities().permission_pass
    # Old addresses are kept as keyed hashes only: a new one is compared by its own hash.
    refer = partial(reference, desk.journal)
    return judge(read.rows, people, about, taken, role_parts(desk.config), asks, refer)


def _remarks(answer: EcoaJob, read: _Read, found: Sequence[Found], final: bool) -> Iterator[str]:
    """What somebody should look at: rows that cannot be read, a list that was ignored, a wrong invoice."""
    for one in read.unreadable[:3]:
        yield f"{one.where}: {one.reason}"
    if more := len(read.unreadable[3:]):
        yield f"{more:,} more rows cannot be read"
    if forbidden := sum(one.why in ("suppressed", "another_customers") for one in found):
        yield f"{forbidden:,} addresses came back that are on our suppression list by now: none is used"
    if answer.state == "failed":
        yield "the provider could not do it; what it charges is counted in full until somebody knows better"
    prices = [row.price for row in read.rows if row.code == "MATCHED" and row.price]
    delivered = {row.record_key for row in read.rows if row.code == "MATCHED"}
    if final and answer.charged and prices and len(prices) == len(delivered):
        billed = sum(prices[1:], prices[0])
        if billed != answer.charged:
            yield f"charged {answer.charged}, its {len(prices):,} rows come to {billed}: ask the provider"


def _note_overdue(desk: EcoaDesk, provider: EcoaProvider, job: Job, progress: EcoaProgress) -> None:
    usual = provider.capabilities().turnaround_days
    days = (desk.now() - (job.moved_at or desk.now())).days
    if usual and days > 2 * usual:
        progress.note(job.id, f"bought {days} days ago, {usual:g} are usual: ask the provider")


def _news(desk: EcoaDesk, found: Sequence[Found]) -> list[Found]:
    """What differs from the newest word on its record: a partial result may be corrected by a later one."""
    before = {one.key: (one.state, one.email, one.expires_at) for one in candidates(desk.journal)}
    gone = forgotten(desk.journal)
    kept = [replace(one, email=None) if one.record.key in gone else one for one in found]
    return [one for one in kept if before.get(one.record.key) != (one.state, one.email, one.expires_at)]


def _fact(one: Found) -> tuple[str, dict[str, object]]:
    return one.record.customer_id, {
        "job": one.record.job,
        "key": one.record.key,
        "reference": one.record.reference,
        "state": one.state,
        "why": one.why,
        "code": one.code,
        "permission_at": one.permission_at.isoformat() if one.permission_at else None,
        "expires_at": one.expires_at.isoformat() if one.expires_at else None,
    }
