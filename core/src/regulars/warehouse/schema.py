"""Record kinds as tables: derived from the TypedDicts, so that there is one description of a record."""

from __future__ import annotations

import types
from datetime import datetime
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

from regulars.records import KINDS, SCHEMA_VERSION

TABLES = {
    "person": "persons",
    "company": "companies",
    "product": "products",
    "order": "orders",
    "line": "lines",
    "refund": "refunds",
    "refund_line": "refund_lines",
    "fulfilment": "fulfilments",
    "code_use": "code_uses",
    "touch": "touches",
    "consent": "consents",
    "bounce": "bounces",
    "membership": "memberships",
    "signal": "signals",
    "merge": "merges",
}
"""Record kind -> table. Deletions have none: they mark rows of the others."""

VERSION = SCHEMA_VERSION * 100 + 1
"""The warehouse's stored format. Another number means: build a new file from the segments and swap."""

_ARROW: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    bool: pa.bool_(),
    datetime: pa.timestamp("us", tz="UTC"),
}
_SQL = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ",
    pa.list_(pa.string()): "VARCHAR[]",
}


@cache
def arrow_schema(kind: str) -> pa.Schema:
    """The record kind's columns as Arrow sees them."""
    return pa.schema([(name, _arrow(hint)) for name, hint in get_type_hints(KINDS[kind]).items()])


def create_table(kind: str) -> str:
    """The CREATE TABLE of a record kind, with the columns that the warehouse adds."""
    columns = ", ".join(f'"{field.name}" {_SQL[field.type]}' for field in arrow_schema(kind))
    return (
        f'CREATE TABLE IF NOT EXISTS "{TABLES[kind]}" (connection VARCHAR, {columns}, seq BIGINT, deleted BOOLEAN)'
    )


def _arrow(hint: Any) -> pa.DataType:
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is list:
        return pa.list_(pa.string())
    return _ARROW[hint]
