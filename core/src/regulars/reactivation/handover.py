"""Confirmed addresses as changes for a plan: asked again at plan time, because weeks have gone by.

On a platform with fields of its own the address goes into a field of ours; the contact's own address
is replaced only where the client allows it. Elsewhere the address becomes a *pending* member, whom the
platform itself asks. Nothing here carries a consent.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from regulars.changes import AddressChange, Change, SetField
from regulars.connector import FieldSpec, Writes
from regulars.reactivation.candidates import Candidate, candidates, known, objection, plain
from regulars.reactivation.desk import Desk
from regulars.reactivation.eligibility import prepare, role_parts
from regulars.reactivation.history import today
from regulars.reactivation.jobs import jobs, reference
from regulars.warehouse import Session, statement


@dataclass(frozen=True, slots=True)
class Addition:
    """A change for a plan, whose customer it is about, and why."""

    connection: str
    customer_id: str
    change: Change
    reason: str


@dataclass(slots=True)
class Handover:
    """`specs`: fields a connection must have first. `asked`: by connection, how many people its
    platform will mail a question to. `skipped`: confirmed addresses not handed over, by reason."""

    additions: list[Addition] = field(default_factory=list)
    specs: dict[str, tuple[FieldSpec, ...]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Person:
    customer_id: str
    connection: str
    id: str
    email: str | None
    held: Mapping[str, str | None]


def planned_changes(desk: Desk, session: Session, writes: Mapping[str, Writes]) -> Handover:
    """What a plan for the target connections in `writes` has to say about confirmed addresses."""
    out = Handover()
    usable, unsure = _usable(desk, session, out)
    people = _people(session, list(writes), usable)
    proofs = {job.id: f"{job.connection}:{job.job_ref}" for job in jobs(desk.journal).values()}
    for connection, how in writes.items():
        here = [person for person in people if person.connection == connection]
        taken = {plain(person.email) for person in here if person.email}
        for person in here:
            one = usable.get(person.customer_id)
            if one is None:
                if person.customer_id not in unsure:
                    _clear(out, person, how)
            elif person.email and reference(desk.journal, plain(person.email)) == one.reference:
                proof = f"{proofs[one.job]}:{one.key}"
                _hand_over(desk, out, how, person, one, proof, str(one.email) in taken)
    return out


def _usable(desk: Desk, session: Session, out: Handover) -> tuple[dict[str, Candidate], set[str]]:
    """Confirmed candidates by today's customer id that nothing speaks against today; and the customers
    whose new address is another profile's, until `adoption` has joined the two or somebody looked."""
    confirmed = [one for one in candidates(desk.journal) if one.state == "confirmed"]
    now = today(session, [one.customer_id for one in confirmed])
    about = known(session, desk.journal, [one.email for one in confirmed if one.email])
    claims = Counter(email for email, _ in {(one.email, now[one.customer_id]) for one in confirmed})
    no = {row[0] for row in session.query("SELECT customer_id FROM withdrawn_customer")}
    usable: dict[str, Candidate] = {}
    unsure: set[str] = set()
    for one in sorted(confirmed, key=lambda one: one.at):
        customer = now[one.customer_id]
        if one.email is None:
            why = "erased"
        elif customer in no:
            why = "withdrawn"
        elif claims[one.email] > 1:
            why = "two_people"
        else:
            why = objection(one.email, "", customer, about[one.email], role_parts(desk.config))
        if why:
            out.skipped[why] += 1
            usable.pop(customer, None)
            unsure |= {customer} if why == "another_customers" else set()
        else:
            usable[customer] = one
    return usable, unsure


def _people(session: Session, connections: Sequence[str], usable: Mapping[str, Candidate]) -> list[_Person]:
    prepare(session)
    params = {
        "connections": connections,
        "customers": sorted(usable),
        "addresses": sorted({str(one.email) for one in usable.values()}),
    }
    rows = session.query(statement("regulars.reactivation", "addressed"), params)
    return [_Person(row[0], row[1], row[2], row[3], json.loads(row[4] or "{}")) for row in rows]


def _hand_over(
    desk: Desk, out: Handover, how: Writes, person: _Person, one: Candidate, proof: str, taken: bool
) -> None:
    allowed = desk.config.write
    change = AddressChange(person.id, str(person.email), str(one.email), proof)
    if how.address_change == "own_field":
        specs = _specs(how)
        out.specs[person.connection] = specs
        for spec, value in zip(specs, (one.email, one.state), strict=True):
            _add(out, person, SetField(person.id, spec.name, value), "new address confirmed by the person")
        if allowed.replace_email and not taken:
            _add(out, person, change, "bounced address replaced by the confirmed one")
    elif taken:
        out.skipped["already_a_member"] += 1
    elif allowed.pending_member:
        out.asked[person.connection] += 1
        _add(out, person, change, "confirmed address as a pending member: the platform asks the person")
    else:
        out.skipped["write.pending_member is off"] += 1


def _clear(out: Handover, person: _Person, how: Writes) -> None:
    """An address that we wrote and that may no longer be used is taken away again."""
    if how.address_change == "own_field":
        for name in _held(person, how):
            _add(out, person, SetField(person.id, name, None), "the address may no longer be used")


def _held(person: _Person, how: Writes) -> Iterator[str]:
    return (spec.name for spec in _specs(how) if person.held.get(spec.name) is not None)


def _specs(how: Writes) -> tuple[FieldSpec, FieldSpec]:
    return (
        FieldSpec(f"{how.field_prefix}ecoa_email", "text", "New address, confirmed (regulars)"),
        FieldSpec(f"{how.field_prefix}ecoa_state", "text", "State of the new address (regulars)"),
    )


def _add(out: Handover, person: _Person, change: Change, reason: str) -> None:
    out.additions.append(Addition(person.connection, person.customer_id, change, reason))
