"""The rebuild of what is kept per customer, one day's increment, and the whole way, from the stored customer-days.

DuckDB's own scan and grouping by customer of the same table, in the same process and in turn, is the measure.
The table is as a night leaves it: one netted row per customer and day, in no order.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather

from benchmarks.clv import orders
from benchmarks.clv.beside import told
from benchmarks.clv.meter import Meter
from benchmarks.figures import Figure

RUNS = 3
REBUILD, INCREMENT, SECONDS, MEGABYTES = 2.5, 0.15, 30.0, 5000.0
BATCH = 1 << 23  # customer-days at a time: their memory is what a rebuild needs beside the state itself
DAYS = "SELECT customer, day, cents FROM customer_day"
GROUPED = """
SELECT count(*), sum(n), sum(one), sum(other), sum(cents)
FROM (SELECT customer, count(*) AS n, min(day) AS one, max(day) AS other, sum(cents) AS cents
      FROM customer_day GROUP BY customer)"""


def figures(customers: int, runs: int = RUNS, whole: bool = False) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        count = orders.write(Path(folder) / "orders.parquet", customers)
        size = f"{customers:,} customers, {count:,} orders"

        def step(name: str) -> dict[str, Any]:
            return told(sys.executable, "benchmarks.clv.rebuild", name, folder, str(customers), str(runs))

        built = step("build")
        table = built["steps"]["build"]
        yield Figure("customer-days from orders", table["s"], "s", f"{size}; {table['cpu_s']:.1f} CPU s; DuckDB")
        yield from _rebuilds(step("rebuild"), size)
        yield from _increments(step("increment"), size)
        yield from _whole(step("whole"), size, whole)


def _rebuilds(found: dict[str, Any], size: str) -> Iterator[Figure]:
    pairs = found["pairs"]
    for name, title in (("limit", "DuckDB: scan + GROUP BY customer"), ("ours", "ours: rebuild of the summary")):
        cpu = median(pair[name]["cpu_s"] for pair in pairs)
        yield Figure(title, median(pair[name]["s"] for pair in pairs), "s", f"{size}; {cpu:.2f} CPU s")
    times = median(pair["ours"]["s"] / pair["limit"]["s"] for pair in pairs)
    cpu = median(pair["ours"]["cpu_s"] / pair["limit"]["cpu_s"] for pair in pairs)
    how = f"{len(pairs)} pairs in turn; by CPU {cpu:.2f}"
    yield Figure("rebuild / scan + GROUP BY", times, "times", how, f"at most {REBUILD:g}", times <= REBUILD)


def _increments(found: dict[str, Any], size: str) -> Iterator[Figure]:
    steps = found["steps"]
    spent = sum(steps[name]["s"] for name in ("load", "change", "summary", "keep"))
    cpu = sum(steps[name]["cpu_s"] for name in ("load", "change", "summary", "keep"))
    parts = ", ".join(f"{name} {steps[name]['s']:.2f}" for name in ("load", "change", "summary", "keep"))
    yield Figure(
        "one day's increment", spent, "s", f"{found['changed']:,} customer-days; {parts}; {cpu:.2f} CPU s"
    )
    times = spent / steps["rebuild"]["s"]
    how = f"{size}; by CPU {cpu / steps['rebuild']['cpu_s']:.3f}; the same as the rebuild"
    yield Figure("increment / rebuild", times, "times", how, f"at most {INCREMENT:g}", times <= INCREMENT)
    again = steps["read again"]
    how = f"{found['again']:,} customers whose first or last day was given back; {again['cpu_s']:.2f} CPU s"
    yield Figure("days read again", again["s"], "s", how)


def _whole(found: dict[str, Any], size: str, bar: bool) -> Iterator[Figure]:
    steps = found["steps"]
    spent, cpu = (sum(step[kind] for step in steps.values()) for kind in ("s", "cpu_s"))
    parts = ", ".join(f"{name} {step['s']:.1f}" for name, step in steps.items())
    load = os.getloadavg()[0]  # beside others' work on the same cores seconds say little, CPU seconds much
    limits = (f"at most {SECONDS:g} s", spent <= SECONDS) if bar else ("", None)
    yield Figure(
        "customer-days to scores", spent, "s", f"{size}: {parts}; {cpu:.1f} CPU s, load {load:.0f}", *limits
    )
    limits = (f"at most {MEGABYTES:g} MB", found["peak_mb"] <= MEGABYTES) if bar else ("", None)
    yield Figure("customer-days to scores: peak memory", found["peak_mb"], "MB", "process of its own", *limits)


@dataclass(frozen=True)
class Shop:
    """Where its orders lie, how many customers it has, how often a pair is measured."""

    folder: str
    customers: int
    runs: int


def _opened(folder: str) -> Any:
    import duckdb

    db = duckdb.connect(f"{folder}/days.duckdb")
    db.execute(f"SET threads = 2; SET memory_limit = '4GB'; SET temp_directory = '{folder}/spill'")
    db.execute("SET preserve_insertion_order = false")
    return db


def _build(meter: Meter, db: Any, shop: Shop) -> None:
    """Customer-days of all orders, and the last day's apart: what a night brings."""
    with meter.step("build"):
        db.execute(
            "CREATE TABLE customer_day AS SELECT customer, day, CAST(sum(cents) AS BIGINT) AS cents"
            " FROM read_parquet(?) GROUP BY customer, day",
            [f"{shop.folder}/orders.parquet"],
        )
    db.execute(
        "CREATE TABLE change AS SELECT customer, day, CAST(0 AS BIGINT) AS before, cents AS after"
        " FROM customer_day WHERE day = ?",
        [orders.END - 1],
    )
    meter.tell()


