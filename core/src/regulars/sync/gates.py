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
    """Orders and people read per stream against the median of the last seven runs.

    Below `floor_pct` per cent *and* further below than chance explains (three standard deviations of
    a Poisson count), so that a small shop's quiet night is no alarm. First reads do not say what is
    usual, and neither do people whom only our own writes made appear as changed.
    """
    found = []
    nights = _nights(journal, run_id)
    for connection, stream, kind, rows in journal.rows(
        "SELECT connection, stream, kind, rows FROM count WHERE run_id = ? AND kind IN ('order', 'person')"
        " AND backfill = 0 ORDER BY 1, 2, 3",
        (run_id,),
    ):
        before = [
            max(0, count - (_echoes(journal, connection, since, until) if kind == "person" else 0))
            for count, since, until in _counts(journal, nights, connection, stream, kind)
        ]
        if len(before) < ENOUGH:
            continue
        usual = median(before) * _share_of_a_night(journal, run_id, nights)
        if rows < min(usual * floor_pct / 100, usual - 3 * sqrt(usual)):
            text = f"read {rows:,}, usual night {usual:,.0f} ({len(before)}-run median), floor {floor_pct:g} %"
            found.append(Anomaly("volume", f"{connection}.{stream}", text))
    return found


def _share_of_a_night(journal: Journal, run_id: str, nights: list[tuple[str, str, str]]) -> float:
    """How much of the usual time has gone by since the last good night, at most one: a second run on
    the same day cannot read what a day brings."""
    (started,) = journal.rows("SELECT started_at FROM run WHERE id = ?", (run_id,))[0]
    spans = [_seconds(since, start) for _, start, since in nights if since]
    usual = median(spans) if spans else 0.0
    return min(1.0, _seconds(nights[0][1], started) / usual) if usual else 1.0


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def _nights(journal: Journal, run_id: str) -> list[tuple[str, str, str]]:
    """The last good nights before this one: run, start, and start of the night before it."""
    rows = journal.rows(
        "SELECT id, started_at FROM run WHERE kind = 'night' AND state = 'ok' AND id <> ?"
        " ORDER BY no DESC LIMIT ?",
        (run_id, RUNS + 1),
    )
    starts = [*(start for _, start in rows[1:]), ""]
    return [(name, start, since) for (name, start), since in zip(rows, starts, strict=False)][:RUNS]


def _counts(
    journal: Journal, nights: list[tuple[str, str, str]], connection: str, stream: str, kind: str
) -> list[tuple[int, str, str]]:
    found = []
    for name, start, since in nights:
        rows = journal.rows(
            "SELECT rows FROM count WHERE run_id = ? AND connection = ? AND stream = ? AND kind = ?"
            " AND backfill = 0",
            (name, connection, stream, kind),
        )
        found += [(row[0], since, start) for row in rows]
    return found


def _echoes(journal: Journal, connection: str, since: str, until: str) -> int:
    """Records of a connection that we wrote between two nights."""
    rows = journal.rows(
        "SELECT count(DISTINCT record_id) FROM ledger WHERE connection = ? AND attempt > 0"
        " AND state = 'confirmed' AND at > ? AND at <= ?",
        (connection, since, until),
    )
    return int(rows[0][0])


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
