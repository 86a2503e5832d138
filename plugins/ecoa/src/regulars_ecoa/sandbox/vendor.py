"""The company behind a simulated provider: its match table, its jobs over simulated days, its till.

How one reaches it, over HTTP or by files, is its subclasses' business.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from regulars import Clock, Money
from regulars.testing import Sandbox, World

from regulars_ecoa.sandbox.matching import GONE, Answers, Chances, MatchTable, hashed, scattered

_PHASES = ((0.05, "queued"), (0.4, "matching"), (1.0, "permission_pass"))
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[0-9a-f]{64}")


@dataclass
class Behaviour:
    """How this provider behaves. Rates are shares of one, `turnaround` is in days (0: at once)."""

    turnaround: float = 18.0
    unit_price: str = "0.15"
    currency: str = "USD"
    match_rate: float = 0.0  # of addresses without an explicit answer
    named_rate: float = 0.0  # the same, where a name came along
    unsafe: float = 0.12  # of chance matches, lost to validation after they were counted
    household: float = 0.0  # of matches, about somebody else in the household
    doubtful: float = 0.0  # of matches, catch-all or not to be checked
    min_records: int = 1
    max_records: int = 1_000_000
    needs: tuple[str, ...] = ()
    quote_days: int = 7
    poll_seconds: int = 5  # asked again sooner, it answers 429
    page_size: int = 100
    daily_records: int | None = None  # more in a day are refused until tomorrow
    credit_days: int = 14
    retention_days: int | None = None
    partial: float = 0.0  # share of the rows that can be had during the permission pass
    asks_permission: bool = True
    ignores_suppression: bool = False
    lost_rows: int = 0
    added_rows: int = 0
    doubled_rows: int = 0
    overcharge: int = 0  # minor units that are billed for nothing
    # old address -> other_customer, shared, same_as_old, role, disposable, trap, household or bounces
    wrong: dict[str, str] = field(default_factory=dict)

    def chances(self) -> Chances:
        """Of finding what it was not told of."""
        return Chances(self.match_rate, self.named_rate, self.unsafe, self.household, self.doubtful)


class Vendor(Sandbox):
    """A provider with an account, a match table and a till.

    `answers` maps an old address to (new address, permission); `behaviour` may be changed at any time.
    `charged()` is all the money taken so far; `till` lists the entries, `erased` and `suppressed` what it
    was asked to forget and never to return.
    """

    def __init__(self, clock: Clock, seed: int = 0, behaviour: Behaviour | None = None) -> None:
        super().__init__(clock, seed)
        self.behaviour = behaviour or Behaviour()
        self.answers: Answers = {}
        self.customers: list[str] = []
        self.jobs: dict[str, dict[str, Any]] = {}
        self.till: list[dict[str, Any]] = []
        self.erased: list[str] = []
        self.suppressed: list[str] = []

    def populate(self, world: World) -> None:
        if world.slow_work_days is not None:
            self.behaviour.turnaround = world.slow_work_days
        self.customers = sorted(p.email.lower() for p in world.people if p.email)
        for person in world.people:
            if person.email and person.bounced == "hard" and "moved_to" in person.properties:
                permission = person.properties.get("ecoa_permission", "confirmed")
                self.answers[person.email.lower()] = (person.properties["moved_to"], permission)

    def state(self) -> Any:
        kept = ("answers", "customers", "jobs", "till", "erased", "suppressed")
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
            self.settle(job)
        return Money.of_minor(sum(entry["minor"] for entry in self.till), self.behaviour.currency)

    # --- work ------------------------------------------------------------------------------------

    @property
    def unit(self) -> int:
        """Price of a match in minor units."""
        return Money.parse(self.behaviour.unit_price, self.behaviour.currency).minor

    def match(self, records: Sequence[Mapping[str, str]], suppress: Sequence[str]) -> list[dict[str, Any]]:
        """A result row for every record."""
        mine = self.behaviour
        kept_out = frozenset() if mine.ignores_suppression else frozenset([*suppress, *self.suppressed])
        table = MatchTable(
            self.answers, mine.chances(), mine.wrong, self.customers, self.seed, self.clock.now().date()
        )
        rows = [table.row(record, kept_out) for record in records]
        for row in rows if not mine.asks_permission else ():
            row["permission"] = {"status": "not_sent", "at": None, "sent_at": None}
        return rows

    def gross(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Matches before validation and permission: what a quote counts."""
        return sum(row["code"] in ("MATCHED", "OPTED_OUT", "UNSAFE_NEW") for row in rows)

    def take(self, ref: str, records: Sequence[Mapping[str, str]], suppress: Sequence[str]) -> dict[str, Any]:
        """Start a job. Its results are fixed now, so that it always answers the same."""
        sound = [record for record in records if _ADDRESS.fullmatch(record["old_email"])]
        refused = [record["record_key"] for record in records if not _ADDRESS.fullmatch(record["old_email"])]
        rows, mine, now = self.match(sound, suppress), self.behaviour, self.clock.now()
        gross = self.gross(rows)
        self._date(rows, now)
        self.jobs[ref] = {
            "job_ref": ref,
            "taken_at": now.isoformat(),
            "turnaround": mine.turnaround,
            "state": "",
            "settled": False,
            "credited": [],
            "records": len(records),
            "refused": refused,
            "matched": gross,
            "delivered": sum(row["code"] == "MATCHED" for row in rows),
            "minor": gross * self.unit,
            "results": scattered(rows, self.seed, mine.lost_rows, mine.added_rows, mine.doubled_rows),
        }
        self.till.append({"job_ref": ref, "what": "purchase", "minor": gross * self.unit})
        return self.jobs[ref]

    def phase(self, job: Mapping[str, Any]) -> tuple[str, datetime | None]:
        """State of a job now, and when it changes next."""
        if job["state"]:
            return str(job["state"]), None
        taken = datetime.fromisoformat(job["taken_at"])
        for share, state in _PHASES:
            ends = taken + timedelta(days=job["turnaround"] * share)
            if self.clock.now() < ends:
                half = state == "permission_pass" and self.behaviour.partial
                return "partial" if half else state, ends
        return "completed", None

    def rows(self, job: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What can be had of a job now: of a partial one the first rows, none of them answered yet."""
        found = [row for row in job["results"] if row["record_key"] not in self.erased]
        if self.phase(job)[0] != "partial":
            return found
        waits = {"status": "sent", "at": None}
        part = found[: int(len(found) * self.behaviour.partial)]
        return [{**row, "permission": {**row["permission"], **waits}} if row["new_email"] else row for row in part]

    def settle(self, job: dict[str, Any]) -> None:
        """Pay per delivered match: the rest of the purchase is given back once, when the job is complete."""
        if job["settled"] or self.phase(job)[0] != "completed":
            return
        back = (job["matched"] - job["delivered"]) * self.unit - self.behaviour.overcharge
        self.till.append({"job_ref": job["job_ref"], "what": "not delivered", "minor": -back})
        job["minor"], job["settled"] = job["minor"] - back, True

    def credit(self, job: dict[str, Any], given: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """Give money back for addresses that bounced on first use, each once and inside the window."""
        self.settle(job)
        delivered = {row["record_key"]: row["new_email"] for row in job["results"] if row["code"] == "MATCHED"}
        ends = datetime.fromisoformat(job["taken_at"]) + timedelta(days=job["turnaround"])
        late = self.clock.now() > ends + timedelta(days=self.behaviour.credit_days)
        refused, granted = [], 0
        for row in given:
            key = row["record_key"]
            if key not in job["credited"]:
                why = "not delivered" if delivered.get(key) != row["new_email"] else "too late" if late else ""
                why = why or ("" if row["new_email"].startswith(GONE) else "it delivers")
                if why:
                    refused.append({"record_key": key, "reason": why})
                    continue
                job["credited"].append(key)
                job["minor"] -= self.unit
                self.till.append({"job_ref": job["job_ref"], "what": "bounced", "minor": -self.unit})
            granted += self.unit
        return {"granted": granted, "refused": refused}

    def cancel(self, job: dict[str, Any]) -> None:
        """End a job that nobody has begun to work on; the money is given back."""
        if self.phase(job)[0] == "queued":
            self.till.append({"job_ref": job["job_ref"], "what": "cancelled", "minor": -job["minor"]})
            job["state"], job["minor"], job["settled"] = "cancelled", 0, True

    def suppress(self, hashes: Sequence[str]) -> None:
        """Never ask or return these, in running jobs too."""
        self.suppressed = sorted({*self.suppressed, *hashes})
        if self.behaviour.ignores_suppression:
            return
        for job in self.jobs.values():
            for row in job["results"] if self.phase(job)[0] != "completed" else ():
                if hashed(row["old_email"]) in hashes or hashed(row["new_email"] or "") in hashes:
                    job["delivered"] -= row["code"] == "MATCHED"
                    row.update(new_email=None, code="SUPPRESSED_BY_US", permission={"status": "not_sent"})

    def erase(self, keys: Sequence[str]) -> None:
        """Forget records."""
        self.erased = sorted({*self.erased, *keys})

    def _date(self, rows: Sequence[dict[str, Any]], now: datetime) -> None:
        """When each person was asked and answered, and what a row costs."""
        days = self.behaviour.turnaround
        price = self.amount(self.unit)
        for row in rows:
            if row["permission"]["status"] != "not_sent":
                row["permission"]["sent_at"] = (now + timedelta(days=days * 0.5)).isoformat()
                row["permission"]["at"] = (now + timedelta(days=days * 0.9)).isoformat()
            if row["code"] == "MATCHED":
                row["price"] = price
                row["matched_on"] = (now - timedelta(days=90)).date().isoformat()

    def amount(self, minor: int) -> dict[str, str]:
        """Money as it is written on the wire."""
        money = Money.of_minor(minor, self.behaviour.currency)
        return {"amount": f"{money.amount:f}", "currency": money.currency}


def fingerprint(records: Sequence[Mapping[str, str]], suppress: Sequence[str]) -> str:
    """What makes two batches the same: their records and suppression list in any order."""
    parts: Iterator[str] = (repr(sorted(record.items())) for record in records)
    return hashlib.sha256("\n".join([*sorted(parts), *sorted(suppress)]).encode()).hexdigest()
