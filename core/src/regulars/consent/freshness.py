"""How old what we know about consent is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from regulars.journal import Journal


@dataclass(frozen=True, slots=True)
class Freshness:
    """`ages`: "connection.stream" of every consent source -> time since it was last read to its end.

    `stale` says in words what is too old; empty means fresh.
    """

    ages: Mapping[str, timedelta]
    stale: str

    @property
    def fresh(self) -> bool:
        """Whether segments may be handed to senders."""
        return not self.stale


def freshness(journal: Journal, max_age: timedelta) -> Freshness:
    """Age of the newest read of every stream that ever told about consent.

    Only runs that ended well count, and the one that is going on: what a run read that was blocked, failed or
    was cut short stands in no verdict. Without any such stream nothing is known, which is not fresh.
    """
    now = journal.clock.now()
    rows = journal.rows(
        """SELECT s.connection, s.stream,
                  (SELECT max(c.at) FROM count AS c LEFT JOIN run AS r ON r.id = c.run_id
                   WHERE c.connection = s.connection AND c.stream = s.stream
                     AND coalesce(r.state, 'ok') IN ('ok', ?))
           FROM (SELECT DISTINCT connection, stream FROM segment WHERE kind = 'consent') AS s
           ORDER BY 1, 2""",
        ("open" if journal.held("run") else "ok",),
    )
    ages = {f"{c}.{s}": now - datetime.fromisoformat(at) for c, s, at in rows if at}
    never = [f"{c}.{s} was never read to its end" for c, s, at in rows if not at]
    limit = max_age.total_seconds() / 3600
    old = [
        f"{name} was last read {age.total_seconds() / 3600:,.0f} h ago, limit {limit:,.0f} h"
        for name, age in ages.items()
        if age > max_age
    ]
    if not rows:
        never = ["no platform was read for consent"]
    return Freshness(ages, "; ".join(never + old))
