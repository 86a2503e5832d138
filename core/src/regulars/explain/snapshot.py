"""Rows of a published snapshot by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.errors import RegularsError
from regulars.metrics import Retention, Span
from regulars.warehouse import Session

Row = dict[str, Any]


def rows(session: Session, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
    """All rows as dicts."""
    found: list[Row] = session.table(sql, params).to_pylist()
    return found


def basis(session: Session) -> Row:
    """What the night's numbers were made with. Raises RegularsError where no night measured anything."""
    if not session.has("metric_basis"):
        raise RegularsError("nothing was measured yet", hint="Run: regulars run")
    return rows(session, "SELECT * FROM metric_basis")[0]


def lines(session: Session) -> Row:
    """The lifecycle lines in force that night."""
    return rows(session, "SELECT * FROM lifecycle_basis")[0]


def stored_retention(row: Row) -> Retention:
    """A row of the table retention."""
    span = Span(row["starts_on"], row["ends_on"])
    return Retention(span, row["window_days"], *(row[name] for name in ("s", "e", "n", "r", "l", "gone")))
