"""Seconds, CPU seconds and peak memory of a process's steps. Needs the standard library only: peers use it too."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Meter:
    """Steps in the order in which they were made."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, float]] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began, cpu = time.perf_counter(), time.process_time()
        yield
        self.steps[name] = {"s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}

    def tell(self, **more: Any) -> None:
        """One line of JSON, with the largest resident set of this process so far."""
        print(json.dumps({"steps": self.steps, "peak_mb": peak_mb(), **more}))


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
