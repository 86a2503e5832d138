"""The rebuild of what is kept per customer, one day's increment, and the whole way, from the stored customer-days.

Measured is the product's own history as a night makes it, in a client's warehouse with dense customer numbers.
DuckDB's own scan and grouping by customer of the same table, in the same process and in turn, is the measure.
The table is as a night leaves it: one netted row per customer and day, in no order.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from regulars.clv.history import NAME, predicted, update_history
from regulars.clv.settings import ClvSettings
from regulars.clv.tables import summary
from regulars.metrics import sales
from regulars.warehouse import Kept, Session, Warehouse, keep, kept

from benchmarks.clv import orders
from benchmarks.clv.beside import told
from benchmarks.clv.meter import Meter
from benchmarks.figures import Figure

RUNS = 3
REBUILD, INCREMENT, SECONDS, MEGABYTES = 2.5, 0.15, 30.0, 5000.0
SETTINGS, AS_OF = ClvSettings(), date(1970, 1, 1) + timedelta(days=orders.END)
LAST = orders.END - 1
GROUPED = """
SELECT count(*), sum(n), min(one), max(other), sum(cents)
FROM (SELECT customer_id, count(*) AS n, min(ordered_on) AS one, max(ordered_on) AS other,
             sum(net_minor) AS cents
      FROM customer_day GROUP BY customer_id)"""


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
        yield from _whole(step("whole"), size, whole)
        yield from _increments(step("increment"), size)


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
    step, whole = found["steps"]["increment"], found["steps"]["rebuild"]
    how = f"{found['touched']:,} touched customers; {step['cpu_s']:.2f} CPU s"
    yield Figure("one day's increment", step["s"], "s", how)
    times = step["s"] / whole["s"]
    how = f"{size}; by CPU {step['cpu_s'] / whole['cpu_s']:.3f}; the same rows as the rebuild"
    yield Figure("increment / rebuild", times, "times", how, f"at most {INCREMENT:g}", times <= INCREMENT)


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


def _build(meter: Meter, session: Session, shop: Shop) -> None:
    """Customer-days of all orders, as metrics keep them but for the customers' numbers."""
    with meter.step("build"):
        session.run(
            "CREATE TABLE customer_day AS SELECT customer AS customer_id, DATE '1970-01-01' + day AS ordered_on,"
            " count(*) AS orders, CAST(sum(cents) AS BIGINT) AS net_minor"
            " FROM read_parquet($file) GROUP BY customer, day",
            {"file": f"{shop.folder}/orders.parquet"},
        )
    session.run(
        "CREATE TABLE sale (customer_id INTEGER, ordered_on DATE, kind VARCHAR, gross_minor BIGINT,"
        " refund_minor BIGINT)"
    )
    session.run("CREATE TEMP TABLE objected (customer_id INTEGER)")
    meter.tell()


def _anew(session: Session) -> Any:
    """Everybody's history, and what the models look at."""
    session.run("CREATE TEMP TABLE IF NOT EXISTS objected (customer_id INTEGER)")
    update_history(session, SETTINGS)
    return summary(predicted(session), AS_OF)


def _rebuild(meter: Meter, session: Session, shop: Shop) -> None:
    pairs = []
    for _ in range(shop.runs + 1):
        with meter.step("limit"):
            session.query(GROUPED)
        with meter.step("ours"):
            _anew(session)
        pairs.append(dict(meter.steps))
    meter.tell(pairs=pairs[1:])  # the first pair warms the file cache


def _increment(meter: Meter, session: Session, _: Shop) -> None:
    """The state of the day before, then the last day's customers made again, as after a night that found them."""
    days = "SELECT * FROM customer_day"
    session.run(f"CREATE TABLE every_day AS {days}; DELETE FROM customer_day WHERE ordered_on = $last", _LAST)
    keep(session, sales.NAME, Kept("benchmark", turn=1))
    _anew(session)
    session.run("CREATE OR REPLACE TABLE customer_day AS SELECT * FROM every_day; DROP TABLE every_day")
    session.run(
        "CREATE TABLE touched_customer AS SELECT DISTINCT customer_id FROM customer_day WHERE ordered_on = $last",
        _LAST,
    )
    session.run("CHECKPOINT")
    keep(session, sales.NAME, Kept("benchmark", turn=2, whole=False))
    with meter.step("increment"):
        update_history(session, SETTINGS)
    assert getattr(kept(session, NAME), "turn", 0) == 2
    session.run(f"CREATE TABLE updated AS SELECT * FROM {NAME}")
    keep(session, sales.NAME, Kept("benchmark", turn=3))
    with meter.step("rebuild"):
        update_history(session, SETTINGS)
    counts = f"SELECT (SELECT count(*) FROM {NAME}), (SELECT count(*) FROM updated)"
    counts += f", (SELECT count(*) FROM (FROM {NAME} EXCEPT FROM updated))"
    made, updated, apart = session.query(counts)[0]
    assert (made, apart) == (updated, 0)
    meter.tell(touched=session.query("SELECT count(*) FROM touched_customer")[0][0])


_LAST = {"last": date(1970, 1, 1) + timedelta(days=LAST)}


def _whole_way(meter: Meter, session: Session, _: Shop) -> None:
    from regulars.clv import ladder, score  # noqa: F401  (imported by everybody before the clock runs)

    from benchmarks.clv.ours import model

    with meter.step("rebuild"):
        known = _anew(session)
    meter.tell(**model(meter, known))


if __name__ == "__main__":
    ways = {"build": _build, "rebuild": _rebuild, "increment": _increment, "whole": _whole_way}
    name, folder, customers, runs = sys.argv[1:]
    with Warehouse(Path(folder)).burst() as session:
        ways[name](Meter(), session, Shop(folder, int(customers), int(runs)))
