"""What is kept of each customer from night to night, so that a night costs what changed in it.

A new day with a purchase is added, and an amended one corrected, from the change alone. Only where a
customer's first or last day vanished (all of it given back, the order struck out) are his days read again.
Whatever the changes were, the state is that of a rebuild from all days.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regulars.clv.summary import Summary, by_customer, lived
from regulars.clv.table import Ints

NEVER = np.iinfo(np.int32)
_KINDS = {"days": np.int32, "first": np.int32, "last": np.int32, "opening": np.int64, "total": np.int64}


class State:
    """Per customer, numbered densely from 0: how many `days` with a purchase, the `first` and the `last` of
    them (days since 1970), the `opening` amount of the first and the `total` of all (minor units).

    Of each customer's day there is one row, netted and worth something: as customer_day has them.
    """

    def __init__(self, customers: int) -> None:
        self.days = np.zeros(customers, np.int32)
        self.first = np.full(customers, NEVER.max, np.int32)
        self.last = np.full(customers, NEVER.min, np.int32)
        self.opening = np.zeros(customers, np.int64)
        self.total = np.zeros(customers, np.int64)

    @classmethod
    def of(cls, table: pa.Table) -> State:
        """From `table()`."""
        state = cls(0)
        for name, kind in _KINDS.items():
            setattr(state, name, np.array(table[name].to_numpy(), dtype=kind))
        return state

    @classmethod
    def rebuilt(cls, batches: Iterable[pa.RecordBatch], customers: int) -> State:
        """From all days, a batch of (customer, day, amount) at a time: memory does not grow with the days."""
        state = cls(customers)
        for batch in batches:
            state.add(*(column.to_numpy() for column in batch.columns))
        return state

    def table(self) -> pa.Table:
        """A row per customer, to be kept."""
        return pa.table({name: pa.array(getattr(self, name)) for name in _KINDS})

    def grow(self, customers: int) -> None:
        """Room for customers with higher numbers."""
        more = State(max(0, customers - len(self.days)))
        for name in _KINDS:
            setattr(self, name, np.concatenate([getattr(self, name), getattr(more, name)]))

    def add(self, customer: NDArray[Any], day: NDArray[Any], amount: NDArray[Any]) -> None:
        """Days that were not there before, in any order, late ones too."""
        if not len(customer):
            return
        who, days, first, last, opening, total = by_customer(customer, day, amount)
        sooner = first < self.first[who]
        self.opening[who[sooner]] = opening[sooner]
        self.first[who] = np.minimum(self.first[who], first)
        self.last[who] = np.maximum(self.last[who], last)
        self.days[who] += days.astype(np.int32)
        self.total[who] += total

    def change(self, customer: NDArray[Any], day: NDArray[Any], before: NDArray[Any], after: NDArray[Any]) -> Ints:
        """What became of days, each at most once: amounts before and after, nothing where there was no
        purchase, or is none any more. Returns the customers whose days must be read again, for `replace`."""
        new, gone = (before <= 0) & (after > 0), (before > 0) & (after <= 0)
        amended = (before > 0) & (after > 0)
        np.add.at(self.total, customer[amended], after[amended] - before[amended])
        opens = amended & (day == self.first[customer])
        self.opening[customer[opens]] = after[opens]
        who = customer[gone]
        edge = (day[gone] == self.first[who]) | (day[gone] == self.last[who])
        np.add.at(self.days, who, np.int32(-1))
        np.add.at(self.total, who, -before[gone])
        self.add(customer[new], day[new], after[new])
        return np.unique(who[edge]).astype(np.intp)

    def replace(self, who: Ints, customer: NDArray[Any], day: NDArray[Any], amount: NDArray[Any]) -> None:
        """Forget these customers and take the days they have now."""
        fresh = State(1)
        for name in _KINDS:
            getattr(self, name)[who] = getattr(fresh, name)[0]
        self.add(customer, day, amount)

    def summary(self, end: int) -> Summary:
        """As of a day that no purchase is later than. Who has none is left out."""
        who = np.flatnonzero(self.days)
        kept = [getattr(self, name) for name in _KINDS]
        days, first, last, opening, total = kept if len(who) == len(self.days) else [part[who] for part in kept]
        return lived(who.astype(np.int64, copy=False), days, first, last, opening, total, end)
