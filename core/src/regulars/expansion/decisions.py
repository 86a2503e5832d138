"""What somebody decided about a rule: facts of the journal, newest last, each with its version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from regulars.journal import Fact

KIND = "recommendation"
"""Kind of fact; the subject is the rule's id, the payload {"decision", "version", "on", "evidence"}."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`decision` is accept or reject; `version` counts the decisions about this rule from 1."""

    rule_id: str
    decision: str
    version: int
    on: date
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decisions:
    """All decisions, oldest first."""

    all: tuple[Decision, ...] = ()

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> Decisions:
        """From facts of kind `KIND`, oldest first."""
        return cls(
            tuple(
                Decision(
                    fact.subject,
                    fact.payload["decision"],
                    fact.payload["version"],
                    date.fromisoformat(fact.payload["on"]),
                    fact.payload.get("evidence", {}),
                )
                for fact in facts
            )
        )

    def about(self, rule_id: str) -> list[Decision]:
        """Every decision about one rule, oldest first."""
        return [each for each in self.all if each.rule_id == rule_id]

    def table(self, as_of: date) -> pa.Table:
        """The newest decision of each rule by a day: rule_id, decision, version, decided_on."""
        newest = {each.rule_id: each for each in self.all if each.on <= as_of}
        found = [newest[name] for name in sorted(newest)]
        return pa.table(
            {
                "rule_id": pa.array([each.rule_id for each in found], pa.string()),
                "decision": pa.array([each.decision for each in found], pa.string()),
                "version": pa.array([each.version for each in found], pa.int64()),
                "decided_on": pa.array([each.on for each in found], pa.date32()),
            }
        )


def decide(past: Decisions, rule_id: str, decision: str, on: date, evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a new decision's fact."""
    version = len(past.about(rule_id)) + 1
    return {"decision": decision, "version": version, "on": on.isoformat(), "evidence": dict(evidence)}
