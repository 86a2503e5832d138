"""After a night: do the platforms hold, of ours, exactly what the measured customers say?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from regulars.config import MapEntry
from regulars.warehouse import Session

from benchmarks.year.oracle import Key
from benchmarks.year.truth import Truth

Told = Collection[tuple[str, str, str]]
"""(role, record, field or list) that the night itself reported as not written."""


@dataclass(frozen=True)
class Aims:
    """`entries` are the client's map, `segments` those in use, `told` what was reported, `young` whom
    people changed since, `slow` whose tags were changed silently."""

    entries: Sequence[MapEntry]
    segments: Sequence[str]
    told: Told
    young: Collection[Key]
    slow: Collection[Key]


def met(session: Session, truth: Mapping[str, Truth], aims: Aims) -> Iterator[str]:
    """Every field and list of ours that is not what it should be."""
    for entry in aims.entries:
        owner = _owners(session, entry.to)
        if entry.from_ == "segments":
            for segment in aims.segments:
                yield from _list(session, truth, aims, entry, segment, owner)
        else:
            yield from _field(session, truth[entry.to], aims, entry, owner)
    yield from _mailed(truth, aims)


def _owners(session: Session, role: str) -> dict[str, tuple[str, str]]:
    """Record -> (id as stored, customer)."""
    rows = session.query(
        "SELECT p.id, f.customer_id FROM persons AS p JOIN profile AS f"
        " ON f.connection = p.connection AND f.person_id = p.id WHERE p.connection = $role AND NOT p.deleted",
        {"role": role},
    )
    return {identity.rpartition("/")[2]: (identity, customer) for identity, customer in rows}


def _field(
    session: Session, there: Truth, aims: Aims, entry: MapEntry, owner: Mapping[str, tuple[str, str]]
) -> Iterator[str]:
    wanted = dict(session.query(f"SELECT customer_id, {entry.from_} FROM catalogue"))
    for key, values in there.fields.items():
        if (entry.to, key) in aims.young or key not in owner:
            continue
        identity, customer = owner[key]
        value = wanted.get(customer)
        if value is None or value == "" or (entry.to, identity, entry.field) in aims.told:
            continue  # an unknown value clears nothing
        if not _equal(entry.type, value, values.get(entry.field)):
            yield f"{entry.to} person {key}: {entry.field} is {values.get(entry.field)!r}, wanted {value}"


def _list(
    session: Session,
    truth: Mapping[str, Truth],
    aims: Aims,
    entry: MapEntry,
    segment: str,
    owner: Mapping[str, tuple[str, str]],
) -> Iterator[str]:
    name, role = entry.field.replace("{segment}", segment), entry.to
    rows = session.query("SELECT customer_id FROM segment_member WHERE segment = $name", {"name": segment})
    members = {row[0] for row in rows}
    if role == "mail":
        rows = session.query(
            "SELECT customer_id FROM catalogue WHERE email_consent = 'yes' AND email_deliverable = 'yes'"
        )
        members &= {row[0] for row in rows}
    for key, names in truth[role].lists.items():
        if (role, key) in aims.young or (role, key) in aims.slow or key not in owner:
            continue
        identity, customer = owner[key]
        if (role, identity, name) in aims.told:
            continue
        if (name in names) != (customer in members and key not in truth[role].shut):
            yield f"{role} person {key}: {'is' if name in names else 'is not'} in {name}, wanted the contrary"


def _mailed(truth: Mapping[str, Truth], aims: Aims) -> Iterator[str]:
    """Nobody who said no anywhere is handed to the platform that sends."""
    stopped = frozenset().union(*(there.stopped for there in truth.values()))
    young = {key for role, key in aims.young if role == "mail"} | {key for role, key in aims.slow}
    recently = any(role != "mail" for role, _ in aims.young)
    there = truth["mail"]
    for key, names in there.lists.items():
        email = (there.people[key]["email"] or "").lower()
        told = any((("mail", key, name) in aims.told) for name in names)
        if names and email in stopped and key not in young and not recently and not told:
            yield f"mail person {key}: opted out somewhere and is in {sorted(names)}"


def _equal(kind: str, wanted: Any, held: str | None) -> bool:
    if held is None:
        return False
    if kind == "number":
        try:
            return Decimal(str(wanted)) == Decimal(held)
        except InvalidOperation:
            return False
    if isinstance(wanted, date):
        return held[:10] == wanted.isoformat()
    return held == str(wanted)
