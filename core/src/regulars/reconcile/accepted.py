"""Known differences: what a person accepted of a day, and how much of it a difference of that day uses up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from regulars.journal import Fact
from regulars.metrics import Span
from regulars.reconcile.answer import Difference
from regulars.reconcile.books import Key
from regulars.reconcile.side import Side

KIND = "reconcile_accepted"
"""The kind of the journal's facts."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was accepted of one day, connection and currency: platform less ours, and the orders that are not
    the same, each as (order, how). What is of no one day is on the first of its span, with the span in place of
    the order."""

    day: date
    connection: str
    currency: str
    side: Side
    orders: tuple[tuple[str, str], ...]
    reason: str

    @property
    def key(self) -> Key:
        """Where it counts."""
        return self.day, self.connection, self.currency

    @property
    def payload(self) -> dict[str, Any]:
        """JSON-able; `minor` is the amount of net sales, in minor units of `currency`."""
        side = self.side
        return {
            "day": self.day.isoformat(),
            "connection": self.connection,
            "currency": self.currency,
            "minor": side.net,
            "orders": side.orders,
            "goods": side.goods,
            "discount": side.discount,
            "returned": side.returned,
            "differences": [list(one) for one in self.orders],
            "reason": self.reason,
        }


def recorded(facts: Iterable[Fact]) -> tuple[Accepted, ...]:
    """What the journal has, oldest first."""
    return tuple(_of(fact.payload) for fact in facts)


def proposed(
    rest: Mapping[Key, Side], differences: Iterable[Difference], span: Span, reason: str
) -> tuple[Accepted, ...]:
    """Everything of a span that is unexplained, as it would be accepted: one per day, connection and currency."""
    orders: dict[Key, list[tuple[str, str]]] = {key: [] for key, side in rest.items() if side != Side()}
    for one in differences:
        key, order = _place(one, span)
        orders.setdefault(key, []).append(order)
    return tuple(
        Accepted(*key, rest.get(key, Side()), tuple(found), reason) for key, found in sorted(orders.items())
    )


def unaccepted(
    differences: Iterable[Difference], accepted: Collection[Accepted], span: Span
) -> tuple[Difference, ...]:
    """The differences that nobody accepted just so: another amount is another difference."""
    known = {(one.key, order) for one in accepted for order in one.orders}
    return tuple(one for one in differences if _place(one, span) not in known)


def use_up(difference: Side, accepted: Iterable[Accepted]) -> dict[str, Side]:
    """Of one key's difference: what each reason explains, the oldest first, none more than was accepted."""
    used: dict[str, Side] = {}
    for one in accepted:
        part = difference.up_to(one.side)
        difference -= part
        if part != Side():
            used[one.reason] = used.get(one.reason, Side()) + part
    return used


def _place(one: Difference, span: Span) -> tuple[Key, tuple[str, str]]:
    if one.day is None:
        return (span.starts_on, one.connection, one.currency), (str(span), one.text)
    return (one.day, one.connection, one.currency), (one.order, one.text)


def _of(told: Mapping[str, Any]) -> Accepted:
    return Accepted(
        date.fromisoformat(told["day"]),
        told["connection"],
        told["currency"],
        Side(told["orders"], told["goods"], told["discount"], told["returned"]),
        tuple((order, text) for order, text in told["differences"]),
        told["reason"],
    )
