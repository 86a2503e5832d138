"""What a provider of new addresses for bounced ones (ECOA) fills in.

Such a service is slow and costs money: a batch is priced, bought, waited for over days or weeks, and
read. No provider publishes one common interface, so that this one is the smallest that carries them
all: six methods that every provider has, and four (`return_bounces`, `suppress`, `erase`, `cancel`)
that are refused unless the provider overrides them and names them in its capabilities.

What comes back is a candidate. Nothing here subscribes anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from regulars.errors import RefusedError
from regulars.money import Money

Mode = Literal["realtime", "batch"]
MatchLevel = Literal["individual", "household"]
Ability = Literal["return_bounces", "suppress", "erase", "cancel"]

JobState = Literal[
    "queued", "matching", "awaiting_purchase", "permission_pass", "completed", "partial", "failed", "cancelled"
]

EcoaCode = Literal[
    "MATCHED",
    "NO_MATCH",
    "SUPPRESSED_BY_US",
    "SUPPRESSED_BY_VENDOR",
    "UNSAFE_NEW",
    "OPTED_OUT",
    "AMBIGUOUS",
    "SAME_AS_OLD",
    "INVALID_INPUT",
    "DUPLICATE_INPUT",
    "ERROR_RETRYABLE",
    "ERROR_FINAL",
]
"""What became of one record. Only MATCHED can ever become an address."""

Permission = Literal["not_sent", "sent", "no_response", "opted_out", "confirmed", "wrong_person"]
"""What came of the provider's message to the new address. Silence is no permission."""


@dataclass(frozen=True, slots=True)
class EcoaRow:
    """One bounced address as it leaves: a random key of this job, the address, and only the further
    fields that the provider declares (`EcoaCapabilities.needs`). `old_email` is the SHA-256 of the
    lower-case address where the provider takes hashes only."""

    record_key: str
    old_email: str
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EcoaBatch:
    """What a job is about. `suppress` are SHA-256 hashes of lower-case addresses never to return;
    `sender` is the brand that the permission message speaks for; `cap` the most the job may cost."""

    rows: Sequence[EcoaRow]
    suppress: Sequence[str] = ()
    sender: str = ""
    cap: Money | None = None


@dataclass(frozen=True, slots=True)
class EcoaCapabilities:
    """What a provider needs, does and keeps.

    - `needs`: extra fields it must have beside key and address (`first_name`, `last_name`, `country`,
      `bounced_on`); nothing else leaves. `hashes_only`: it takes hashes instead of addresses.
    - `regions`: countries it serves (ISO 3166-1 alpha-2).
    - `mode`: `realtime` jobs are complete when `submit` returns; `turnaround_days` is typical for others.
    - `two_phase`: the quote already says how many match. `match_levels`: what a match may be about.
    - `permission_pass`: it asks the person at the new address; without it nothing is ever confirmed.
    - `callback`: it can tell us when a job is done (we ask anyway).
    - `does`: the optional methods it has. `bounce_credit_days`: how long after its results addresses
      that bounce are credited. `retention_days`: how long it keeps a batch on its own (None: until
      it is asked to erase).
    """

    min_records: int = 1
    max_records: int = 1_000_000
    needs: tuple[str, ...] = ()
    regions: tuple[str, ...] = ("US",)
    mode: Mode = "batch"
    hashes_only: bool = False
    match_levels: tuple[MatchLevel, ...] = ("individual",)
    two_phase: bool = False
    permission_pass: bool = False
    callback: bool = False
    does: frozenset[Ability] = frozenset()
    bounce_credit_days: int = 0
    turnaround_days: float = 0.0
    retention_days: int | None = None


@dataclass(frozen=True, slots=True)
class EcoaQuote:
    """What a job would cost at most. `quote_ref` is handed to `submit`.

    `gross_matches` and `net_matches` (after hygiene) are the provider's own estimates, `per` what it
    charges for.
    """

    quote_ref: str
    records: int
    cost: Money
    expires_at: datetime | None = None
    gross_matches: int | None = None
    net_matches: int | None = None
    per: Literal["match", "record", "job"] = "match"


@dataclass(frozen=True, slots=True)
class EcoaRejection:
    """A record the provider did not take, or a row of its answer that cannot be understood.

    `where` says in which file and line, or which page; `record_key` is "" where even that is unreadable.
    """

    record_key: str
    reason: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class EcoaJob:
    """A job as the provider sees it. `charged` is what it has cost so far, credits deducted; `rejected`
    are records that were not taken, and are not charged."""

    job_ref: str
    state: JobState
    charged: Money | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    next_poll_after: datetime | None = None
    rejected: tuple[EcoaRejection, ...] = ()


