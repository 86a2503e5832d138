"""The file: bursts, merging, publishing, rebuilding."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pyarrow as pa

from regulars.errors import RegularsError
from regulars.warehouse.engine import Engine, quoted
from regulars.warehouse.schema import TABLES, VERSION, create_table
from regulars.warehouse.session import Session


@dataclass(frozen=True, slots=True)
class Stored:
    """A segment as the journal knows it."""

    seq: int
    connection: str
    kind: str
    path: Path


class Warehouse:
    """One client's tables, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path, self.snapshot = folder / "warehouse.duckdb", folder / "published.duckdb"
        self._engine, self._prepared = Engine(folder / "spill"), False
        # What is known of the file as long as it is there: opening it costs more than asking it.
        self._current, self._made, self._newest = False, "", 0

    @contextmanager
    def burst(self) -> Iterator[Session]:
        """Open the file for a short piece of work; never hold it across a network call."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._engine.opened(self.path) as session:
            if not self._prepared and not session.has("meta"):
                _prepare(session)
            self._prepared = True
            yield session

    @contextmanager
    def published(self) -> Iterator[Session]:
        """Read the snapshot of the last finished run; never blocks a run and never sees half of one.

        Raises RegularsError where nothing was published yet.
        """
        if not self.snapshot.exists():
            raise RegularsError("nothing was measured yet", where=str(self.folder), hint="Run: regulars run")
        with self._engine.opened(self.snapshot, read_only=True) as session:
            yield session

    def version(self) -> int | None:
        """The stored format of the file, None where there is no file."""
        if not self.path.exists():
            return None
        with self._engine.opened(self.path) as session:
            if not session.has("meta"):
                return 0
            return int(session.query("SELECT version FROM meta")[0][0])

    def made(self) -> str:
        """Which file this is: another one, made since, has not got what was merged into this one."""
        self._look()
        return self._made

    def newest(self) -> int:
        """The highest number of a segment that rows came from, when the file was first looked at; 0 for none."""
        self._look()
        return self._newest

    def current(self) -> bool:
        """Whether the file exists and has today's format; else it is made anew from the segments."""
        if not (self._current and self.path.exists()):
            self._current = self.version() == VERSION
        return self._current

    def discard(self) -> None:
        """Forget the file; the segments and facts make it again."""
        self._prepared, self._current, self._made, self._newest = False, False, "", 0
        for path in (self.path, self.path.with_name(f"{self.path.name}.wal")):
            path.unlink(missing_ok=True)

    def merge(self, segments: Sequence[Stored]) -> None:
        """Merge segments: newest version wins, replays are harmless, all in one transaction."""
        if not segments:
            return
        with self.burst() as session:
            session.run("BEGIN")
            for kind in TABLES:
                if mine := [s for s in segments if s.kind == kind]:
                    _merge_kind(session, kind, mine)
            if gone := [s for s in segments if s.kind == "deletion"]:
                _mark_deleted(session, gone)
            session.run("COMMIT")

    def _look(self) -> None:
        if self._made and self.path.exists():
            return
        each = " UNION ALL ".join(f'SELECT max(seq) AS seq FROM "{table}"' for table in TABLES.values())
        with self.burst() as session:
            self._made = str(session.query("SELECT made FROM meta")[0][0])
            self._newest = int(session.query(f"SELECT coalesce(max(m.seq), 0) FROM ({each}) AS m")[0][0])

    def publish(self) -> Path:
        """Checkpoint, copy, and put the copy in the snapshot's place in one step."""
        with self.burst() as session:
            session.run("CHECKPOINT")
        aside = self.snapshot.with_name(f"{self.snapshot.name}.tmp")
        try:
            shutil.copyfile(self.path, aside)
            os.replace(aside, self.snapshot)
        except OSError as fault:
            aside.unlink(missing_ok=True)
            raise RegularsError(f"cannot publish: {fault}", hint="The snapshot before is still there") from None
        return self.snapshot


def _prepare(session: Session) -> None:
    """All tables or none: a file that is there after a crash is whole."""
    session.run("BEGIN")
    session.run("CREATE TABLE meta (version BIGINT, made VARCHAR)")
    session.run("INSERT INTO meta VALUES ($version, $made)", {"version": VERSION, "made": uuid4().hex})
    for kind in TABLES:
        session.run(create_table(kind))
    session.run("COMMIT")


def _incoming(session: Session, segments: Sequence[Stored]) -> str:
    """The segments as one relation, each row with the connection and number of its segment."""
    files = pa.table(
        {
            "filename": [str(s.path) for s in segments],
            "connection": [s.connection for s in segments],
            "seq": [s.seq for s in segments],
        }
    )
    session.load("incoming_file", files)
    names = ", ".join(quoted(s.path) for s in segments)
    return f"""SELECT p.* EXCLUDE (filename), f.seq, f.connection
        FROM read_parquet([{names}], filename = true) AS p JOIN incoming_file AS f USING (filename)"""


def _merge_kind(session: Session, kind: str, segments: Sequence[Stored]) -> None:
    table = TABLES[kind]
    session.run(
        f"""CREATE OR REPLACE TEMP TABLE incoming AS
        SELECT *, false AS deleted FROM ({_incoming(session, segments)})
        QUALIFY row_number() OVER (PARTITION BY connection, id ORDER BY updated_at DESC, seq DESC) = 1"""
    )
    columns = [row[0] for row in session.query("SELECT column_name FROM (DESCRIBE incoming)")]
    sets = ", ".join(f'"{c}" = s."{c}"' for c in columns)
    session.run(
        f"""MERGE INTO "{table}" AS t USING incoming AS s ON t.connection = s.connection AND t.id = s.id
        WHEN MATCHED AND s.updated_at >= t.updated_at THEN UPDATE SET {sets}
        WHEN NOT MATCHED THEN INSERT BY NAME"""
    )
    session.run("DROP TABLE incoming; DROP TABLE incoming_file")


def _mark_deleted(session: Session, segments: Sequence[Stored]) -> None:
    session.run(f"CREATE OR REPLACE TEMP TABLE gone AS SELECT * FROM ({_incoming(session, segments)})")
    for kind, table in TABLES.items():
        session.run(
            f"""UPDATE "{table}" SET deleted = true, seq = gone.seq FROM gone
            WHERE gone.entity = $kind AND gone.connection = "{table}".connection
              AND gone.id = "{table}".id AND gone.updated_at >= "{table}".updated_at
              AND gone.seq > "{table}".seq""",
            {"kind": kind},
        )
    session.run("DROP TABLE gone; DROP TABLE incoming_file")
