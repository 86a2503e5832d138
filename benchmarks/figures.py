"""What a benchmark yields: figures with their unit, how they were measured, and the bar they must meet."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured figure. `bar` says the limit in words, `holds` whether it is met; without a bar None."""

    name: str
    value: float
    unit: str
    how: str
    bar: str = ""
    holds: bool | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)

    def __str__(self) -> str:
        verdict = "" if self.holds is None else f"   bar {self.bar}: {'holds' if self.holds else 'DOES NOT HOLD'}"
        return f"{self.name:<44}{self.value:>14,.2f} {self.unit:<9}{self.how}{verdict}"
