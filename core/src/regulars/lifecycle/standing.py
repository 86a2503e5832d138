"""State, stage and level of every customer, as of a client's day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from regulars.lifecycle.history import Recorded
from regulars.lifecycle.settings import LifecycleSettings
from regulars.warehouse import Session, statement


def build(
    session: Session,
    settings: LifecycleSettings,
    as_of: date,
    previous: Recorded | None = None,
    now: datetime | None = None,
) -> None:
    """Make standing (and act, consent_span, level_span, level_stay, recorded, lifecycle_basis).

    Needs metrics' tables as of the same day. With `now`, an order source whose newest order is older
    than `source_max_age` moves nobody to at risk or lapsed: who has a recorded state keeps it, the
    others are judged on the day of the newest order. Without `now` the lines apply on `as_of` itself.
    """
    session.load("recorded_fact", (previous or Recorded.of(())).table)
    session.run(statement(__package__, "recorded"))
    params = _params(settings, as_of)
    is_stale = now is not None and stale(session, settings.source_max_age, now)
    params |= {"stale": is_stale, "line_on": _newest_day(session, settings, as_of) if is_stale else as_of}
    for name in ("act", "level", "standing"):
        session.run(statement(__package__, name), params)
    session.run(statement(__package__, "lifecycle_basis"), params)


def stale(session: Session, max_age: timedelta, now: datetime) -> bool:
    """Whether the newest order known at `now` is older than `max_age`; without any order, no."""
    sql = "SELECT max(ordered_at) FROM orders WHERE NOT deleted AND ordered_at <= $now"
    newest = session.query(sql, {"now": now})[0][0]
    return newest is not None and now - newest > max_age


def _newest_day(session: Session, settings: LifecycleSettings, as_of: date) -> date:
    sql = """SELECT coalesce(max(day), $as_of) FROM (
        SELECT CAST(timezone($zone, ordered_at) AS DATE) AS day FROM orders WHERE NOT deleted
    ) AS placed WHERE day <= $as_of"""
    found: date = session.query(sql, {"zone": settings.zone, "as_of": as_of})[0][0]
    return found


def _params(settings: LifecycleSettings, as_of: date) -> dict[str, Any]:
    names = ("at_risk", "lapsed", "new_customer", "down_after", "act_days", "department_days")
    bond = ("bond_orders", "bond_days", "bond_channels")
    return {"as_of": as_of, "zone": settings.zone} | {name: getattr(settings, name) for name in (*names, *bond)}
