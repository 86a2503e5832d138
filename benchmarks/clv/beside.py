"""Ours and the peers on one file, in turn: medians of seconds and of peak memory."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.clv import orders
from benchmarks.connectors.peers import ROOT, Unmeasured, interpreter
from benchmarks.figures import Figure

RUNS = 3
FASTER, FASTER_PYMC, LEANER, FIT = 15.0, 12.0, 0.6, 40.0
STEPS = ("read", "summary", "fit", "spend", "scores")
PEERS = {
    "by_lifetimes": ("lifetimes 0.11.3", "lifetimes"),
    "by_pymc": ("pymc-marketing 1.3.0 MAP", "pymc-marketing"),
}


def figures(customers: int, runs: int = RUNS) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.parquet"
        count = orders.write(file, customers)
        size = f"{customers:,} customers, {count:,} orders"
        pythons = {"ours": sys.executable} | _environments()
        found: dict[str, list[dict[str, Any]]] = {script: [] for script in pythons}
        for _ in range(runs):
            for script, python in pythons.items():
                found[script].append(told(python, f"benchmarks.clv.{script}", str(file), str(orders.END)))
    ours = found.pop("ours")
    yield from _of("ours", ours, size)
    for script, theirs in found.items():
        yield from _of(PEERS[script][0], theirs, size)
        yield from _compared(script, ours, theirs)


def told(python: str, module: str, *args: str) -> dict[str, Any]:
    """What a script prints last. Raises CalledProcessError where it fails."""
    done = subprocess.run([python, "-m", module, *args], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return last


def _environments() -> dict[str, str]:
    """The Python of each peer that can be had here; of the others the reason is printed."""
    found = {}
    for script, (title, pins) in PEERS.items():
        try:
            base = sys.executable if script == "by_lifetimes" else _python312()
            found[script] = str(interpreter(pins, base))
        except Unmeasured as why:
            print(f"{title}: not measured: {why}")
    return found


def _python312() -> str:
    found = shutil.which("python3.12")
    # A version manager's stand-in may be there without any Python behind it.
    if found is None or subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode:
        raise Unmeasured("needs Python 3.12")
    return found


def seconds(run: dict[str, Any], kind: str = "s", steps: tuple[str, ...] = STEPS) -> float:
    """Sum over steps; "s" or "cpu_s"."""
    return float(sum(run["steps"][step][kind] for step in steps))


def _of(title: str, found: list[dict[str, Any]], size: str) -> Iterator[Figure]:
    parts = ", ".join(f"{step} {median(seconds(run, 's', (step,)) for run in found):.2f}" for step in STEPS)
    cpu = median(seconds(run, "cpu_s") for run in found)
    how = f"{size}, median of {len(found)}: {parts}; {cpu:.2f} CPU s"
    yield Figure(f"{title}: orders to scores", median(seconds(run) for run in found), "s", how)
    yield Figure(f"{title}: peak memory", median(run["peak_mb"] for run in found), "MB", "process of its own")


def _compared(script: str, ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> Iterator[Figure]:
    def times(steps: tuple[str, ...], kind: str = "s") -> float:
        pairs = zip(ours, theirs, strict=True)
        return median(seconds(b, kind, steps) / seconds(a, kind, steps) for a, b in pairs)

    title, limit = PEERS[script][0], FASTER if script == "by_lifetimes" else FASTER_PYMC
    whole, fit = times(STEPS), times(("fit",))
    cpu, fit_cpu = times(STEPS, "cpu_s"), times(("fit",), "cpu_s")
    yield Figure(
        f"{title} / ours, orders to scores", whole, "times", f"pairs in turn; by CPU {cpu:.1f}",
        f"at least {limit:g}", whole >= limit,
    )  # fmt: skip
    if script != "by_lifetimes":
        return
    yield Figure(
        f"{title} / ours, BG/NBD fit alone", fit, "times", f"ours with compression; by CPU {fit_cpu:.1f}",
        f"at least {FIT:g}", fit >= FIT,
    )  # fmt: skip
    lean = median(run["peak_mb"] for run in ours) / median(run["peak_mb"] for run in theirs)
    yield Figure(f"ours / {title}, peak memory", lean, "times", "medians", f"at most {LEANER:g}", lean <= LEANER)
    apart = max(
        abs(a / b - 1)
        for kind in ("buying", "spend") for a, b in zip(ours[0][kind], theirs[0][kind], strict=True)
    )  # fmt: skip
    yield Figure(
        "largest difference of a parameter", apart * 100, "%", "ours with a weak prior",
        "at most 1 %", apart <= 0.01,
    )  # fmt: skip
