"""A plan on request: measured anew from what the last good night read, without asking for new data."""

from __future__ import annotations

from collections.abc import Collection

from regulars.journal import runs
from regulars.plan import Plan
from regulars.run.desk import Desk
from regulars.run.measure import measure
from regulars.run.planning import make
from regulars.sync import merge_pending


def propose(at: Desk, allowed: Collection[str] = ()) -> Plan:
    """Measure and plan. `allowed` are guards that a person lets pass ("<guard>:<field or list>").

    Raises DataCheckError unless the client's newest night ended well, for a plan made of a night that
    was blocked would go around what blocked it; and what `make` raises.
    """
    run = runs.good_night(at.journal, at.client.id)
    merge_pending(at.journal, at.lease, at.warehouse)
    done = measure(at.client, at.journal, at.lease, at.warehouse, at.today)
    return make(at, run.id, done, allowed)
