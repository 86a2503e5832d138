"""What `regulars --help` costs above starting Python, in one run."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

from benchmarks.figures import Figure

RUNS = 15
LIMIT = 150.0


def measure(scale: float = 1.0) -> list[Figure]:
    runs = max(3, int(RUNS * scale))
    empty, helped = [], []
    for _ in range(runs + 1):
        empty.append(_seconds("pass"))
        helped.append(_seconds("from regulars.cli import main; main()", "--help"))
    # The first pair warms the file cache.
    base, ours = median(empty[1:]) * 1000, median(helped[1:]) * 1000
    above = median(b - a for a, b in zip(empty[1:], helped[1:], strict=True)) * 1000
    how = f"median of {runs} pairs, in turn"
    return [
        Figure("python -c pass", base, "ms", how),
        Figure("regulars --help", ours, "ms", how),
        Figure("above python -c pass", above, "ms", how, f"at most {LIMIT:g} ms", above <= LIMIT),
    ]


def _seconds(code: str, *args: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, *args], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
