"""DuckDB itself: started once per warehouse, and given the client's file for the length of a burst."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import duckdb

from regulars.errors import RegularsError
from regulars.warehouse.session import Session

# The oldest file format that both supported major versions of DuckDB read and write.
_STORAGE = "v1.5.0"
_MEMORY = "4GB"
# A night makes a hundred tables anew; writing the file out after each few of them would be a fifth of its work.
_WRITE_OUT = "1GB"
# Of a small file a second thread costs more than it saves: a fifth of a small client's night. A file without
# tables yet may be about to take in years.
_THREADS, _NEW, _SMALL = 2, 1 << 20, 64 << 20


class Engine:
    """One client's engine. Starting one takes many times as long as attaching a file to it.

    What does not fit into memory goes to `spill`, beside the client's other data: left to itself, DuckDB puts it
    where the program was started, beside other clients'. It goes when the engine does; what a killed one left goes
    when the next one spills.
    """

    def __init__(self, spill: Path) -> None:
        self._spill = spill
        self._started: duckdb.DuckDBPyConnection | None = None
        self._names, self._threads = count(1), _THREADS

    @contextmanager
    def opened(self, path: Path, *, read_only: bool = False) -> Iterator[Session]:
        """The file at `path`, let go of when the burst ends, whatever happened in it.

        Raises RegularsError where it cannot be opened, for instance because a burst of another process
        has it.
        """
        if self._started is None:
            self._started = duckdb.connect(
                ":memory:",
                config={
                    "threads": _THREADS,
                    "memory_limit": _MEMORY,
                    "checkpoint_threshold": _WRITE_OUT,
                    "temp_directory": str(self._spill),
                },
            )
        connection, name = self._started.cursor(), f"client{next(self._names)}"
        connection.execute("SET TimeZone = 'UTC'")
        if (threads := _threads(path)) != self._threads:
            connection.execute(f"SET threads = {threads}")
            self._threads = threads
        mode = "READ_ONLY" if read_only else f"STORAGE_VERSION '{_STORAGE}'"
        try:
            connection.execute(f"ATTACH {quoted(path)} AS {name} ({mode})")
        except duckdb.Error as fault:
            connection.close()
            raise RegularsError(f"cannot open the warehouse: {fault}", where=str(path)) from None
        try:
            connection.execute(f"USE {name}")
            yield Session(connection)
        finally:
            _let_go(connection, name)


def _threads(path: Path) -> int:
    return 1 if path.exists() and _NEW < path.stat().st_size < _SMALL else _THREADS


def quoted(path: Path) -> str:
    """A path as a SQL text."""
    return "'" + str(path).replace("'", "''") + "'"


def _let_go(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    # A burst that broke off leaves its transaction open; what it did must not be kept.
    with suppress(duckdb.TransactionException):
        connection.rollback()
    connection.execute("USE memory")
    connection.execute(f"DETACH {name}")
    connection.close()
