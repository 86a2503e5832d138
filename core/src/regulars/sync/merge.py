"""From segments to tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from regulars.journal import Journal, Lease
from regulars.warehouse import Warehouse
from regulars.warehouse.engine import quoted
from regulars.warehouse.schema import TABLES
from regulars.warehouse.store import Stored


def merge_pending(journal: Journal, lease: Lease, warehouse: Warehouse) -> int:
    """Merge every stored segment that the tables do not have yet; returns how many.

    A file that is missing or of an older format is made anew from all segments; so is one that is ahead of a
    journal put back from a backup, for that gives numbers a second time, and newer numbers win. Where segments
    were dropped or are no more on disk, the cursors are forgotten as well and the next read fetches everything.
    """
    if not warehouse.current() or not _belongs(journal, warehouse):
        _start_over(journal, lease, warehouse)
    rows = journal.rows("SELECT seq, connection, kind, path FROM segment WHERE merged = 0 ORDER BY seq")
    if not rows:
        return 0
    folder = warehouse.folder / "segments"
    warehouse.merge([Stored(seq, connection, kind, folder / path) for seq, connection, kind, path in rows])
    with journal.tx(lease) as tx:
        tx.executemany("UPDATE segment SET merged = 1 WHERE seq = ?", [(row[0],) for row in rows])
    return len(rows)


def _belongs(journal: Journal, warehouse: Warehouse) -> bool:
    if journal.rows("SELECT value FROM meta WHERE name = 'warehouse'") != [(warehouse.made(),)]:
        return False
    return bool(journal.rows("SELECT coalesce(max(seq), 0) FROM segment")[0][0] >= warehouse.newest())


def _start_over(journal: Journal, lease: Lease, warehouse: Warehouse) -> None:
    warehouse.discard()
    made = warehouse.made()
    folder = warehouse.folder / "segments"
    named = journal.rows("SELECT path, seq FROM segment WHERE dropped = 0")
    lost = [(seq,) for path, seq in named if not (folder / path).exists()]
    with journal.tx(lease) as tx:
        tx.execute("INSERT OR REPLACE INTO meta VALUES ('warehouse', ?)", (made,))
        tx.executemany("UPDATE segment SET merged = 1, dropped = 1 WHERE seq = ?", lost)
        if tx.rows("SELECT 1 FROM segment WHERE dropped = 1 LIMIT 1"):
            tx.execute("UPDATE stream SET cursor = NULL, pass_from = NULL")
        tx.execute("UPDATE segment SET merged = 0 WHERE dropped = 0")


def gone(warehouse: Warehouse, connection: str, kind: str, before: int, seen: Sequence[Path]) -> list[str]:
    """Ids of the living records of one kind that were stored before segment `before` and are in none of the
    `seen` segments."""
    if not warehouse.path.exists():
        return []  # starting DuckDB would cost more than reading thousands of records
    unseen = f"ANTI JOIN read_parquet([{', '.join(map(quoted, seen))}]) AS s ON t.id = s.id" if seen else ""
    with warehouse.burst() as session:
        rows = session.query(
            f"""SELECT t.id FROM "{TABLES[kind]}" AS t {unseen}
            WHERE t.connection = $connection AND NOT t.deleted AND t.seq < $before""",
            {"connection": connection, "before": before},
        )
    return [row[0] for row in rows]


def drop_old_segments(journal: Journal, lease: Lease, warehouse: Warehouse, keep: timedelta) -> int:
    """Delete merged segments older than `keep`; personal data does not stay longer than it must.

    The journal's mark comes first: a crash in between leaves a file that the next call deletes.
    """
    limit = (journal.clock.now() - keep).isoformat()
    with journal.tx(lease) as tx:
        tx.execute("UPDATE segment SET dropped = 1 WHERE merged = 1 AND dropped = 0 AND at < ?", (limit,))
        paths = tx.rows("SELECT path FROM segment WHERE dropped = 1")
    gone = 0
    for (path,) in paths:
        file = warehouse.folder / "segments" / path
        if file.exists():
            file.unlink()
            gone += 1
    return gone
