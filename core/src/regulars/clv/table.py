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
TICKED = 1 << 23  # whole numbers below it have a place each in a table
BITS = 21  # of each of x, tx and age in one key


def dot(one: Floats, other: Floats) -> float:
    """Sum of products. Not BLAS: it splits long sums over threads, which makes them slow on a busy machine
    and their last digits depend on it."""
    return float(np.einsum("i,i->", one, other))


def sums(at: Ints, values: Floats, size: int = 0) -> Floats:
    """Sums of `values` by their number in `at`, at least `size` of them."""
    return np.bincount(at, values, minlength=size).astype(np.float64, copy=False)


def distinct(values: Floats) -> tuple[Floats, Ints]:
    """The distinct values in order, and which of them each is.

    Whole numbers that are not too large are ticked off in a table, which takes no sort.
    """
    places = _places(values)
    if places is None:
        found, at = np.unique(values, return_inverse=True)
        return found, at.reshape(-1)
    number = np.zeros(int(places.max()) + 1, dtype=np.intp)
    number[places] = 1
    cells = np.flatnonzero(number)
    number[cells] = np.arange(len(cells))
    return cells.astype(np.float64), number[places]


def _places(values: Floats) -> Ints | None:
    if not len(values) or values.min() < 0 or values.max() >= min(TICKED, 8 * len(values) + (1 << 16)):
        return None
    places = values.astype(np.intp)
    return None if np.any(places != values) else places


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
    if not keep.all():
        x, tx, age = x[keep], tx[keep], age[keep]
    key = _packed(x, tx, age)
    if key is not None:
        return _counted(key)
    order, first = _runs(x, tx, age)
    at = order[first]
    weight = np.diff(np.append(first, len(order))).astype(np.float64)
    return Table(x[at], tx[at], age[at], weight)


def _packed(x: Floats, tx: Floats, age: Floats) -> NDArray[np.int64] | None:
    """Whole days and counts in one 64-bit key each: it is sorted several times faster than three columns."""
    limit = float(1 << BITS)
    if not len(x) or any(part.max() >= limit or np.any(part != np.floor(part)) for part in (x, tx, age)):
        return None
    return (x.astype(np.int64) << 2 * BITS) | (tx.astype(np.int64) << BITS) | age.astype(np.int64)


def _counted(key: NDArray[np.int64]) -> Table:
    """One row per distinct key, unpacked."""
    key.sort()
    first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    weight = np.diff(np.append(first, len(key))).astype(np.float64)
    key, low = key[first], (1 << BITS) - 1
    x, tx, age = (part.astype(np.float64) for part in (key >> 2 * BITS, key >> BITS & low, key & low))
    return Table(x, tx, age, weight)


def _runs(x: Floats, tx: Floats, age: Floats) -> tuple[Ints, Ints]:
    """An order that puts equal triples side by side, and where each run of them begins."""
    key = _packed(x, tx, age)
    order = np.lexsort((age, tx, x)) if key is None else np.argsort(key)
    if not len(order):
        return order, order
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.logical_or.reduce([np.diff(part[order]) != 0 for part in (x, tx, age)])
    return order, np.flatnonzero(new)


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