def _state(db: Any, customers: int, query: str = DAYS) -> Any:
    from regulars.clv.state import State

    return State.rebuilt(db.sql(query).to_arrow_reader(BATCH), customers)


def _rebuild(meter: Meter, db: Any, shop: Shop) -> None:
    pairs = []
    for _ in range(shop.runs + 1):
        with meter.step("limit"):
            db.execute(GROUPED).fetchall()
        with meter.step("ours"):
            _state(db, shop.customers).summary(orders.END)
        pairs.append(dict(meter.steps))
    meter.tell(pairs=pairs[1:])  # the first pair warms the file cache


def _increment(meter: Meter, db: Any, shop: Shop) -> None:
    from regulars.clv.state import State

    kept = f"{shop.folder}/state.feather"
    feather.write_feather(
        _state(db, shop.customers, f"{DAYS} WHERE day < {orders.END - 1}").table(),
        kept,
        compression="uncompressed",
    )
    with meter.step("rebuild"):
        whole = _state(db, shop.customers)
        summary = whole.summary(orders.END)
    with meter.step("load"):
        state = State.of(feather.read_table(kept))
    with meter.step("change"):
        columns = db.execute("SELECT customer, day, before, after FROM change").fetchnumpy()
        again = state.change(*columns.values())
    with meter.step("summary"):
        found = state.summary(orders.END)
    with meter.step("keep"):
        feather.write_feather(state.table(), kept, compression="uncompressed")
    assert not len(again)
    _same(found, summary)
    changed = len(columns["day"])
    with meter.step("read again"):
        who = np.unique(columns["customer"][::100])
        db.register("touched", pa.table({"customer": who}))
        mine = db.execute(f"{DAYS} WHERE customer IN (SELECT customer FROM touched)").fetchnumpy()
        state.replace(who, *mine.values())
    _same(state.summary(orders.END), summary)
    meter.tell(changed=changed, again=len(who))


def _same(one: Any, other: Any) -> None:
    for field in fields(one):
        assert np.array_equal(getattr(one, field.name), getattr(other, field.name)), field.name


def _whole_way(meter: Meter, db: Any, shop: Shop) -> None:
    from regulars.clv import ladder, score  # noqa: F401  (imported by everybody before the clock runs)

    from benchmarks.clv.ours import model

    with meter.step("rebuild"):
        known = _state(db, shop.customers).summary(orders.END)
    meter.tell(**model(meter, known))


if __name__ == "__main__":
    ways = {"build": _build, "rebuild": _rebuild, "increment": _increment, "whole": _whole_way}
    name, folder, customers, runs = sys.argv[1:]
    with _opened(folder) as db:
        ways[name](Meter(), db, Shop(folder, int(customers), int(runs)))
