"""Making a plan: read the tables, close them, ask the platforms what is missing and what it costs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from regulars.changes import AddressChange
from regulars.config import Client, ClientConfig
from regulars.connections import Connection, Connections
from regulars.connector import Connector, FieldSpec
from regulars.consent import firewall, freshness
from regulars.journal import Journal, Lease
from regulars.plan import guards, mirror
from regulars.plan.diff import field_changes, list_changes
from regulars.plan.document import FieldCount, ListCount, Plan, Target, save_plan
from regulars.plan.mapping import FieldRule, ListRule, rules_of
from regulars.plan.planned import PlannedChange
from regulars.segments import Segment
from regulars.warehouse import Session, Warehouse


@dataclass(frozen=True)
class _Context:
    """What every connection's part of a plan needs."""

    config: ClientConfig
    session: Session
    journal: Journal
    segments: Sequence[Segment]
    kept: Mapping[str, str]
    stale: str
    allowed: Collection[str]


@dataclass(frozen=True)
class _Extra:
    """Changes of one connection that no map entry makes, and the fields that they need."""

    changes: Sequence[PlannedChange]
    specs: Sequence[FieldSpec]

    def counts(self) -> list[FieldCount]:
        return [self._count(spec) for spec in self.specs]

    def _count(self, spec: FieldSpec) -> FieldCount:
        mine = [change for change in self.changes if change.name == spec.name]
        new = sum(1 for change in mine if change.now is None)
        plain = FieldCount(spec.name, spec.type, spec.label, spec.options)
        return replace(plain, set=new, change=len(mine) - new, held=len(mine) - new)


def make_plan(
    client: Client,
    journal: Journal,
    lease: Lease,
    warehouse: Warehouse,
    connections: Connections,
    *,
    run_id: str,
    segments: Sequence[Segment],
    kept: Mapping[str, str] | None = None,
    extra: Sequence[PlannedChange] = (),
    specs: Mapping[str, Sequence[FieldSpec]] | None = None,
    allowed: Collection[str] = (),
) -> Plan:
    """Compute, seal and store what would be written to every target of a client.

    `segments` are those in use, `kept` the ones whose membership stayed as it was and why, `extra`
    further changes (confirmed new addresses), `specs` the fields of ours that these need, by connection,
    `allowed` guards that a person let pass
    ("<guard>:<field>"). Nothing is written to any platform.

    Raises ConfigError for a wrong map entry, RefusedError for a change that is not ours to make, and
    what the platforms' own checks raise.
    """
    config = client.config
    stale = freshness(journal, config.clock.consent_max_age).stale
    opened = {name: connections.get(name) for name, c in config.connections.items() if c.writes}
    parts: list[tuple[Target, list[PlannedChange], set[PlannedChange]]] = []
    with warehouse.burst() as session:
        context = _Context(config, session, journal, segments, kept or {}, stale, allowed)
        for name, connection in opened.items():
            mine = _Extra([c for c in extra if c.connection == name], (specs or {}).get(name, ()))
            parts.append(_part(context, name, connection.connector, client.file, mine))
    changes = [change for _, found, _ in parts for change in found]
    free = {change for _, _, found in parts for change in found}
    changes = guards.blocked(changes, guards.guard_records(changes, config.guards), free)
    targets = [priced(target, changes, opened[target.connection]) for target, _, _ in parts]
    now = client.clock.now()
    plan = Plan(
        client=client.id,
        run_id=run_id,
        created_at=now,
        expires_at=now + config.write.plan_ttl,
        settings=settings_hash(config),
        targets=tuple(targets),
        changes=tuple(changes),
        notes=_notes(stale, targets, changes),
        allowed=tuple(sorted(allowed)),
    )
    return store(client, journal, lease, plan)


def store(client: Client, journal: Journal, lease: Lease, plan: Plan) -> Plan:
    """Seal a plan, store it, and return it with its id. The same plan twice is one plan."""
    sealed = plan.sealed(journal.key)
    if same := journal.rows("SELECT id FROM plan WHERE digest = ? AND state = 'open'", (sealed.digest,)):
        return replace(sealed, id=same[0][0])
    taken = {row[0] for row in journal.rows("SELECT id FROM plan")}
    length = next(n for n in range(len(sealed.id), 65) if sealed.digest[:n] not in taken)
    sealed = replace(sealed, id=sealed.digest[:length])
    save_plan(sealed, client.data_dir / "plans", journal, lease)
    return sealed


def _part(
    context: _Context, name: str, connector: Connector, file: str, extra: _Extra
) -> tuple[Target, list[PlannedChange], set[PlannedChange]]:
    """A connection's target, its changes, and those of them that no guard stops."""
    config, session = context.config, context.session
    entries = [entry for entry in config.map if entry.to == name]
    fields, lists = rules_of(
        entries, connector, context.segments, config.write.clear_on_null, f"{file}: map to {name}"
    )
    records = mirror.records(session, context.journal, name)
    counts, changes = _fields(context, name, fields, records)
    list_counts, moves, free = _lists(context, name, lists, records)
    changes += [*moves, *(_permitted(change, connector, config) for change in extra.changes)]
    for change in changes:
        firewall.check(change.change, connector.writes, f"{name}.{change.name}")
    target = Target(
        connection=name,
        platform=connector.title,
        account=config.connections[name].expect_id or "",
        customers=mirror.customers(session),
        found=len({record.customer for record in records}),
        fields=(*counts, *extra.counts()),
        lists=tuple(list_counts),
        asked=_asked(changes, connector),
        namespace=connector.writes.field_prefix if connector.writes else "",
    )
    return target, changes, free


