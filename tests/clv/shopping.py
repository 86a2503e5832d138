"""Real and invented purchase histories for the tests of the models."""

import csv
import gzip
from datetime import date
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the public data sets do not lie beside the repository")
START = date(1997, 1, 1)
CUT = (date(1997, 9, 30) - START).days


def purchases(sample: bool):
    """CDNOW as (customer, day, amount), one row per customer and day; the tenth, or all of it."""
    if sample:
        rows = [line.split() for line in (DATA / "CDNOW_sample.txt").read_text().splitlines() if line.strip()]
        parts = [(int(r[1]), r[2], float(r[4])) for r in rows]
    else:
        with gzip.open(DATA / "CDNOW_master.txt.gz", "rt") as lines:
            rows = [line.split() for line in lines if line.strip()]
        parts = [(int(r[0]), r[1], float(r[3])) for r in rows if r[0].isdigit()]
    days = [(date.fromisoformat(text) - START).days for _, text, _ in parts]
    key, at = np.unique(np.array([p[0] for p in parts]) * 1000 + np.array(days), return_inverse=True)
    amount = np.bincount(at, [p[2] for p in parts])
    return key // 1000, (key % 1000).astype(np.int32), amount


def invented(customers: int, seed: int = 0, *, r=0.9, alpha=30.0, a=0.7, b=10.0, days=730):
    """Customers who behave exactly as BG/NBD says: (x, tx, age)."""
    dice = np.random.default_rng(seed)
    age = dice.integers(1, days, customers).astype(float)
    rate, leave = dice.gamma(r, 1 / alpha, customers), dice.beta(a, b, customers)
    x, tx = np.zeros(customers), np.zeros(customers)
    for n in range(customers):
        at = 0.0
        while True:
            at += dice.exponential(1 / rate[n])
            if at > age[n]:
                break
            x[n], tx[n] = x[n] + 1, at
            if dice.random() < leave[n]:
                break
    return x, tx, age


def online_retail():
    """UCI Online Retail as (customer, day, amount in pence): cancellations netted into their customer's day."""
    net = {}
    with gzip.open(DATA / "online_retail.csv.gz", "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["CustomerID"]:
                key = int(float(row["CustomerID"])), date.fromisoformat(row["InvoiceDate"][:10]).toordinal()
                net[key] = net.get(key, 0) + round(float(row["UnitPrice"]) * 100) * int(row["Quantity"])
    bought = [(*key, amount) for key, amount in net.items() if amount > 0]
    customer, day, amount = (np.array(part) for part in zip(*bought, strict=True))
    return customer, day.astype(np.int32), amount.astype(float)
