"""Invented orders of any number of customers: BG/NBD and Gamma-Gamma obeyed to the letter, in order of time.

For speed and memory only. It says nothing about which model is the best: it favours BG/NBD by construction.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

WINDOW = 730  # days of orders; the last is the as-of day
R, ALPHA, A, B = 0.9, 30.0, 0.7, 10.0
P, Q, V = 6.0, 4.0, 1500.0  # cents
EARLY = 1.9  # more of the customers come early in the window: 9.5 orders each on average
CHUNK = 500_000  # customers made at a time
START = 14_610  # 2010-01-01 as days since 1970
END = START + WINDOW


def write(file: Path, customers: int, seed: int = 7) -> int:
    """A Parquet file of customer (dense from 0), day (days since 1970) and cents, by day; the number of orders."""
    keys = np.concatenate(list(_packed(customers, seed)))
    keys.sort()
    kinds = pa.schema([("customer", pa.int32()), ("day", pa.int32()), ("cents", pa.int64())])
    with pq.ParquetWriter(file, kinds, compression="snappy") as out:
        for at in range(0, len(keys), 1 << 22):
            part = keys[at : at + (1 << 22)]
            day = (part >> 52).astype(np.int32) + START
            customer = ((part >> 28) & 0xFFFFFF).astype(np.int32)
            cents = part & 0xFFFFFFF
            out.write_table(pa.table([pa.array(column) for column in (customer, day, cents)], schema=kinds))
    return len(keys)


def _packed(customers: int, seed: int) -> Iterator[np.ndarray]:
    """Day, customer and cents in one number, so that 95 million are sorted within their own memory."""
    for at in range(0, customers, CHUNK):
        size = min(CHUNK, customers - at)
        dice = np.random.default_rng([seed, at])
        who, day = _lives(dice, size)
        mean = P * V / dice.gamma(Q, 1, size)
        cents = np.clip(np.rint(dice.gamma(P, 1, len(who)) * mean[who] / P), 1, (1 << 28) - 1).astype(np.int64)
        yield (day << 52) | ((who + at) << 28) | cents


def _lives(dice: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Everybody buys a first time and then on, until he leaves or the window ends."""
    who, at = np.arange(size), WINDOW * dice.random(size) ** EARLY
    rate, leaves = dice.gamma(R, 1 / ALPHA, size), dice.beta(A, B, size)
    people, days, first = [], [], True
    while len(who):
        people.append(who)
        days.append(at.astype(np.int64))
        if not first:
            stays = dice.random(len(who)) >= leaves[who]
            who, at = who[stays], at[stays]
        first = False
        at = at + dice.exponential(1, len(who)) / rate[who]
        inside = at < WINDOW
        who, at = who[inside], at[inside]
    return np.concatenate(people), np.concatenate(days)
