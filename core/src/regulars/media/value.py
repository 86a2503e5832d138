"""What people are worth here, and the two-by-two of value and reach."""

from __future__ import annotations

from dataclasses import dataclass

from regulars.warehouse import Session

TOP = 0.9
"""Valuable: at or above this quantile of the value, as in the segment `unreachable_valuable`."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Customers and the value behind them, in minor units."""

    customers: int = 0
    value_minor: int = 0


@dataclass(frozen=True, slots=True)
class Quadrants:
    """Every customer (who ever ordered) in one of four cells. `line_minor` is the value from which somebody is
    valuable; None where nobody has a value. `unvalued` customers have none and count as not valuable."""

    valuable_reachable: Cell
    valuable_unreachable: Cell
    other_reachable: Cell
    other_unreachable: Cell
    line_minor: int | None
    unvalued: int

    @property
    def cells(self) -> tuple[Cell, Cell, Cell, Cell]:
        """All four."""
        return self.valuable_reachable, self.valuable_unreachable, self.other_reachable, self.other_unreachable

    @property
    def whole(self) -> Cell:
        """Their sum: all customers and all their value."""
        return Cell(sum(c.customers for c in self.cells), sum(c.value_minor for c in self.cells))


def quadrants(session: Session) -> Quadrants:
    """From media_person."""
    asked = "SELECT quantile_disc(value_minor, $top) FROM media_person WHERE has_ordered"
    line = session.query(asked, {"top": TOP})
    rows = session.query(
        """SELECT coalesce(p.value_minor >= $line, false), p.best = 'owned', count(*),
                  CAST(coalesce(sum(p.value_minor), 0) AS BIGINT),
                  count(*) FILTER (WHERE p.value_minor IS NULL)
           FROM media_person AS p WHERE p.has_ordered GROUP BY 1, 2""",
        {"line": line[0][0]},
    )
    cells = {(valuable, reached): Cell(people, minor) for valuable, reached, people, minor, _ in rows}
    return Quadrants(
        valuable_reachable=cells.get((True, True), Cell()),
        valuable_unreachable=cells.get((True, False), Cell()),
        other_reachable=cells.get((False, True), Cell()),
        other_unreachable=cells.get((False, False), Cell()),
        line_minor=line[0][0],
        unvalued=sum(row[4] for row in rows),
    )
