"""The provider over HTTP, as the core knows it: what may leave, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from regulars import (
    AuthError,
    CheckReport,
    EcoaBatch,
    EcoaBounce,
    EcoaCapabilities,
    EcoaCredit,
    EcoaJob,
    EcoaPage,
    EcoaProvider,
    EcoaQuote,
    EcoaRejection,
    EcoaResult,
    Finding,
    Http,
    PlatformError,
    RefusedError,
    UnknownOutcomeError,
)

from regulars_ecoa.client import EcoaClient
from regulars_ecoa.models import Account, Job
from regulars_ecoa.reading import job_of, money, result_of
from regulars_ecoa.settings import ABILITIES, EcoaSettings

READY = ("completed", "partial")
_HASH = re.compile(r"[0-9a-f]{64}")


class EcoaHttp(EcoaProvider):
    """EcoaProvider over the generic two-phase API."""

    def __init__(self, settings: EcoaSettings, http: Http) -> None:
        self._settings, self._client = settings, EcoaClient(settings, http)

    def capabilities(self) -> EcoaCapabilities:
        return self._settings.capabilities()

    def quote(self, batch: EcoaBatch) -> EcoaQuote:
        guard(self.capabilities(), batch)
        quote = self._client.quote(batch)
        if quote.records != len(batch.rows):
            raise PlatformError(
                f"the provider counted {quote.records} records, {len(batch.rows)} were sent", where="quote"
            )
        cost = money(quote.price, "quote", self._settings.currency)
        return EcoaQuote(
            quote.quote_ref, quote.records, cost, quote.expires_at, quote.gross_matches, quote.net_matches
        )

    def submit(self, quote_ref: str, batch: EcoaBatch, key: str) -> EcoaJob:
        guard(self.capabilities(), batch)
        if not key:
            raise RefusedError("a job without an idempotency key could be paid twice", where="ecoa submit")
        job = self._client.submit(quote_ref, batch, key)
        try:
            return self._job(job)
        except PlatformError as fault:
            raise UnknownOutcomeError(fault.what, where=fault.where, hint=f"Poll job {job.job_ref}") from None

    def find(self, key: str) -> EcoaJob | None:
        jobs = self._client.find(key)
        if len(jobs) > 1:
            raise PlatformError("two jobs under one idempotency key", where="ecoa find", hint="Ask the provider")
        return self._job(jobs[0]) if jobs else None

    def poll(self, job_ref: str) -> EcoaJob:
        return self._job(self._client.job(job_ref))

    def results(self, job_ref: str, cursor: str | None = None) -> Iterator[EcoaPage]:
        seen = {"", cursor}
        number = 1
        while True:
            try:
                page = self._client.results(job_ref, cursor)
            except AuthError:
                self._raise_if_not_ready(job_ref)
                raise
            cursor = page.next_cursor or None
            if cursor in seen - {None}:
                raise PlatformError("the results' cursor turns in a circle", where=f"ecoa job {job_ref}")
            seen.add(cursor)
            yield self._page(page.rows, cursor, f"job {job_ref}, page {number}")
            number += 1
            if cursor is None:
                return

    def return_bounces(self, job_ref: str, bounced: Sequence[EcoaBounce]) -> EcoaCredit:
        self._require("return_bounces")
        told = self._client.return_bounces(job_ref, bounced)
        granted = money(told.granted, f"job {job_ref}", self._settings.currency)
        refused = tuple(EcoaRejection(one.record_key, one.reason, f"job {job_ref}") for one in told.refused)
        return EcoaCredit(granted, told.waiting, refused)

    def suppress(self, hashes: Sequence[str]) -> None:
        self._require("suppress")
        only_hashes(hashes)
        self._client.suppress(hashes)

    def erase(self, record_keys: Sequence[str]) -> None:
        self._require("erase")
        self._client.erase(record_keys)

    def cancel(self, job_ref: str) -> EcoaJob:
        self._require("cancel")
        return self._job(self._client.cancel(job_ref))

    def _require(self, ability: str) -> None:
        if ability not in self.capabilities().does:
            raise RefusedError(f"the provider has no {ability}", where="ecoa", hint=f"paths.{ability} is empty")

    def _job(self, job: Job) -> EcoaJob:
        return job_of(job, self._settings.words, self._settings.currency)

    def _page(self, rows: Sequence[dict[str, object]], cursor: str | None, where: str) -> EcoaPage:
        mine = self._settings
        read = [result_of(raw, mine.words, mine.currency, f"{where}, row {n}") for n, raw in enumerate(rows, 1)]
        return EcoaPage(
            [one for one in read if isinstance(one, EcoaResult)],
            cursor,
            [one for one in read if isinstance(one, EcoaRejection)],
        )

    def _raise_if_not_ready(self, job_ref: str) -> None:
        """A 401 on results means a bad token or an unfinished job; the job's state tells which."""
        job = self.poll(job_ref)
        if job.state not in READY:
            when = f"Poll after {job.next_poll_after:%Y-%m-%d %H:%M} UTC" if job.next_poll_after else "Poll later"
            raise PlatformError(f"results are not ready ({job.state})", where=f"ecoa job {job_ref}", hint=when)


