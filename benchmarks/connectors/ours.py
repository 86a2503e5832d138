"""The product's own read: `python -m benchmarks.connectors.ours READ URL ACCESS MODE`.

MODE is `read` (all records made), `store` (and stored durably with their cursors) or `ids`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from regulars.clock import SystemClock
from regulars.connector import Page, Source
from regulars.http import Http
from regulars.plugins import load
from regulars.quota import Limit
from regulars.secret import Redactor

from benchmarks.connectors.meter import compared, measured
from benchmarks.connectors.reads import READS, Read
from benchmarks.connectors.wire import settings_of


def source_of(read: Read, url: str, credentials: Any) -> Source:
    """The connector's source, with its rate budgets kept but so wide that none is ever waited for."""
    connector = load().connectors[read.plugin]
    settings = settings_of(connector, credentials)
    policy = connector.policy(settings)
    wide = tuple(Limit(limit.bucket, 1e12, 1e12) for limit in policy.limits)
    http = Http(replace(policy, limits=wide), clock=SystemClock(), redactor=Redactor(), base_url=url)
    assert connector.source is not None
    return connector.source(settings, http, ())


def pages(read: Read, source: Source) -> Iterator[Page]:
    """All pages of the read."""
    return source.pages(read.stream, read.cursor)


def _store(read: Read, source: Source) -> int:
    from regulars.journal import Journal, runs
    from regulars.sync import Landing, read_stream
    from regulars.warehouse import Warehouse

    clock = SystemClock()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        journal, warehouse = Journal.open(folder / "journal.db", clock), Warehouse(folder)
        with journal.lease() as lease:
            if read.cursor:
                _place(journal, lease, read)
            landing = Landing(journal, lease, runs.start(journal, lease, "night").id, warehouse)
            return read_stream(landing, read.plugin, read.stream, source).kinds[read.kind]


def _place(journal: Any, lease: Any, read: Read) -> None:
    """A cursor as an earlier run would have left it."""
    with journal.tx(lease) as tx:
        tx.execute(
            "INSERT INTO stream (connection, stream, cursor, updated_at) VALUES (?, ?, ?, ?)",
            (read.plugin, read.stream, read.cursor, read.since),
        )


def main() -> None:
    name, url, access, mode = sys.argv[1:]
    read, given = READS[name], json.loads(access)
    held = given["credentials"]

    def rows(at: str) -> int:
        source = source_of(read, at, held)
        if mode == "store":
            return _store(read, source)
        return sum(len(page.rows.get(read.kind, ())) for page in pages(read, source))

    if mode == "ids":
        found = (row for page in pages(read, source_of(read, url, held)) for row in page.rows.get(read.kind, ()))
        compared(row["id"] for row in found)
    else:
        measured(rows, url, given["warm"])


if __name__ == "__main__":
    main()
