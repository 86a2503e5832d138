"""Jobs at the provider, as facts tell them: quoted, reserved, submitted, settled or released.

ecoa_quote      subject job       what it would cost; names the batch by a digest
ecoa_record     subject customer  record key of one address in one job; the address only as a keyed hash
ecoa_reserved   subject job       money set aside and the idempotency key, before the call
ecoa_submitted  subject job       the provider's own name of the job
ecoa_result     subject customer  what came back, without the address
ecoa_address    subject record key  the new address: personal data, replaced by `hold`, erased by `erase`
ecoa_settled    subject job       what it cost in the end
ecoa_released   subject job       nothing was bought
ecoa_claim      subject job       record keys whose new address bounced, before they are returned
ecoa_credit     subject job       what a claim brought so far
ecoa_forget     subject record key  to be erased at the provider
ecoa_erased     subject record key  erased at the provider, and why
ecoa_suppressed subject record key  named to the provider of an open job as somebody who said no
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from regulars.journal import Fact, Journal, Tx
from regulars.money import Money

State = Literal["quoted", "reserved", "submitted", "settled", "released"]

_DROP = "DELETE FROM fact WHERE kind = 'ecoa_address' AND subject = ?"


@dataclass(frozen=True, slots=True)
class Record:
    """One address in a job; `reference` is the keyed hash of the old address, `connection` where it was named
    ("": older than that was noted)."""

    customer_id: str
    job: str
    key: str
    reference: str
    connection: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One job. `cost` is the quote's, `paid` what the provider has charged so far, `credits` what each
    claim for bounces brought. `by` is who asked for the quote, `moved_at` when its state last changed."""

    id: str
    quote_ref: str
    connection: str
    records: int
    cost: Money
    digest: str
    quoted_at: datetime
    expires_at: datetime
    state: State = "quoted"
    key: str = ""
    month: str = ""
    job_ref: str = ""
    paid: Money | None = None
    by: str = ""
    moved_at: datetime | None = None
    credits: Mapping[int, Money] = field(default_factory=dict)

    @property
    def credited(self) -> Money:
        """What returned bounces brought."""
        return sum(self.credits.values(), Money.of_minor(0, self.cost.currency))

    @property
    def open(self) -> bool:
        """Money is set aside and the end is not known."""
        return self.state in ("reserved", "submitted")

    @property
    def counts(self) -> Money:
        """What it takes from its month's budget: what was paid in the end less credits, till then the
        larger sum."""
        if self.paid is None or (self.open and self.paid.amount < self.cost.amount):
            return self.cost
        return self.paid - self.credited


def jobs(journal: Journal) -> dict[str, Job]:
    """All jobs by id, oldest first."""
    found = {fact.subject: _quoted(fact) for fact in journal.facts("ecoa_quote")}
    for kind in ("ecoa_reserved", "ecoa_submitted", "ecoa_settled", "ecoa_released"):
        for fact in journal.facts(kind):
            found[fact.subject] = replace(_moved(found[fact.subject], kind, fact.payload), moved_at=fact.at)
    for fact in journal.facts("ecoa_credit"):
        job, told = found[fact.subject], fact.payload
        credit = {int(told["claim"]): Money.of_minor(told["minor"], told["currency"])}
        found[fact.subject] = replace(job, credits={**job.credits, **credit})
    return found


def records(journal: Journal, job: str | None = None) -> list[Record]:
    """The addresses of one job, or of all."""
    facts = (
        Record(
            f.subject, f.payload["job"], f.payload["key"], f.payload["reference"], f.payload.get("connection", "")
        )
        for f in journal.facts("ecoa_record")
    )
    return [record for record in facts if job is None or record.job == job]


def reference(journal: Journal, address: str) -> str:
    """The keyed hash that stands for an address (as `queries/eligible.sql` computes it)."""
    return hashlib.sha256(f"{journal.key}|address|{address}".encode()).hexdigest()[:20]


def addresses(journal: Journal) -> dict[str, str]:
    """Record key -> new address, as far as it was not erased."""
    return {fact.subject: str(fact.payload["email"]) for fact in journal.facts("ecoa_address")}


def hold(tx: Tx, newest: Mapping[str, str | None], journal: Journal) -> None:
    """Keep the new address of each record key as the newest word has it, and none where that is None."""
    held = addresses(journal)
    changed = {key: email for key, email in newest.items() if held.get(key) != email}
    tx.executemany(_DROP, [(key,) for key in changed.keys() & held.keys()])
    journal.add_facts(tx, "ecoa_address", [(key, {"email": email}) for key, email in changed.items() if email])


def forgotten(journal: Journal) -> set[str]:
    """Record keys of erased people: no address is ever kept for them again."""
    return {fact.subject for fact in journal.facts("ecoa_forget")}


def erase(tx: Tx, customer_ids: Sequence[str], journal: Journal) -> int:
    """Forget the new addresses that were found for these customers; returns how many. The provider is
    asked to forget them by the next run.

    The only facts that are ever removed: they are personal data. Money and states stay.
    """
    wanted = set(customer_ids)
    keys = [record.key for record in records(journal) if record.customer_id in wanted]
    journal.add_facts(tx, "ecoa_forget", [(key, {}) for key in keys])
    held = sorted(addresses(journal).keys() & set(keys))
    tx.executemany(_DROP, [(key,) for key in held])
    return len(held)


def _quoted(fact: Fact) -> Job:
    told = fact.payload
    expires = datetime.fromisoformat(told["expires_at"])
    cost = Money.of_minor(told["minor"], told["currency"])
    return Job(
        fact.subject,
        told["quote_ref"],
        told["connection"],
        told["records"],
        cost,
        told["digest"],
        fact.at,
        expires,
        by=str(told.get("by", "")),
        moved_at=fact.at,
    )


def _moved(job: Job, kind: str, told: Mapping[str, object]) -> Job:
    paid = (
        Money.of_minor(int(str(told["minor"])), str(told["currency"])) if told.get("minor") is not None else None
    )
    match kind:
        case "ecoa_reserved":
            return replace(job, state="reserved", key=str(told["key"]), month=str(told["month"]))
        case "ecoa_submitted":
            return replace(job, state="submitted", job_ref=str(told["job_ref"]), paid=paid)
        case "ecoa_settled":
            return replace(job, state="settled", paid=paid)
        case _:
            return replace(job, state="released", paid=None)
