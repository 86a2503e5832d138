"""A year of simulated nights: three platforms that people change and that fail, and an oracle after every night.

`python -m benchmarks.year --seed 7 --nights 30` replays one seed; `python -m benchmarks run year` is the
long run, which can be killed and started again: it goes on where it stopped.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.figures import Figure

SEEDS, NIGHTS = 20, 365


def measure(scale: float = 1.0, state: Path | None = None, jobs: int = 1) -> list[Figure]:
    """Live all seeds, `jobs` at a time. `scale` is the share of a year's nights."""
    from benchmarks.year.seeds import come

    state = state or Path(tempfile.gettempdir()) / "regulars-year"
    nights = max(1, round(NIGHTS * scale))
    command = [sys.executable, "-m", "benchmarks.year.seeds", str(state), str(SEEDS), str(nights)]
    # The order of a set must follow from the seed as well.
    workers = [subprocess.Popen(command, env=os.environ | {"PYTHONHASHSEED": "0"}) for _ in range(jobs)]
    for worker in workers:
        worker.wait()
    found = come(state, SEEDS)
    figures = [one.figures for one in found]
    how = f"{SEEDS} seeds of {nights} nights in {state}"
    lived = sum(one.nights for one in figures)
    seconds = sum(one.seconds for one in figures)
    faults, calls, states = Counter[str](), Counter[str](), Counter[str]()
    for one in figures:
        faults += one.faults
        calls += one.calls
        states += one.states
    wrong = [text for one in found for text in one.mismatches]
    result = [
        Figure("nights", lived, "nights", how, f"= {SEEDS * nights:,}", lived == SEEDS * nights),
        Figure("nights a second, one process", lived / max(seconds, 0.001), "nights/s", "all checks included"),
        *(Figure(f"runs: {name}", n, "runs", "") for name, n in states.most_common()),
        Figure("acts of people", sum(one.acts for one in figures), "acts", ""),
        *(Figure(f"calls: {role}", n, "calls", "") for role, n in calls.most_common()),
        *(Figure(f"faults: {name}", n, "faults", "that really struck") for name, n in faults.most_common()),
    ]
    for name in ("planned", "written", "drifted", "refused", "unknown", "replans"):
        result.append(Figure(name, sum(getattr(one, name) for one in figures), "changes", ""))
    return [*result, Figure("mismatches", len(wrong), "", "; ".join(wrong[:3])[:200], "= 0", not wrong)]
