"""Tables written by hand, and our side of a provider on a loopback port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from regulars import Http, Money, Secret, SimulatedClock
from regulars.config import ClientConfig
from regulars.journal import Journal, Lease
from regulars.secret import Redactor
from regulars.testing import Served
from regulars.warehouse import Session, Warehouse
from regulars_ecoa.client import policy
from regulars_ecoa.provider import EcoaHttp
from regulars_ecoa.sandbox import EcoaSandbox
from regulars_ecoa.settings import EcoaSettings

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)

DERIVED = """
CREATE TABLE profile (connection VARCHAR, person_id VARCHAR, profile_key VARCHAR, customer_id VARCHAR,
    reason VARCHAR, created_at TIMESTAMPTZ);
CREATE OR REPLACE VIEW known_as AS SELECT profile_key, customer_id FROM profile;
CREATE TABLE customer (customer_id VARCHAR, email VARCHAR, country VARCHAR, first_name VARCHAR,
    last_name VARCHAR, held_back VARCHAR);
CREATE TABLE customer_value (customer_id VARCHAR, orders_count BIGINT, net_minor BIGINT);
CREATE TABLE customer_day (customer_id VARCHAR, ordered_on DATE, orders BIGINT, net_minor BIGINT);
CREATE TABLE verdict (customer_id VARCHAR, channel VARCHAR, verdict VARCHAR, state VARCHAR);
CREATE TABLE order_customer (connection VARCHAR, order_id VARCHAR, customer_id VARCHAR);
CREATE TABLE sale (customer_id VARCHAR, kind VARCHAR);
CREATE TABLE segment_member (segment VARCHAR, customer_id VARCHAR);
CREATE TABLE catalogue (customer_id VARCHAR, email VARCHAR, state VARCHAR, stage VARCHAR, last_order_on DATE,
    email_consent VARCHAR, email_deliverable VARCHAR, service_hold BOOLEAN, offer_segment VARCHAR,
    act_before INTEGER);
"""


def config(**ecoa: Any) -> ClientConfig:
    """Bright Paw, with an ECOA budget of 5 records and 1.00 USD per run, 8 and 1.50 per month."""
    section = {
        "enabled": True,
        "connection": "moved",
        "unit_cost": "0.15 USD",
        "max_per_run": {"records": 5, "cost": "1.00 USD"},
        "max_per_month": {"records": 8, "cost": "1.50 USD"},
        **ecoa,
    }
    return ClientConfig.model_validate(
        {
            "id": "brightpaw",
            "name": "Bright Paw",
            "timezone": "America/Chicago",
            "currency": "USD",
            "connections": {"moved": {"plugin": "ecoa_http"}, "crm": {"plugin": "hubspot", "role": "both"}},
            "ecoa": section,
        }
    )


class Shop:
    """Tables written by hand: one call per customer."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        with warehouse.burst() as session:
            session.run(DERIVED)

    def add(self, name: str, **given: Any) -> str:
        """A customer `name` at name@example.test; returns the id. By default bounced hard, American,
        two orders, subscribed, lapsed."""
        with self.warehouse.burst() as session:
            return add(session, name, **given)

    def run(self, sql: str) -> None:
        """Any change of a table."""
        with self.warehouse.burst() as session:
            session.run(sql)


def add(
    session: Session,
    name: str,
    *,
    email: str | None = "",
    country: str | None = "US",
    orders: int = 2,
    bounce: str | None = "hard",
    state: str = "subscribed",
    connection: str = "crm",
    customer: str | None = None,
    created_at: datetime | None = NOW - timedelta(days=900),
    deliverable: str | None = None,
    held: str = "{}",
    lists: list[str] | None = None,
) -> str:
    address = f"{name}@example.test" if email == "" else email
    key, verdict = f"c-{name}", "yes" if state == "subscribed" else "no"
    owner = customer or key
    row(
        session,
        "persons",
        connection=connection,
        id=name,
        email=address,
        held=held,
        lists=lists or [],
        updated_at=NOW,
        deleted=False,
        other_emails=[],
    )
    insert(session, "profile", [connection, name, key, owner, "only this profile", created_at])
    row(
        session,
        "consents",
        connection=connection,
        id=f"{name}:email",
        person_id=name,
        channel="email",
        state=state,
        deleted=False,
    )
    if bounce and address:
        row(
            session,
            "bounces",
            connection=connection,
            id=name,
            person_id=name,
            email=address,
            kind=bounce,
            deleted=False,
        )
    if customer is None:
        insert(session, "customer", [key, address and address.lower(), country, name.title(), "", None])
        insert(session, "customer_value", [key, orders, orders * 1000])
        insert(session, "verdict", [key, "email", verdict, state])
        works = deliverable or ("unknown" if address is None else "no" if bounce == "hard" else "yes")
        lapsed_on = NOW.date() - timedelta(days=200)
        insert(
            session,
            "catalogue",
            [key, address, "lapsed", "reactivation", lapsed_on, verdict, works, False, None, 360],
        )
    return owner


def row(session: Session, table: str, **values: Any) -> None:
    """One row, the columns that are not named NULL."""
    names = ", ".join(f'"{name}"' for name in values)
    slots = ", ".join(f"${name}" for name in values)
    session.run(f'INSERT INTO "{table}" ({names}) VALUES ({slots})', values)


def insert(session: Session, table: str, values: list[Any]) -> None:
    """One row by position."""
    params = {f"v{i}": value for i, value in enumerate(values)}
    session.run(f"INSERT INTO {table} VALUES ({', '.join(f'${name}' for name in params)})", params)


@contextmanager
def served(sandbox: EcoaSandbox, clock: SimulatedClock) -> Iterator[EcoaHttp]:
    """Our side of a provider."""
    given = sandbox.credentials()
    settings = EcoaSettings(endpoint=given["endpoint"], token=Secret("ecoa.token", given["token"]))
    with Served(sandbox) as url:
        http = Http(policy(settings), clock=clock, redactor=Redactor(), base_url=url)
        try:
            yield EcoaHttp(settings, http)
        finally:
            http.close()


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def consent_was_read(journal: Journal, lease: Lease, at: datetime = NOW + timedelta(days=3650)) -> None:
    """Note a good night that read consent from the CRM, by default so late that it is always fresh."""
    with journal.tx(lease) as tx:
        tx.execute("DELETE FROM count")
        tx.execute(
            "INSERT OR IGNORE INTO run (id, no, kind, state, step, started_at, summary)"
            " VALUES ('r', 1, 'night', 'ok', '', ?, '{}')",
            (at.isoformat(),),
        )
        tx.execute(
            "INSERT INTO segment (run_id, connection, stream, kind, path, rows, at)"
            " VALUES ('r', 'crm', 'consents', 'consent', '', 1, ?)",
            (at.isoformat(),),
        )
        tx.execute(
            "INSERT INTO count (run_id, connection, stream, kind, rows, backfill, at)"
            " VALUES ('r', 'crm', 'consents', 'consent', 1, 0, ?)",
            (at.isoformat(),),
        )
