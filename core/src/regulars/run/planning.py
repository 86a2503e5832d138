"""What a night does after measuring: ECOA jobs go on, a plan is made, a clean one may be applied."""

from __future__ import annotations

import logging
from collections.abc import Collection

from regulars import reactivation
from regulars.apply import apply_plan, unfinished
from regulars.errors import RegularsError
from regulars.journal import runs
from regulars.journal.runs import Run
from regulars.plan import Plan, make_plan
from regulars.run.desk import Desk
from regulars.run.measure import Measured, segments_in_use
from regulars.run.result import Result
from regulars.warehouse import Session

log = logging.getLogger("regulars.run")


def advance_ecoa(at: Desk, result: Result) -> None:
    """Poll, collect and look after ECOA jobs; never submits one. Its trouble does not stop the night.

    Also where ECOA was switched off since: what was bought is collected, who is erased is erased there.
    """
    config = at.client.config.ecoa
    if config.connection is None or not reactivation.records(at.journal):
        return
    where = reactivation.EcoaDesk(at.client.config, at.journal, at.warehouse.burst)
    try:
        done = reactivation.advance(where, at.lease, at.connections.get(config.connection).ecoa())
    except RegularsError as fault:
        result.ecoa = {"not asked": at.client.redactor.clean(str(fault))}
        log.warning("ecoa: %s", fault)
        return
    if done.polled or done.settled or done.faults or done.notes or done.returned or done.erased:
        result.ecoa = {"polled": done.polled, "settled": len(done.settled), **dict(done.found)}
        told = {"missing": done.missing, "returned": done.returned, "suppressed": done.suppressed}
        result.ecoa |= {what: count for what, count in (told | {"erased": done.erased}).items() if count}
        result.ecoa |= {f"job {job}": why for job, why in (done.notes | done.faults).items()}


def plan_night(at: Desk, run: Run, done: Measured, result: Result) -> Plan | None:
    """Make the night's plan; an empty one is made as well, so that "nothing to do" is on record."""
    if not any(config.writes for config in at.client.config.connections.values()):
        return None
    plan = make(at, run.id, done)
    result.plan, result.plan_changes = plan.id, len(plan.writable())
    result.guards += plan.guards
    return plan


def make(at: Desk, run_id: str, done: Measured, allowed: Collection[str] = ()) -> Plan:
    """A plan of what was measured, confirmed new addresses included. Raises what `make_plan` raises."""
    with at.warehouse.burst() as session:
        handed = new_addresses(at, session)
    return make_plan(
        at.client,
        at.journal,
        at.lease,
        at.warehouse,
        at.connections,
        run_id=run_id,
        segments=segments_in_use(at.client),
        kept=done.report.kept,
        extra=handed.changes,
        specs=handed.specs,
        allowed=allowed,
    )


def new_addresses(at: Desk, session: Session) -> reactivation.Handover:
    """Confirmed new addresses as changes for a plan, and the fields that they need."""
    writes = {
        name: connector.writes
        for name, config in at.client.config.connections.items()
        if config.writes and (connector := at.plugins.connector(config.plugin)).writes
    }
    where = reactivation.EcoaDesk(at.client.config, at.journal, at.warehouse.burst)
    return reactivation.planned_changes(where, session, writes)


def apply_if_clean(at: Desk, plan: Plan, result: Result) -> None:
    """Apply without a person: only where the client file says so, no guard is raised, consent is fresh, every
    order could be counted, yesterday agrees with the platforms wherever it could be compared, and a person has
    applied at least once before."""
    config = at.client.config
    if not config.auto_apply or config.status != "live" or not plan.writable():
        return
    if (
        result.guards
        or result.not_fresh
        or result.errors
        or result.reconcile_off
        or unfinished(at.journal)
        or not _applied_by_a_person(at)
    ):
        return
    done = apply_plan(at.client, at.journal, at.lease, plan.id, at.connections)
    result.applied = {
        "written": done.written,
        "already so": done.unchanged,
        "drifted": done.drifted,
        "refused": done.rejected,
        "unknown": done.unknown,
    }


def _applied_by_a_person(at: Desk) -> bool:
    return any(run.state == "ok" for run in runs.recent(at.journal, 1000, "apply"))
