"""A client whose customers, consent and segments are set by hand, and whose platform is TinyCRM."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from plan.tinycrm import TinySandbox, connector
from regulars.apply import Result, apply_plan, undo
from regulars.clock import SimulatedClock
from regulars.config import Client, open_workspace
from regulars.connections import Connections
from regulars.journal import Journal, Lease
from regulars.plan import Plan, make_plan
from regulars.plugins import Plugins
from regulars.segments import Segment
from regulars.segments.columns import COLUMNS
from regulars.testing import Served
from regulars.warehouse import Warehouse
from regulars.warehouse.schema import arrow_schema

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
NEWS = Segment("news", "News", "is_customer")
CALLS = Segment("calls", "To be called", "is_customer AND reach_phone")
MAILED = Segment("mailed", "Mailed", "is_customer", channel="email")
_AGENCY = 'schema = 1\n[agency]\nname = "Test"\ntimezone = "Europe/London"\n[clock]\nsimulated = "now"\n'
_CLIENT = """
schema = 1
id = "fernhill"
name = "Fernhill Tea"
status = "{status}"
timezone = "Europe/London"
currency = "GBP"
[connections.crm]
plugin = "tinycrm"
role = "both"
expect_id = "tiny-1"
sandbox = "{url}"
{settings}
"""
MAPS = """
[[map]]
to = "crm"
field = "rg_stage"
from = "stage"
type = "enumeration"
[[map]]
to = "crm"
field = "rg_value"
from = "clv_12m"
type = "number"
write_if_changed_by = "5%"
[[map]]
to = "crm"
field = "rg_last"
from = "last_order_on"
type = "date"
clear_on_null = true
[[map]]
to = "crm"
field = "rg:{segment}"
from = "segments"
"""
_TYPES = {"number": pa.float64(), "text": pa.string(), "date": pa.date32(), "boolean": pa.bool_()}


@dataclass
class Bench:
    """`people`: customer -> catalogue values; `records`: record id -> customer; `segments`: name -> members."""

    root: Path
    sandbox: TinySandbox
    url: str
    clock: SimulatedClock
    plugins: Plugins
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    records: list[tuple[str, str]] = field(default_factory=list)
    segments: dict[str, set[str]] = field(default_factory=dict)
    consents: dict[str, str] = field(default_factory=dict)
    held_back: dict[str, str] = field(default_factory=dict)
    uncounted: set[str] = field(default_factory=set)
    """Customers with an order that could not be counted."""
    in_use: tuple[Segment, ...] = (NEWS,)
    elsewhere: list[tuple[str, str, str]] = field(default_factory=list)
    """Customer, a channel that is not e-mail, and what was said on it."""
    said: dict[str, str] = field(default_factory=dict)
    """Record id -> the consent that this record alone has on the platform."""
    dead: set[str] = field(default_factory=set)
    """Record ids whose own address bounced."""

    def configure(self, settings: str = MAPS, status: str = "live") -> None:
        (self.root / "clients").mkdir(exist_ok=True)
        (self.root / "regulars.toml").write_text(_AGENCY)
        text = _CLIENT.format(status=status, url=self.url, settings="") + settings
        (self.root / "clients" / "fernhill.toml").write_text(text)

    def move(self, account: str) -> None:
        """The client's file names another account, which answers from now on."""
        file = self.root / "clients" / "fernhill.toml"
        file.write_text(file.read_text().replace(f'"{self.sandbox.account}"', f'"{account}"'))
        self.sandbox.account = account

    @property
    def client(self) -> Client:
        return open_workspace(self.root).client("fernhill")

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.client.data_dir)

    def add(self, customer: str, record: str | None = "", **values: Any) -> None:
        """A customer, by default with a record of the same name on the platform."""
        self.people[customer] = values
        self.consents.setdefault(customer, "yes")
        if record is not None:
            key = record or customer
            self.records.append((key, customer))
            if key not in self.sandbox.people:
                self.sandbox.person(key)

    @contextmanager
    def open(self) -> Iterator[tuple[Journal, Lease, Connections]]:
        client = self.client
        journal = Journal.open(client.data_dir / "journal.db", client.clock)
        with ExitStack() as stack:
            stack.callback(journal.close)
            lease = stack.enter_context(journal.lease())
            yield journal, lease, stack.enter_context(Connections(client, self.plugins))

    def plan(self, **options: Any) -> Plan:
        """Sync the mirror and plan."""
        self.sync()
        return self.plan_from_the_mirror(**options)

    def plan_from_the_mirror(self, **options: Any) -> Plan:
        with self.open() as (journal, lease, connections):
            return make_plan(
                self.client, journal, lease, self.warehouse, connections,
                run_id="r-1", segments=self.in_use, **options,
            )  # fmt: skip

    def apply(self, plan: str) -> Result:
        with self.open() as (journal, lease, connections):
            return apply_plan(self.client, journal, lease, plan, connections)

    def undo(self, run_id: str) -> Plan:
        with self.open() as (journal, lease, connections):
            return undo(self.client, journal, lease, self.warehouse, run_id, connections)

    def states(self, plan: str) -> dict[tuple[str, str], str]:
        """(record, field or list) -> state in the ledger."""
        with self.open() as (journal, _, _):
            rows = journal.rows("SELECT record_id, field, state FROM ledger WHERE plan_id = ?", (plan,))
        return {(record, name): state for record, name, state in rows}

    def sync(self) -> None:
        """The mirror and all that would be measured, as they are now."""
        self._read_consent()
        with self.warehouse.burst() as session:
            session.load("persons", self._persons())
            session.load("consents", self._rows("consent", [
                {"id": f"{key}:email", "person_id": key, "channel": "email", "state": state}
                for key, state in self.said.items()]))  # fmt: skip
            session.load("bounces", self._rows("bounce", [
                {"id": f"{key}:dead", "person_id": key, "email": f"{key}@Example.test", "kind": "hard"}
                for key in self.dead]))  # fmt: skip
            session.load("profile", _texts(("connection", "person_id", "customer_id"),
                                           [("crm", *record) for record in self.records]))  # fmt: skip
            session.load("customer", _texts(("customer_id", "held_back"),
                                            [(c, self.held_back.get(c)) for c in self.people]))  # fmt: skip
            session.load("catalogue", self._catalogue())
            kinds = [(c, "counted") for c in self.people] + [(c, "quarantined") for c in self.uncounted]
            session.load("sale", _texts(("customer_id", "kind"), kinds))
            members = [(name, c) for name, inside in self.segments.items() for c in inside]
            session.load("segment_member", _texts(("segment", "customer_id"), members))
            states = {"yes": "subscribed", "no": "unsubscribed"}
            session.load("verdict", _texts(("customer_id", "channel", "verdict", "state"), [
                (c, "email", "yes" if v == "yes" else "no", states.get(v, v))
                for c, v in self.consents.items()]
                + [(c, channel, "no", state) for c, channel, state in self.elsewhere]))  # fmt: skip
            session.load("deliverable", _texts(("customer_id", "state"), [(c, "yes") for c in self.people]))
            session.run(
                "CREATE OR REPLACE TABLE segment_funnel (segment VARCHAR, step BIGINT, condition VARCHAR,"
                " remaining BIGINT, unknown BIGINT)"
            )

    def held(self, name: str) -> Mapping[str, str]:
        return {key: p["fields"][name] for key, p in self.sandbox.people.items() if name in p["fields"]}

    def inside(self, name: str) -> set[str]:
        return {key for key, p in self.sandbox.people.items() if name in p["lists"]}

    def _read_consent(self) -> None:
        with self.open() as (journal, lease, _), journal.tx(lease) as tx:
            now = journal.clock.now().isoformat()
            number = tx.rows("SELECT count(*) FROM count")[0][0]
            tx.execute(
                "INSERT INTO segment (run_id, connection, stream, kind, path, rows, at)"
                " VALUES ('r-1', 'crm', 'people', 'consent', 'x', 1, ?)",
                (now,),
            )
            tx.execute("INSERT INTO count VALUES (?, 'crm', 'people', 'consent', 1, 0, ?)", (f"r-{number}", now))

    def _persons(self) -> pa.Table:
        return self._rows("person", [
            {"id": key, "updated_at": datetime.fromisoformat(person["at"]), "email": f"{key}@example.test",
             "held": json.dumps(person["fields"]), "lists": person["lists"]}
            for key, person in self.sandbox.people.items()])  # fmt: skip

    def _rows(self, kind: str, given: list[dict[str, Any]]) -> pa.Table:
        empty = {f.name: None for f in arrow_schema(kind)} | {"connection": "crm", "seq": 1, "deleted": False}
        extra = [("connection", pa.string()), ("seq", pa.int64()), ("deleted", pa.bool_())]
        return pa.Table.from_pylist(
            [empty | row for row in given], schema=pa.schema([*arrow_schema(kind), *extra])
        )

    def _catalogue(self) -> pa.Table:
        kinds = {name: _TYPES.get(column.type, pa.list_(pa.string())) for name, column in COLUMNS.items()}
        rows = [{**dict.fromkeys(kinds), "customer_id": c, **values} for c, values in self.people.items()]
        return pa.Table.from_pylist(rows, schema=pa.schema(list(kinds.items())))


def _texts(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> pa.Table:
    schema = pa.schema([(name, pa.string()) for name in names])
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=schema)


@contextmanager
def bench(root: Path, role: str = "crm") -> Iterator[Bench]:
    clock = SimulatedClock(START, root / "now")
    sandbox = TinySandbox(clock)
    sandbox.mails = role == "mail"
    with Served(sandbox) as url:
        made = Bench(root, sandbox, url, clock, Plugins({"tinycrm": connector(role)}))
        made.configure()
        yield made


HOUR = timedelta(hours=1)
