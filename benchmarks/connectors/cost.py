"""CPU seconds of each client for the same pages.

Compared are the reads that end with the same: typed rows, stored durably with the place from which the next
run goes on. That is `pages` and `read_stream` here, `extract` and `normalize` in dlt. What each tool does
less for (dlt's rows as they came, the SDKs' objects, Singer's messages) stands beside it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.connectors.peers import Unmeasured, asked, interpreter, version
from benchmarks.connectors.reads import READS, Read
from benchmarks.connectors.replay import replayed
from benchmarks.figures import Figure

RUNS = 3
MORE = 2
"""Further turns of the two that the bar compares: a neighbour on the machine shows in single runs."""
TIMES = 5.0
OVERLAP = 1.01
"""Pages may overlap a little: such rows come twice and are not counted twice."""


@dataclass(frozen=True)
class Client:
    """A script with a mode, and what it ends with."""

    name: str
    script: str
    mode: str
    ends_with: str
    peer: str = ""
    package: str = ""

    @property
    def title(self) -> str:
        """With the version, where it is another tool."""
        return f"{self.name} {version(self.peer, self.package)}" if self.peer else self.name


OURS = Client("regulars", "ours", "store", "typed records, stored")
DLT = Client("dlt", "dlt_read", "normalize", "typed rows, stored: extract and normalize", "dlt", "dlt")
CLIENTS = (
    OURS,
    DLT,
    Client("regulars", "ours", "read", "typed records"),
    Client("dlt", "dlt_read", "extract", "rows as they came, stored: extract", "dlt", "dlt"),
    Client("dlt", "dlt_read", "iterate", "rows as they came, each thrown away", "dlt", "dlt"),
    Client("singer-sdk", "tap_read", "read", "a tap's messages, written to nowhere", "singer", "singer-sdk"),
    Client("", "sdk_read", "read", "the official SDK's objects", "sdk"),
)
SDKS = {"hubspot": "hubspot-api-client", "mailchimp": "mailchimp-marketing", "shopify": "ShopifyAPI"}
Told = Mapping[Client, dict[str, Any] | str]


def figures(scale: float) -> Iterator[Figure]:
    """Each client's cost of each read, and how many times less ours is."""
    with replayed() as server:
        for read in READS.values():
            page = server["reads"][read.name]["page"]
            rows = max(4 * page, int(read.rows * scale))
            told = _compare(read, rows, server)
            yield from _figures(read, rows, told)


def _compare(read: Read, rows: int, server: Mapping[str, Any]) -> Told:
    """Every client's median run, or why it was not measured. The clients take turns."""
    given, place = server["reads"][read.name], f"{server['url']}/{read.name}"
    access = json.dumps(given | {"warm": f"{place}/{2 * given['page']}"})
    few = f"{place}/{3 * given['page'] + 7}"
    found: dict[Client, list[dict[str, Any]]] = {client: [] for client in CLIENTS}
    why: dict[Client, str] = {}
    expected = asked(sys.executable, "ours", read.name, few, access, "ids")
    for client in CLIENTS:
        try:
            ids = asked(python_of(client), client.script, read.name, few, access, "ids")
            if ids != expected:
                raise SystemExit(f"{client.name} did not read the same {read.name}: {ids} instead of {expected}")
        except Unmeasured as fault:
            why[client] = str(fault)
    for turn in range(RUNS + MORE):
        for client in CLIENTS if turn < RUNS else (OURS, DLT):
            if client not in why:
                run = asked(python_of(client), client.script, read.name, f"{place}/{rows}", access, client.mode)
                if not rows <= run["rows"] <= rows * OVERLAP:
                    raise SystemExit(f"{client.name} read {run['rows']} of {rows} {read.name}")
                found[client].append(run)
    return {client: why.get(client) or _middle(found[client]) for client in CLIENTS}


def python_of(client: Client) -> Any:
    """The Python that a client's script runs in. Raises Unmeasured."""
    return interpreter(client.peer) if client.peer else sys.executable


def _middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: median(run[name] for run in runs) for name in runs[0]}


def _figures(read: Read, rows: int, told: Told) -> Iterator[Figure]:
    for client, run in told.items():
        turns = RUNS + (MORE if client in (OURS, DLT) else 0)
        how = f"CPU s a 100,000 rows, median of {turns} runs of {rows:,}, in turn"
        name = f"{read.name}: {title_of(client, read)}"
        if isinstance(run, str):
            yield Figure(name, float("nan"), "s", f"not measured: {run}")
            continue
        each = run["cpu_s"] / rows * 100_000
        yield Figure(name, each, "s", f"{client.ends_with}; {how}, peak {run['peak_mb']:.0f} MB")
    yield _times_less(read, told)


def title_of(client: Client, read: Read) -> str:
    """A client's name with its version."""
    if client.name:
        return client.title
    package = SDKS[read.plugin]
    return f"{package} {version(client.peer, package)}"


def _times_less(read: Read, told: Told) -> Figure:
    ours, theirs, name = told[OURS], told[DLT], f"{read.name}: dlt / regulars"
    if isinstance(ours, str) or isinstance(theirs, str):
        return Figure(name, float("nan"), "times", "not measured")
    times = theirs["cpu_s"] / ours["cpu_s"]
    return Figure(name, times, "times", "typed and stored, both", f"at least {TIMES:g}", times >= TIMES)
