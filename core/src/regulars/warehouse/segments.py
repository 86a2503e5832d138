"""Immutable Parquet segments: one page of one record kind, written aside, fsynced, renamed.

A crash leaves at most a file that the journal does not name; the next attempt overwrites it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from regulars.errors import PluginError, RegularsError
from regulars.records import Columns, Record
from regulars.warehouse.schema import arrow_schema

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_segment(path: Path, kind: str, rows: Sequence[Record]) -> None:
    """Store records of one kind durably at `path`.

    Raises PluginError where a record does not fit its kind, RegularsError where the disk is full;
    either way nothing is half-written.
    """
    try:
        table = _table(kind, rows)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as fault:
        raise PluginError(f"a {kind} record does not fit its kind: {fault}", where=path.name) from None
    _write(path, table)


def read_segment(path: Path) -> pa.Table:
    """A segment as an Arrow table."""
    return pq.read_table(path)


def rewrite_without(path: Path, kind: str, is_gone: Callable[[Record], bool]) -> int:
    """Write a segment again without the records of somebody who must be forgotten.

    Returns how many records left. The old file is replaced in one step.
    """
    rows = read_segment(path).to_pylist()
    kept = [row for row in rows if not is_gone(row)]
    if len(kept) < len(rows):
        _write(path, _table(kind, kept))
    return len(rows) - len(kept)


def _table(kind: str, rows: Sequence[Record]) -> pa.Table:
    """The records as columns, in half the time that Arrow's own way from dicts to a table takes."""
    schema = arrow_schema(kind)
    if isinstance(rows, Columns):
        return pa.table({field.name: _column(rows, field) for field in schema}, schema=schema)
    others = pa.struct([field for field in schema if not pa.types.is_timestamp(field.type)])
    found: Any = pa.array(rows, others)  # a StructArray, which the stubs do not know
    columns = dict(zip((field.name for field in others), found.flatten(), strict=True))
    told = (field for field in schema if field.name not in columns)
    instants = {field.name: _instants([row.get(field.name) for row in rows], field.type) for field in told}
    return pa.table(columns | instants, schema=schema)


def _column(rows: Columns, field: pa.Field[Any]) -> Any:
    values = rows.of.get(field.name)
    if values is None:
        raise pa.ArrowInvalid(f"there is no column {field.name}")
    return _instants(values, field.type) if pa.types.is_timestamp(field.type) else pa.array(values, field.type)


def _instants(found: Sequence[Any], kind: pa.DataType) -> Any:
    """A column of instants. Arrow asks each for its zone, six times as slowly as one is taken from another."""
    try:
        since = [at - _EPOCH if at is not None else None for at in found]
    except TypeError:
        return pa.array(found, kind)
    return pa.array(since, pa.duration("us")).view(kind)


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.tmp")
    try:
        with aside.open("wb") as out:
            # Most columns hold a value once; where they do not, compression finds it without a dictionary.
            # Smallest and largest values help who looks for a part: segments are read whole.
            pq.write_table(table, out, compression="zstd", use_dictionary=False, write_statistics=False)
            out.flush()
            os.fsync(out.fileno())
        os.replace(aside, path)
        _sync_folder(path.parent)
    except OSError as fault:
        aside.unlink(missing_ok=True)
        raise RegularsError(
            f"cannot store a page: {fault.strerror or fault}",
            where=str(path.parent),
            hint="Free some disk; nothing was lost, the next run goes on from here",
        ) from None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
