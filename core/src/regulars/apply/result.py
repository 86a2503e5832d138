"""What applying a plan came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regulars.apply.ledger import Entry
from regulars.errors import PARTLY_DONE


@dataclass(frozen=True)
class Result:
    """Numbers of changes. `unchanged` held the wanted value already; `drifted` were changed by somebody
    else and left alone; `unknown` could not be settled. `left` counts reasons of what was not written;
    `stopped` says why the rest was not sent; `calls` counts requests."""

    plan_id: str
    run_id: str
    written: int = 0
    unchanged: int = 0
    drifted: int = 0
    rejected: int = 0
    unknown: int = 0
    calls: int = 0
    stopped: str = ""
    left: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, plan_id: str, run_id: str, entries: Sequence[Entry], calls: int, stopped: str) -> Result:
        """From the ledger's final states."""
        states = Counter(entry.state for entry in entries)
        written = sum(1 for entry in entries if entry.state == "confirmed" and entry.attempt > 0)
        left = Counter(entry.reason for entry in entries if entry.state != "confirmed")
        return cls(
            plan_id,
            run_id,
            written,
            states["confirmed"] - written,
            states["drifted"],
            states["rejected"],
            states["unknown"],
            calls,
            stopped,
            dict(left.most_common()),
        )

    @property
    def exit_code(self) -> int:
        """0, or 3 where a change was refused or could not be settled."""
        return PARTLY_DONE if self.stopped or self.rejected or self.unknown else 0

    def to_json(self) -> dict[str, Any]:
        """For run summaries."""
        return {name: value for name, value in self.__dict__.items() if name != "left"} | {"left": dict(self.left)}

    def lines(self) -> list[str]:
        """As a person reads it."""
        numbers = f"{self.written:,} written   {self.unchanged:,} already so   {self.drifted:,} drifted"
        lines = [f"{numbers}   {self.rejected:,} refused   {self.unknown:,} unknown   {self.calls:,} calls"]
        lines += [f"  {count:,} left alone: {reason}" for reason, count in self.left.items() if reason]
        if self.stopped:
            lines.append(f"✗ stopped: {self.stopped}")
        return lines
