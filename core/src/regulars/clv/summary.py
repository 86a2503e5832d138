"""From days with a purchase to what the models look at: one row per customer.

A day on which everything was given back is no purchase day; what is left of a day's amount after refunds
is that day's amount.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regulars.clv.table import Floats, Table, compress


@dataclass(frozen=True, slots=True)
class Summary:
    """Per customer, in one order: `x` repeat days, `tx` days from first to last, `age` days from first to
    the end, `first` the amount of the first day and `repeat` the sum over the others, in minor units."""

    customer: NDArray[np.int64]
    x: Floats
    tx: Floats
    age: Floats
    first: Floats
    repeat: Floats

    def table(self) -> Table:
        """The distinct triples."""
        return compress(self.x, self.tx, self.age)

    def take(self, at: NDArray[np.intp] | slice) -> Summary:
        """The customers at these places."""
        return Summary(self.customer[at], self.x[at], self.tx[at], self.age[at], self.first[at], self.repeat[at])

    @property
    def mean_repeat(self) -> Floats:
        """Mean amount of a repeat day; 0 where there is none."""
        return self.repeat / np.maximum(self.x, 1.0)

    def __len__(self) -> int:
        return len(self.customer)


def summarise(customer: NDArray[np.int64], day: NDArray[np.int32], amount: Floats, end: int) -> Summary:
    """One row per customer from one row per (customer, day), in any order, each pair once.

    `day` counts from any origin; days after `end` are left out, and so are customers with none until then.
    Raises ValueError where a pair comes twice.
    """
    if np.any(day > end):
        keep = day <= end
        customer, day, amount = customer[keep], day[keep], amount[keep]
    if not len(customer):
        none = np.empty(0)
        return Summary(np.empty(0, dtype=np.int64), none, none, none, none, none)
    order = _order(customer, day)
    customer, day, amount = customer[order], day[order], amount[order]
    new = np.ones(len(customer), dtype=bool)
    np.not_equal(customer[1:], customer[:-1], out=new[1:])
    if np.any(~new[1:] & (day[1:] == day[:-1])):
        raise ValueError("a customer has two rows of one day")
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(customer)) - 1
    total = np.add.reduceat(amount, first)
    return Summary(
        customer[first],
        (last - first).astype(np.float64),
        (day[last] - day[first]).astype(np.float64),
        (end - day[first]).astype(np.float64),
        amount[first],
        total - amount[first],
    )


def _order(customer: NDArray[np.int64], day: NDArray[np.int32]) -> NDArray[np.intp]:
    """By customer and day; one packed key sorts faster than two, and what is sorted already costs a look."""
    key = (customer.astype(np.int64) << 20) + (day.astype(np.int64) - int(day.min()))
    if np.all(key[1:] >= key[:-1]):
        return np.arange(len(key))
    return np.argsort(key, kind="stable")
