"""What the simulated provider finds for one address, right or wrong."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Answers = dict[str, tuple[str, str]]
"""Old address -> (new address, permission)."""


@dataclass(frozen=True)
class MatchTable:
    """What the provider knows: explicit `answers`, chance at `rate` for other addresses, and mistakes
    (`wrong`: old address -> a kind that `_mistaken` knows)."""

    answers: Answers
    rate: float
    wrong: Mapping[str, str]
    customers: Sequence[str]
    seed: int

    def row(self, record: Mapping[str, str], suppress: Collection[str]) -> dict[str, Any]:
        """The result row of one record, permission not yet dated.

        Codes: MATCHED, NO_MATCH, OPTED_OUT, SUPPRESSED_BY_US.
        """
        old = record["old_email"].strip().lower()
        new, permission = self._find(old)
        if hashed(old) in suppress or (new and hashed(new) in suppress):
            return _row(record, None, "SUPPRESSED_BY_US", "not_sent")
        if new is None:
            return _row(record, None, "NO_MATCH", "not_sent")
        if permission == "opted_out":
            return _row(record, None, "OPTED_OUT", permission)
        flags = ["role"] if new.partition("@")[0] in ("info", "sales", "office") else []
        return _row(record, new, "MATCHED", permission, flags)

    def _find(self, old: str) -> tuple[str | None, str]:
        if old in self.wrong:
            return _mistaken(self.wrong[old], old, self.customers), "confirmed"
        return self.answers.get(old) or _chance(old, self.rate, self.seed)


def scattered(
    rows: Sequence[Mapping[str, Any]], closed_at: str, seed: int, lost: int, added: int
) -> Iterator[dict[str, Any]]:
    """The rows as a provider's file has them: dated, in another order, some missing, some foreign."""
    order = random.Random(seed).sample(list(rows), len(rows))
    for row in order[lost:]:
        word = row["permission"]["status"]
        yield {**row, "permission": {"status": word, "at": None if word == "not_sent" else closed_at}}
    for number in range(added):
        foreign = _row(
            {"record_key": f"foreign-{number}"}, f"stranger{number}@example.test", "MATCHED", "confirmed"
        )
        yield {**foreign, "permission": {"status": "confirmed", "at": closed_at}}


def hashed(address: str) -> str:
    """SHA-256 of a lower-case address, as suppression lists carry it."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def _chance(old: str, rate: float, seed: int) -> tuple[str | None, str]:
    dice = random.Random(f"{seed}:{old}")
    if dice.random() >= rate:
        return None, "not_sent"
    word = dice.choices(("confirmed", "no_response", "opted_out"), (30, 60, 10))[0]
    return f"{old.partition('@')[0]}.moved@example.test", word


def _mistaken(kind: str, old: str, customers: Sequence[str]) -> str:
    """Wrong results that real files hold."""
    match kind:
        case "other_customer":
            return next(address for address in customers if address != old)
        case "shared":
            return "shared.inbox@example.test"
        case "same_as_old":
            return old
        case "role":
            return "info@example.test"
    raise ValueError(f"unknown kind of wrong result: {kind}")


def _row(
    record: Mapping[str, str], new: str | None, code: str, permission: str, flags: Sequence[str] = ()
) -> dict[str, Any]:
    return {
        "record_key": record["record_key"],
        "new_email": new,
        "code": code,
        "permission": {"status": permission, "at": None},
        "flags": list(flags),
    }
