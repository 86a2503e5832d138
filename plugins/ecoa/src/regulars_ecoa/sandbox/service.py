"""A simulated ECOA provider over HTTP, written against the API of the README.

The quote prices the gross matches; they are charged at purchase and, when the job completes, lowered to
what is delivered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from regulars import Clock
from regulars.testing import Answer, Asked

from regulars_ecoa.sandbox.vendor import Behaviour, Vendor, fingerprint

BATCH_KEYS = {"records", "suppress"}


class EcoaSandbox(Vendor):
    """`revoked` makes the token invalid; `asked_today` counts records against `behaviour.daily_records`."""

    def __init__(self, clock: Clock, seed: int = 0, behaviour: Behaviour | None = None) -> None:
        super().__init__(clock, seed, behaviour)
        self.revoked = False
        self.quotes: dict[str, dict[str, Any]] = {}
        self.asked_today: dict[str, int] = {}

    def credentials(self) -> Mapping[str, str]:
        return {"endpoint": "https://ecoa.sandbox.test", "token": self._token}

    def state(self) -> Any:
        mine = {name: getattr(self, name) for name in ("revoked", "quotes", "asked_today")}
        return {**super().state(), **mine}

    def respond(self, asked: Asked) -> Answer:
        if self.revoked or asked.headers.get("authorization") != f"Bearer {self._token}":
            return _error(401, "unauthorized", "unknown token")
        match asked.method, asked.path.strip("/").split("/")[1:]:
            case "GET", ["account"]:
                return self._account()
            case "POST", ["quotes"]:
                return self._quote(asked)
            case "POST", ["jobs"]:
                return self._submit(asked)
            case "GET", ["jobs"]:
                return self._find(asked.param("key"))
            case "POST", ["suppressions"]:
                self.suppress(asked.json()["hashes"])
                return Answer.of({"accepted": len(asked.json()["hashes"])}, 202)
            case "POST", ["erasures"]:
                self.erase(asked.json()["record_keys"])
                return Answer.of({"accepted": len(asked.json()["record_keys"])}, 202)
            case method, ["jobs", ref, *what] if ref in self.jobs:
                return self._of_job(method, what, self.jobs[ref], asked)
        return _error(404, "not_found", "no such resource")

    def _of_job(self, method: str, what: list[str], job: dict[str, Any], asked: Asked) -> Answer:
        match method, what:
            case "GET", []:
                return self._poll(job)
            case "GET", ["results"]:
                return self._results(job, asked.param("cursor"))
            case "GET", ["invoice"]:
                lines = [entry for entry in self.till if entry["job_ref"] == job["job_ref"]]
                return Answer.of({"lines": [{"what": x["what"], **self.amount(x["minor"])} for x in lines]})
            case "POST", ["bounces"]:
                told = self.credit(job, asked.json()["bounces"])
                return Answer.of({"granted": self.amount(told["granted"]), "refused": told["refused"]})
            case "POST", ["cancel"]:
                self.cancel(job)
                return Answer.of(self._shown(job))
        return _error(404, "not_found", "no such resource")

    # --- requests --------------------------------------------------------------------------------

    def _account(self) -> Answer:
        mine = self.behaviour
        limits = {"min_records": mine.min_records, "max_records": mine.max_records, "needs": mine.needs}
        terms = {"bounce_credit_days": mine.credit_days, "retention_days": mine.retention_days}
        head = {"account_id": f"ecoa-{self.seed}", "name": "Moved Post", "regions": ["US"]}
        return Answer.of({**head, **limits, **terms})

    def _quote(self, asked: Asked) -> Answer:
        body = asked.json()
        if refusal := self._refusal(body, BATCH_KEYS):
            return refusal
        ref = f"q-{self.seed}-{len(self.quotes) + 1}"
        rows = self.match(body["records"], body["suppress"])
        gross, net = self.gross(rows), sum(row["code"] == "MATCHED" for row in rows)
        expires = (self.clock.now() + timedelta(days=self.behaviour.quote_days)).isoformat()
        self.quotes[ref] = {"batch": _print(body), "minor": gross * self.unit, "expires_at": expires}
        counts = {"records": len(body["records"]), "gross_matches": gross, "net_matches": net}
        price = self.amount(gross * self.unit)
        return Answer.of({"quote_ref": ref, **counts, "price": price, "expires_at": expires})

    def _submit(self, asked: Asked) -> Answer:
        body, key = asked.json(), asked.headers.get("idempotency-key", "")
        if not key:
            return _error(400, "no_key", "an Idempotency-Key header is required")
        if held := next((job for job in self.jobs.values() if job["key"] == key), None):
            if held["batch"] == _print(body):
                return Answer.of(self._shown(held))
            return _error(409, "key_reused", "another batch had this key")
        if refusal := self._refusal(body, BATCH_KEYS | {"quote_ref"}) or self._over_quota(len(body["records"])):
            return refusal
        quote = self.quotes.get(body["quote_ref"])
        if quote is None or quote["batch"] != _print(body):
            return _error(200, "quote_mismatch", "this quote was made for another batch")
        if self.clock.now() > datetime.fromisoformat(quote["expires_at"]):
            return _error(200, "quote_expired", "ask for a new quote")
        job = self.take(f"j-{self.seed}-{len(self.jobs) + 1}", body["records"], body["suppress"])
        job |= {"key": key, "batch": _print(body), "polled_at": None}
        return Answer.of(self._shown(job))

    def _find(self, key: str) -> Answer:
        return Answer.of({"jobs": [self._shown(job) for job in self.jobs.values() if job["key"] == key]})

    def _poll(self, job: dict[str, Any]) -> Answer:
        now, last = self.clock.now(), job["polled_at"]
        wait = timedelta(seconds=self.behaviour.poll_seconds)
        if last and now - datetime.fromisoformat(last) < wait:
            return _error(429, "too_fast", "poll less often", **{"retry-after": str(self.behaviour.poll_seconds)})
        job["polled_at"] = now.isoformat()
        return Answer.of(self._shown(job))

    def _results(self, job: dict[str, Any], cursor: str) -> Answer:
        if self.phase(job)[0] not in ("completed", "partial"):
            return _error(401, "not_ready", "results are not ready")
        start = int(cursor.removeprefix("c")) if cursor else 0
        end = start + self.behaviour.page_size
        rows = self.rows(job)
        return Answer.of({"rows": rows[start:end], "next_cursor": f"c{end}" if end < len(rows) else None})

    # --- behind the counter ----------------------------------------------------------------------

    @property
    def _token(self) -> str:
        return f"ecoa-token-{hashlib.sha256(str(self.seed).encode()).hexdigest()[:24]}"

    def _refusal(self, body: Any, keys: set[str]) -> Answer | None:
        if not isinstance(body, dict) or set(body) != keys:
            return _error(422, "unknown_fields", f"expected {', '.join(sorted(keys))}")
        mine, wanted = self.behaviour, {"record_key", "old_email", *self.behaviour.needs}
        if any(set(record) != wanted for record in body["records"]):
            return _error(422, "bad_record", f"a record has {', '.join(sorted(wanted))}")
        if not mine.min_records <= len(body["records"]) <= mine.max_records:
            return _error(200, "batch_size", f"{mine.min_records} to {mine.max_records} records are taken")
        return None

    def _over_quota(self, records: int) -> Answer | None:
        """A day's records are used up: asked again tomorrow."""
        now, most = self.clock.now(), self.behaviour.daily_records
        used = self.asked_today.get(f"{now:%Y-%m-%d}", 0)
        if most is not None and used + records > most:
            tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            wait = str(int((tomorrow - now).total_seconds()))
            return _error(429, "daily_quota", f"{most} records a day", **{"retry-after": wait})
        self.asked_today = {f"{now:%Y-%m-%d}": used + records}
        return None

    def _shown(self, job: dict[str, Any]) -> dict[str, Any]:
        self.settle(job)
        state, changes = self.phase(job)
        counts = {"input": job["records"], "matched": job["matched"]}
        if state == "completed":
            counts["delivered"] = job["delivered"]
        return {
            "job_ref": job["job_ref"],
            "state": state,
            "charged": self.amount(job["minor"]),
            "counts": counts,
            "next_poll_after": changes.isoformat() if changes else None,
            "rejected": [{"record_key": key, "reason": "not an e-mail address"} for key in job["refused"]],
        }


def _print(body: Mapping[str, Any]) -> str:
    return fingerprint(body["records"], body["suppress"])


def _error(status: int, code: str, message: str, **headers: str) -> Answer:
    return Answer.of({"error": {"code": code, "message": message}}, status, **headers)
