"""Offers made: who came into a promotion's segment on which night, and with which recommendation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from regulars.journal import Fact

KIND = "offer"
"""Kind of fact; the subject is the customer_id of that night, the payload {"on", "segment", "rule", "held_out"}:
rule None where the segment recommends nothing; of who is held out, the segment they would have come into (older
facts name none)."""

_SCHEMA: list[pa.Field[Any]] = [
    pa.field("subject", pa.string()),
    pa.field("offered_on", pa.string()),
    pa.field("segment", pa.string()),
    pa.field("rule_id", pa.string()),
    pa.field("held_out", pa.bool_()),
]


@dataclass(frozen=True, slots=True)
class Offers:
    """All offers: subject, offered_on, segment, rule_id, held_out (left alone, to compare with)."""

    table: pa.Table = field(default_factory=lambda: pa.Table.from_pylist([], schema=pa.schema(_SCHEMA)))

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> Offers:
        """From facts of kind `KIND`."""
        rows = [
            {
                "subject": fact.subject,
                "offered_on": fact.payload["on"],
                "segment": fact.payload["segment"],
                "rule_id": fact.payload["rule"],
                "held_out": fact.payload["held_out"],
            }
            for fact in facts
        ]
        return cls(pa.Table.from_pylist(rows, schema=pa.schema(_SCHEMA)))
