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
    EcoaRow,
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

from regulars_ecoa.models import Account, Job, JobList, Quote, ResultPage, first_fault
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
        return AuthError("the provider refuses the token", hint="Renew it and store it again: regulars secrets")
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
        self._paths, self._http = settings.paths, http
        token = settings.token
        http.conceal(token.reveal())
        self._bearer = Secret(token.name, f"Bearer {token.reveal()}")

    def account(self) -> Account:
        """Who we are."""
        return _read(Account, self._get(self._paths.account))

    def quote(self, rows: Sequence[EcoaRow], suppress: Sequence[str]) -> Quote:
        """Ask the price; buys nothing, so that it may be asked again."""
        answer = self._http.request(
            "POST", self._paths.quotes, json=_batch(rows, suppress), headers=self._headers(), reads=True
        )
        return _read(Quote, answer)

    def submit(self, quote_ref: str, rows: Sequence[EcoaRow], suppress: Sequence[str], key: str) -> Job:
        """Buy the job. Raises UnknownOutcomeError where it may have been bought and the answer is lost."""
        body = {"quote_ref": quote_ref, **_batch(rows, suppress)}
        headers = {**self._headers(), "Idempotency-Key": key}
        answer = _found(self._http.request("POST", self._paths.jobs, json=body, headers=headers))
        try:
            return _read(Job, answer)
        except PlatformError as fault:
            hint = "The job may have been bought: look it up by its key, do not submit it again"
            raise UnknownOutcomeError(fault.what, where=answer.url, hint=hint) from None

    def find(self, key: str) -> Sequence[Job]:
        """Jobs under an idempotency key. Only the provider's own 404 means none: a proxy's page does not."""
        answer = self._get(self._paths.jobs, {"key": key})
        if answer.status == 404 and (not answer.body.strip() or _complaint(answer) is not None):
            return ()
        return _read(JobList, answer).jobs

    def job(self, ref: str) -> Job:
        """State of one job."""
        return _read(Job, self._get(_named(self._paths.job, ref)))

    def results(self, ref: str, cursor: str | None) -> ResultPage:
        """One page of results. Raises AuthError also where they are not ready."""
        params = {"cursor": cursor} if cursor else {}
        return _read(ResultPage, self._get(_named(self._paths.results, ref), params))

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Response:
        return self._http.request("GET", path, params=params or None, headers=self._headers())

    def _headers(self) -> dict[str, str | Secret]:
        return {"Authorization": self._bearer}


def _named(path: str, ref: str) -> str:
    return path.replace("{ref}", quoted(ref, safe=""))


def _batch(rows: Sequence[EcoaRow], suppress: Sequence[str]) -> dict[str, Any]:
    records = [{**row.extra, "record_key": row.record_key, "old_email": row.old_email} for row in rows]
    return {"records": records, "suppress": list(suppress)}


def _found(answer: Response) -> Response:
    if answer.status == 404:
        raise PlatformError("not found at the provider", where=answer.url, hint="Check the connection's paths")
    return answer


def _read(model: type[M], answer: Response) -> M:
    try:
        return model.model_validate(_found(answer).json())
    except ValidationError as fault:
        raise PlatformError(f"the answer is not understood ({first_fault(fault)})", where=answer.url) from None


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
