"""Confirmed addresses as changes for a plan: asked again at plan time, because weeks have gone by.

On a platform with fields of its own the address goes into a field of ours; the contact's own address
is replaced only where the client allows it. Elsewhere the address becomes a *pending* member, whom the
platform itself asks. Nothing here carries a consent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from regulars.changes import AddressChange, Change, SetField
from regulars.connector import FieldSpec, Writes
from regulars.plan import PlannedChange
from regulars.plan.mirror import Record, records
from regulars.plan.planned import NEW_ADDRESS, NEW_ADDRESS_STATE
from regulars.reactivation.candidates import Candidate, candidates, known, objection, plain
from regulars.reactivation.desk import EcoaDesk
from regulars.reactivation.eligibility import role_parts
from regulars.reactivation.history import today, withdrawn
from regulars.reactivation.jobs import jobs, reference
from regulars.warehouse import Session, statement

ASKED = "as a pending member: the platform asks the person"


@dataclass(slots=True)
class Handover:
    """`changes` for a plan. `specs`: fields that a connection must have first. `asked`: by connection,
    how many people its platform will mail a question to. `skipped`: confirmed addresses that are not
    handed over, by reason."""

    changes: list[PlannedChange] = field(default_factory=list)
    specs: dict[str, tuple[FieldSpec, ...]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Person:
    customer_id: str
    connection: str
    id: str
    email: str | None
    record: Record


def planned_changes(desk: EcoaDesk, session: Session, writes: Mapping[str, Writes]) -> Handover:
    """What a plan for the target connections in `writes` has to say about confirmed addresses."""
    out = Handover()
    usable, unsure = _usable(desk, session, out)
    if usable and desk.stale():
        out.skipped["consent_not_fresh"] += len(usable)
        usable, unsure = {}, unsure | usable.keys()
    proofs = {job.id: f"{job.connection}:{job.job_ref}" for job in jobs(desk.journal).values()}
    for connection, how in writes.items():
        here = _people(desk, session, connection, usable)
        taken = {plain(person.email) for person in here if person.email}
        for person in here:
            one = usable.get(person.customer_id)
            if one is not None and person.email and reference(desk.journal, plain(person.email)) == one.reference:
                proof = f"{proofs[one.job]}:{one.key}"
                _hand_over(desk, out, how, person, one, proof, str(one.email) in taken)
            elif one is None and person.customer_id not in unsure:
                _clear(out, person, how)
    out.asked.update(change.connection for change in out.changes if change.reason == ASKED)
    return out


def _usable(desk: EcoaDesk, session: Session, out: Handover) -> tuple[dict[str, Candidate], set[str]]:
    """Confirmed candidates by today's customer id that nothing speaks against today; and the customers
    whose new address is another profile's, until `adoption` has joined the two or somebody looked."""
    confirmed = [one for one in candidates(desk.journal) if one.state == "confirmed"]
    now = today(session, [one.customer_id for one in confirmed])
    about = known(session, desk.journal, [one.email for one in confirmed if one.email])
    claims = Counter(email for email, _ in {(one.email, now[one.customer_id]) for one in confirmed})
    no, present = withdrawn(session), _present(session, sorted(set(now.values())))
    usable: dict[str, Candidate] = {}
    unsure: set[str] = set()
    for one in sorted(confirmed, key=lambda one: one.at):
        customer = now[one.customer_id]
        if one.email is None:
            why = "erased"
        elif customer in no:
            why = "withdrawn"
        elif one.expires_at and one.expires_at <= desk.now():
            why = "expired"
        elif claims[one.email] > 1:
            why = "two_people"
        elif moved_on := _moved_on(desk, one, present.get(customer)):
            why = moved_on
        else:
            why = objection(one.email, "", customer, about[one.email], role_parts(desk.config))
        if why:
            out.skipped[why] += 1
            usable.pop(customer, None)
            unsure |= {customer} if why == "another_customers" else set()
        else:
            usable[customer] = one
    return usable, unsure


