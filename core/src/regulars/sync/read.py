"""Reading one stream: pages are stored durably together with the cursor that they make true."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from regulars.connector import Page, Rejected, Source
from regulars.errors import PluginError
from regulars.journal import Journal, Lease, Tx
from regulars.records import KINDS, Columns, Record, joined
from regulars.sync.garbage import seldom_collected
from regulars.warehouse import Warehouse, write_segment

COMMIT_ROWS = 20_000
"""Rows gathered before they and their cursor are stored: an fsync a page would be the bottleneck."""


GATED = ("order", "person")
"""Kinds whose nights are compared with earlier ones; noted also where there were none."""


@dataclass(frozen=True, slots=True)
class StreamCount:
    """What one run read from one stream: rows by record kind, and records set aside."""

    connection: str
    stream: str
    kinds: Mapping[str, int]
    rejected: int

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.kinds.values())


@dataclass
class _Batch:
    rows: dict[str, list[Sequence[Record]]] = field(default_factory=lambda: defaultdict(list))
    rejected: list[Rejected] = field(default_factory=list)
    cursor: str | None = None
    begins: bool = False
    size: int = 0
    pages: int = 0

    def add(self, page: Page) -> None:
        for kind, records in page.rows.items():
            if kind not in KINDS:
                raise PluginError(f"a page holds records of unknown kind {kind!r}")
            # A source may go on using its list; columns are given away.
            self.rows[kind].append(records if isinstance(records, Columns) else list(records))
            self.size += len(records)
        self.rejected.extend(page.rejected)
        self.cursor = page.cursor if page.cursor is not None else self.cursor
        self.begins = self.begins or page.begins
        self.pages += 1

    def counts(self) -> dict[str, int]:
        """How many records of each kind."""
        return {kind: sum(map(len, pages)) for kind, pages in self.rows.items()}


@dataclass(frozen=True, slots=True)
class Landing:
    """Where pages land: a client's journal and warehouse, under a lease, in one run."""

    journal: Journal
    lease: Lease
    run_id: str
    warehouse: Warehouse


