"""The tables `verdict` and `deliverable`, each row with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from regulars.consent.stops import reference, stops
from regulars.journal import Journal
from regulars.warehouse import Session, statement


class Basis(Protocol):
    """A recorded decision: people of connection `source` in `country` may be mailed on this ground
    where nobody has said yes or no. It never outweighs an opt-out or an unconfirmed opt-in."""

    @property
    def source(self) -> str:
        """The connection it is about."""

    @property
    def country(self) -> str:
        """ISO 3166-1 alpha-2; a person of unknown country is not covered."""

    @property
    def basis(self) -> str:
        """The ground, in words."""

    @property
    def by(self) -> str:
        """Who decided it."""


def build(
    session: Session, journal: Journal, legal_basis: Sequence[Basis] = (), until: datetime | None = None
) -> None:
    """Make `verdict` (a row for e-mail for everybody, for other channels where a platform speaks of
    them) and `deliverable` from the canonical tables and identity's.

    `until` is for figures of a past day, and never for a write: what a platform dates from then on does not count.
    """
    session.load("legal_basis", _bases(legal_basis))
    session.load("stopped", _stopped(session, journal))
    session.run(statement("regulars.consent", "verdict"), {"until": until})


def _bases(bases: Iterable[Basis]) -> pa.Table:
    rows = [
        {"connection": b.source, "country": b.country.upper(), "basis": b.basis, "decided_by": b.by} for b in bases
    ]
    return _table(rows, ("connection", "country", "basis", "decided_by"))


def _stopped(session: Session, journal: Journal) -> pa.Table:
    listed = stops(journal)
    rows: list[Mapping[str, str]] = []
    if not listed:
        return _stops_table(rows)
    people = session.query(
        """SELECT f.customer_id, p.email FROM persons AS p
           JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
           WHERE p.email IS NOT NULL
           UNION SELECT customer_id, email FROM customer WHERE email IS NOT NULL"""
    )
    for customer, email in people:
        if found := listed.get(reference(journal, email)):
            rows.append({"customer_id": customer, "channel": "email", "state": found.why, "at": found.at})
    return _stops_table(rows)


def _stops_table(rows: Sequence[Mapping[str, str]]) -> pa.Table:
    table = _table(rows, ("customer_id", "channel", "state", "at"))
    return table.set_column(3, "at", table.column("at").cast(pa.timestamp("us", tz="UTC")))


def _table(rows: Sequence[Mapping[str, str]], names: Sequence[str]) -> pa.Table:
    columns: dict[str, pa.DataType] = dict.fromkeys(names, pa.string())
    return pa.Table.from_pylist([dict(row) for row in rows], schema=pa.schema(columns))
