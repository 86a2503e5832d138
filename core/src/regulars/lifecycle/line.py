"""A line: after how many days without an order a category's buyers are at risk, and lapsed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

import pyarrow as pa

from regulars.warehouse import Session

Source = Literal["category", "shop", "fixed", "client", "season"]
SHOP = ""
"""The category of the whole shop's line; orders without a category are judged by it."""


@dataclass(frozen=True, slots=True)
class Line:
    """The two lines of one category, in days, with where they came from.

    `customers` came back at least once in it, `gaps` times in all. `chances` of another order within
    `ahead` days are those just after an order, at the at-risk line and at the lapsed line; None where too
    little is known.
    `on` is the day from which this `version` is in force, None before anything was recorded; `is_new` is
    to be recorded.
    """

    category: str
    at_risk: int
    lapsed: int
    source: Source
    reason: str
    act_before: int
    buyers: int = 0
    customers: int = 0
    gaps: int = 0
    quartiles: tuple[int, int, int, int] | None = None
    ahead: int | None = None
    chances: tuple[float | None, float | None, float | None] = (None, None, None)
    refused: str = ""
    version: int = 1
    on: date | None = None
    is_new: bool = False
    note: str = ""

    @property
    def name(self) -> str:
        """The category, or "all products"."""
        return self.category or "all products"

    def payload(self) -> dict[str, Any]:
        """As a fact of kind "line"; the subject is the category."""
        kept = ("at_risk", "lapsed", "source", "reason", "customers", "gaps", "version")
        return {"on": self.on.isoformat() if self.on else None} | {name: getattr(self, name) for name in kept}


_COLUMNS: list[pa.Field[Any]] = [
    pa.field("category", pa.string()),
    pa.field("at_risk", pa.int32()),
    pa.field("lapsed", pa.int32()),
    pa.field("source", pa.string()),
    pa.field("reason", pa.string()),
    pa.field("act_before", pa.int32()),
    *(pa.field(name, pa.int64()) for name in ("buyers", "customers", "gaps")),
    pa.field("quartiles", pa.list_(pa.int32())),
    pa.field("ahead", pa.int32()),
    pa.field("chances", pa.list_(pa.float64())),
    pa.field("refused", pa.string()),
    pa.field("version", pa.int32()),
    pa.field("on", pa.date32()),
    pa.field("is_new", pa.bool_()),
    pa.field("note", pa.string()),
]


def store(session: Session, lines: Iterable[Line]) -> None:
    """Make the table lifecycle_line, the whole shop first."""
    session.load("lifecycle_line", pa.Table.from_pylist([asdict(x) for x in lines], schema=pa.schema(_COLUMNS)))


def stored(session: Session) -> Sequence[Line]:
    """The lines of a measured session, the whole shop first, then by how many buy in it."""
    sql = "SELECT * FROM lifecycle_line ORDER BY category <> '', buyers DESC, category"
    return [_line(row) for row in session.table(sql).to_pylist()]


def refusals(lines: Iterable[Line]) -> list[str]:
    """Why nobody can begin a series in time, each reason once with the categories it holds for; [] where somebody
    can in all of them."""
    names: dict[str, list[str]] = {}
    for line in lines:
        if line.refused:
            names.setdefault(line.refused, []).append(line.name)
    return [f"{', '.join(of)}: {why}" for why, of in names.items()]


def _line(row: dict[str, Any]) -> Line:
    quartiles, chances = row.pop("quartiles"), row.pop("chances")
    return Line(**row, quartiles=tuple(quartiles) if quartiles else None, chances=tuple(chances))
