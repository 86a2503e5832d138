"""UCI Online Retail: a shop that cannot tell leaving from pausing, and whose totals are kept to the penny.

That the way from the shop's own records to these days keeps them too is what `retail` measures.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
from regulars.clv.ladder import fit_shop
from regulars.clv.settings import TITLES
from regulars.clv.summary import summarise

from benchmarks.figures import Figure

Lines = dict[tuple[int, int], int]
"""Pence by customer and day (its ordinal), with what was given back taken off; days with nothing left are none."""


def figures(data: Path) -> Iterator[Figure]:
    lines = _lines(data / "online_retail.csv.gz")
    customer, day, pence = (
        np.array(part) for part in zip(*((*key, amount) for key, amount in lines.items()), strict=True)
    )
    end = int(day.max())
    known = summarise(customer, day, pence, end)
    table = known.table()
    for name, title in TITLES.items():
        shop = fit_shop(table, name)
        note = "; ".join(shop.notes) or "no flag"
        flagged = not shop.identified and note.startswith("churn not identified")
        yield Figure(f"Online Retail {title} flagged", float(flagged), "", note, "churn not identified", flagged)
    by_hand = defaultdict(int)
    for (who, _), amount in lines.items():
        by_hand[who] += amount
    ours = dict(zip(known.customer.tolist(), (known.first + known.repeat).tolist(), strict=True))
    off = sum(ours.get(who) != amount for who, amount in by_hand.items()) + len(ours) - len(by_hand)
    total = sum(by_hand.values()) / 100
    how = f"of {len(by_hand):,}, {total:,.2f} GBP in all"
    yield Figure("Online Retail customers off by a penny", off, "people", how, "none", off == 0)


def _lines(file: Path) -> Lines:
    net: Lines = defaultdict(int)
    with gzip.open(file, "rt", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if row["CustomerID"]:
                key = int(float(row["CustomerID"])), date.fromisoformat(row["InvoiceDate"][:10]).toordinal()
                net[key] += round(float(row["UnitPrice"]) * 100) * int(row["Quantity"])
    return {key: pence for key, pence in net.items() if pence > 0}