def _permitted(planned: PlannedChange, connector: Connector, config: ClientConfig) -> PlannedChange:
    """A new address only where the client allowed this way of changing it."""
    if not isinstance(planned.change, AddressChange) or connector.writes is None:
        return planned
    pending = connector.writes.address_change == "pending_member"
    if config.write.pending_member if pending else config.write.replace_email:
        return planned
    setting = "write.pending_member" if pending else "write.replace_email"
    return guards.blocked([planned], f"{setting} is off")[0]


def _fields(
    context: _Context, name: str, rules: Sequence[FieldRule], records: Sequence[mirror.Record]
) -> tuple[list[FieldCount], list[PlannedChange]]:
    wanted = mirror.wanted(context.session, rules)
    counts, changes = [], []
    for rule in rules:
        count, found = field_changes(name, rule, records, wanted[rule.column])
        guard = guards.guard_field(count, context.config.guards, context.allowed)
        counts.append(replace(count, guard=guard))
        changes += guards.blocked(found, guard)
    return counts, changes


def _lists(
    context: _Context, name: str, rules: Sequence[ListRule], records: Sequence[mirror.Record]
) -> tuple[list[ListCount], list[PlannedChange], set[PlannedChange]]:
    counts: list[ListCount] = []
    changes: list[PlannedChange] = []
    free = set[PlannedChange]()
    mailable, refused = frozenset[str](), frozenset[str]()
    said_no = mirror.refusing(context.session) if rules else {}
    if any(rule.mailed for rule in rules):
        mailable, to_mail = mirror.mailable(context.session), said_no.get("email", ())
        refused = frozenset(record.id for record in records if record.stopped or record.customer in to_mail)
    for rule in rules:
        members = mirror.members(context.session, rule.segment)
        left_out = _left_out(context.session, rule.segment)
        if rule.mailed and members:
            left_out += [("may be mailed, as of now", len(members & mailable), 0)]
            members &= mailable
        asks = rule.mailed or rule.channels
        stop = f"consent is not fresh: {context.stale}" if asks and context.stale else ""
        no = refused if rule.mailed else frozenset[str]()
        withdrawn = frozenset(chain.from_iterable(said_no.get(channel, ()) for channel in rule.channels))
        count, found = list_changes(name, rule, records, members, stop, no, withdrawn)
        guard = guards.guard_list(count, context.config.guards, context.allowed)
        kept = context.kept.get(rule.segment, "")
        counts.append(replace(count, guard=guard, kept=kept, left_out=tuple(left_out)))
        free |= {change for change in found if change.change.id in no and change.wanted is None}
        changes += guards.blocked(found, guard, free)
    return counts, changes, free


def _left_out(session: Session, segment: str) -> list[tuple[str, int, int]]:
    rows = session.query(
        "SELECT condition, remaining, unknown FROM segment_funnel WHERE segment = $name ORDER BY step",
        {"name": segment},
    )
    return [(condition, remaining, unknown) for condition, remaining, unknown in rows]


def priced(target: Target, changes: Sequence[PlannedChange], connection: Connection) -> Target:
    """With what the platform lacks, and the calls: compare before, write, read back."""
    writable = [c for c in changes if c.connection == target.connection and not c.blocked]
    needed = {change.name for change in writable}
    destination = connection.destination()
    missing = destination.missing(
        [field.spec for field in target.fields if field.name in needed],
        [listed.name for listed in target.lists if listed.name in needed],
    )
    price = destination.price([change.change for change in writable])
    return replace(
        target,
        missing_fields=tuple(spec.name for spec in missing.fields),
        missing_lists=tuple(missing.lists),
        writes=price.writes,
        reads=2 * price.reads,
    )


def _asked(changes: Sequence[PlannedChange], connector: Connector) -> int:
    if connector.writes is None or connector.writes.address_change != "pending_member":
        return 0
    return sum(1 for c in changes if isinstance(c.change, AddressChange) and not c.blocked)


def _notes(stale: str, targets: Sequence[Target], changes: Sequence[PlannedChange]) -> tuple[str, ...]:
    notes = []
    if stale:
        notes.append(f"consent is not fresh, so that nobody is handed to a sender: {stale}")
    for target in targets:
        firsts = [
            field.name for field in target.fields if (field.first or not field.held) and field.set + field.change
        ]
        if firsts:
            notes.append(f"{target.connection}: first time for {', '.join(firsts)}; workflows may listen to them")
        drifted = sum(1 for c in changes if c.connection == target.connection and "; drift:" in c.reason)
        if drifted:
            notes.append(f"{target.connection}: {drifted:,} values of ours were changed by somebody else")
    return tuple(notes)


def settings_hash(config: ClientConfig) -> str:
    """A short hash of everything that a client's settings say: why a number may have changed."""
    said = json.dumps(config.model_dump(exclude={"name", "auto_apply"}), sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:6]