def _present(session: Session, customers: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """Customer -> present address, and whether its mail still comes back."""
    rows = session.query(
        "SELECT c.customer_id, c.email, coalesce(b.hard, false) FROM customer AS c"
        " LEFT JOIN bounced_address AS b ON b.address = c.email"
        " WHERE list_contains($ids::VARCHAR[], c.customer_id) AND coalesce(c.email, '') <> ''",
        {"ids": customers},
    )
    return {row[0]: (plain(row[1]), row[2]) for row in rows}


def _moved_on(desk: EcoaDesk, one: Candidate, present: tuple[str, bool] | None) -> str:
    """Why the person needs no new address any more, "" where it does: weeks have gone by."""
    if present is None or present[0] == one.email:
        return ""
    if reference(desk.journal, present[0]) != one.reference:
        return "address_changed"
    return "" if present[1] else "delivers_again"


def _people(
    desk: EcoaDesk, session: Session, connection: str, usable: Mapping[str, Candidate]
) -> Sequence[_Person]:
    params = {
        "connection": connection,
        "customers": sorted(usable),
        "addresses": sorted({str(one.email) for one in usable.values()}),
    }
    rows = session.query(statement("regulars.reactivation", "addressed"), params)
    mirrored = {one.id: one for one in records(session, desk.journal, connection)} if rows else {}
    return [_Person(row[0], connection, row[1], row[2], mirrored[row[1]]) for row in rows]


def _hand_over(
    desk: EcoaDesk, out: Handover, how: Writes, person: _Person, one: Candidate, proof: str, taken: bool
) -> None:
    allowed = desk.config.write
    change = AddressChange(person.id, str(person.email), str(one.email), proof)
    if how.address_change == "own_field":
        specs = _specs(how)
        out.specs[person.connection] = specs
        for spec, value in zip(specs, (one.email, one.state), strict=True):
            _set(out, person, spec.name, value, "new address, confirmed by the person")
        if allowed.replace_email and how.replaces_email and not taken:
            _change_address(desk, out, person, change, "the bounced address gives way to the confirmed one")
    elif taken:
        out.skipped["already_a_member"] += 1
    elif allowed.pending_member:
        _change_address(desk, out, person, change, ASKED)
    else:
        out.skipped["pending_member_off"] += 1


def _change_address(desk: EcoaDesk, out: Handover, person: _Person, change: AddressChange, reason: str) -> None:
    done = desk.journal.rows(
        "SELECT 1 FROM ledger WHERE connection = ? AND record_id = ? AND kind = 'address' AND state = 'confirmed'",
        (person.connection, person.id),
    )
    if done:
        out.skipped["written_before"] += 1
        return
    _plan(out, person, change, person.email, None, reason)


def _clear(out: Handover, person: _Person, how: Writes) -> None:
    """An address that we wrote and that may no longer be used is taken away again."""
    if how.address_change == "own_field":
        for spec in _specs(how):
            _set(out, person, spec.name, None, "the address may no longer be used")


def _set(out: Handover, person: _Person, name: str, value: str | None, reason: str) -> None:
    now = person.record.fields.get(name) or None
    if now != value:
        _plan(out, person, SetField(person.id, name, value), now, person.record.last.get(name), reason)


def _plan(out: Handover, person: _Person, change: Change, now: str | None, last: str | None, reason: str) -> None:
    planned = PlannedChange(person.connection, change, now, last, reason, person.record.blocked)
    out.changes.append(planned)


def _specs(how: Writes) -> tuple[FieldSpec, FieldSpec]:
    return (
        FieldSpec(f"{how.field_prefix}{NEW_ADDRESS}", "text", "New address, confirmed (regulars)"),
        FieldSpec(f"{how.field_prefix}{NEW_ADDRESS_STATE}", "text", "State of the new address (regulars)"),
    )
