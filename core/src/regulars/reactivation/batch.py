"""What would leave: addresses under random keys, and hashes of all that must never come back."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from regulars.ecoa import EcoaBatch, EcoaCapabilities, EcoaRow
from regulars.errors import PlanError, RefusedError
from regulars.money import Money
from regulars.reactivation.budget import Month, records_within, spent_up
from regulars.reactivation.desk import EcoaDesk
from regulars.reactivation.eligibility import Bounced, eligibility, prepare
from regulars.reactivation.jobs import Job, Record, records
from regulars.warehouse import Session, statement

_EXTRAS = {
    "first_name": "c.first_name",
    "last_name": "c.last_name",
    "country": "c.country",
    "bounced_on": "CAST(b.last_at AS DATE)",
}
"""What a provider may need beyond key and address, and where we have it from."""


@dataclass(frozen=True, slots=True)
class Batch:
    """`sent` goes to the provider; `people` says whose rows they are, for us alone."""

    job: str
    people: Sequence[Record]
    sent: EcoaBatch

    @property
    def digest(self) -> str:
        """What makes this batch this batch: its rows and its suppression list."""
        parts = [f"{row.record_key}|{row.old_email}|{sorted(row.extra.items())}" for row in self.sent.rows]
        return hashlib.sha256("\n".join([*sorted(parts), *self.sent.suppress]).encode()).hexdigest()


def draft(desk: EcoaDesk, takes: EcoaCapabilities, left: Month) -> Batch:
    """A new batch of the eligible addresses, as many as budget and provider allow.

    Raises RefusedError (nobody eligible, fewer than the provider takes, it needs what we do not have)
    and QuotaError (the month's budget is used up).
    """
    job = f"e-{secrets.token_hex(4)}"
    with desk.read() as session:
        found = eligibility(session, desk.config, desk.journal, desk.now(), takes.regions).eligible
        chosen = found[: _allowed(desk, takes, left, len(found))]
        where = str(desk.config.ecoa.connection)
        people = [Record(str(x.customer_id), job, secrets.token_hex(16), x.reference, where) for x in chosen]
        return _batch(desk, session, job, people, chosen, takes, left.most)


def _allowed(desk: EcoaDesk, takes: EcoaCapabilities, left: Month, eligible: int) -> int:
    least, within = max(1, takes.min_records), records_within(left, takes.max_records)
    if left.records_left < least or left.money_left.amount < least * left.budget.unit.amount:
        raise spent_up(left, desk.now(), desk.zone)
    if min(eligible, within) < least:
        few = (
            f"{eligible:,} addresses are eligible"
            if eligible < least
            else f"max_per_run allows {within:,} records"
        )
        raise RefusedError(
            f"{few}, the provider takes {least:,} at least", where="ecoa", hint="Nothing left the machine"
        )
    return within


def redraft(desk: EcoaDesk, job: Job, takes: EcoaCapabilities) -> Batch:
    """The quoted batch again, from today's tables.

    Raises PlanError where anything about it changed: somebody said no meanwhile, ordered from another
    address, or the suppression list grew.
    """
    quoted = records(desk.journal, job.id)
    with desk.read() as session:
        judged = eligibility(session, desk.config, desk.journal, desk.now(), takes.regions, without=job.id)
        by_reference = {one.reference: one for one in judged.eligible}
        still = [by_reference.get(record.reference) for record in quoted]
        chosen = [one for one in still if one is not None]
        if len(chosen) < len(quoted):
            gone = len(quoted) - len(chosen)
            raise _stale(desk, job, f"{gone:,} of {len(quoted):,} addresses are no longer eligible")
        batch = _batch(desk, session, job.id, quoted, chosen, takes, job.cost)
    if batch.digest != job.digest:
        raise _stale(desk, job, "the batch or its suppression list changed since")
    return batch


def _batch(
    desk: EcoaDesk,
    session: Session,
    job: str,
    people: Sequence[Record],
    chosen: Sequence[Bounced],
    takes: EcoaCapabilities,
    cap: Money,
) -> Batch:
    if strange := sorted(set(takes.needs) - _EXTRAS.keys()):
        raise RefusedError(f"the provider needs {', '.join(strange)}, which is not known here", where="ecoa")
    prepare(session)
    told = _extras(session, [one.address for one in chosen], takes.needs) if takes.needs else {}
    rows = [
        EcoaRow(record.key, _hashed(one.address) if takes.hashes_only else one.address, told.get(one.address, {}))
        for record, one in zip(people, chosen, strict=True)
    ]
    found = session.query(
        statement("regulars.reactivation", "suppressed"), {"batch": [one.address for one in chosen]}
    )
    return Batch(job, people, EcoaBatch(rows, [row[0] for row in found], desk.config.name, cap))


def _extras(session: Session, addresses: Sequence[str], needs: Sequence[str]) -> dict[str, dict[str, str]]:
    """Address -> the declared fields of the one customer whose address it is; "" where we do not know."""
    rows = session.query(
        f"SELECT b.address, {', '.join(_EXTRAS[name] for name in needs)} FROM bounced_address AS b"
        " JOIN customer AS c ON c.email = b.address WHERE list_contains($addresses::VARCHAR[], b.address)",
        {"addresses": list(addresses)},
    )
    return {
        row[0]: {name: "" if value is None else str(value) for name, value in zip(needs, row[1:], strict=True)}
        for row in rows
    }


def _hashed(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()


def _stale(desk: EcoaDesk, job: Job, what: str) -> PlanError:
    return PlanError(
        what, where=f"quote {job.quote_ref}", hint=f"Nothing was bought; run: regulars ecoa quote {desk.config.id}"
    )
