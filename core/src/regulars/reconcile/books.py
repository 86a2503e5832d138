"""What we hold of a span, read from a published snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from regulars.errors import ConfigError, RegularsError
from regulars.metrics import Span, Unrated, last_complete, unrated
from regulars.reconcile.bridge import Event, Manner
from regulars.reconcile.side import Side
from regulars.warehouse import Session, statement

Key = tuple[date, str, str]
"""Day, connection, currency."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An order or a refund of our records, or of a platform's."""

    order_id: str
    number: str
    day: date
    currency: str
    goods: int
    discount: int


Entries = Mapping[tuple[str, str], Entry]
"""By ("order" or "refund", its id)."""


@dataclass(frozen=True, slots=True)
class Books:
    """A span of our records: events from the raw records, what the night took in of each day, the basis of each
    day as measured, and entries one by one of the connections that were asked for."""

    span: Span
    as_of: date
    zone: str
    manner: Manner
    events: tuple[Event, ...]
    measured: Mapping[Key, Side]
    basis: Mapping[date, int]
    held: Mapping[str, Entries]
    unrated: tuple[Unrated, ...]

    @property
    def raw(self) -> dict[Key, Side]:
        """Sums of the stored records per day, made without what the night made of them."""
        found: dict[Key, Side] = {}
        for e in self.events:
            key = (e.day, e.connection, e.currency)
            found[key] = found.get(key, Side()) + Side(e.orders, e.goods, e.discount, e.returned)
        return found


def read(session: Session, span: Span | None, connections: tuple[str, ...] = ()) -> Books:
    """Everything of a span (default: the last complete month), with the entries of some connections.

    Days after the snapshot's are left out. Raises RegularsError where nothing was measured, or by an
    earlier version; ConfigError for a span that has not begun.
    """
    if not session.has("refund_part"):
        raise RegularsError("nothing was measured yet that could be reconciled", hint="Run: regulars run")
    told = session.table("SELECT * FROM metric_basis").to_pylist()[0]
    span = _until(span or last_complete("month", told["as_of"]), told["as_of"])
    params = _params(told, span)
    for macros in ("rounding", "amounts"):
        session.run(statement("regulars.metrics", macros))
    events = session.query(
        statement(__package__, "events"), params | {"refund_date": told["refund_date"]} | _with(told)
    )
    measured = session.query(statement(__package__, "measured"), _only(params, "starts_on", "ends_on", "as_of"))
    basis = session.query(statement(__package__, "basis"), _only(params, "starts_on", "ends_on"))
    return Books(
        span=span,
        as_of=told["as_of"],
        zone=told["zone"],
        manner=Manner(told["currency"], **_with(told)),
        events=tuple(Event(*row) for row in events),
        measured={(row[0], row[1], row[2]): Side(*row[3:]) for row in measured},
        basis={day: minor for day, _, minor in basis},
        held={name: _entries(session, params, name) for name in connections},
        unrated=unrated(session, span),
    )


def sellers(session: Session) -> tuple[str, ...]:
    """The connections that orders are held of."""
    return tuple(row[0] for row in session.query(statement(__package__, "sellers")))


def _until(span: Span, as_of: date) -> Span:
    if span.starts_on > as_of:
        raise ConfigError(f"{span} has not been measured: the last night was {as_of}", hint="Run: regulars run")
    return Span(span.starts_on, min(span.ends_on, as_of))


def _params(told: Mapping[str, Any], span: Span) -> dict[str, Any]:
    return {"starts_on": span.starts_on, "ends_on": span.ends_on, "as_of": told["as_of"], "zone": told["zone"]}


def _with(told: Mapping[str, Any]) -> dict[str, bool]:
    return {"with_tax": told["tax"] == "include", "with_shipping": told["shipping"] == "include"}


def _only(params: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: params[name] for name in names}


def _entries(session: Session, params: Mapping[str, Any], connection: str) -> Entries:
    asked = _only(params, "starts_on", "ends_on", "zone") | {"connection": connection}
    return {(row[0], row[1]): Entry(*row[2:]) for row in session.query(statement(__package__, "held"), asked)}
