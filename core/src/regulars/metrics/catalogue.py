"""One row per customer: the published columns that rules, maps and people read."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from regulars.metrics.settings import MetricSettings
from regulars.money import exponent
from regulars.warehouse import Session, statement


def build_catalogue(session: Session, settings: MetricSettings, as_of: date) -> None:
    """Make `first_touch` and, last of all, `catalogue`: from customer, the metrics, customer_clv, standing,
    verdict, deliverable, reachable, recommended.

    Money is decimal in the client's currency. A signal that the client did not map, or whose platform
    does not know the customer, is NULL ("not visible"), never false and never 0.
    """
    session.load("signal_source", _sources(settings))
    places = exponent(settings.currency)
    unit = "1" if places == 0 else f"0.{'1'.rjust(places, '0')}"
    days = {"as_of": as_of, "zone": settings.zone}
    session.run(statement(__package__, "first_touch"), days)
    sql = statement(__package__, "catalogue")
    session.run(sql.replace("{unit}", unit).replace("{money}", f"DECIMAL(18, {places})"), days)


def _sources(settings: MetricSettings) -> pa.Table:
    pairs = sorted(settings.signals)
    return pa.table(
        {
            "kind": pa.array([kind for kind, _ in pairs], pa.string()),
            "connection": pa.array([connection for _, connection in pairs], pa.string()),
        }
    )
