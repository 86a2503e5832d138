"""From a shop's net sales to the basis of CLV and CRR, line by line.

Each line is the difference between two sums over the same events, so that the lines always add up; what the
basis is, is computed here from the platform's records alone and then compared with what the night measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Event:
    """A row of queries/events.sql: a day's orders or refunds of one connection, currency and kind."""

    day: date
    connection: str
    currency: str
    kind: str
    known: bool
    orders: int
    refunds: int
    shifted: int
    goods: int
    discount: int
    returned: int
    own: int
    moved: int
    taxed: int
    full: int


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the bridge: what it adds in minor units of the client's currency, and about how many orders
    (or refunds)."""

    key: str
    text: str
    minor: int
    records: int
    unit: Literal["order", "refund"] = "order"


PENNY = 1
"""Minor units that two sums may differ by."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """`start` + all steps = `basis`, exactly. `measured` is the basis as the night stored it."""

    start: int
    steps: tuple[Step, ...]
    measured: int

    @property
    def basis(self) -> int:
        """Net sales of known customers' counted orders, as the client's file defines them."""
        return self.start + sum(step.minor for step in self.steps)

    @property
    def diff(self) -> int:
        """How far what was measured is from it."""
        return self.measured - self.basis

    @property
    def agrees(self) -> bool:
        """Whether what was measured is the basis, to the penny."""
        return abs(self.diff) <= PENNY


_APART = (
    ("test", "test orders taken out"),
    ("cancelled", "cancelled orders taken out"),
    ("wholesale", "trade orders shown apart"),
    ("empty", "orders without goods"),
    ("quarantined", "orders without a rate, counted nowhere"),
    ("missing", "orders that were not measured"),
)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a client counts, as far as the words of the bridge need it."""

    currency: str
    with_tax: bool
    with_shipping: bool


def bridge(events: Sequence[Event], manner: Manner, measured: int) -> Bridge:
    """The bridge over some events. Lines about nothing are there with 0."""
    home = [event for event in events if event.currency == manner.currency]
    steps = (*_foreign(events, manner), _refunds(events), *_apart(events), *_basis(events, manner))
    return Bridge(sum(event.own for event in home), steps, measured)


def _foreign(events: Sequence[Event], manner: Manner) -> Iterator[Step]:
    for currency in sorted({event.currency for event in events} - {manner.currency}):
        mine = [event for event in events if event.currency == currency]
        text = f"orders in {currency}, at the rate of their day"
        rated = sum(event.orders for event in mine if event.kind != "quarantined")
        yield Step(f"foreign_{currency}", text, sum(event.own for event in mine), rated)


def _refunds(events: Sequence[Event]) -> Step:
    minor = sum(event.moved - event.own for event in events)
    text = "refunds moved to the day of their order"
    return Step("refunds_moved", text, minor, sum(event.shifted for event in events), "refund")


def _apart(events: Sequence[Event]) -> Iterator[Step]:
    for kind, text in _APART:
        mine = [event for event in events if event.kind == kind]
        minor, orders = -sum(event.moved for event in mine), sum(event.orders for event in mine)
        yield Step(kind, text, minor, orders)


def _basis(events: Sequence[Event], manner: Manner) -> Iterator[Step]:
    counted = [event for event in events if event.kind == "counted"]
    tax, shipping = sum(e.taxed - e.moved for e in counted), sum(e.full - e.taxed for e in counted)
    orders = sum(e.orders for e in counted)
    tax_text = "tax on top of the prices added" if manner.with_tax else "tax inside the prices taken out"
    yield Step("tax", tax_text, tax, orders if tax else 0)
    yield Step("shipping", "shipping added", shipping, orders if shipping else 0)
    guests = [event for event in counted if not event.known]
    text = "guests without an address"
    yield Step("guests", text, -sum(event.full for event in guests), sum(event.orders for event in guests))
