"""The provider as the core knows it: what may leave, and how strictly what comes back is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import get_args

from pydantic import ValidationError
from regulars import (
    AuthError,
    CheckReport,
    EcoaCapabilities,
    EcoaJob,
    EcoaQuote,
    EcoaResult,
    EcoaRow,
    Finding,
    Http,
    Money,
    MoneyError,
    PlatformError,
    RefusedError,
    UnknownOutcomeError,
)

from regulars_ecoa.client import EcoaClient
from regulars_ecoa.models import Account, Amount, Job, PermissionWord, ResultRow
from regulars_ecoa.settings import EcoaSettings

READY = ("completed", "partial")
_HASH = re.compile(r"[0-9a-f]{64}")


class EcoaHttp:
    """EcoaProvider over the generic two-phase API."""

    def __init__(self, settings: EcoaSettings, http: Http) -> None:
        self._settings, self._client = settings, EcoaClient(settings, http)

    def capabilities(self) -> EcoaCapabilities:
        mine = self._settings
        return EcoaCapabilities(
            mine.min_records,
            mine.max_records,
            mine.needs,
            mine.regions,
            two_phase=True,
            permission_pass=mine.permission_pass,
        )

    def quote(self, rows: Sequence[EcoaRow], suppress: Sequence[str]) -> EcoaQuote:
        self._guard(rows, suppress)
        quote = self._client.quote(rows, suppress)
        if quote.records != len(rows):
            raise PlatformError(
                f"the provider counted {quote.records} records, {len(rows)} were sent", where="quote"
            )
        return EcoaQuote(quote.quote_ref, quote.records, _money(quote.price, "quote"), quote.expires_at)

    def submit(self, quote_ref: str, rows: Sequence[EcoaRow], suppress: Sequence[str], key: str) -> EcoaJob:
        self._guard(rows, suppress)
        if not key:
            raise RefusedError("a job without an idempotency key could be paid twice", where="ecoa submit")
        job = self._client.submit(quote_ref, rows, suppress, key)
        try:
            return _job(job)
        except PlatformError as fault:
            raise UnknownOutcomeError(fault.what, where=fault.where, hint=f"Poll job {job.job_ref}") from None

    def find(self, key: str) -> EcoaJob | None:
        jobs = self._client.find(key)
        if len(jobs) > 1:
            raise PlatformError("two jobs under one idempotency key", where="ecoa find", hint="Ask the provider")
        return _job(jobs[0]) if jobs else None

    def poll(self, job_ref: str) -> EcoaJob:
        return _job(self._client.job(job_ref))

    def results(self, job_ref: str) -> Iterator[EcoaResult]:
        cursor, seen = None, {""}
        while True:
            try:
                page = self._client.results(job_ref, cursor)
            except AuthError:
                self._raise_if_not_ready(job_ref)
                raise
            for raw in page.rows:
                yield _result(raw, job_ref)
            if not page.next_cursor:
                return
            if page.next_cursor in seen:
                raise PlatformError("the results' cursor turns in a circle", where=f"ecoa job {job_ref}")
            cursor = page.next_cursor
            seen.add(cursor)

    def _raise_if_not_ready(self, job_ref: str) -> None:
        """A 401 on results means a bad token or an unfinished job; the job's state tells which."""
        job = self.poll(job_ref)
        if job.state not in READY:
            when = f"Poll after {job.next_poll_after:%Y-%m-%d %H:%M} UTC" if job.next_poll_after else "Poll later"
            raise PlatformError(f"results are not ready ({job.state})", where=f"ecoa job {job_ref}", hint=when)

    def _guard(self, rows: Sequence[EcoaRow], suppress: Sequence[str]) -> None:
        """Nothing but what the provider declares may leave."""
        mine = self._settings
        if not mine.min_records <= len(rows) <= mine.max_records:
            hint = f"The provider takes {mine.min_records} to {mine.max_records} records at a time"
            raise RefusedError(f"a batch of {len(rows)}", where="ecoa", hint=hint)
        for row in rows:
            if surplus := set(row.extra) - set(mine.needs):
                hint = "Only the fields named in `needs` may leave"
                raise RefusedError(f"surplus fields {', '.join(sorted(surplus))}", where="ecoa", hint=hint)
        if not all(_HASH.fullmatch(one) for one in suppress):
            raise RefusedError("the suppression list holds something that is not a SHA-256 hash", where="ecoa")


def check(settings: EcoaSettings, http: Http) -> CheckReport:
    """Who we are at the provider, and whether the settings say what the provider says."""
    account = EcoaClient(settings, http).account()
    return CheckReport(account.account_id, account.name, tuple(_findings(settings, account)))


def _findings(settings: EcoaSettings, account: Account) -> Iterator[Finding]:
    for name in ("min_records", "max_records", "needs", "regions"):
        ours, theirs = getattr(settings, name), getattr(account, name)
        if theirs is not None and _plain(ours) != _plain(theirs):
            text = f"set to {_shown(ours)}, the provider says {_shown(theirs)}"
            yield Finding("warning", name, text)
    if not settings.permission_pass:
        text = "the provider sends no permission message: no result of it may ever become an address in use"
        yield Finding("warning", "permission_pass", text)
    yield Finding("ok", "access", "the token is accepted")


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, tuple) else value


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)


def _money(amount: Amount, where: str) -> Money:
    try:
        return amount.money()
    except MoneyError as fault:
        raise PlatformError(fault.what, where=f"ecoa {where}") from None


def _job(job: Job) -> EcoaJob:
    charged = _money(job.charged, f"job {job.job_ref}") if job.charged else None
    return EcoaJob(job.job_ref, job.state, charged, job.counts, job.next_poll_after)


def _result(raw: dict[str, object], job_ref: str) -> EcoaResult:
    """One row. What we cannot read is never a permission."""
    try:
        row = ResultRow.model_validate(raw)
    except ValidationError:
        key = raw.get("record_key")
        if not isinstance(key, str):
            raise PlatformError("a result without a record key", where=f"ecoa job {job_ref}") from None
        return EcoaResult(key, None, "ERROR_FINAL", "no_response", None, ("unreadable",))
    permission, odd = _permission(row)
    email = (row.new_email or "").strip() or None
    if email and email.count("@") != 1:
        email, odd = None, (*odd, "not_an_address")
    return EcoaResult(
        row.record_key,
        email,
        row.code,
        permission,
        row.permission.at if row.permission else None,
        (*row.flags, *odd),
    )


def _permission(row: ResultRow) -> tuple[PermissionWord, tuple[str, ...]]:
    """The permission word, and a flag where it was not taken at its word."""
    if row.permission is None:
        return "not_sent", ()
    words: tuple[PermissionWord, ...] = get_args(PermissionWord)
    word = next((known for known in words if known == row.permission.status), None)
    if word is None:
        return "no_response", ("unknown_permission",)
    if word == "confirmed" and row.permission.at is None:
        return "no_response", ("undated_permission",)  # a consent without its time proves nothing
    return word, ()
