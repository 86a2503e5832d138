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

Keys = NDArray[np.int64]
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
    who, days, first, last, opening, total = _by_customer(customer, day, amount)
    return Summary(
        who,
        (days - 1).astype(np.float64),
        (last - first).astype(np.float64),
        (end - first).astype(np.float64),
        opening.astype(np.float64),
        (total - opening).astype(np.float64),
    )


def _by_customer(customer: NDArray[Any], day: NDArray[Any], amount: NDArray[Any]) -> Lives:
    """Of orders, or days with a purchase, in any order and at least one."""
    origin = int(day.min())
    wide = (int(day.max()) - origin).bit_length()
    pair = customer.astype(np.int64)
    pair <<= wide
    pair += day
    pair -= origin
    pair, amount = _by_pair(*_in_order(pair, amount))
    who = pair >> wide
    first = np.flatnonzero(_new(who))
    after = np.append(first[1:], len(who))
    head, tail = ((pair[at] & ((1 << wide) - 1)) + origin for at in (first, after - 1))
    return who[first], after - first, head, tail, amount[first], np.add.reduceat(amount, first)


def _in_order(pair: Keys, amount: NDArray[Any]) -> tuple[Keys, NDArray[Any]]:
    """By customer and day; what is so already costs a look. `pair` is used up.

    Whole amounts that fit one 64-bit key beside the pair are sorted within it: numbers alone are sorted several
    times faster than places, and nothing has to be fetched from there.
    """
    if np.all(pair[1:] >= pair[:-1]):
        return pair, amount
    low = amount.min()
    room = int(amount.max() - low).bit_length()
    if amount.dtype.kind != "i" or int(pair.max()).bit_length() + room > 63 or int(pair.min()) < 0:
        order = np.argsort(pair, kind="stable")
        return pair[order], amount[order]
    pair <<= room
    pair += amount
    pair -= low
    pair.sort()
    amount = pair & ((1 << room) - 1)
    amount += low
    pair >>= room
    return pair, amount


def _by_pair(pair: Keys, amount: NDArray[Any]) -> tuple[Keys, NDArray[Any]]:
    """One row per customer and day."""
    new = _new(pair)
    if new.all():
        return pair, amount
    at = np.flatnonzero(new)
    return pair[at], np.add.reduceat(amount, at)


def _new(sorted_: Keys) -> NDArray[np.bool_]:
    """Where another one begins."""
    new = np.ones(len(sorted_), dtype=bool)
    np.not_equal(sorted_[1:], sorted_[:-1], out=new[1:])
    return new
