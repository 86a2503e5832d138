"""State, stage and level of every customer, as of a client's day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from regulars.lifecycle.history import Recorded
from regulars.lifecycle.learning import learn
from regulars.lifecycle.line import Line, store
from regulars.lifecycle.settings import LifecycleSettings
from regulars.warehouse import Session, statement


def build(
    session: Session,
    settings: LifecycleSettings,
    as_of: date,
    previous: Recorded | None = None,
    now: datetime | None = None,
) -> None:
    """Make standing (and act, consent_span, level_span, level_stay, recorded, lifecycle_line, category_day,
    silence, lifecycle_basis).

    The lines are those recorded in `previous`, and learned anew where one is due; without `previous`
    they are learned today. Where there is a table `admissible` and a rule in use, only who is in it can be
    in expansion.

    Needs metrics' tables as of the same day. With `now`, an order source whose newest order is older
    than `source_max_age` moves nobody to at risk or lapsed: who has a recorded state keeps it, the
    others are judged on the day of the newest order. Without `now` the lines apply on `as_of` itself.
    """
    before = previous or Recorded.of(())
    session.load("recorded_fact", before.table)
    session.run(statement(__package__, "recorded"))
    past = before.lines_on(as_of)
    lines = learn(session, settings, as_of, None if previous is None else past)
    store(session, lines)
    params = _params(settings, as_of) | {"redrawn_on": _redrawn_on(lines, before, as_of)}
    params["has_offers"] = _offers(session)
    is_stale = now is not None and stale(session, settings.source_max_age, now)
    params |= {"stale": is_stale, "line_on": _newest_day(session, settings, as_of) if is_stale else as_of}
    for name in ("silence", "act", "level", "standing"):
        session.run(statement(__package__, name), params)
    session.run(statement(__package__, "lifecycle_basis"), params)
    session.run("DROP TABLE offered")


def _redrawn_on(lines: Iterable[Line], before: Recorded, as_of: date) -> date:
    tonight = (line.on for line in lines if line.on is not None and line.version > 1)
    return max(before.redrawn_on(as_of), *tonight, date.min)


def _offers(session: Session) -> bool:
    """Make `offered`: who may be recommended something tonight; False where no rule to do so is in use."""
    known = session.has("admissible") and (
        not session.has("recommendation_rule")
        or bool(session.query("SELECT 1 FROM recommendation_rule WHERE in_use LIMIT 1"))
    )
    found = "SELECT DISTINCT a.customer_id AS customer_id FROM admissible AS a" if known else _NOBODY
    session.run(f"CREATE OR REPLACE TEMP TABLE offered AS {found}")
    return known


_NOBODY = "SELECT CAST(NULL AS VARCHAR) AS customer_id WHERE false"


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
    names = ("at_risk", "lapsed", "new_customer", "down_after", "act_days", "department_days",
             "basic_max_dwell", "series")  # fmt: skip
    bond = ("bond_orders", "bond_days", "bond_channels")
    return {"as_of": as_of, "zone": settings.zone} | {name: getattr(settings, name) for name in (*names, *bond)}
