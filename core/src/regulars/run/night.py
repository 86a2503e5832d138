"""run_client: read, check, measure, reconcile, plan, and apply where that is allowed. Call it any number of times.

Safety is in the journal, not here: each step notes itself as done, a killed run goes on where it
stopped, and nothing is measured or planned before the night looks like itself.
"""

from __future__ import annotations

import json
import logging

from regulars.apply import unfinished
from regulars.config import Client
from regulars.errors import PARTLY_DONE, DataCheckError, RegularsError
from regulars.journal import runs
from regulars.journal.runs import Run
from regulars.plugins import Plugins
from regulars.run import parts, planning
from regulars.run.desk import Desk, desk
from regulars.run.measure import measure
from regulars.run.result import Result, last_result, reconcile_command
from regulars.run.yesterday import check_yesterday
from regulars.sync import (
    Anomaly,
    Landing,
    check_freshness,
    check_volume,
    cursors,
    drop_old_segments,
    merge_pending,
    newest_order,
    read_stream,
    roll_back,
)

log = logging.getLogger("regulars.run")
KIND = runs.NIGHT
ACCEPTED = "accepted"
"""The step of a run whose anomaly a person accepted: it goes on after the checks."""


def run_client(client: Client, plugins: Plugins, *, write: bool = True) -> Result:
    """One client's night. Errors become a Result; only LockedError and bugs of ours are raised.

    With `write` False nothing is planned or applied (a sync).
    """
    with desk(client, plugins) as at:
        run = runs.start(at.journal, at.lease, KIND)
        result = Result(client.id, run.id, started_at=run.started_at.isoformat())
        try:
            _night(at, run, result, write)
            _finish(at, run, result)
        except RegularsError as fault:
            _fail(at, run, result, fault)
        parts.begin(parts.END)
    return result


def _night(at: Desk, run: Run, result: Result, write: bool) -> None:
    if run.step == ACCEPTED:
        merge_pending(at.journal, at.lease, at.warehouse)
        result.streams, result.calls = list(run.summary.get("streams", ())), dict(run.summary.get("calls", {}))
        result.newest_order_at = run.summary.get("newest_order_at")
    else:
        _read(at, run, result)
        _check(at, run, result)
    if write:
        planning.advance_ecoa(at, result)
    today = at.today
    done = measure(at.client, at.journal, at.lease, at.warehouse, today)
    result.customers, result.moves = done.customers, done.moves
    result.segments, result.not_fresh = dict(done.report.sizes), list(done.not_fresh)
    result.errors, result.switched_off = list(done.errors), list(done.switched_off)
    if at.client.config.guards.reconcile_yesterday:
        parts.begin("reconcile")
        check_yesterday(at, run, today, result)
    parts.begin("plan")
    if write and (plan := planning.plan_night(at, run, done, result)):
        planning.apply_if_clean(at, plan, result)


def _read(at: Desk, run: Run, result: Result) -> None:
    parts.begin("read")
    merge_pending(at.journal, at.lease, at.warehouse)
    before = dict(run.summary.get("cursors", {})) or cursors(at.journal)
    with at.journal.tx(at.lease) as tx:
        tx.execute("UPDATE run SET summary = json_set(summary, '$.cursors', json(?)) WHERE id = ?",
                   (json.dumps(before), run.id))  # fmt: skip
    landing = Landing(at.journal, at.lease, run.id, at.warehouse)
    for name, config in at.client.config.connections.items():
        connection = at.connections.get(name)
        if not config.reads or connection.connector.source is None:
            continue
        source = connection.source()
        for stream in source.streams():
            count = read_stream(landing, name, stream, source)
            log.info("%s.%s: %s rows, %s set aside", name, stream, count.rows, count.rejected)
            result.streams.append(
                {"stream": f"{name}.{stream}", "rows": dict(count.kinds), "rejected": count.rejected}
            )
        result.calls[name] = connection.http.calls
    parts.begin("merge")
    merge_pending(at.journal, at.lease, at.warehouse)
    runs.advance(at.journal, at.lease, run, "read")


def _check(at: Desk, run: Run, result: Result) -> None:
    parts.begin("check")
    config = at.client.config
    with at.warehouse.burst() as session:
        newest = newest_order(session)
    result.newest_order_at = newest.isoformat() if newest else None
    found: list[Anomaly] = check_volume(at.journal, run.id, config.guards.min_source_rows_pct)
    if found:
        # What was read stays stored, but the next run must read that stretch again.
        before = runs.find(at.journal, run.id).summary.get("cursors", {})
        roll_back(at.journal, at.lease, dict(before))
    with at.warehouse.burst() as session:
        found += check_freshness(session, at.client.clock.now(), config.clock.order_source_max_age)
    if found:
        text = "; ".join(f"{x.kind} of {x.about}: {x.text}" for x in found)
        raise DataCheckError(text, where=at.client.id)


def _finish(at: Desk, run: Run, result: Result) -> None:
    drop_old_segments(at.journal, at.lease, at.warehouse, at.client.config.storage.keep_segments)
    result.ended_at = at.client.clock.now().isoformat()
    if result.errors:
        result.exit_code, result.reason = PARTLY_DONE, "; ".join(result.errors)
        result.safe = "everything else was counted"
        result.then = f"mend {at.client.file}, then regulars run {at.client.id}"
    if result.reconcile_off:
        result.exit_code = DataCheckError.exit_code
        result.reason = "; ".join((*result.errors, *result.reconcile_off))
        result.safe = "the rest of the night is done, nothing was applied by itself"
        result.then = reconcile_command(at.client.id, result.reconciled_on)
    runs.finish(at.journal, at.lease, run, "ok", result.as_dict())
    _tell(at, result)


def _fail(at: Desk, run: Run, result: Result, fault: RegularsError) -> None:
    blocked = isinstance(fault, DataCheckError)
    result.state, result.exit_code = "blocked" if blocked else "failed", fault.exit_code
    result.reason = at.client.redactor.clean(" ".join(str(fault).split()))
    result.safe = "yesterday's values stay, nothing was written"
    result.then = f"regulars check {at.client.id}"
    if half := unfinished(at.journal):
        result.safe = f"plan {half[0]} is half applied, each of its changes is in the ledger"
        result.then = f"regulars apply {at.client.id} {half[0]}"
    if blocked:
        result.then += (
            f", or if the night really was so: regulars runs accept {at.client.id} {run.id} --reason ..."
        )
    if result.newest_order_at is None and (before := last_result(at.client.data_dir)):
        result.newest_order_at = before.get("newest_order_at")
    result.ended_at = at.client.clock.now().isoformat()
    log.warning("%s: %s", result.state, result.reason)
    runs.finish(at.journal, at.lease, run, "blocked" if blocked else "failed", result.as_dict())
    _tell(at, result)


def _tell(at: Desk, result: Result) -> None:
    result.store(at.client.data_dir)
    for complaint in at.plugins.run_finished(result.as_dict()):
        log.warning("run_finished: %s", at.client.redactor.clean(complaint))
