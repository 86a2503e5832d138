"""Random nights of a small shop, through segments as a sync stores them: late, edited, refunded, deleted."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from regulars import identity
from regulars.identity import IdentitySettings
from regulars.journal import Fact
from regulars.metrics import FxRate, MetricSettings
from regulars.records import record
from regulars.warehouse import Session, Warehouse, write_segment
from regulars.warehouse.store import Stored

START = date(2026, 3, 1)
RATES = (FxRate("USD", date(2024, 1, 1), Decimal("0.8")), FxRate("USD", date(2026, 3, 4), Decimal("0.9")))
SETTINGS = MetricSettings(zone="Europe/London", currency="GBP", rates=RATES)
WHO = IdentitySettings(("info",), 4, "k")
Change = tuple[str, str, dict[str, Any]]
"""Connection, kind and record."""


class Nights:
    """A shop with some past. `pass_one` lets things happen and time go on; `merge` is what a night reads."""

    def __init__(self, folder: Path, seed: int, people: int = 40, orders: int = 260) -> None:
        self.dice, self.folder = random.Random(seed), folder
        self.warehouse, self.settings, self.today = Warehouse(folder), SETTINGS, START
        self.decisions: list[Fact] = []
        self._seq, self._count, self._told = 0, 0, datetime(2026, 1, 1, tzinfo=UTC)
        self._known: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._deleted: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._waiting: list[Change] = []
        for _ in range(6):
            self._product()
        for _ in range(people):
            self.person()
        for _ in range(orders):
            self.order(self.dice.randrange(1, 500))
        for _ in range(25):
            self.refund()
        self.merge()

    def pass_one(self) -> None:
        """Some things happen, and a day goes by: sometimes none, sometimes several, seldom one back."""
        often = (self._new, self._new, self._new, self._edited, self._edited, self.refund, self._refund_edited)
        seldom = (self._gone, self._moved, self._person_edited, self._same_person, self._decided, self._product,
                  self._back, self._back, self._order_edited, self._parted, self._product_gone)  # fmt: skip
        happens = (*often, *seldom)
        for _ in range(self.dice.randrange(7)):
            self.dice.choice(happens)()
        if self.dice.random() < 0.1:
            self._set()
        back = -self.dice.choice((1, 1, 9)) if self.dice.random() < 0.2 else 1
        self.today += timedelta(days=self.dice.choice((0, 1, 1, 1, 1, self.dice.choice((4, 45)), back)))
        self.merge()

    def merge(self) -> None:
        """Store what happened as segments, one per connection and kind, and merge them."""
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for connection, kind, row in self._waiting:
            found.setdefault((connection, kind), []).append(row)
        stored = []
        for (connection, kind), rows in found.items():
            self._seq += 1
            path = self.folder / "segments" / f"{self._seq}-{connection}-{kind}.parquet"
            write_segment(path, kind, rows)
            stored.append(Stored(self._seq, connection, kind, path))
        self._waiting.clear()
        self.warehouse.merge(stored)

    def measure_identity(self, session: Session) -> None:
        """Who is who tonight."""
        identity.build(session, WHO, self.decisions)

    @contextmanager
    def anew(self) -> Iterator[Session]:
        """The same records in a file that keeps nothing of earlier nights."""
        other = self.folder / "anew"
        shutil.rmtree(other, ignore_errors=True)
        other.mkdir()
        with self.warehouse.burst() as session:
            session.run("CHECKPOINT")
        shutil.copyfile(self.warehouse.path, other / self.warehouse.path.name)
        with Warehouse(other).burst() as session:
            session.run("DROP TABLE IF EXISTS kept; DROP TABLE IF EXISTS touched_order")
            yield session

    # --- what happens ----------------------------------------------------------------------------

    def person(self) -> None:
        name = self._name("p")
        email = f"{name}@example.test" if self.dice.random() < 0.8 else "info@example.test"
        self._tell("shop", "person", id=name, created_at=self._at(self.dice.randrange(400, 600)), email=email)
        if self.dice.random() < 0.6:
            self._tell("crm", "person", id=f"c{name}", created_at=self._at(300), email=email.upper())

    def order(self, ago: int) -> None:
        people = self._all("shop", "person")
        who, guest = self.dice.choice(people)["id"], self.dice.random()
        email = f"guest{self.dice.randrange(12)}@example.test" if guest < 0.2 else None
        person = None if guest < 0.25 else f"{self._name('late')}" if guest > 0.98 else who
        name, goods = self._name("o"), self.dice.randrange(0, 9000)
        money = {"goods_minor": goods, "goods_tax_minor": goods // self.dice.choice((6, 10**9))}
        money |= {"shipping_minor": 300, "tax_minor": goods // 6, "discount_minor": 0, "total_minor": goods + 300}
        currency = self.dice.choice(("GBP", "GBP", "GBP", "GBP", "USD", "JPY" if guest > 0.9 else "USD"))
        self._tell("shop", "order", id=name, ordered_at=self._at(ago), person_id=person, email=email,
                   currency=currency, **money)  # fmt: skip
        for n in range(self.dice.randrange(3)):
            self._tell("shop", "line", id=f"{name}-{n}", order_id=name, **self._sort(),
                       quantity=1, current_quantity=1, currency=currency, goods_minor=goods // 2)  # fmt: skip

    def refund(self) -> None:
        order = self._one("order")
        at, part = (
            self._at(self.dice.choice((-2, 0, 0, 1, 9, 40))),
            order["goods_minor"] // self.dice.choice((1, 2, 3)),
        )
        currency = order["currency"] if self.dice.random() < 0.95 else "EUR"
        self._tell("shop", "refund", id=self._name("r"), order_id=order["id"], refunded_at=at, currency=currency,
                   goods_minor=part, goods_tax_minor=0, total_minor=part)  # fmt: skip

    def _new(self) -> None:
        if self.dice.random() < 0.3:
            self.person()
        self.order(self.dice.choice((-1, 0, 0, 1, 1, 2, 30, 400)))

    def _edited(self) -> None:
        order, dice = self._one("order"), self.dice
        change: dict[str, Any] = dice.choice((
            {"goods_minor": dice.randrange(9000)}, {"cancelled_at": self._at(dice.choice((-1, 0, 5)))},
            {"test": not order["test"]}, {"tags": ["Wholesale"]}, {"ordered_at": self._at(dice.randrange(300))},
            {"person_id": dice.choice(self._all("shop", "person"))["id"]}, {"currency": "USD"},
        ))  # fmt: skip
        self._tell("shop", "order", **(order | change))
        if dice.random() < 0.5:
            self._tell("shop", "line", id=f"{order['id']}-9", order_id=order["id"], **self._sort(),
                       quantity=1, current_quantity=1, currency=order["currency"], goods_minor=1)  # fmt: skip

    def _refund_edited(self) -> None:
        refund = self._one("refund")
        other = self._one("order") if self.dice.random() < 0.3 else {"id": refund["order_id"]}
        change = {"order_id": other["id"], "goods_minor": self.dice.randrange(500)}
        self._tell("shop", "refund", **(refund | change | {"refunded_at": self._at(self.dice.choice((-1, 0, 3)))}))

    def _gone(self) -> None:
        kind = self.dice.choice(("order", "refund", "line", "person"))
        if len(found := self._all("shop", kind)) > 10:
            self._forget("shop", kind, self.dice.choice(found)["id"])

    def _back(self) -> None:
        """What was deleted is there again, under the same id."""
        if self._deleted:
            connection, kind, name = self.dice.choice(sorted(self._deleted))
            self._tell(connection, kind, **self._deleted.pop((connection, kind, name)))

    def _order_edited(self) -> None:
        """An order goes to a guest, to nobody, to a company, or is in a currency without a rate."""
        order = self._one("order")
        guest = f"guest{self.dice.randrange(14)}@example.test"
        change = self.dice.choice(({"person_id": None, "email": guest}, {"person_id": None, "email": None},
                                   {"currency": "EUR"}, {"company_id": "b2b"}))  # fmt: skip
        self._tell("shop", "order", **(order | change))

    def _parted(self) -> None:
        """A merge of two people is taken back."""
        if merges := self._all("shop", "merge"):
            self._forget("shop", "merge", self.dice.choice(merges)["id"])

    def _product_gone(self) -> None:
        if len(found := self._all("shop", "product")) > 2:
            self._forget("shop", "product", self.dice.choice(found)["id"])

    def _set(self) -> None:
        """The client's file is edited."""
        change: dict[str, Any] = self.dice.choice((
            {"refund_date": "order" if self.settings.refund_date == "refund" else "refund"},
            {"zone": self.dice.choice(("Pacific/Auckland", "America/Los_Angeles", "Europe/London"))},
            {"rates": (*RATES, FxRate("JPY", date(2024, 1, 1), Decimal("0.005")))},
            {"rates": RATES[:1]}, {"tax": "include"}, {"shipping": "include"},
        ))  # fmt: skip
        self.settings = replace(self.settings, **change)

    def _moved(self) -> None:
        one, other = self.dice.sample(self._all("shop", "person"), 2)
        self._tell("shop", "merge", id=one["id"], into=other["id"])
        if self.dice.random() < 0.5:
            self._forget("shop", "person", one["id"])

    def _person_edited(self) -> None:
        connection = self.dice.choice(("shop", "crm"))
        who = self.dice.choice(self._all(connection, "person"))
        email = self.dice.choice(
            (f"guest{self.dice.randrange(12)}@example.test", f"{self._name('new')}@example.test")
        )
        self._tell(connection, "person", **(who | {"email": email}))

    def _same_person(self) -> None:
        one, other = self.dice.sample(self._all("shop", "person"), 2)
        self._tell("shop", "person", **(one | {"other_emails": [other["email"]]}))

    def _product(self) -> None:
        self._tell("shop", "product", id=f"g{self.dice.randrange(7)}", category=self.dice.choice("ABCD"))

    def _sort(self) -> dict[str, Any]:
        """A line tells its category, or its product does."""
        if self.dice.random() < 0.5:
            return {"category": self.dice.choice("ABC"), "product_id": None}
        return {"category": None, "product_id": f"g{self.dice.randrange(8)}"}

    def _decided(self) -> None:
        with self.warehouse.burst() as session:
            if not session.has("profile"):
                return
            keys = [row[0] for row in session.query("SELECT profile_key FROM profile ORDER BY 1")]
        kind, one, other = self.dice.choice(("join", "split")), *self.dice.sample(keys, 2)
        fact = Fact(len(self.decisions) + 1, kind, one, self._told, {"with": other})
        self.decisions.append(fact)

    # --- inside ------------------------------------------------------------------------------------

    def _tell(self, connection: str, kind: str, /, **fields: Any) -> None:
        self._told += timedelta(seconds=1)
        row = record(kind, **(fields | {"updated_at": self._told}))
        self._known[connection, kind, row["id"]] = row
        self._waiting.append((connection, kind, row))

    def _forget(self, connection: str, kind: str, name: str) -> None:
        self._deleted[connection, kind, name] = self._known.pop((connection, kind, name))
        self._told += timedelta(seconds=1)
        gone = record("deletion", id=name, updated_at=self._told, entity=kind)
        self._waiting.append((connection, "deletion", gone))

    def _all(self, connection: str, kind: str) -> list[dict[str, Any]]:
        return [row for (where, what, _), row in self._known.items() if (where, what) == (connection, kind)]

    def _one(self, kind: str) -> dict[str, Any]:
        return self.dice.choice(self._all("shop", kind))

    def _at(self, ago: int) -> datetime:
        noon = datetime(self.today.year, self.today.month, self.today.day, 12, tzinfo=UTC)
        return noon - timedelta(days=ago, minutes=self.dice.randrange(-719, 719))

    def _name(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"
