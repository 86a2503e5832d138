"""Applying one plan from its file, and nothing but its file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from regulars.apply.admission import admit, elsewhere
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
    of a platform the plan is half done, and calling again goes on with it; where that cannot be, because the plan
    expired, was overtaken, or lost its connection or a field, what was sent is settled and the plan closed.
    """
    loaded = load_plan(plan, client.data_dir / "plans", journal)
    late = admit(client, journal, lease, loaded)
    half = unfinished(journal)
    if others := [other for other in half if other != loaded.id]:
        raise PlanError(
            f"plan {others[0]} is half applied", hint=f"Finish it first: regulars apply {client.id} {others[0]}"
        )
    destinations = _destinations(client, loaded, connections)
    missing = {} if late else {name: _missing(loaded, name, there) for name, there in destinations.items()}
    if gone := [why for name, lacking in missing.items() if (why := _gone(loaded.target(name), lacking))]:
        if loaded.id not in half:
            raise PlanError(gone[0], hint="Plan again")
        late = gone[0]
    run = runs.start(journal, lease, "apply")
    ledger = Ledger(journal, lease, loaded)
    ledger.begin(run.id)
    stopped, writers = "", dict[str, Writer]()
    for name, destination in destinations.items():
        connection = connections.get(name)
        types = {field.name: field.type for field in loaded.target(name).fields}
        writer = Writer(ledger, connection.connector, destination, types, client.clock, client.config.write.canary)
        writers[name] = writer
        writer.settle(_mine(ledger, name))
        if not late:
            if missing[name] != Missing():
                destination.provision(missing[name])
            stopped = writer.write(_mine(ledger, name)) or stopped
    _close(ledger, writers, late or stopped)
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


def _destinations(client: Client, plan: Plan, connections: Connections) -> dict[str, Destination]:
    """What the plan writes to, but for what is not there any more: of that nothing can be asked."""
    busy = {change.connection for change in plan.writable()}
    there = [name for name in sorted(busy) if not elsewhere(client.config, plan.target(name))]
    return {name: connections.get(name).destination() for name in there}


def _missing(plan: Plan, connection: str, destination: Destination) -> Missing:
    """What is needed and is not there."""
    target = plan.target(connection)
    needed = {change.name for change in plan.writable(connection)}
    specs = [field.spec for field in target.fields if field.name in needed]
    return destination.missing(specs, [listed.name for listed in target.lists if listed.name in needed])


def _gone(target: Target, missing: Missing) -> str:
    """What was there when the plan was made, so that it did not say that it makes it; "" for nothing."""
    announced = {*target.missing_fields, *target.missing_lists}
    names = [*(spec.name for spec in missing.fields), *missing.lists]
    gone = next((name for name in names if name not in announced), "")
    return f"{gone} is gone from {target.platform} since the plan was made" if gone else ""


def _close(ledger: Ledger, writers: Mapping[str, Writer], why: str) -> None:
    left = [entry for entry in ledger.entries() if entry.state in OPEN]
    ledger.store(_ended(entry, writers.get(entry.planned.connection), why) for entry in left)


def _ended(entry: Entry, writer: Writer | None, why: str) -> Entry:
    """What was sent and cannot be read back may have arrived; without a writer nothing can be asked."""
    if not entry.attempt:
        return entry.now("rejected", f"not sent: {why}")
    if writer is None or writer.unreadable(entry):
        return entry.now("unknown", f"it was sent and may have arrived; look on the platform: {why}")
    return entry.now("rejected", f"it did not arrive and was not sent again: {why}")
