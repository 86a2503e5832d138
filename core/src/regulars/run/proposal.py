"""A plan on request: measured anew from what the last good night read, without asking for new data."""

from __future__ import annotations

from collections.abc import Collection

from regulars.errors import DataCheckError
from regulars.journal import runs
from regulars.journal.runs import Run
from regulars.plan import Plan
from regulars.run.desk import Desk
from regulars.run.measure import measure
from regulars.run.night import KIND
from regulars.run.planning import make
from regulars.sync import merge_pending


def propose(at: Desk, allowed: Collection[str] = ()) -> Plan:
    """Measure and plan. `allowed` are guards that a person lets pass ("<guard>:<field or list>").

    Raises DataCheckError unless the client's newest night ended well, for a plan made of a night that
    was blocked would go around what blocked it; and what `make` raises.
    """
    run = _good_night(at)
    merge_pending(at.journal, at.lease, at.warehouse)
    done = measure(at.client, at.journal, at.lease, at.warehouse, at.today)
    return make(at, run.id, done, allowed)


def _good_night(at: Desk) -> Run:
    nights = runs.recent(at.journal, 1, KIND)
    hint = f"Run: regulars run {at.client.id}"
    if not nights:
        raise DataCheckError("nothing was read yet", where=at.client.id, hint=hint)
    if nights[0].state == "blocked":
        accept = f"regulars runs accept {at.client.id} {nights[0].id} --reason ..."
        hint = f"Look: regulars status {at.client.id}; then mend it, or {accept}"
    if nights[0].state != "ok":
        raise DataCheckError(f"the newest run {nights[0].id} is {nights[0].state}", where=at.client.id, hint=hint)
    return nights[0]
