"""From days with a purchase to what the models look at: one row per customer.

A day on which everything was given back is no purchase day; what is left of a day's amount after refunds
is that day's amount.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regulars.clv.table import Floats, Table, compress

Keys = NDArray[np.int64]
Rows = Callable[[int, int], tuple[Keys, NDArray[Any]]]
"""From one place to another in the order of customer and day: a number for each pair of them, and amounts."""

BLOCK = 1 << 16  # customers at a time: temporary arrays are used again before they leave the cache


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
    origin = int(day.min())
    wide = (int(day.max()) - origin).bit_length()
    pair = customer.astype(np.int64)
    pair <<= wide
    pair += day
    pair -= origin
    rows = _in_order(pair, amount)
    starts = _starts(rows, len(pair), wide)
    found = [_lived(rows, part, wide) for part in _blocks(starts, len(pair))]
    who, x, tx, first_day, first, repeat = (np.concatenate(column) for column in zip(*found, strict=True))
    return Summary(who, x, tx, end - origin - first_day, first, repeat)


def _in_order(pair: Keys, amount: NDArray[Any]) -> Rows:
    """By customer and day; what is so already costs a look. `pair` is used up.

    Whole amounts that fit one 64-bit key beside the pair are sorted within it: numbers alone are sorted several
    times faster than places, nothing has to be fetched from there, and no second large array is needed.
    """
    if np.all(pair[1:] >= pair[:-1]):
        return lambda low, high: (pair[low:high], amount[low:high])
    least = amount.min()
    room = int(amount.max() - least).bit_length()
    if amount.dtype.kind != "i" or int(pair.max()).bit_length() + room > 63 or int(pair.min()) < 0:
        order = np.argsort(pair, kind="stable")
        pair, amount = pair[order], amount[order]
        return lambda low, high: (pair[low:high], amount[low:high])
    pair <<= room
    pair += amount
    pair -= least
    pair.sort()
    mask = (1 << room) - 1
    return lambda low, high: (pair[low:high] >> room, (pair[low:high] & mask) + least)


def _starts(rows: Rows, count: int, wide: int) -> NDArray[np.intp]:
    """Where each customer begins."""
    found = [np.zeros(1, np.intp)]
    for low in range(0, count, BLOCK):
        who = rows(low, min(low + BLOCK + 1, count))[0] >> wide
        found.append(np.flatnonzero(who[1:] != who[:-1]) + low + 1)
    return np.concatenate(found)


def _blocks(starts: NDArray[np.intp], count: int) -> Iterator[NDArray[np.intp]]:
    """Some customers at a time: where each of them begins, and where the last one ends."""
    edges = np.append(starts, count)
    for at in range(0, len(starts), BLOCK):
        yield edges[at : at + BLOCK + 1]


def _lived(rows: Rows, edges: NDArray[np.intp], wide: int) -> tuple[NDArray[Any], ...]:
    """Of some customers: their keys, further days, days from first to last, the first day, and the amounts of
    the first day and of the others."""
    pair, amount = rows(int(edges[0]), int(edges[-1]))
    first, after = edges[:-1] - edges[0], edges[1:] - edges[0]
    new = np.ones(len(pair), dtype=bool)
    np.not_equal(pair[1:], pair[:-1], out=new[1:])
    days = np.add.reduceat(new, first, dtype=np.int64)
    mask = (1 << wide) - 1
    begin, final = pair[first] & mask, pair[after - 1] & mask
    opening, total = _opening(amount, new, first), np.add.reduceat(amount, first)
    return (
        pair[first] >> wide,
        (days - 1).astype(np.float64),
        (final - begin).astype(np.float64),
        begin.astype(np.float64),
        opening.astype(np.float64),
        (total - opening).astype(np.float64),
    )


def _opening(amount: NDArray[Any], new: NDArray[np.bool_], first: NDArray[np.intp]) -> NDArray[Any]:
    """Amounts of everybody's first day, of which there may be several."""
    found, who, at = amount[first], np.arange(len(first)), first + 1
    while len(who):
        same = at < len(new)
        same[same] = ~new[at[same]]
        who, at = who[same], at[same]
        found[who] += amount[at]
        at = at + 1
    return found
