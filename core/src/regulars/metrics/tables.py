"""Metrics, step by step: sales, customers' days, retention, values."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from regulars.metrics import sales
from regulars.metrics.crr import Retention, retention, retentions, store_members
from regulars.metrics.rates import fx_table
from regulars.metrics.settings import MetricSettings
from regulars.metrics.spans import Span, last_complete, running
from regulars.warehouse import Session, forget, statement

_RATES = ("crr", "kept", "won_back", "churn", "turnover")


def build(session: Session, settings: MetricSettings, as_of: date) -> None:
    """Make all tables of metrics that need no consent, as of a client's calendar day (that day included).

    Reads orders, refunds and order_customer; makes refund_part, sale, refund_sale, customer_day, customer_total,
    monthly, first_order, shop_value, rfm_cut, customer_value, gap_line, retention, retention_set and metric_basis.
    Nothing dated after `as_of` counts.
    """
    forget(session, sales.NAME)
    update(session, settings, as_of)


def update(session: Session, settings: MetricSettings, as_of: date) -> None:
    """The same tables, where what was kept of the last time saves making it anew (see `sales`)."""
    session.load("fx", fx_table(settings))
    session.load("metric_basis", _basis(settings, as_of))
    session.run(statement(__package__, "rounding"))
    session.run(statement(__package__, "amounts"))
    sales.update_sales(session, settings, as_of)
    session.run(statement(__package__, "first_order"))
    year = retention(session, Span(as_of - timedelta(days=364), as_of), settings.window)
    shop = f"CREATE OR REPLACE TABLE shop_value AS {statement(__package__, 'shop_value')}"
    session.run(shop, {"as_of": as_of, "s": year.s, "l": year.l})
    days = {"as_of": as_of, "at_risk": settings.at_risk, "lapsed": settings.lapsed}
    session.run(statement(__package__, "customer_value"), days)
    _store_retention(session, settings, as_of)


def _store_retention(session: Session, settings: MetricSettings, as_of: date) -> None:
    """Counts and rates of the last complete and the running period of each kind; sets of the complete."""
    rows: list[dict[str, Any]] = []
    session.run(statement(__package__, "retention_set"))
    complete = {period: last_complete(period, as_of) for period in settings.periods}
    spans = [span for period in settings.periods for span in (complete[period], running(period, as_of))]
    for number, found in enumerate(retentions(session, spans, settings.window)):
        period = settings.periods[number // 2]
        rows.append({"period": period, "complete": number % 2 == 0} | _row(found))
    for period, span in complete.items():
        store_members(session, period, span, settings.window)
    session.load("retention", pa.Table.from_pylist(rows, schema=_RETENTION))


def _row(found: Retention) -> dict[str, Any]:
    counts = {name: getattr(found, name) for name in ("s", "e", "n", "r", "l", "gone")}
    rates = {name: None if (rate := getattr(found, name)) is None else float(rate) for name in _RATES}
    span = {"starts_on": found.span.starts_on, "ends_on": found.span.ends_on, "window_days": found.window}
    return span | counts | rates


_FIELDS: list[pa.Field[Any]] = [
    pa.field("period", pa.string()),
    pa.field("complete", pa.bool_()),
    pa.field("starts_on", pa.date32()),
    pa.field("ends_on", pa.date32()),
    pa.field("window_days", pa.int64()),
    *(pa.field(name, pa.int64()) for name in ("s", "e", "n", "r", "l", "gone")),
    *(pa.field(name, pa.float64()) for name in _RATES),
]
_RETENTION = pa.schema(_FIELDS)


def _basis(settings: MetricSettings, as_of: date) -> pa.Table:
    """What the numbers were made with, so that a published snapshot explains itself."""
    return pa.Table.from_pylist(
        [
            {
                "as_of": as_of,
                "zone": settings.zone,
                "currency": settings.currency,
                "window_days": settings.window,
                "refund_date": settings.refund_date,
                "tax": settings.tax,
                "shipping": settings.shipping,
                "exclude_test": settings.exclude_test,
                "exclude_cancelled": settings.exclude_cancelled,
                "wholesale_tags": ", ".join(settings.wholesale_tags),
                "wholesale_companies": settings.wholesale_companies,
            }
        ]
    )
