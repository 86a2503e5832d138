"""The provider's HTTP API, one method per request.

Facts behind the judge: results asked for too early are answered 401 by AtData's List API, time-outs
408 by Experian Aperture's real-time API, and several providers put an `error` object into a 200.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote as quoted
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from regulars import (
    Again,
    AuthError,
    EcoaBatch,
    EcoaBounce,
    Fine,
    Http,
    PlatformError,
    QuotaError,
    RequestPolicy,
    Response,
    Secret,
    UnknownOutcomeError,
    Verdict,
)

from regulars_ecoa.models import Account, Credit, Job, Quote, ResultPage, first_fault
from regulars_ecoa.names import ours, theirs
from regulars_ecoa.settings import EcoaSettings

M = TypeVar("M", bound=BaseModel)

PATIENCE = 120.0  # seconds; a longer Retry-After is told to the caller instead of being waited for
_ADDRESS = re.compile(r"[^\s\"'<>]+@[^\s\"'<>]+")


def policy(settings: EcoaSettings) -> RequestPolicy:
    """How the provider wants to be called."""
    host = urlsplit(settings.endpoint).netloc
    return RequestPolicy("ecoa", settings.endpoint, frozenset({host}), judge)


def judge(answer: Response) -> Verdict:
    """What an answer means. 404 is Fine: only a look-up by key knows what it stands for."""
    status = answer.status
    if status == 429:
        after = _seconds(answer.headers.get("retry-after"))
        if after is not None and after > PATIENCE:
            return QuotaError("asked too often", hint=f"Ask again in {after:.0f} s", retry_after=after)
        return Again("asked too often", after, nothing_happened=True)
    if status == 408 or status >= 500:
        return Again(f"answered {status}")
    if status in (401, 403):
        return AuthError(
            "the provider refuses the token",
            hint="Have a new one made and store it as this connection's secret",
        )
    if status == 402:
        return QuotaError("the account has no credit left", hint="Top it up at the provider")
    if status == 404 or (status < 300 and (complaint := _complaint(answer)) is None):
        return Fine()
    if status < 300:
        return PlatformError(f"the provider refused: {complaint}", hint="Nothing was bought by this request")
    return PlatformError(f"answered {status}: {_complaint(answer) or 'no reason given'}")


class EcoaClient:
    """One account at the provider."""

    def __init__(self, settings: EcoaSettings, http: Http) -> None:
        self._paths, self._fields, self._http = settings.paths, settings.fields, http
        self._headers = settings.headers
        token = settings.token
        http.conceal(token.reveal())
        self._token = Secret(token.name, f"{settings.headers.scheme} {token.reveal()}".strip())

    def account(self) -> Account:
        """Who we are."""
        return _read(Account, self._get(self._paths.account), self._fields.account)

    def quote(self, batch: EcoaBatch) -> Quote:
        """Ask the price; buys nothing, so that it may be asked again."""
        answer = self._post(self._paths.quotes, self._batch(batch), reads=True)
        return _read(Quote, answer, self._fields.quote)

    def submit(self, quote_ref: str, batch: EcoaBatch, key: str) -> Job:
        """Buy the job. Raises UnknownOutcomeError where it may have been bought and the answer is lost."""
        body = {**theirs(self._fields.batch, {"quote_ref": quote_ref}), **self._batch(batch)}
        answer = _found(self._post(self._paths.jobs, body, key))
        try:
            return _read(Job, answer, self._fields.job)
        except PlatformError as fault:
            hint = "The job may have been bought: look it up by its key, do not submit it again"
            raise UnknownOutcomeError(fault.what, where=answer.url, hint=hint) from None

    def find(self, key: str) -> Sequence[Job]:
        """Jobs under an idempotency key. Only the provider's own 404 means none: a proxy's page does not."""
        answer = self._get(self._paths.jobs, {"key": key})
        if answer.status == 404 and (not answer.body.strip() or _complaint(answer) is not None):
            return ()
        found = ours(self._fields.lists, _found(answer).json())
        rows = found.get("jobs") if isinstance(found, dict) else None
        if not isinstance(rows, list):
            raise PlatformError("the answer is not understood (jobs: missing)", where=answer.url)
        return [_model(Job, row, self._fields.job, answer.url) for row in rows]

    def job(self, ref: str) -> Job:
        """State of one job."""
        return _read(Job, self._get(_named(self._paths.job, ref)), self._fields.job)

    def results(self, ref: str, cursor: str | None) -> ResultPage:
        """One page of results. Raises AuthError also where they are not ready."""
        params = {"cursor": cursor} if cursor else {}
        page = _read(ResultPage, self._get(_named(self._paths.results, ref), params), self._fields.page)
        return page.model_copy(update={"rows": [ours(self._fields.result, row) for row in page.rows]})

    def return_bounces(self, ref: str, bounced: Sequence[EcoaBounce]) -> Credit:
        """Give back bounced addresses. The provider credits a record once, so that it may be asked again."""
        rows = [
            theirs(
                self._fields.bounce,
                {"record_key": b.record_key, "new_email": b.new_email, "bounced_at": b.bounced_at.isoformat()},
            )
            for b in bounced
        ]
        body = theirs(self._fields.bounce, {"bounces": rows})
        return _read(
            Credit, self._post(_named(self._paths.return_bounces, ref), body, reads=True), self._fields.credit
        )

    def suppress(self, hashes: Sequence[str]) -> None:
        """Add to the account's standing list; safe to repeat."""
        _found(self._post(self._paths.suppress, theirs(self._fields.lists, {"hashes": list(hashes)}), reads=True))

    def erase(self, record_keys: Sequence[str]) -> None:
        """Have records forgotten; safe to repeat."""
        body = theirs(self._fields.lists, {"record_keys": list(record_keys)})
        _found(self._post(self._paths.erase, body, reads=True))

    def cancel(self, ref: str) -> Job:
        """End a job; safe to repeat."""
        return _read(Job, self._post(_named(self._paths.cancel, ref), {}, reads=True), self._fields.job)

    def _batch(self, batch: EcoaBatch) -> dict[str, Any]:
        records = [
            theirs(self._fields.row, {**row.extra, "record_key": row.record_key, "old_email": row.old_email})
            for row in batch.rows
        ]
        body: dict[str, Any] = {"records": records, "suppress": list(batch.suppress)}
        if "sender" in self._fields.batch:
            body["sender"] = batch.sender
        return theirs(self._fields.batch, body)

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Response:
        return self._http.request("GET", path, params=params or None, headers={self._headers.token: self._token})

    def _post(self, path: str, body: Mapping[str, Any], key: str = "", *, reads: bool = False) -> Response:
        headers: dict[str, str | Secret] = {self._headers.token: self._token}
        if key:
            headers[self._headers.key] = key
        return self._http.request("POST", path, json=body, headers=headers, reads=reads)


def _named(path: str, ref: str) -> str:
    return path.replace("{ref}", quoted(ref, safe=""))


def _found(answer: Response) -> Response:
    if answer.status == 404:
        raise PlatformError("not found at the provider", where=answer.url, hint="Check the connection's paths")
    return answer


def _read(model: type[M], answer: Response, names: Mapping[str, str]) -> M:
    return _model(model, _found(answer).json(), names, answer.url)


def _model(model: type[M], raw: Any, names: Mapping[str, str], where: str) -> M:
    try:
        return model.model_validate(ours(names, raw))
    except ValidationError as fault:
        raise PlatformError(f"the answer is not understood ({first_fault(fault)})", where=where) from None


def _complaint(answer: Response) -> str | None:
    """The provider's own words for a refusal, without addresses; None where there is no error object."""
    try:
        error = json.loads(answer.body).get("error")
    except (ValueError, AttributeError):
        return None
    if not error:
        return None
    if isinstance(error, dict):
        error = " ".join(str(error[k]) for k in ("code", "message") if error.get(k)) or "no reason given"
    return _ADDRESS.sub("[address]", str(error))[:200]


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
