"""The journal: one SQLite file of one client."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from regulars.clock import Clock
from regulars.errors import LockedError, RegularsError
from regulars.journal import lease as leases
from regulars.journal.facts import Fact
from regulars.journal.lease import Lease
from regulars.journal.migrations import MIGRATIONS

Row = tuple[Any, ...]


class Tx:
    """Inside a transaction: statements that take effect together or not at all."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement with `?` parameters."""
        self._connection.execute(sql, params)

    def executemany(self, sql: str, params: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many parameter rows."""
        self._connection.executemany(sql, params)

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Read inside the transaction."""
        return self._connection.execute(sql, params).fetchall()


class Journal:
    """One client's journal. Safe to use from several threads; several processes may read while one
    writes. `key` is this client's own random key for keyed references."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock, path: Path) -> None:
        self._connection, self.clock, self.path = connection, clock, path
        self._lock = threading.RLock()
        self.key = self._own_key()

    @classmethod
    def open(cls, path: Path, clock: Clock) -> Journal:
        """Open, create or migrate the journal at `path`.

        Raises RegularsError where the file is newer than this program or not a journal.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        try:
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                connection.execute(f"PRAGMA {pragma}")
            _migrate(connection, path)
        except sqlite3.DatabaseError as fault:
            connection.close()
            raise RegularsError(
                f"not a readable journal ({fault})", where=str(path), hint="Restore it from a backup"
            ) from None
        return cls(connection, clock, path)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # --- lease ---------------------------------------------------------------------------------

    def lease(self, name: str = "run") -> Lease:
        """Take this client's lease. Raises LockedError while somebody else holds it.

        A holder on this machine holds it while its process lives; one elsewhere until it expires.
        """
        owner = leases.this_process(name)
        with self._begin() as tx:
            held, epoch, expires = tx.rows("SELECT owner, epoch, expires_at FROM lease")[0]
            if held and self._still_held(held, expires):
                raise LockedError(
                    f"another run holds this client ({held})",
                    hint="Wait for it to end, or end that process; nothing was changed",
                )
            tx.execute("UPDATE lease SET owner = ?, epoch = ?, expires_at = ?", (owner, epoch + 1, self._expiry()))
        return Lease(self, owner, epoch + 1)

    def held(self, name: str = "") -> bool:
        """Whether anybody, or who took the lease under `name`, holds this client now."""
        held, expires = self.rows("SELECT owner, expires_at FROM lease")[0]
        return bool(held) and held.startswith(f"{name}@" if name else "") and self._still_held(held, expires)

    def release(self, lease: Lease) -> None:
        """Give the lease back; nothing happens where it was lost meanwhile."""
        with self._begin() as tx:
            tx.execute("UPDATE lease SET owner = '' WHERE epoch = ?", (lease.epoch,))

    @contextmanager
    def tx(self, lease: Lease) -> Iterator[Tx]:
        """A transaction that only the holder of the lease can make; durable when it returns."""
        with self._begin() as tx:
            if tx.rows("SELECT epoch FROM lease") != [(lease.epoch,)]:
                raise LockedError("this run lost its lease to another one", hint="Nothing more was changed")
            tx.execute("UPDATE lease SET expires_at = ?", (self._expiry(),))
            yield tx

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Read."""
        with self._lock:
            return self._connection.execute(sql, params).fetchall()

    # --- facts -----------------------------------------------------------------------------------

    def add_facts(self, tx: Tx, kind: str, facts: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Append facts of one kind: (subject, payload) pairs."""
        now = self.clock.now().isoformat()
        tx.executemany(
            "INSERT INTO fact (kind, subject, at, payload) VALUES (?, ?, ?, ?)",
            ((kind, subject, now, json.dumps(payload)) for subject, payload in facts),
        )

    def facts(self, kind: str, subject: str | None = None) -> Iterator[Fact]:
        """All facts of a kind (of one subject), oldest first."""
        where, params = "kind = ?", [kind]
        if subject is not None:
            where, params = "kind = ? AND subject = ?", [kind, subject]
        found = self.rows(f"SELECT seq, kind, subject, at, payload FROM fact WHERE {where} ORDER BY seq", params)
        for seq, what, about, at, payload in found:
            yield Fact(seq, what, about, datetime.fromisoformat(at), json.loads(payload))

    def newest(self, kind: str, *names: str) -> list[Row]:
        """Of the newest fact of each subject of a kind: the subject, and what its payload says under these names.

        Reads no payload in Python: there is a fact for each customer.
        """
        found = "".join(f", json_extract(payload, '$.{name}')" for name in names)
        sql = f"SELECT subject{found}, max(seq) FROM fact WHERE kind = ? GROUP BY subject ORDER BY subject"
        return [row[:-1] for row in self.rows(sql, (kind,))]

    def copy_until(self, path: Path, until: datetime) -> None:
        """Copy the journal to a new file, with the facts from before an instant and without anybody's lease."""
        copy = sqlite3.connect(path)
        try:
            with self._lock:
                self._connection.backup(copy)
            copy.execute("DELETE FROM fact WHERE at >= ?", [until.isoformat()])
            copy.execute("UPDATE lease SET owner = '', expires_at = ''")
            copy.commit()
        finally:
            copy.close()

    # --- inside ------------------------------------------------------------------------------------

    @contextmanager
    def _begin(self) -> Iterator[Tx]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Tx(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _still_held(self, owner: str, expires: str) -> bool:
        alive = leases.lives(owner)
        if alive is None:
            return datetime.fromisoformat(expires) > self.clock.now()
        return alive

    def _expiry(self) -> str:
        return (self.clock.now() + leases.TTL).isoformat()

    def _own_key(self) -> str:
        with self._begin() as tx:
            tx.execute("INSERT OR IGNORE INTO meta VALUES ('key', ?)", (secrets.token_hex(32),))
            return str(tx.rows("SELECT value FROM meta WHERE name = 'key'")[0][0])


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise RegularsError(
            f"stored format {version} is newer than this program knows ({len(MIGRATIONS)})",
            where=str(path),
            hint="Install the newer Regulars",
        )
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    if version == 0:
        os.chmod(path, 0o600)
