"""What the simulated provider finds for one address, right or wrong."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

Answers = dict[str, tuple[str, str]]
"""Old address -> (new address, permission)."""

ROLES = ("info", "sales", "office")
DISPOSABLE = "throwaway.example.test"
TRAP = "pristine.trap@example.test"
GONE = "gone.again"
"""Local part of new addresses that bounce when they are first written to."""


@dataclass(frozen=True)
class Chances:
    """How often the provider finds something it was not told of: `plain` from the address alone,
    `named` where a name came with it. A bounce of a year ago halves it. `unsafe` of the matches fall to
    validation afterwards (10 to 15 % by AtData's own example), `household` are somebody else's."""

    plain: float = 0.0
    named: float = 0.0
    unsafe: float = 0.12
    household: float = 0.0
    doubtful: float = 0.0

    def of(self, record: Mapping[str, str], today: date) -> float:
        """The chance for one record."""
        rate = max(self.plain, self.named if record.get("last_name") else 0.0)
        if bounced := record.get("bounced_on"):
            rate *= 0.5 ** (max(0, (today - date.fromisoformat(bounced)).days) / 365)
        return rate


@dataclass(frozen=True)
class MatchTable:
    """What the provider knows: explicit `answers`, `chances` for other addresses, and mistakes
    (`wrong`: old address -> a kind that `_mistaken` knows)."""

    answers: Answers
    chances: Chances
    wrong: Mapping[str, str]
    customers: Sequence[str]
    seed: int
    today: date

    def row(self, record: Mapping[str, str], suppress: Collection[str]) -> dict[str, Any]:
        """The result row of one record, permission not yet dated.

        Codes: MATCHED, NO_MATCH, OPTED_OUT, SUPPRESSED_BY_US, UNSAFE_NEW.
        """
        old = self._plain(record["old_email"])
        new, permission = self._find(old, record)
        if hashed(old) in suppress or (new and hashed(new) in suppress):
            return _row(record, None, "SUPPRESSED_BY_US", "not_sent")
        if new is None:
            return _row(record, None, "NO_MATCH", "not_sent")
        if permission == "opted_out":
            return _row(record, None, "OPTED_OUT", permission)
        if permission == "unsafe":
            return _row(record, None, "UNSAFE_NEW", "not_sent")
        row = _row(record, new, "MATCHED", permission)
        row["flags"] = list(_flags(new))
        row["deliverability"] = self._checked(new, old)
        if self.wrong.get(old) == "household" or self._luck(old, "level") < self.chances.household:
            row["match_level"] = "Household"
        return row

    def _plain(self, old: str) -> str:
        """The address itself, also where only its hash came: the provider knows what it knows."""
        known = {hashed(one): one for one in (*self.answers, *self.wrong)} if "@" not in old else {}
        return known.get(old, old.strip().lower())

    def _find(self, old: str, record: Mapping[str, str]) -> tuple[str | None, str]:
        if old in self.wrong:
            return self._mistaken(self.wrong[old], old), "confirmed"
        return self.answers.get(old) or self._chance(old, record)

    def _chance(self, old: str, record: Mapping[str, str]) -> tuple[str | None, str]:
        dice = random.Random(f"{self.seed}:{old}")
        if dice.random() >= self.chances.of(record, self.today):
            return None, "not_sent"
        word = dice.choices(("confirmed", "no_response", "opted_out"), (30, 60, 10))[0]
        unsafe = dice.random() < self.chances.unsafe
        return f"{old.partition('@')[0]}.moved@example.test", "unsafe" if unsafe else word

    def _checked(self, new: str, old: str) -> dict[str, str]:
        """The provider's own check of the new address, in SafeToSend's words."""
        if new == TRAP:
            return {"status": "trap", "code": "410"}
        if self._luck(old, "check") < self.chances.doubtful:
            return {"status": "catchall" if self._luck(old, "kind") < 0.5 else "unknown", "code": "500"}
        return {"status": "safetosend", "code": "50"}

    def _luck(self, old: str, about: str) -> float:
        return random.Random(f"{self.seed}:{about}:{old}").random()

    def _mistaken(self, kind: str, old: str) -> str:
        """Wrong results that real files hold."""
        match kind:
            case "other_customer":
                return next(address for address in self.customers if address != old)
            case "shared":
                return "shared.inbox@example.test"
            case "same_as_old":
                return old
            case "role":
                return "info@example.test"
            case "disposable":
                return f"x1@{DISPOSABLE}"
            case "trap":
                return TRAP
            case "bounces":
                return f"{GONE}.{old}"
            case "household":
                return f"partner.of.{old}"
        raise ValueError(f"unknown kind of wrong result: {kind}")


def scattered(rows: Sequence[Mapping[str, Any]], seed: int, lost: int, added: int, doubled: int) -> list[Any]:
    """The rows as a provider's file has them: in another order, some missing, some twice, some foreign."""
    order = random.Random(seed).sample(list(rows), len(rows))[lost:]
    foreign = (
        _row({"record_key": f"foreign-{n}", "old_email": f"s{n}@example.test"}, f"stranger{n}@example.test",
             "MATCHED", "confirmed")
        for n in range(added)
    )  # fmt: skip
    return [*order, *order[:doubled], *foreign]


def hashed(address: str) -> str:
    """SHA-256 of a lower-case address, as suppression lists carry it."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def _flags(new: str) -> Iterator[str]:
    local, _, domain = new.partition("@")
    if local in ROLES:
        yield "role"
    if domain == DISPOSABLE:
        yield "disposable"
    if new == TRAP:
        yield "trap_suspect"


def _row(record: Mapping[str, str], new: str | None, code: str, permission: str) -> dict[str, Any]:
    return {
        "record_key": record["record_key"],
        "old_email": record["old_email"],
        "new_email": new,
        "code": code,
        "match_level": "Individual",
        "permission": {"status": permission, "at": None, "sent_at": None},
        "flags": [],
    }