def guard(takes: EcoaCapabilities, batch: EcoaBatch) -> None:
    """Nothing but what the provider declares may leave. Raises RefusedError."""
    if not takes.min_records <= len(batch.rows) <= takes.max_records:
        hint = f"The provider takes {takes.min_records} to {takes.max_records} records at a time"
        raise RefusedError(f"a batch of {len(batch.rows)}", where="ecoa", hint=hint)
    for row in batch.rows:
        if surplus := set(row.extra) - set(takes.needs):
            hint = "Only the fields named in `needs` may leave"
            raise RefusedError(f"surplus fields {', '.join(sorted(surplus))}", where="ecoa", hint=hint)
        if takes.hashes_only and not _HASH.fullmatch(row.old_email):
            raise RefusedError("an address instead of its hash", where="ecoa", hint="hashes_only is set")
    only_hashes(batch.suppress)


def only_hashes(hashes: Sequence[str]) -> None:
    """Raise RefusedError where an address stands in a suppression list."""
    if not all(_HASH.fullmatch(one) for one in hashes):
        raise RefusedError("the suppression list holds something that is not a SHA-256 hash", where="ecoa")


def check(settings: EcoaSettings, http: Http) -> CheckReport:
    """Who we are at the provider, and whether the settings say what the provider says."""
    account = EcoaClient(settings, http).account()
    return CheckReport(account.account_id, account.name, tuple(_findings(settings, account)))


def _findings(settings: EcoaSettings, account: Account) -> Iterator[Finding]:
    for name in ("min_records", "max_records", "needs", "regions", "bounce_credit_days", "retention_days"):
        mine, said = getattr(settings, name), getattr(account, name)
        if said is not None and _plain(mine) != _plain(said):
            text = f"set to {_shown(mine)}, the provider says {_shown(said)}: mend the setting"
            yield Finding("warning", name, text)
    yield from duties(settings.capabilities())
    yield Finding("ok", "access", "the token is accepted")


def duties(takes: EcoaCapabilities) -> Iterator[Finding]:
    """What a provider does not do and somebody has to know."""
    if not takes.permission_pass:
        text = "the provider sends no permission message: no result of it may ever become an address in use"
        yield Finding("warning", "permission_pass", text)
    if "erase" not in takes.does:
        text = "it cannot be asked to erase: whoever is erased must be named to it by hand"
        yield Finding("warning", "erase", text)
    if lacks := [name for name in ABILITIES if name not in takes.does and name != "erase"]:
        yield Finding("ok", "abilities", f"without {', '.join(lacks)}")


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, tuple) else value


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)
