"""Profiles, statements and bounces straight into a warehouse's canonical tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from regulars.consent import build
from regulars.journal import Journal
from regulars.warehouse import Session
from regulars.warehouse.schema import TABLES, arrow_schema

DAY = datetime(2026, 11, 1, tzinfo=UTC)


class People:
    """Customers named by a word; each `profile` is one platform's profile of one of them."""

    def __init__(self, session: Session, journal: Journal) -> None:
        self.session, self.journal = session, journal
        self._rows: dict[str, list[dict[str, Any]]] = {
            kind: [] for kind in ("person", "consent", "bounce", "merge")
        }
        self._profiles: list[tuple[str, str, str]] = []
        self._customers: dict[str, dict[str, Any]] = {}

    def profile(self, customer: str, connection: str, record: str, email: str | None = None, country=None, **more):
        address = email if email is not None else f"{customer}@example.test"
        self._customers.setdefault(customer, {"customer_id": customer, "email": address, "country": country})
        self._add("person", connection, id=record, email=address, **more)
        self._profiles.append((connection, record, customer))

    def profile_of_nobody(self, connection: str, record: str, email: str, **more: Any) -> dict[str, Any]:
        """A profile that belongs to no customer any more; its row."""
        return self._add("person", connection, id=record, email=email, **more)

    def nobody(self, customer: str) -> None:
        """A customer without any address."""
        self._customers[customer] = {"customer_id": customer, "email": None, "country": None}

    def says(self, connection: str, record: str, state: str, channel: str = "email", **more: Any) -> None:
        self._add(
            "consent", connection, id=f"{record}:{channel}", person_id=record, channel=channel, state=state, **more
        )

    def bounced(self, connection: str, email: str, kind: str, **more: Any) -> None:
        self._add("bounce", connection, id=f"{email}:{kind}", email=email, kind=kind, **more)

    def merged(self, connection: str, record: str, into: str) -> None:
        self._add("merge", connection, id=record, into=into)

    def judged(self, *bases: Any) -> None:
        for kind, rows in self._rows.items():
            schema = arrow_schema(kind)
            names = pa.schema([("connection", pa.string()), *schema, ("seq", pa.int64()), ("deleted", pa.bool_())])
            self.session.load(TABLES[kind], pa.Table.from_pylist(rows, schema=names))
        parts = ("connection", "person_id", "customer_id")
        profiles = [dict(zip(parts, row, strict=True)) for row in self._profiles]
        texts = pa.schema([(name, pa.string()) for name in parts])
        self.session.load("profile", pa.Table.from_pylist(profiles, schema=texts))
        columns = pa.schema([(name, pa.string()) for name in ("customer_id", "email", "country")])
        self.session.load("customer", pa.Table.from_pylist(list(self._customers.values()), schema=columns))
        build(self.session, self.journal, bases)

    def verdict(self, customer: str, channel: str = "email") -> tuple[str, str, str] | None:
        sql = "SELECT verdict, state, reason FROM verdict WHERE customer_id = $c AND channel = $k"
        rows = self.session.query(sql, {"c": customer, "k": channel})
        assert len(rows) <= 1
        return rows[0] if rows else None

    def deliverable(self, customer: str) -> tuple[str, str]:
        sql = "SELECT state, reason FROM deliverable WHERE customer_id = $c"
        (row,) = self.session.query(sql, {"c": customer})
        return row

    def _add(self, record: str, connection: str, /, **fields: Any) -> dict[str, Any]:
        empty: dict[str, Any] = {field.name: None for field in arrow_schema(record)}
        lists = {"other_emails": [], "tags": [], "held": "{}", "custom": "{}"} if record == "person" else {}
        row = {"connection": connection, **empty, "updated_at": DAY, **lists, "seq": 1, "deleted": False, **fields}
        self._rows[record].append(row)
        return row
