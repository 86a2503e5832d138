"""A simulated ECOA provider, written against the API of the README.

Jobs take simulated days: queued, matching, permission_pass, completed. Results are fixed when the
job is bought, so that the same job always answers the same. Money: the quote prices the gross
matches; it is charged at purchase and, when the job completes, lowered to what is delivered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from regulars import Clock, Money
from regulars.testing import Answer, Asked, Sandbox, World

from regulars_ecoa.matching import Answers, MatchTable, scattered

BATCH_KEYS = {"records", "suppress"}


@dataclass
class Behaviour:
    """How this provider behaves. Rates are shares of one, `turnaround` is in days."""

    turnaround: float = 18.0
    unit_price: str = "0.15"
    currency: str = "USD"
    match_rate: float = 0.0  # of addresses without an explicit answer
    min_records: int = 1
    max_records: int = 1_000_000
    needs: tuple[str, ...] = ()
    quote_days: int = 7
    poll_seconds: int = 5  # asked again sooner, it answers 429
    page_size: int = 100
    ignores_suppression: bool = False
    lost_rows: int = 0
    added_rows: int = 0
    # old address -> other_customer, shared, same_as_old or role
    wrong: dict[str, str] = field(default_factory=dict)


class EcoaSandbox(Sandbox):
    """A provider with an account, a match table and a till.

    `answers` maps an old address to (new address, permission); `behaviour` may be changed at any
    time; `revoked` makes the token invalid. `charged()` is all the money taken so far.
    """

    def __init__(self, clock: Clock, seed: int = 0, behaviour: Behaviour | None = None) -> None:
        super().__init__(clock, seed)
        self.behaviour = behaviour or Behaviour()
        self.answers: Answers = {}
        self.customers: list[str] = []
        self.revoked = False
        self.quotes: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.till: list[dict[str, Any]] = []

    def populate(self, world: World) -> None:
        if world.slow_work_days is not None:
            self.behaviour.turnaround = world.slow_work_days
        self.customers = sorted(p.email.lower() for p in world.people if p.email)
        for person in world.people:
            if person.email and person.bounced == "hard" and "moved_to" in person.properties:
                permission = person.properties.get("ecoa_permission", "confirmed")
                self.answers[person.email.lower()] = (person.properties["moved_to"], permission)

    def credentials(self) -> Mapping[str, str]:
        return {"endpoint": "https://ecoa.sandbox.test", "token": self._token}

    def state(self) -> Any:
        kept = ("answers", "customers", "revoked", "quotes", "jobs", "till")
        return {"behaviour": asdict(self.behaviour), **{name: getattr(self, name) for name in kept}}

    def restore(self, state: Any) -> None:
        given = dict(state)
        behaviour = given.pop("behaviour")
        self.behaviour = Behaviour(**{**behaviour, "needs": tuple(behaviour["needs"])})
        self.answers = {old: (new, permission) for old, (new, permission) in given.pop("answers").items()}
        for name, value in given.items():
            setattr(self, name, value)

    def charged(self) -> Money:
        """All the money taken so far, credits deducted."""
        for job in self.jobs.values():
            self._settle(job)
        return Money.of_minor(sum(entry["minor"] for entry in self.till), self.behaviour.currency)

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
            case "GET", ["jobs", ref] if ref in self.jobs:
                return self._poll(self.jobs[ref])
            case "GET", ["jobs", ref, "results"] if ref in self.jobs:
                return self._results(self.jobs[ref], asked.param("cursor"))
        return _error(404, "not_found", "no such resource")

    # --- requests --------------------------------------------------------------------------------

    def _account(self) -> Answer:
        mine = self.behaviour
        limits = {"min_records": mine.min_records, "max_records": mine.max_records, "needs": mine.needs}
        return Answer.of({"account_id": f"ecoa-{self.seed}", "name": "Moved Post", "regions": ["US"], **limits})

    def _quote(self, asked: Asked) -> Answer:
        body = asked.json()
        if refusal := self._refusal(body, BATCH_KEYS):
            return refusal
        ref = f"q-{self.seed}-{len(self.quotes) + 1}"
        gross = sum(row["matched"] for row in self._matches(body))
        expires = self.clock.now() + timedelta(days=self.behaviour.quote_days)
        self.quotes[ref] = {"batch": _print(body), "minor": gross * self._unit, "expires_at": expires.isoformat()}
        price = self._amount(gross * self._unit)
        head = {"quote_ref": ref, "records": len(body["records"]), "gross_matches": gross}
        return Answer.of({**head, "price": price, "expires_at": expires.isoformat()})

    def _submit(self, asked: Asked) -> Answer:
        body, key = asked.json(), asked.headers.get("idempotency-key", "")
        if not key:
            return _error(400, "no_key", "an Idempotency-Key header is required")
        if held := next((job for job in self.jobs.values() if job["key"] == key), None):
            same = held["batch"] == _print(body)
            return (
                Answer.of(self._shown(held)) if same else _error(409, "key_reused", "another batch had this key")
            )
        if refusal := self._refusal(body, BATCH_KEYS | {"quote_ref"}):
            return refusal
        quote = self.quotes.get(body["quote_ref"])
        if quote is None or quote["batch"] != _print(body):
            return _error(200, "quote_mismatch", "this quote was made for another batch")
        if self.clock.now() > datetime.fromisoformat(quote["expires_at"]):
            return _error(200, "quote_expired", "ask for a new quote")
        return Answer.of(self._shown(self._buy(body, key, quote["minor"])))

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
        if self._phase(job)[0] != "completed":
            return _error(401, "not_ready", "results are not ready")
        start = int(cursor.removeprefix("c")) if cursor else 0
        end = start + self.behaviour.page_size
        rows = job["results"]
        return Answer.of({"rows": rows[start:end], "next_cursor": f"c{end}" if end < len(rows) else None})

    # --- behind the counter ----------------------------------------------------------------------

    @property
    def _token(self) -> str:
        return f"ecoa-token-{hashlib.sha256(str(self.seed).encode()).hexdigest()[:24]}"

    @property
    def _unit(self) -> int:
        return Money.parse(self.behaviour.unit_price, self.behaviour.currency).minor

    def _amount(self, minor: int) -> dict[str, str]:
        money = Money.of_minor(minor, self.behaviour.currency)
        return {"amount": f"{money.amount:f}", "currency": money.currency}

    def _refusal(self, body: Any, keys: set[str]) -> Answer | None:
        if not isinstance(body, dict) or set(body) != keys:
            return _error(422, "unknown_fields", f"expected {', '.join(sorted(keys))}")
        mine, wanted = self.behaviour, {"record_key", "old_email", *self.behaviour.needs}
        if any(set(record) != wanted for record in body["records"]):
            return _error(422, "bad_record", f"a record has {', '.join(sorted(wanted))}")
        if not mine.min_records <= len(body["records"]) <= mine.max_records:
            return _error(200, "batch_size", f"{mine.min_records} to {mine.max_records} records are taken")
        return None

    def _matches(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        mine = self.behaviour
        suppress = frozenset() if mine.ignores_suppression else frozenset(body["suppress"])
        table = MatchTable(self.answers, mine.match_rate, mine.wrong, self.customers, self.seed)
        found = [table.row(record, suppress) for record in body["records"]]
        return [{"matched": row["code"] in ("MATCHED", "OPTED_OUT"), "row": row} for row in found]

    def _buy(self, body: dict[str, Any], key: str, minor: int) -> dict[str, Any]:
        ref, now, mine = f"j-{self.seed}-{len(self.jobs) + 1}", self.clock.now(), self.behaviour
        found = self._matches(body)
        closed = (now + timedelta(days=mine.turnaround * 0.9)).isoformat()
        rows = list(scattered([x["row"] for x in found], closed, self.seed, mine.lost_rows, mine.added_rows))
        self.jobs[ref] = {
            "job_ref": ref,
            "key": key,
            "batch": _print(body),
            "bought_at": now.isoformat(),
            "turnaround": mine.turnaround,
            "polled_at": None,
            "settled": False,
            "records": len(found),
            "matched": sum(x["matched"] for x in found),
            "delivered": sum(x["row"]["code"] == "MATCHED" for x in found),
            "minor": minor,
            "results": rows,
        }
        self.till.append({"job_ref": ref, "what": "purchase", "minor": minor})
        return self.jobs[ref]

    def _phase(self, job: dict[str, Any]) -> tuple[str, datetime | None]:
        """State of a job now, and when it changes next."""
        bought = datetime.fromisoformat(job["bought_at"])
        for share, state in _PHASES:
            ends = bought + timedelta(days=job["turnaround"] * share)
            if self.clock.now() < ends:
                return state, ends
        return "completed", None

    def _settle(self, job: dict[str, Any]) -> None:
        """Pay per delivered match: the rest of the purchase is credited once."""
        if not job["settled"] and self._phase(job)[0] == "completed":
            credit = (job["matched"] - job["delivered"]) * (job["minor"] // max(1, job["matched"]))
            self.till.append({"job_ref": job["job_ref"], "what": "credit", "minor": -credit})
            job["minor"], job["settled"] = job["minor"] - credit, True

    def _shown(self, job: dict[str, Any]) -> dict[str, Any]:
        self._settle(job)
        state, changes = self._phase(job)
        counts = {"input": job["records"], "matched": job["matched"]}
        if state == "completed":
            counts["delivered"] = job["delivered"]
        return {
            "job_ref": job["job_ref"],
            "state": state,
            "charged": self._amount(job["minor"]),
            "counts": counts,
            "next_poll_after": changes.isoformat() if changes else None,
        }


_PHASES = ((0.05, "queued"), (0.4, "matching"), (1.0, "permission_pass"))


def _print(body: Mapping[str, Any]) -> str:
    """What makes two batches the same: their records and suppression list in any order."""
    parts: Iterator[str] = (repr(sorted(record.items())) for record in body["records"])
    return hashlib.sha256("\n".join([*sorted(parts), *sorted(body["suppress"])]).encode()).hexdigest()


def _error(status: int, code: str, message: str, **headers: str) -> Answer:
    return Answer.of({"error": {"code": code, "message": message}}, status, **headers)
