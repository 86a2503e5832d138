"""Rows a second against the simulated platforms on a port, every client at the same one. Without a bar:
most of the time goes by in the simulated platforms themselves.

`python -m benchmarks.connectors.ports PEOPLE` serves them, in a process of its own: it prints one line of
JSON ({read: access, with its "url"}) and serves until its standard input closes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

from regulars.clock import SimulatedClock
from regulars.plugins import load
from regulars.testing import Served

from benchmarks.connectors.cost import CLIENTS, python_of, title_of
from benchmarks.connectors.peers import Unmeasured, asked
from benchmarks.connectors.reads import READS
from benchmarks.connectors.templates import access, first_page
from benchmarks.connectors.wire import SETTLED, filled
from benchmarks.figures import Figure
from benchmarks.retail_shop import without_limits

PEOPLE = 4_000
NAMES = ("hubspot-contacts", "mailchimp-members", "shopify-customers", "shopify-orders")
MODES = ("store", "normalize", "read")


def figures(scale: float) -> Iterator[Figure]:
    """Each client's rows a second, one run each."""
    with _simulated(max(1_500, int(PEOPLE * scale))) as platforms:
        for name in NAMES:
            for client in (client for client in CLIENTS if client.mode in MODES):
                title = f"{name}: {title_of(client, READS[name])}, sandbox on a port"
                try:
                    given = platforms[name]
                    run = asked(
                        python_of(client), client.script, name, given["url"], json.dumps(given), client.mode
                    )
                except Unmeasured as fault:
                    yield Figure(title, float("nan"), "rows/s", f"not measured: {fault}")
                    continue
                how = f"{client.ends_with}; {run['rows']:,} rows, one run, CPU {run['cpu_s']:.2f} s"
                yield Figure(title, run["rows"] / run["s"], "rows/s", how)


@contextmanager
def _simulated(people: int) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.connectors.ports", str(people)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        assert process.stdin is not None
        process.stdin.close()


def main() -> None:
    told, connectors = {}, load().connectors
    with ExitStack() as stack:
        for name in NAMES:
            # Everything is older than the readers' windows, which end a little before now.
            clock = SimulatedClock(datetime.now(UTC) - SETTLED)
            sandbox = without_limits(filled(connectors[READS[name].plugin], clock, int(sys.argv[1])))
            seen = first_page(READS[name], sandbox, clock)
            url = stack.enter_context(Served(sandbox))
            told[name] = {**access(seen[-1][0], sandbox), "page": 1000, "url": url, "warm": url}
        print(json.dumps(told), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
