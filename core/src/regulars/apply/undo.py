"""Taking a run's writes back: an inverse plan, looked at and applied like any other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from regulars.apply.admission import elsewhere
from regulars.apply.ledger import written_by
from regulars.changes import AddressChange, Change, JoinList, LeaveList, SetField
from regulars.config import Client
from regulars.connections import Connections
from regulars.connector import Writes
from regulars.consent import freshness
from regulars.errors import PlanError
from regulars.journal import Journal, Lease
from regulars.plan import FieldCount, ListCount, Plan, PlannedChange, Target, load_plan, mirror
from regulars.plan.maker import priced, settings_hash, store
from regulars.plan.planned import NEW_ADDRESS, NEW_ADDRESS_STATE
from regulars.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class _Written:
    """A line of the ledger that reached its platform."""

    connection: str
    record: str
    kind: str
    name: str
    old: str | None
    wanted: str | None


def undo(
    client: Client, journal: Journal, lease: Lease, warehouse: Warehouse, run_id: str, connections: Connections
) -> Plan:
    """A stored plan that puts back what run `run_id` replaced; where somebody changed it since, applying
    it leaves that alone. Nobody is put back into a sender's list without consent as it is now, or into a list
    that asks for consent on a channel on which they said no. No new address that was taken away comes back:
    the next plan brings it where it may still be used.

    Raises PlanError where the run wrote nothing that can be taken back, its plan's file is gone, or what it
    wrote to is another account by now.
    """
    plan_id = written_by(journal, run_id)
    if not plan_id:
        raise PlanError(f"run {run_id!r} wrote nothing", hint="See: regulars runs list")
    original = load_plan(plan_id, client.data_dir / "plans", journal)
    rows = journal.rows(
        "SELECT connection, record_id, kind, field, old, wanted FROM ledger"
        " WHERE plan_id = ? AND state = 'confirmed' AND attempt > 0 ORDER BY seq",
        (plan_id,),
    )
    written = [_Written(*row) for row in rows]
    for name in sorted({line.connection for line in written}):
        if why := elsewhere(client.config, original.target(name)):
            hint = "What was written there can be taken back only there: name that account again"
            raise PlanError(why, where=f"run {run_id}", hint=hint)
    changes = [change for line in written if (change := _inverse(original, line, run_id, connections))]
    stale = freshness(journal, client.config.clock.consent_max_age).stale
    changes = _with_consent(warehouse, original, changes, stale)
    now = client.clock.now()
    plan = Plan(
        client=client.id,
        run_id=run_id,
        created_at=now,
        expires_at=now + client.config.write.plan_ttl,
        settings=settings_hash(client.config),
        targets=tuple(_targets(original, changes, connections)),
        changes=tuple(changes),
        notes=_notes(len(written) - len(changes)),
        undoes=run_id,
    )
    return store(client, journal, lease, plan)


def _inverse(original: Plan, line: _Written, run_id: str, connections: Connections) -> PlannedChange | None:
    change = _back(original, line, run_id, connections)
    if change is None:
        return None
    mailed = isinstance(change, JoinList) and any(
        listed.mailed for listed in original.target(line.connection).lists if listed.name == line.name
    )
    now = change.old if isinstance(change, AddressChange) else line.wanted
    return PlannedChange(line.connection, change, now, line.wanted, f"undo of {run_id}", mailed=mailed)


def _back(original: Plan, line: _Written, run_id: str, connections: Connections) -> Change | None:
    writes = connections.get(line.connection).connector.writes
    match line.kind:
        case "set" if writes and line.old is not None and line.name in _address_fields(writes):
            return None
        case "set":
            return SetField(line.record, line.name, line.old)
        case "join":
            return LeaveList(line.record, line.name)
        case "leave":
            return JoinList(line.record, line.name)
        case "address":
            if writes is None or writes.address_change == "pending_member":
                return None
            done = next(
                c.change
                for c in original.writable(line.connection)
                if isinstance(c.change, AddressChange) and c.change.id == line.record
            )
            return AddressChange(line.record, done.new, done.old, f"undo of {run_id}")
        case _:
            return None


def _address_fields(writes: Writes) -> tuple[str, str]:
    return f"{writes.field_prefix}{NEW_ADDRESS}", f"{writes.field_prefix}{NEW_ADDRESS_STATE}"


def _with_consent(
    warehouse: Warehouse, original: Plan, changes: Sequence[PlannedChange], stale: str
) -> list[PlannedChange]:
    """Re-joins of lists that ask for consent are blocked where it is old or is a no by now."""
    if not any(change.mailed or original.asks_for(change) for change in changes):
        return list(changes)
    with warehouse.burst() as session:
        allowed, said_no = mirror.mailable(session), mirror.refusing(session)
        rows = session.query("SELECT connection, person_id, customer_id FROM profile")
    owner: Mapping[tuple[str, str], str] = {
        (connection, record): customer for connection, record, customer in rows
    }

    def why(change: PlannedChange) -> str:
        channels = original.asks_for(change)
        if not (change.mailed or channels):
            return ""
        if stale:
            return f"consent is not fresh: {stale}"
        customer = owner.get((change.connection, change.change.id))
        if change.mailed and customer not in allowed:
            return "may not be mailed by now"
        if channels and customer is None:
            return "is no customer's record by now"
        no = [channel for channel in channels if customer in said_no.get(channel, ())]
        return f"said no on {no[0]} by now" if no else ""

    return [replace(change, blocked=why(change)) for change in changes]


def _targets(original: Plan, changes: Sequence[PlannedChange], connections: Connections) -> Iterator[Target]:
    for target in original.targets:
        mine = [change for change in changes if change.connection == target.connection]
        if not mine:
            continue
        fields = [_field(count, [c for c in mine if c.name == count.name]) for count in target.fields]
        lists = [_list(count, [c for c in mine if c.name == count.name]) for count in target.lists]
        plain = replace(target, fields=tuple(fields), lists=tuple(lists), asked=0)
        yield priced(plain, changes, connections.get(target.connection))


def _field(count: FieldCount, changes: Sequence[PlannedChange]) -> FieldCount:
    clear = sum(1 for change in changes if change.wanted is None)
    return replace(
        count,
        set=0,
        change=len(changes) - clear,
        clear=clear,
        same=0,
        blocked=0,
        held=len(changes),
        first=False,
        guard="",
    )


def _list(count: ListCount, changes: Sequence[PlannedChange]) -> ListCount:
    open_ones = [change for change in changes if not change.blocked]
    joins = sum(1 for change in open_ones if isinstance(change.change, JoinList))
    before, blocked = count.after, len(changes) - len(open_ones)
    return replace(
        count, before=before, joins=joins, leaves=len(open_ones) - joins, blocked=blocked, guard="", left_out=()
    )


def _notes(lost: int) -> tuple[str, ...]:
    if not lost:
        return ()
    return (
        f"{lost:,} changes cannot be taken back: who was asked to confirm an address was asked, a code was issued,"
        " a new address that was taken away stays away",
    )
