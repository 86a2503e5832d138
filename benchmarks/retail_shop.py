"""A real file of order lines as a simulated shop and CRM, in a process of their own.

`python -m benchmarks.retail_shop FILE CLOCK` prints one line of JSON (where they listen, the bridge, what
each step took) and serves until its standard input closes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from regulars.clock import SimulatedClock
from regulars.demo.order_lines import read_order_lines, shop_of
from regulars.plugins import load
from regulars.testing import Sandbox, Served

ZONE, CURRENCY, COUNTRY = "Europe/London", "GBP", "GB"
ROLES = ("shop", "crm")


@contextmanager
def shop_and_crm(file: Path, clock: Path) -> Iterator[dict[str, Any]]:
    """Both platforms in another process: {"platforms": {role: {...}}, "bridge": {...}, "steps": [...]}."""
    command = [sys.executable, "-m", "benchmarks.retail_shop", str(file), str(clock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        assert process.stdin is not None
        process.stdin.close()


class Steps:
    """What each step of this process took, with its CPU time and the largest resident set so far."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self._began, self._cpu = time.perf_counter(), time.process_time()

    def done(self, name: str, part: str = "", until: tuple[float, float] = (0.0, 0.0)) -> None:
        """End a step; the next one begins. A first `part` of it may have lasted until some moment."""
        now = time.perf_counter(), time.process_time()
        self._add(name, now)
        if part:
            self._add(part, until)
        self._began, self._cpu = now

    def _add(self, name: str, until: tuple[float, float]) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        spent = {"s": until[0] - self._began, "cpu_s": until[1] - self._cpu}
        self.taken.append({"step": name, **spent, "peak_mb": peak})


def without_limits(sandbox: Sandbox) -> Sandbox:
    """The platform's own pace would hide ours; the simulated limits are lifted for this measurement."""
    sandbox.keep_log = False
    for held, knob in ((sandbox, "restore_rate"), (sandbox, "bucket_size"), *_limits(sandbox)):
        if hasattr(held, knob):
            setattr(held, knob, 10_000_000)
    return sandbox


def _limits(sandbox: Sandbox) -> list[tuple[Any, str]]:
    return [(getattr(sandbox, "limits", None), knob) for knob in ("burst", "search", "daily")]


def main() -> None:
    file, clock, steps = Path(sys.argv[1]), SimulatedClock(path=Path(sys.argv[2])), Steps()
    lines, bad = read_order_lines(file, ZONE)
    steps.done("order lines read")
    world, bridge = shop_of(lines, CURRENCY, ZONE, COUNTRY)
    for person in world.people:
        person.on = ROLES
    steps.done("shop and bridge made")
    connectors = {c.role: c for c in load().connectors.values() if c.role in ROLES}
    with ExitStack() as stack:
        platforms = {}
        for role in ROLES:
            sandbox = without_limits(connectors[role].sandbox(clock=clock, seed=1))
            sandbox.populate(world)
            steps.done(f"simulated {role} filled")
            platforms[role] = {
                "plugin": connectors[role].name,
                "url": stack.enter_context(Served(sandbox)),
                "credentials": dict(sandbox.credentials()),
            }
        told = {
            "platforms": platforms,
            "bad_rows": len(bad),
            "bridge": {
                "total": str(bridge.total), "sales": str(bridge.sales), "refunds": str(bridge.refunds),
                "difference": str(bridge.difference()),
                "lines": {x.label: [x.rows, str(x.amount)] for x in bridge.lines.values()},
            },
            "steps": steps.taken,
        }  # fmt: skip
        del lines, world
        print(json.dumps(told), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