class _Reader:
    """One stream of one connection in one run."""

    def __init__(self, landing: Landing, connection: str, stream: str) -> None:
        self.journal, self.lease, self.run_id = landing.journal, landing.lease, landing.run_id
        self.warehouse, self.connection, self.stream = landing.warehouse, connection, stream
        self.read: Counter[str] = Counter()
        self.refused = 0
        self.backfill = self._cursor() is None

    def run(self, source: Source) -> StreamCount:
        batch = _Batch()
        for page in source.pages(self.stream, self._cursor()):
            if page.begins and batch.pages:
                batch = self._store(batch)
            # A pass is whole once all its pages are stored, and done once those who are gone are marked: its last
            # cursor is stored with them.
            batch.add(replace(page, cursor=None) if page.complete else page)
            if page.complete:
                batch = self._store(batch)
                self._store(self._gone(page.complete, page.cursor))
            elif batch.size >= COMMIT_ROWS:
                batch = self._store(batch)
        self._store(batch)
        return StreamCount(self.connection, self.stream, self.read, self.refused)

    def _cursor(self) -> str | None:
        rows = self.journal.rows(
            "SELECT cursor FROM stream WHERE connection = ? AND stream = ?", (self.connection, self.stream)
        )
        return rows[0][0] if rows else None

    def _store(self, batch: _Batch) -> _Batch:
        if not batch.pages:
            return batch
        seq = self.journal.rows("SELECT coalesce(max(seq), 0) + 1 FROM segment")[0][0]
        files: list[tuple[int, str, str, int]] = []
        for number, (kind, pages) in enumerate(sorted(batch.rows.items()), start=seq):
            if rows := joined(pages):
                name = f"{self.connection}/{number:09d}-{kind}.parquet"
                write_segment(self.warehouse.folder / "segments" / name, kind, rows)
                files.append((number, kind, name, len(rows)))
        with self.journal.tx(self.lease) as tx:
            self._note(tx, batch, files, seq)
        self.read.update({kind: count for kind, count in batch.counts().items() if count})
        self.refused += len(batch.rejected)
        batch.rows.clear()
        return _Batch()

    def _note(self, tx: Tx, batch: _Batch, files: list[tuple[int, str, str, int]], seq: int) -> None:
        now, counts = self.journal.clock.now().isoformat(), batch.counts()
        tx.executemany(
            "INSERT INTO segment (seq, run_id, connection, stream, kind, path, rows, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(no, self.run_id, self.connection, self.stream, kind, name, n, now) for no, kind, name, n in files],
        )
        tx.execute(
            "INSERT INTO stream (connection, stream, cursor, updated_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (connection, stream) DO UPDATE SET cursor = coalesce(excluded.cursor, cursor),"
            " updated_at = excluded.updated_at",
            (self.connection, self.stream, batch.cursor, now),
        )
        if batch.begins:
            tx.execute(
                "UPDATE stream SET pass_from = ? WHERE connection = ? AND stream = ?",
                (seq, self.connection, self.stream),
            )
        tx.executemany(
            "INSERT INTO count VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_id, connection, stream, kind)"
            " DO UPDATE SET rows = rows + excluded.rows, at = excluded.at",
            [
                (self.run_id, self.connection, self.stream, kind, counts.get(kind, 0), self.backfill, now)
                for kind in {*GATED, *counts}
            ],
        )
        tx.executemany(
            "INSERT INTO quarantine (run_id, connection, kind, record_id, reason) VALUES (?, ?, ?, ?, ?)",
            [(self.run_id, self.connection, r.kind, r.id, r.reason) for r in batch.rejected],
        )

    def _gone(self, kinds: Sequence[str], cursor: str | None) -> _Batch:
        """What was there before this pass and was not seen in it."""
        from regulars.sync.merge import gone

        start = self.journal.rows(
            "SELECT pass_from FROM stream WHERE connection = ? AND stream = ?", (self.connection, self.stream)
        )[0][0]
        now = self.journal.clock.now()
        batch = _Batch(cursor=cursor, pages=1)
        for kind in kinds:
            ids = gone(self.warehouse, self.connection, kind, start, self._seen(kind, start))
            batch.rows["deletion"].append([{"id": each, "updated_at": now, "entity": kind} for each in ids])
        return batch

    def _seen(self, kind: str, start: int) -> list[Path]:
        paths = self.journal.rows(
            "SELECT path FROM segment WHERE connection = ? AND stream = ? AND kind = ? AND seq >= ?",
            (self.connection, self.stream, kind, start),
        )
        return [self.warehouse.folder / "segments" / path for (path,) in paths]


def read_stream(landing: Landing, connection: str, stream: str, source: Source) -> StreamCount:
    """Read all that changed in one stream. May be killed anywhere and called again.

    Raises what the source raises; all pages stored before stay stored, with their cursor.
    """
    with seldom_collected():
        return _Reader(landing, connection, stream).run(source)


def cursors(journal: Journal) -> dict[str, str | None]:
    """Every stream's cursor, as `connection/stream`."""
    return {f"{c}/{s}": cursor for c, s, cursor in journal.rows("SELECT connection, stream, cursor FROM stream")}


def roll_back(journal: Journal, lease: Lease, before: dict[str, str | None]) -> None:
    """Put the cursors back to where a run found them: what it read looked wrong, so that the next
    run must read that stretch again. Records read twice do no harm."""
    with journal.tx(lease) as tx:
        for connection, stream in tx.rows("SELECT connection, stream FROM stream"):
            tx.execute(
                "UPDATE stream SET cursor = ? WHERE connection = ? AND stream = ?",
                (before.get(f"{connection}/{stream}"), connection, stream),
            )
