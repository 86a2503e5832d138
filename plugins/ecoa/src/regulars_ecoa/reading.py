"""How strictly a provider is read: what we cannot understand is never an address and never a permission."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeVar, get_args

from pydantic import ValidationError
from regulars import (
    Deliverability,
    EcoaCode,
    EcoaJob,
    EcoaRejection,
    EcoaResult,
    JobState,
    MatchLevel,
    Money,
    MoneyError,
    Permission,
    PlatformError,
)

from regulars_ecoa.models import Amount, Checked, Job, ResultRow, first_fault
from regulars_ecoa.settings import Words

W = TypeVar("W", bound=str)
Status = Literal["deliverable", "risky", "undeliverable", "unknown"]

_STATUSES: Final[Mapping[str, Status]] = {
    # Words of SafeToSend (docs.atdata.com), beside our own.
    "safetosend": "deliverable",
    "valid": "deliverable",
    "catchall": "risky",
    "catch_all": "risky",
    "corrected": "risky",
    "invalid": "undeliverable",
    "trap": "undeliverable",
    **{word: word for word in get_args(Status)},
}


def word(text: str, known: tuple[W, ...], told: Mapping[str, W]) -> W | None:
    """Our word for one of the provider's: as the settings translate it, or the same in any spelling."""
    plain = text.strip().lower()
    translated = next((mine for theirs, mine in told.items() if theirs.lower() == plain), None)
    return translated or next((mine for mine in known if mine.lower() == plain), None)


def money(amount: Amount, where: str, currency: str | None) -> Money:
    """Exact money. Raises PlatformError for anything else."""
    try:
        return amount.money(currency)
    except MoneyError as fault:
        raise PlatformError(fault.what, where=f"ecoa {where}") from None


def job_of(job: Job, words: Words, currency: str | None) -> EcoaJob:
    """A job. Raises PlatformError for a state nobody told us about."""
    where = f"job {job.job_ref}"
    state: JobState | None = word(job.state, get_args(JobState), words.states)
    if state is None:
        hint = "If the provider is right: say what it means in words.states"
        raise PlatformError(f"unknown state {job.state[:40]!r}", where=f"ecoa {where}", hint=hint)
    charged = money(job.charged, where, currency) if job.charged else None
    rejected = tuple(EcoaRejection(one.record_key, one.reason, "submit") for one in job.rejected)
    return EcoaJob(job.job_ref, state, charged, job.counts, job.next_poll_after, rejected)


def result_of(
    raw: dict[str, object], words: Words, currency: str | None, where: str
) -> EcoaResult | EcoaRejection:
    """One row of an answer, or why it is none."""
    try:
        return _result(ResultRow.model_validate(raw), words, currency, where)
    except ValidationError as fault:
        reason = f"not understood ({first_fault(fault)})"
    except PlatformError as fault:
        reason = fault.what
    key = raw.get("record_key")
    return EcoaRejection(key if isinstance(key, str) else "", reason, where)


def _result(row: ResultRow, words: Words, currency: str | None, where: str) -> EcoaResult:
    email = (row.new_email or "").strip() or None
    permission, odd = _permission(row, words)
    if email and (email.count("@") != 1 or email.startswith("@") or email.endswith("@")):
        email, odd = None, (*odd, "not_an_address")
    code, strange = _code(row, email, words)
    level: MatchLevel = word(row.match_level, get_args(MatchLevel), {}) or "household"
    return EcoaResult(
        record_key=row.record_key,
        new_email=email,
        code=code,
        permission=permission,
        permission_at=row.permission.at if row.permission else None,
        flags=(*row.flags, *odd, *strange, *_traps(row)),
        old_email=row.old_email,
        match_level=level,
        vendor_code=row.code,
        matched_on=row.matched_on,
        permission_sent_at=row.permission.sent_at if row.permission else None,
        deliverability=_checked(row.deliverability) if row.deliverability else None,
        price=money(row.price, where, currency) if row.price else None,
        expires_at=row.expires_at,
    )


def _permission(row: ResultRow, words: Words) -> tuple[Permission, tuple[str, ...]]:
    """The permission word, and a flag where it was not taken at its word."""
    if row.permission is None:
        return "not_sent", ()
    found = word(row.permission.status, get_args(Permission), words.permissions)
    if found is None:
        return "no_response", ("unknown_permission",)
    if found == "confirmed" and row.permission.at is None:
        return "no_response", ("undated_permission",)  # a consent without its time proves nothing
    return found, ()


def _code(row: ResultRow, email: str | None, words: Words) -> tuple[EcoaCode, tuple[str, ...]]:
    """Our code. A provider that names none says it by the address; a word nobody told us is an error."""
    if not row.code.strip():
        return ("MATCHED" if email else "NO_MATCH"), ()
    found: EcoaCode | None = word(row.code, get_args(EcoaCode), words.codes)
    return (found, ()) if found else ("ERROR_FINAL", ("unknown_code",))


def _checked(told: Checked) -> Deliverability:
    status: Status = _STATUSES.get(told.status.strip().lower(), "unknown")
    return Deliverability(status, told.code or told.status, told.checked_at)


def _traps(row: ResultRow) -> tuple[str, ...]:
    trap = row.deliverability is not None and row.deliverability.status.strip().lower() == "trap"
    return ("trap_suspect",) if trap else ()
