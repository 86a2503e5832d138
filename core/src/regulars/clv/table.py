"""What the models look at: a shop's customers as (x, tx, age), each distinct triple once with a weight.

`x` is how many further days with a purchase followed the first, `tx` how long after the first the last
one was, `age` how long ago the first was; all three in days. A likelihood depends on nothing else, so
that of the compressed table is exactly that of all customers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def dot(one: Floats, other: Floats) -> float:
    """Sum of products. Not BLAS: it splits long sums over threads, which makes them slow on a busy machine
    and their last digits depend on it."""
    return float(np.einsum("i,i->", one, other))


def sums(at: Ints, values: Floats, size: int = 0) -> Floats:
    """Sums of `values` by their number in `at`, at least `size` of them."""
    return np.bincount(at, values, minlength=size).astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True)
class Table:
    """Distinct (x, tx, age) with the number of customers who have it. All arrays are of one length."""

    x: Floats
    tx: Floats
    age: Floats
    weight: Floats

    @property
    def customers(self) -> float:
        """How many customers it stands for."""
        return float(self.weight.sum())

    @property
    def repeaters(self) -> float:
        """How many of them came back at all."""
        return float(self.weight[self.x > 0].sum())

    @property
    def mean_age(self) -> float:
        """Days since the first purchase, on average; the time scale of a shop."""
        return dot(self.weight, self.age) / max(self.customers, 1.0)

    def __len__(self) -> int:
        return len(self.x)


def compress(x: ArrayLike, tx: ArrayLike, age: ArrayLike) -> Table:
    """One row per distinct triple. Customers who first bought today (age 0) say nothing and are left out.

    Raises ValueError where a triple is impossible: negative, a last purchase after the end, or one at the
    first day with purchases in between.
    """
    x, tx, age = (np.ascontiguousarray(part, dtype=np.float64) for part in (x, tx, age))
    if not (np.all(x >= 0) and np.all(tx >= 0) and np.all(tx <= age) and np.all((x == 0) == (tx == 0))):
        raise ValueError("x, tx and age must be 0 <= tx <= age, with tx = 0 exactly where x = 0")
    keep = age > 0
    order, first = _runs(x[keep], tx[keep], age[keep])
    at = order[first]
    weight = np.diff(np.append(first, len(order))).astype(np.float64)
    return Table(x[keep][at], tx[keep][at], age[keep][at], weight)


def _runs(x: Floats, tx: Floats, age: Floats) -> tuple[Ints, Ints]:
    """An order that puts equal triples side by side, and where each run of them begins."""
    order = _packed_order(x, tx, age)
    if order is None:
        order = np.lexsort((age, tx, x))
    if not len(order):
        return order, order
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.logical_or.reduce([np.diff(part[order]) != 0 for part in (x, tx, age)])
    return order, np.flatnonzero(new)


def _packed_order(x: Floats, tx: Floats, age: Floats) -> Ints | None:
    """Whole days and counts fit one 64-bit key, and one key sorts several times faster than three."""
    limit = float(1 << 21)
    if not len(x) or any(part.max() >= limit or np.any(part != np.floor(part)) for part in (x, tx, age)):
        return None
    key = (x.astype(np.int64) << 42) | (tx.astype(np.int64) << 21) | age.astype(np.int64)
    return np.argsort(key)


def cells(table: Table, days: float) -> Table:
    """Customers of one x whose tx and age fall into the same cell of `days`, at their mean tx and age.

    A likelihood on cells of 7 days differs from the exact one by 0.5 standard errors, at a sixth of the
    rows; flooring to weeks instead would move it by 20.
    """
    tx, age = np.floor(table.tx / days), np.floor(table.age / days)
    order, first = _runs(table.x, tx, age)
    w = table.weight[order]
    weight = np.add.reduceat(w, first)
    mean = [np.add.reduceat(part[order] * w, first) / weight for part in (table.tx, table.age)]
    return Table(table.x[order][first], mean[0], mean[1], weight)
