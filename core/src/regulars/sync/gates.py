"""Does the night look like itself? Checked before anything about anybody changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import median

from regulars.journal import Journal
from regulars.warehouse import Session

RUNS = 7
"""How many earlier runs say what is usual."""
ENOUGH = 3
"""Fewer earlier runs than this say nothing."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """What looks wrong: `kind` is volume or freshness; `text` says it with the numbers."""

    kind: str
    about: str
    text: str


def check_volume(journal: Journal, run_id: str, floor_pct: float) -> list[Anomaly]:
    """Rows read per stream against the median of the last seven runs.

    Below `floor_pct` per cent *and* further below than chance explains (three standard deviations of
    a Poisson count), so that a small shop's quiet night is no alarm.
    """
    found = []
    now_rows = journal.rows("SELECT connection, stream, rows FROM count WHERE run_id = ?", (run_id,))
    for connection, stream, rows in now_rows:
        before = journal.rows(
            "SELECT c.rows FROM count c JOIN run r ON r.id = c.run_id WHERE c.connection = ? AND c.stream = ?"
            " AND c.run_id <> ? AND r.state = 'ok' ORDER BY r.no DESC LIMIT ?",
            (connection, stream, run_id, RUNS),
        )
        if len(before) < ENOUGH:
            continue
        usual = median(row[0] for row in before)
        if rows < min(usual * floor_pct / 100, usual - 3 * sqrt(usual)):
            text = f"read {rows:,}, usual night {usual:,.0f} ({len(before)}-run median), floor {floor_pct:g} %"
            found.append(Anomaly("volume", f"{connection}.{stream}", text))
    return found


def newest_order(session: Session) -> datetime | None:
    """When the newest order in the warehouse was placed."""
    rows = session.query("SELECT max(ordered_at) FROM orders WHERE NOT deleted")
    found: datetime | None = rows[0][0]
    return found


def check_freshness(session: Session, now: datetime, oldest: timedelta) -> list[Anomaly]:
    """The age of the newest order, not of the run. A client without any order is not stale."""
    newest = newest_order(session)
    if newest is None or now - newest <= oldest:
        return []
    hours = (now - newest).total_seconds() / 3600
    limit = oldest.total_seconds() / 3600
    return [Anomaly("freshness", "orders", f"the newest order is {hours:,.0f} h old, limit {limit:,.0f} h")]
