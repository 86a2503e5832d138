"""What a read costs the process that does it. All clients' scripts use it; it needs the standard library alone."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path


def measured(read: Callable[[str], int], url: str, warm: str) -> None:
    """Do the read and print rows, CPU and wall seconds, peak MB.

    `read(url)` returns how many rows there were. It is first done at `warm`, so that what is loaded and
    compiled only once is not counted.
    """
    read(warm)
    before, began = _cpu(), time.perf_counter()
    rows = read(url)
    told = {"rows": rows, "s": time.perf_counter() - began, "cpu_s": _cpu() - before, "peak_mb": _peak()}
    print(json.dumps(told))


def compared(ids: Iterable[str]) -> None:
    """Print how many different ids there are and what they sum up to, so that clients can be compared."""
    found = sorted(set(ids))
    print(json.dumps({"rows": len(found), "ids": sha256("\n".join(found).encode()).hexdigest()}))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak() -> float:
    """The largest resident set, of this program alone: `ru_maxrss` begins with that of who started it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not tell the largest resident set")
