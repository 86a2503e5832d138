"""Reading and merging 100,000 customers and 1M order lines from a shop on a port."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.serving import served

PEOPLE, ORDERS, LINES = 100_000, 300_000, 1_000_000


def measure(scale: float = 1.0) -> list[Figure]:
    sizes = [int(n * scale) for n in (PEOPLE, ORDERS, LINES)]
    with served("shop", *sizes) as shop, tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.sync", folder, json.dumps(shop)],
            check=False,
            stdout=subprocess.PIPE,
            text=True,
        )
    if done.returncode:
        raise SystemExit(f"the reading process ended with {done.returncode}")
    found = json.loads(done.stdout.splitlines()[-1])
    how = f"one run, {sizes[0]:,} customers, {sizes[1]:,} orders, {sizes[2]:,} lines, server in its own process"
    return [
        Figure("rows read", found["rows"], "rows", how),
        Figure("read and stored", found["read_s"], "s", how),
        Figure("rows a second, read and stored", found["rows"] / found["read_s"], "rows/s", how),
        Figure("merged", found["merge_s"], "s", how),
        Figure("client CPU", found["cpu_s"], "s", "user + system of the reading process"),
        Figure("peak memory", found["peak_mb"], "MB", "largest resident set of the reading process"),
    ]


def _worker(folder: Path, shop: dict) -> None:
    from regulars.clock import SystemClock
    from regulars.http import Http
    from regulars.journal import Journal, runs
    from regulars.plugins import load
    from regulars.secret import Redactor, Secret
    from regulars.sync import Landing, merge_pending, read_stream
    from regulars.warehouse import Warehouse

    clock, connector = SystemClock(), load().connectors[shop["plugin"]]
    fields = connector.settings.model_fields
    settings = connector.settings.model_validate(
        {k: Secret(k, v) if "Secret" in str(fields[k].annotation) else v for k, v in shop["credentials"].items()}
    )
    http = Http(connector.policy(settings), clock=clock, redactor=Redactor(), base_url=shop["url"])
    journal, warehouse = Journal.open(folder / "journal.db", clock), Warehouse(folder)
    with journal.lease() as lease:
        run = runs.start(journal, lease, "night")
        landing = Landing(journal, lease, run.id, warehouse)
        source = connector.source(settings, http, ())
        began = time.perf_counter()
        rows = sum(read_stream(landing, "shop", stream, source).rows for stream in source.streams())
        read = time.perf_counter()
        merge_pending(journal, lease, warehouse)
        merged = time.perf_counter()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        "rows": rows, "read_s": read - began, "merge_s": merged - read,
        "cpu_s": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024,
    }))  # fmt: skip


if __name__ == "__main__":
    _worker(Path(sys.argv[1]), json.loads(sys.argv[2]))
