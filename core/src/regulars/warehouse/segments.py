"""Immutable Parquet segments: one page of one record kind, written aside, fsynced, renamed.

A crash leaves at most a file that the journal does not name; the next attempt overwrites it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from regulars.errors import PluginError, RegularsError
from regulars.records import Record
from regulars.warehouse.schema import arrow_schema


def write_segment(path: Path, kind: str, rows: Sequence[Record]) -> None:
    """Store records of one kind durably at `path`.

    Raises PluginError where a record does not fit its kind, RegularsError where the disk is full;
    either way nothing is half-written.
    """
    try:
        table = pa.Table.from_pylist(list(rows), schema=arrow_schema(kind))
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
        _write(path, pa.Table.from_pylist(kept, schema=arrow_schema(kind)))
    return len(rows) - len(kept)


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.tmp")
    try:
        with aside.open("wb") as out:
            pq.write_table(table, out, compression="zstd")
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
