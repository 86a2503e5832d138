"""Applying one plan from its file, and nothing but its file."""

from __future__ import annotations

from pathlib import Path

from regulars.apply.admission import admit
from regulars.apply.ledger import OPEN, Entry, Ledger
from regulars.apply.result import Result
from regulars.apply.writer import Writer
from regulars.config import Client
from regulars.connections import Connections
from regulars.connector import Destination, Missing
from regulars.errors import PlanError
from regulars.journal import Journal, Lease, runs
from regulars.plan import Plan, Target, load_plan


def apply_plan(
    client: Client, journal: Journal, lease: Lease, plan: str | Path, connections: Connections
) -> Result:
    """Write a stored plan (id, beginning of an id, or path); may be called again after any crash.

    Raises PlanError (edited, expired, applied, of another client, or another one is half done),
    RefusedError (status, consent), WrongAccountError, LockedError, and what platforms raise; after those
    of a platform the plan is half done, and calling again goes on with it.
    """
    loaded = load_plan(plan, client.data_dir / "plans", journal)
    late = admit(client, journal, lease, loaded)
    if others := [other for other in unfinished(journal) if other != loaded.id]:
        raise PlanError(
            f"plan {others[0]} is half applied", hint=f"Finish it first: regulars apply {client.id} {others[0]}"
        )
    busy = {change.connection for change in loaded.writable()}
    destinations = {name: connections.get(name).destination() for name in sorted(busy)}
    run = runs.start(journal, lease, "apply")
    ledger = Ledger(journal, lease, loaded)
    ledger.begin(run.id)
    stopped = ""
    for name, destination in destinations.items():
        connection = connections.get(name)
        target = loaded.target(name)
        types = {field.name: field.type for field in target.fields}
        writer = Writer(ledger, connection.connector, destination, types, client.clock, client.config.write.canary)
        writer.settle(_mine(ledger, name))
        if not late:
            _provision(loaded, target, destination)
            stopped = writer.write(_mine(ledger, name)) or stopped
    _close(ledger, late or stopped)
    calls = sum(connections.get(name).http.calls for name in destinations)
    result = Result.of(loaded.id, run.id, ledger.entries(), calls, late or stopped)
    with journal.tx(lease) as tx:
        ledger.finish(tx)
        runs.end(tx, run, "failed" if result.stopped else "ok", result.to_json(), client.clock.now())
    return result


def unfinished(journal: Journal) -> list[str]:
    """Ids of plans that were begun and not ended; apply them again to go on."""
    return [row[0] for row in journal.rows("SELECT id FROM plan WHERE state = 'applying' ORDER BY created_at")]


def _mine(ledger: Ledger, connection: str) -> list[Entry]:
    return [entry for entry in ledger.entries() if entry.planned.connection == connection]


def _provision(plan: Plan, target: Target, destination: Destination) -> None:
    """Make what the plan said is missing and is needed; nothing that it did not announce."""
    needed = {change.name for change in plan.writable(target.connection)}
    specs = [field.spec for field in target.fields if field.name in needed]
    lists = [listed.name for listed in target.lists if listed.name in needed]
    missing = destination.missing(specs, lists)
    announced = {*target.missing_fields, *target.missing_lists}
    new = [*(spec.name for spec in missing.fields), *missing.lists]
    if unexpected := [name for name in new if name not in announced]:
        raise PlanError(
            f"{unexpected[0]} is gone from {target.platform} since the plan was made", hint="Plan again"
        )
    if new:
        destination.provision(Missing(missing.fields, missing.lists))


def _close(ledger: Ledger, why: str) -> None:
    ledger.store(entry.now("rejected", f"not sent: {why}") for entry in ledger.entries() if entry.state in OPEN)
