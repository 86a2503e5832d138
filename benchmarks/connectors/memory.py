"""Peak memory of a read, however many records there are."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from benchmarks.connectors.peers import asked
from benchmarks.connectors.reads import READS
from benchmarks.connectors.replay import replayed
from benchmarks.figures import Figure

SIZES = (10_000, 100_000, 1_000_000)
MORE = 1.15
READ = READS["hubspot-changed"]


def figures(scale: float) -> Iterator[Figure]:
    """The largest resident set of the reading process at each size, all records made, and made and stored."""
    sizes = [max(SIZES[0], int(size * scale)) for size in SIZES]
    with replayed() as server:
        place = f"{server['url']}/{READ.name}"
        access = json.dumps(server["reads"][READ.name] | {"warm": f"{place}/{SIZES[0]}"})
        for mode, what in (("read", "records made"), ("store", "records made and stored")):
            runs = [asked(sys.executable, "ours", READ.name, f"{place}/{size}", access, mode) for size in sizes]
            peaks = [run["peak_mb"] for run in runs]
            for size, run in zip(sizes, runs, strict=True):
                how = f"{READ.name}, {what}, {run['rows'] / run['s']:,.0f} rows/s"
                yield Figure(f"peak memory, {size:,} records", run["peak_mb"], "MB", how)
            grown = peaks[-1] / peaks[0]
            yield Figure(
                f"{sizes[-1]:,} / {sizes[0]:,} records", grown, "times", what, f"at most {MORE:g}", grown <= MORE
            )
