"""From days with a purchase to what the models look at: one row per customer.

A day on which everything was given back is no purchase day; what is left of a day's amount after refunds
is that day's amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regulars.clv.table import Floats, Table, compress

Rows = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[Any]]
"""Customer, day and amount: three arrays of one length."""
Lives = tuple[NDArray[np.int64], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]
"""Customers in order, how many days with a purchase each has, the first and last of them, the amount of the
first and of all: six arrays of one length."""


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


def summarise(
    customer: NDArray[np.integer[Any]], day: NDArray[np.integer[Any]], amount: NDArray[Any], end: int
) -> Summary:
    """One row per customer from orders, or days with a purchase, in any order.

    `day` counts from any origin; days after `end` are left out, and so are customers with none until then.
    Amounts of one customer's day are added up; that days of nothing are no purchases is for the caller to say.
    """
    if np.any(day > end):
        keep = day <= end
        customer, day, amount = customer[keep], day[keep], amount[keep]
    if not len(customer):
        none = np.empty(0)
        return Summary(np.empty(0, dtype=np.int64), none, none, none, none, none)
    return lived(*by_customer(customer, day, amount), end)


def lived(
    customer: NDArray[np.int64],
    days: NDArray[Any],
    first: NDArray[Any],
    last: NDArray[Any],
    opening: NDArray[Any],
    total: NDArray[Any],
    end: int,
) -> Summary:
    """What the models look at, from what `by_customer` gives."""
    return Summary(
        customer,
        (days - 1).astype(np.float64),
        (last - first).astype(np.float64),
        (end - first).astype(np.float64),
        opening.astype(np.float64),
        (total - opening).astype(np.float64),
    )


def by_customer(customer: NDArray[Any], day: NDArray[Any], amount: NDArray[Any]) -> Lives:
    """Of orders, or days with a purchase, in any order and at least one."""
    customer, day, amount = _by_day(*_in_order(customer, day, amount))
    first = np.flatnonzero(_new(customer))
    after = np.append(first[1:], len(customer))
    total = np.add.reduceat(amount, first)
    return customer[first], after - first, day[first], day[after - 1], amount[first], total


def _in_order(customer: NDArray[Any], day: NDArray[Any], amount: NDArray[Any]) -> Rows:
    """By customer and day; what is so already costs a look.

    Whole amounts that fit one 64-bit key beside customer and day are sorted within it: numbers alone are sorted
    several times faster than places, and nothing has to be fetched from there.
    """
    customer, day = customer.astype(np.int64, copy=False), day.astype(np.int32, copy=False)
    if not len(customer):
        return customer, day, amount
    origin = int(day.min())
    wide = (int(day.max()) - origin).bit_length()
    key = (customer << wide) + (day - origin)
    if np.all(key[1:] >= key[:-1]):
        return customer, day, amount
    low, high = amount.min(), amount.max()
    room = int(high - low).bit_length()
    if amount.dtype.kind != "i" or int(key.max()).bit_length() + room > 63 or int(customer.min()) < 0:
        order = np.argsort(key, kind="stable")
        return customer[order], day[order], amount[order]
    key <<= room
    key += amount - low
    key.sort()
    amount = (key & ((1 << room) - 1)) + low
    key >>= room
    day = (key & ((1 << wide) - 1)).astype(np.int32) + np.int32(origin)
    key >>= wide
    return key, day, amount


def _by_day(customer: NDArray[np.int64], day: NDArray[np.int32], amount: NDArray[Any]) -> Rows:
    """One row per customer and day."""
    new = _new(customer)
    new[1:] |= day[1:] != day[:-1]
    if new.all():
        return customer, day, amount
    at = np.flatnonzero(new)
    return customer[at], day[at], np.add.reduceat(amount, at)


def _new(customer: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where another customer begins."""
    new = np.ones(len(customer), dtype=bool)
    np.not_equal(customer[1:], customer[:-1], out=new[1:])
    return new
