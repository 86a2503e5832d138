"""Sales and the customers' days, brought up to date: a night's cost follows the night's changes.

Kept are refund_part, sale and refund_sale (a row per order or refund), customer_day, customer_total and
monthly. A row of an order depends on the order, its refunds and its customer alone, and on which of their
dates are past; so only the orders for which one of these changed are made again, and then the days of the
customers who had or have one of them. Everything is made anew where settings, rates or the statements
themselves changed, the day went back, or so much changed that picking it out would cost more.
"""

from __future__ import annotations

import re
from dataclasses import astuple, replace
from datetime import UTC, date, datetime, time
from typing import Any

from regulars.metrics.settings import MetricSettings
from regulars.warehouse import Kept, Session, digest, forget, keep, kept, statement, together

NAME = "sale"
MANY = 0.15
"""Above this share of all orders, everything is made anew."""

_STEPS = ("sale", "customer_day", "customer_total")
_PICK = ("due", "touched", "months")
_ALL = {
    "orders": "orders",
    "refund_part": "refund_part",
    "customer_sale": "sale",
    "customer_refund": "refund_sale",
    "customer_day": "customer_day",
    "month": "true",
}
_OF_ORDERS = (
    "(SELECT x.* FROM {} AS x SEMI JOIN due_order AS d ON d.connection = x.connection AND d.order_id = x.{})"
)
OF_TOUCHED = "(SELECT x.* FROM {} AS x SEMI JOIN touched_customer AS t ON t.customer_id = x.customer_id)"
"""A table's rows of the customers that the last update touched."""
_TOUCHED = {
    "orders": _OF_ORDERS.format("orders", "id"),
    "refund_part": _OF_ORDERS.format("refund_part", "order_id"),
    "customer_sale": OF_TOUCHED.format("sale"),
    "customer_refund": OF_TOUCHED.format("refund_sale"),
    "customer_day": OF_TOUCHED.format("customer_day"),
    "month": "date_trunc('month', e.day) IN (SELECT m.month FROM touched_month AS m)",
}


def update_sales(session: Session, settings: MetricSettings, as_of: date) -> bool:
    """Bring all of them up to date; True where that needed no more than the touched customers.

    What changed is told by the numbers of the segments that rows came from, and by touched_order, which identity
    fills with the orders whose customer changed; without that table all are made anew. Who was touched
    is left in touched_customer.
    """
    made_of, params = _made_of(settings), _params(settings, as_of)
    with together(session):
        last = kept(session, NAME)
        reach = _reach(session, last, made_of, as_of)
        if reach:
            _make_touched(session, params)
        else:
            _make_all(session, params)
        session.run("CREATE OR REPLACE TABLE touched_order (connection VARCHAR, order_id VARCHAR)")
        turn = last.turn + 1 if last else _after_all(session)
        keep(session, NAME, Kept(made_of, turn, _newest(session), as_of, not reach))
    return reach


def may_update(session: Session, name: str, made_of: str) -> bool:
    """Whether another kept table needs only the customers in touched_customer made again: it was up to date before
    the last update, and made of the same."""
    mine, sales = kept(session, name), kept(session, NAME)
    if mine is None or sales is None or sales.whole or mine.made_of != made_of:
        return False
    return mine.turn == sales.turn - 1


def keep_updated(session: Session, name: str, made_of: str) -> None:
    """Note that another kept table is up to date with the sales; in the transaction that made it so."""
    sales = kept(session, NAME)
    if sales is None:
        forget(session, name)
    else:
        keep(session, name, replace(sales, made_of=made_of))


def into(sql: str) -> str:
    """The statement that adds rows to its tables, instead of making them."""
    return re.sub(r"CREATE OR REPLACE TABLE (\w+) AS", r"INSERT INTO \1", sql)


def filled(sql: str, places: dict[str, str]) -> str:
    """The statement with what stands for each {name}."""
    for name, text in places.items():
        sql = sql.replace(f"{{{name}}}", text)
    return sql


def _reach(session: Session, last: Kept | None, made_of: str, as_of: date) -> bool:
    if last is None or last.made_of != made_of or as_of < last.as_of or not session.has("touched_order"):
        return False
    # No clock is more than 14 hours ahead of UTC: nothing dated after the last day is missed.
    since = datetime.combine(last.as_of, time(10), UTC)
    session.run(statement(__package__, "due"), {"seq": last.seq, "since": since})
    due, everything = session.query("SELECT (SELECT count(*) FROM due_order), (SELECT count(*) FROM sale)")[0]
    return bool(due <= MANY * everything)


def _make_all(session: Session, params: dict[str, Any]) -> None:
    for name in (*_STEPS, "monthly"):
        session.run(filled(statement(__package__, name), _ALL), params)
    session.run("CREATE OR REPLACE TABLE touched_customer (customer_id VARCHAR)")


def _make_touched(session: Session, params: dict[str, Any]) -> None:
    session.run(statement(__package__, "touched"))
    for name in _STEPS:
        session.run(filled(into(statement(__package__, name)), _TOUCHED), params)
    session.run(statement(__package__, "months"))
    session.run(filled(into(statement(__package__, "monthly")), _TOUCHED), params)


def _after_all(session: Session) -> int:
    """A turn beyond those of all tables that were kept beside these."""
    if not session.has("kept"):
        return 1
    return int(session.query("SELECT coalesce(max(turn), 0) + 2 FROM kept")[0][0])


def _newest(session: Session) -> int:
    sql = """SELECT greatest((SELECT coalesce(max(o.seq), 0) FROM orders AS o),
        (SELECT coalesce(max(r.seq), 0) FROM refunds AS r), (SELECT coalesce(max(l.seq), 0) FROM lines AS l))"""
    return int(session.query(sql)[0][0])


def _made_of(settings: MetricSettings) -> str:
    """Retention, lines and signals are no part of these tables. What picks rows out is: rows that an older version
    missed are made again."""
    said = replace(settings, window=0, periods=(), at_risk=0, lapsed=0, signals=frozenset())
    return digest(
        astuple(said),
        *(statement(__package__, name) for name in ("amounts", "rounding", "monthly", *_PICK, *_STEPS)),
    )


def _params(settings: MetricSettings, as_of: date) -> dict[str, Any]:
    return {
        "as_of": as_of,
        "zone": settings.zone,
        "refund_date": settings.refund_date,
        "with_tax": settings.tax == "include",
        "with_shipping": settings.shipping == "include",
        "exclude_test": settings.exclude_test,
        "exclude_cancelled": settings.exclude_cancelled,
        "wholesale_tags": [tag.lower() for tag in settings.wholesale_tags],
        "wholesale_companies": settings.wholesale_companies,
    }
