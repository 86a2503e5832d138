"""A hand-made shop: people by name, orders by day, straight into a warehouse's canonical tables.

Every person has one profile on the connection "shop" and is their own customer, `customer_id` = name,
unless `same` joins two.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import duckdb
import pyarrow as pa
from regulars import clv
from regulars.clv import ClvSettings, Fitted
from regulars.metrics import MetricSettings, build
from regulars.records import KINDS
from regulars.warehouse import Session
from regulars.warehouse.schema import TABLES, arrow_schema

LONDON = MetricSettings(zone="Europe/London", currency="GBP")


def noon(day: str | date) -> datetime:
    """Noon UTC of a day."""
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


class Shop:
    """Add people and orders, then `build`."""

    def __init__(self, session: Session) -> None:
        self.session, self.settings = session, LONDON
        self._rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS if kind in TABLES}
        self._number = count(1)
        self._people: dict[str, str] = {}

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Shop]:
        """In memory: hundreds of small builds need no disk."""
        with closing(duckdb.connect()) as connection:
            connection.execute("SET TimeZone = 'UTC'; SET threads = 2")
            yield cls(Session(connection))

    def person(self, name: str, *, created: datetime | None = None, **fields: Any) -> str:
        self._people[name] = name
        self._add("person", id=name, created_at=created, email=f"{name}@example.test", **fields)
        return name

    def same(self, name: str, other: str) -> None:
        """From now on `other` is a second profile of the customer `name`."""
        self._people[other] = name

    def order(self, who: str | None, at: str | datetime, goods: int = 1000, **fields: Any) -> str:
        """An order; `at` is a day (noon UTC) or an instant. Someone new is added."""
        if who is not None and who not in self._people:
            self.person(who)
        when = noon(at) if isinstance(at, str) else at
        number = f"o{next(self._number)}"
        self._add("order", id=number, ordered_at=when, person_id=who, goods_minor=goods, **fields)
        return number

    def refund(self, order: str, at: str, goods: int, **fields: Any) -> None:
        money = {"goods_minor": goods, "total_minor": goods} | fields
        self._add("refund", order_id=order, refunded_at=noon(at), **money)

    def add(self, kind: str, /, **fields: Any) -> None:
        """Any other record."""
        self._add(kind, **fields)

    def set(self, **changes: Any) -> None:
        """Change settings of the shop."""
        self.settings = replace(self.settings, **changes)

    def store(self) -> None:
        """Write all rows and who is who into the warehouse."""
        for kind, rows in self._rows.items():
            table = pa.Table.from_pylist(rows, schema=arrow_schema(kind))
            size = len(rows)
            table = table.append_column(
                "connection", pa.array([r.get("connection", "shop") for r in rows], pa.string())
            )
            table = table.append_column("seq", pa.array([1] * size, pa.int64()))
            table = table.append_column("deleted", pa.array([False] * size, pa.bool_()))
            self.session.load(TABLES[kind], table)
        self._load_identity()

    def build(self, as_of: str) -> None:
        """Store, then build the metrics."""
        self.store()
        build(self.session, self.settings, date.fromisoformat(as_of))

    def predict(self, as_of: str, recorded: Fitted | None = None, **changes: Any) -> Fitted | None:
        """After `build`: everybody's predicted value; the model where one was fitted."""
        settings = ClvSettings(zone=self.settings.zone, refund_date=self.settings.refund_date, **changes)
        return clv.build(self.session, settings, date.fromisoformat(as_of), recorded)

    def all(self, sql: str) -> list[tuple[Any, ...]]:
        return self.session.query(sql)

    def one(self, sql: str) -> Any:
        """The only value of the only row."""
        ((value,),) = self.session.query(sql)
        return value

    def _add(self, kind: str, /, **fields: Any) -> None:
        blank: dict[str, Any] = {field.name: _BLANK.get(str(field.type)) for field in arrow_schema(kind)}
        defaults = {"id": f"{kind}{next(self._number)}", "currency": self.settings.currency}
        unknown = [
            name for name in blank if name.endswith("_at") or name in ("at", "email", "person_id", "status")
        ]
        known = {name: value for name, value in defaults.items() if name in blank}
        self._rows[kind].append(
            blank
            | dict.fromkeys([*unknown, *_OPTIONAL & set(blank)])
            | known
            | {"updated_at": noon("2020-01-01")}
            | fields
        )

    def _load_identity(self) -> None:
        names = list(self._people)
        owner = list(self._people.values())
        profile = {
            "connection": ["shop"] * len(names),
            "person_id": names,
            "profile_key": names,
            "customer_id": owner,
        }
        self.session.load("profile", _texts(profile | {"reason": ["only this profile"] * len(names)}))
        self.session.run("CREATE OR REPLACE VIEW known_as AS SELECT profile_key, customer_id FROM profile")
        born = {row["id"]: row["created_at"] for row in self._rows["person"]}
        customers = sorted(set(owner))
        phones = {self._people[row["id"]]: row["phone"] for row in self._rows["person"] if row["phone"]}
        table = _texts(
            {"customer_id": customers, "email": [f"{name}@example.test" for name in customers]}
            | {name: [None] * len(customers) for name in ("first_name", "last_name", "country", "held_back")}
            | {"phone": [phones.get(name) for name in customers]}
        )
        instants = pa.array([born.get(name) for name in customers], pa.timestamp("us", tz="UTC"))
        table = table.append_column("created_at", instants)
        sizes = [owner.count(name) for name in customers]
        self.session.load("customer", table.append_column("profiles", pa.array(sizes, pa.int64())))
        orders = self._rows["order"]
        links = {
            "connection": [row.get("connection", "shop") for row in orders],
            "order_id": [row["id"] for row in orders],
            "customer_id": [self._people.get(row["person_id"] or "") for row in orders],
        }
        self.session.load("order_customer", _texts(links))


_BLANK: dict[str, Any] = {
    "string": "",
    "int64": 0,
    "bool": False,
    "list<item: string>": [],
    "list<element: string>": [],
}
_OPTIONAL = {"company_id", "lists", "address", "channel", "department", "media", "value", "sku", "by", "source"}


def _texts(columns: dict[str, list[Any]]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def utc(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
