"""A simulated shop in a process of its own, so that its work is not counted as ours.

`python -m benchmarks.serving ROLE PEOPLE ORDERS LINES` prints its URL and its credentials as one line of
JSON and serves until its standard input closes.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from regulars.clock import SystemClock
from regulars.plugins import load
from regulars.testing import Served, World, WorldLine, WorldOrder, WorldPerson, WorldProduct

END = datetime(2026, 11, 20, tzinfo=UTC)


def big_world(people: int, orders: int, lines: int, seed: int = 7) -> World:
    """A shop of the asked size, two years old."""
    dice = random.Random(seed)
    world = World("Big", "EUR", "Europe/Berlin", "DE")
    world.products = [WorldProduct(f"SKU-{n}", f"Thing {n}", f"Type {n % 12}") for n in range(500)]
    world.people = [
        WorldPerson(f"p{n}", f"p{n}@example.test", "P", str(n), "DE", created_at=END - timedelta(seconds=n + 1))
        for n in range(people)
    ]
    each = lines / orders
    for n in range(orders):
        at = END - timedelta(minutes=dice.randrange(730 * 1440))
        count = int(each) + (dice.random() < each % 1)
        items = [
            WorldLine(f"SKU-{dice.randrange(500)}", 1, f"{dice.randrange(500, 9000) / 100:.2f}")
            for _ in range(count)
        ]
        world.orders.append(WorldOrder(f"o{n}", f"p{dice.randrange(people)}", at, items))
    return world


@contextmanager
def served(role: str, people: int, orders: int, lines: int) -> Iterator[dict[str, Any]]:
    """A shop in another process: {"url", "credentials", "plugin", "populate_s"}."""
    command = [sys.executable, "-m", "benchmarks.serving", role, str(people), str(orders), str(lines)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        assert process.stdin is not None
        process.stdin.close()


def main() -> None:
    role, *sizes = sys.argv[1:]
    connector = next(c for c in load().connectors.values() if c.role == role)
    assert connector.sandbox is not None
    sandbox = connector.sandbox(clock=SystemClock(), seed=1)
    sandbox.keep_log = False
    sandbox.populate(big_world(*map(int, sizes)))
    for knob in ("restore_rate", "bucket_size"):
        # The platform's own pace would hide ours; the simulated limits are lifted for this measurement.
        if hasattr(sandbox, knob):
            setattr(sandbox, knob, 10_000_000)
    with Served(sandbox) as url:
        print(
            json.dumps({"url": url, "credentials": dict(sandbox.credentials()), "plugin": connector.name}),
            flush=True,
        )
        sys.stdin.read()


if __name__ == "__main__":
    main()
