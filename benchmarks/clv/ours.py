"""Our way from a file of orders to a score for everybody, step by step; prints seconds and peak memory as JSON."""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.clv.meter import Meter

BLOCK = 1 << 20  # customers scored at a time


def model(meter: Meter, known) -> dict[str, list[float]]:
    """Fit, spend and scores of a summary, each a step of the meter; the parameters."""
    from regulars.clv.ladder import fit_amounts, fit_shop
    from regulars.clv.score import discounted, expected
    from regulars.clv.spend import Spend
    from threadpoolctl import threadpool_limits

    with meter.step("fit"), threadpool_limits(1):  # as the product fits
        shop = fit_shop(known.table(), "bg_nbd")
    with meter.step("spend"), threadpool_limits(1):
        typical = float((known.first + known.repeat).sum()) / (len(known) + float(known.x.sum()))
        _, amounts = fit_amounts(known.x, known.mean_repeat, typical)
    with meter.step("scores"):
        spend, found = Spend(*amounts.values), np.empty((4, len(known)))
        for at in range(0, len(known), BLOCK):
            part, to = known.take(slice(at, at + BLOCK)), slice(at, at + BLOCK)
            who = part.x, part.tx, part.age
            found[0, to] = shop.model.alive(*who)
            found[1, to] = expected(shop.model, *who, 365.0)
            found[2, to] = spend.expected(part.x, part.mean_repeat)
            found[3, to] = discounted(shop.model, *who, 0.10) * found[2, to]
        assert np.all(np.isfinite(found))
    return {"buying": shop.fit.values.tolist(), "spend": amounts.values.tolist()}


def main(file: str, end: str) -> None:
    import duckdb
    from regulars.clv import ladder, score  # noqa: F401  (imported by everybody before the clock runs)
    from regulars.clv.summary import summarise

    meter = Meter()
    with meter.step("read"), duckdb.connect() as db:
        db.execute("SET threads = 2; SET preserve_insertion_order = false")
        rows = db.sql(
            "SELECT customer, day, cents FROM read_parquet($file)", params={"file": file}
        ).to_arrow_table()
        columns = [column.to_numpy() for column in rows.columns]
        del rows
    with meter.step("summary"):
        known = summarise(*columns, int(end))
    del columns
    meter.tell(customers=len(known), **model(meter, known))


if __name__ == "__main__":
    main(*sys.argv[1:])