@dataclass(frozen=True, slots=True)
class Deliverability:
    """What the provider's own check says of the new address; `code` is the provider's."""

    status: Literal["deliverable", "risky", "undeliverable", "unknown"]
    code: str = ""
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EcoaResult:
    """A candidate for one record key; nothing here is a consent but `permission == "confirmed"`.

    `old_email` repeats what was sent, where the provider does: a row under the wrong key is noticed.
    `vendor_code` is the provider's own word for `code`; `matched_on` when it last saw the new address;
    `permission_sent_at` and `permission_at` when it asked and when the answer came or the wait ended;
    `expires_at` ends the right to use the address. Flags: role, disposable, trap_suspect, complainer,
    freemail, and those of the plugin where it did not take the provider at its word.
    """

    record_key: str
    new_email: str | None
    code: EcoaCode
    permission: Permission
    permission_at: datetime | None = None
    flags: tuple[str, ...] = ()
    old_email: str | None = None
    match_level: MatchLevel = "individual"
    vendor_code: str = ""
    matched_on: date | None = None
    permission_sent_at: datetime | None = None
    deliverability: Deliverability | None = None
    price: Money | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EcoaPage:
    """Some results, and the cursor from which the next ones come (None: these were the last).

    `unreadable` are rows kept aside, with the reason.
    """

    rows: Sequence[EcoaResult]
    cursor: str | None = None
    unreadable: Sequence[EcoaRejection] = ()


@dataclass(frozen=True, slots=True)
class EcoaBounce:
    """A new address of a job that bounced when it was first written to."""

    record_key: str
    new_email: str
    bounced_at: datetime


@dataclass(frozen=True, slots=True)
class EcoaCredit:
    """What returned bounces brought: `granted` for all rows of this call together, `waiting` rows that
    are not decided yet, `refused` rows that bring nothing and why; `by_record` what each record key brought,
    where the provider tells."""

    granted: Money
    waiting: int = 0
    refused: tuple[EcoaRejection, ...] = ()
    by_record: Mapping[str, Money] = field(default_factory=dict)


class EcoaProvider(Protocol):
    """A provider of new addresses. A class that names it as its base inherits the refusal of everything
    optional. Raises AuthError, QuotaError, PlatformError, as every platform does."""

    def capabilities(self) -> EcoaCapabilities:
        """What the provider needs and does; asks nobody."""

    def quote(self, batch: EcoaBatch) -> EcoaQuote:
        """The price of a batch; buys nothing. A provider with a fixed price answers by itself."""

    def submit(self, quote_ref: str, batch: EcoaBatch, key: str) -> EcoaJob:
        """Start (and so buy) the job; the same idempotency `key` again answers the same job.

        Raises UnknownOutcomeError where it may have been bought: it is looked up, never sent again.
        """

    def find(self, key: str) -> EcoaJob | None:
        """The job that was submitted under `key`, None where the provider has none. Used after a
        time-out, so that nothing is paid twice; a look-up that failed raises."""

    def poll(self, job_ref: str) -> EcoaJob:
        """The state of a job."""

    def results(self, job_ref: str, cursor: str | None = None) -> Iterator[EcoaPage]:
        """The results of a completed or partial job, page by page, from `cursor` on (None: all).

        Raises PlatformError where they are not ready.
        """

    def return_bounces(self, job_ref: str, bounced: Sequence[EcoaBounce]) -> EcoaCredit:
        """Give back addresses that bounced on first use. The same rows again are credited once, and
        answer what they brought."""
        raise _refused("return_bounces", f"job {job_ref}, {len(bounced)} addresses")

    def suppress(self, hashes: Sequence[str]) -> None:
        """Never ask or return these addresses (SHA-256, lower case), in running jobs too."""
        raise _refused("suppress", f"{len(hashes)} addresses")

    def erase(self, record_keys: Sequence[str]) -> None:
        """Forget everything about these records. One that is not known is forgotten already."""
        raise _refused("erase", f"{len(record_keys)} records")

    def cancel(self, job_ref: str) -> EcoaJob:
        """End a job that can still be ended; one that cannot stays what it is."""
        raise _refused("cancel", f"job {job_ref}")


def _refused(what: Ability, where: str = "") -> RefusedError:
    return RefusedError(f"the provider has no {what}", where=where, hint="Its capabilities say what it does")
