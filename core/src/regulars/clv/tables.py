"""Predictions in a night: history, the fit where one is due, and a row per customer."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from regulars.clv.fitted import Fitted, Pool, is_due
from regulars.clv.history import predicted, predicted_days, update_history
from regulars.clv.settings import ClvSettings
from regulars.warehouse import Session, statement

if TYPE_CHECKING:
    from regulars.clv.choice import Days
    from regulars.clv.forecast import Totals
    from regulars.clv.summary import Summary


def build(
    session: Session,
    settings: ClvSettings,
    as_of: date,
    recorded: Fitted | None = None,
    pool: Pool | None = None,
) -> Fitted | None:
    """Make purchase_history, customer_clv and clv_model as of a client's day.

    Reads sale, customer_day, signals and profile. `recorded` is the model in force; a new one is made
    where it `is_due`, and returned to be remembered, else None. `pool`: the agency's prior for small shops.
    Nobody is predicted who objected to profiling, or never bought anything that was worth something.
    """
    update_history(session, settings)
    session.run(statement(__package__, "objected"), {"as_of": as_of, "zone": settings.zone})
    history = predicted(session)
    new = None
    if is_due(recorded, history.num_rows, settings, as_of) and _has_a_past(history, as_of):
        new = recorded = _fit(session, history, settings, as_of, pool)
    if recorded is None or not history.num_rows:
        session.run(statement(__package__, "nobody"))
        return None
    _store(session, recorded, history, settings, as_of)
    return new


def _has_a_past(history: pa.Table, as_of: date) -> bool:
    return bool(history.num_rows) and bool(pc.min(history["first_on"]).as_py() < as_of)


def _fit(
    session: Session, history: pa.Table, settings: ClvSettings, as_of: date, pool: Pool | None
) -> Fitted | None:
    from regulars.clv.choice import fit_history

    days = _days(predicted_days(session, settings))
    return fit_history(summary(history, as_of), days, settings, as_of, pool)


def _store(session: Session, fitted: Fitted, history: pa.Table, settings: ClvSettings, as_of: date) -> None:
    from regulars.clv.forecast import forecast

    found = forecast(fitted, summary(history, as_of), settings, as_of)
    table = found.rows.add_column(0, "customer_id", history["customer_id"])
    for name, text in (("model", fitted.model), ("version", fitted.version), ("flags", " ".join(fitted.flags))):
        table = table.append_column(name, pa.array([text], pa.string()).take(pa.array([0] * table.num_rows)))
    session.load("customer_clv", table)
    session.load("clv_model", pa.Table.from_pylist([_model_row(fitted, found.totals, settings, as_of)]))


def _model_row(fitted: Fitted, totals: Totals, settings: ClvSettings, as_of: date) -> dict[str, Any]:
    return {
        "as_of": as_of,
        "model": fitted.model,
        "fitted_on": fitted.fitted_on,
        "version": fitted.version,
        "step": fitted.step,
        "flags": " ".join(fitted.flags),
        "customers": fitted.customers,
        "repeaters": fitted.repeaters,
        "discount": settings.discount,
        "margin": settings.margin,
        "active_days": settings.active_days,
        "expected_orders_12m": totals.orders,
        "clv_12m_minor": round(totals.value),
        "clv_12m_low_minor": round(totals.low),
        "clv_12m_high_minor": round(totals.high),
        "expected_active_90d": totals.active_90d,
        "payload": json.dumps(fitted.payload()),
    }


def summary(history: pa.Table, as_of: date) -> Summary:
    """What the models look at, of a history, in its order."""
    import numpy as np

    from regulars.clv.summary import Summary

    def days(name: str) -> Any:
        return history[name].cast(pa.int32()).to_numpy().astype(np.float64)

    first, last = days("first_on"), days("last_on")
    end = float((as_of - date(1970, 1, 1)).days)
    numbers = [
        history[name].to_numpy().astype(np.float64) for name in ("further_days", "first_minor", "further_minor")
    ]
    order = np.arange(history.num_rows, dtype=np.int64)
    return Summary(order, numbers[0], last - first, end - first, numbers[1], numbers[2])


def _days(table: pa.Table) -> Days:
    """Customers by dense numbers, which sort faster than their ids."""
    import numpy as np

    from regulars.clv.choice import Days

    who = table["customer_id"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    day = table["ordered_on"].cast(pa.int32()).to_numpy()
    return Days(who, day, table["net_minor"].to_numpy().astype(np.float64))
