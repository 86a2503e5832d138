"""A burst of work on a client's tables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import duckdb
import pyarrow as pa

Params = Mapping[str, Any]


@lru_cache(maxsize=512)
def _parsed(sql: str) -> tuple[duckdb.Statement, ...]:
    """The statements of a text. The same few hundred are run every night for every client, and parsing
    takes longer than running them where a client is small."""
    return tuple(duckdb.extract_statements(sql))


class Session:
    """SQL in, rows or Arrow tables out. Parameters are named: `$as_of` with {"as_of": ...}."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def run(self, sql: str, params: Params | None = None) -> None:
        """Run one or more statements. With parameters: only those each statement names are bound."""
        for part in _parsed(sql):
            bound = {name: params[name] for name in part.named_parameters if name in params} if params else {}
            self._connection.execute(part, bound)

    def query(self, sql: str, params: Params | None = None) -> list[tuple[Any, ...]]:
        """All rows."""
        (asked,) = _parsed(sql)
        return self._connection.execute(asked, dict(params or {})).fetchall()

    def table(self, sql: str, params: Params | None = None) -> pa.Table:
        """The result as an Arrow table."""
        found: pa.Table = self._connection.sql(sql, params=dict(params or {})).to_arrow_table()
        return found

    def load(self, name: str, table: pa.Table) -> None:
        """Create or replace a table from an Arrow table."""
        self._connection.register("_incoming", table)
        try:
            self._connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM _incoming')
        finally:
            self._connection.unregister("_incoming")

    def has(self, name: str) -> bool:
        """Whether a table of that name exists."""
        found = self.query(
            "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND table_name = $name",
            {"name": name},
        )
        return bool(found)
