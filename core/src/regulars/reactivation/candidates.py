"""New addresses that came back: candidate -> permission_sent -> confirmed | declined | silent |
wrong_person, or rejected by us with a reason. Only `confirmed` can ever become an address in use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from regulars.connector import EcoaResult
from regulars.consent import reference as stop_reference
from regulars.consent import stops
from regulars.journal import Journal
from regulars.reactivation.eligibility import prepare
from regulars.reactivation.jobs import Record, addresses
from regulars.warehouse import Session, statement

State = Literal[
    "no_match", "candidate", "permission_sent", "confirmed", "declined", "silent", "wrong_person", "rejected"
]
STATES: tuple[State, ...] = (
    *("confirmed", "permission_sent", "candidate", "silent", "declined", "wrong_person", "rejected", "no_match"),
)
_STATE: Mapping[str, State] = {
    "not_sent": "candidate",
    "sent": "permission_sent",
    "confirmed": "confirmed",
    "opted_out": "declined",
    "no_response": "silent",
    "wrong_person": "wrong_person",
}
_UNSAFE = frozenset({"role", "disposable", "trap_suspect", "complainer", "unreadable", "not_an_address"})


@dataclass(frozen=True, slots=True)
class Found:
    """A judged result; `email` is None where nothing usable came back. `why` tells why it was rejected."""

    record: Record
    state: State
    code: str
    email: str | None = None
    why: str = ""
    permission_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """The newest word on one record key, as the journal has it; `email` None: none, or erased."""

    customer_id: str
    job: str
    key: str
    state: State
    why: str
    reference: str
    email: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """Who has an address, and whether anybody said no at it or it bounces."""

    owners: frozenset[str] = frozenset()
    withdrawn: bool = False
    hard: bool = False


def plain(email: str) -> str:
    """An address in the form in which all are compared: lower case, no white space."""
    return "".join(email.split()).lower()


def known(session: Session, journal: Journal, emails: Iterable[str]) -> dict[str, Known]:
    """What the client's tables and our own stop list say of some addresses."""
    prepare(session)
    stopped = stops(journal)
    owners: dict[str, set[str]] = defaultdict(set)
    flags: dict[str, tuple[bool, bool]] = {}
    rows = session.query(statement("regulars.reactivation", "standing_of"), {"addresses": sorted(set(emails))})
    for address, customer, withdrawn, hard in rows:
        if customer is not None:
            owners[address].add(customer)
        flags[address] = (withdrawn or stop_reference(journal, address) in stopped, hard)
    return {address: Known(frozenset(owners[address]), *flags[address]) for address in flags}


def objection(email: str, old: str, customer_id: str, about: Known, roles: Collection[str]) -> str:
    """What speaks against `email` as the new address of a customer whose `old` one bounced; "" nothing."""
    if email == old:
        return "same_as_old"
    if about.withdrawn:
        return "suppressed"
    if about.owners - {customer_id}:
        return "another_customers"
    if about.hard:
        return "bounces_too"
    return "role_address" if email.partition("@")[0] in roles else ""


def judge(
    results: Iterable[EcoaResult],
    people: Mapping[str, tuple[Record, str, str]],
    about: Mapping[str, Known],
    taken: Mapping[str, str],
    roles: Collection[str],
    asks: bool,
) -> tuple[list[Found], int]:
    """Judge one job's results; returns them and how many carried a record key that is not ours.

    `people`: record key -> (record, today's customer id, old address). `taken`: address -> the
    customer for whom an earlier job found it. `asks` is False for a provider that sends no permission
    message: nothing of it is ever confirmed.
    """
    mine = {result.record_key: result for result in results}
    strangers = len(mine.keys() - people.keys())
    claims: dict[str, set[str]] = defaultdict(set)
    for address, customer in taken.items():
        claims[address].add(customer)
    for key in mine.keys() & people.keys():
        if email := mine[key].new_email:
            claims[plain(email)].add(people[key][1])
    found = []
    for key in sorted(mine.keys() & people.keys()):
        record, customer, old = people[key]
        one = _judged(mine[key], record, asks)
        if one.email is not None and one.state not in ("declined", "wrong_person"):
            why = "two_people" if len(claims[one.email]) > 1 else ""
            why = why or objection(one.email, old, customer, about.get(one.email, Known()), roles)
            one = Found(record, "rejected", one.code, None, why) if why else one
        found.append(one)
    return found, strangers


def candidates(journal: Journal) -> list[Candidate]:
    """The newest word on every record that was answered."""
    emails = addresses(journal)
    newest = {fact.payload["key"]: fact for fact in journal.facts("ecoa_result")}
    return [
        Candidate(
            fact.subject,
            fact.payload["job"],
            key,
            fact.payload["state"],
            fact.payload["why"],
            fact.payload["reference"],
            emails.get(key),
            fact.at,
        )
        for key, fact in newest.items()
    ]


def _judged(result: EcoaResult, record: Record, asks: bool) -> Found:
    state = _STATE[result.permission]
    email = plain(result.new_email) if result.new_email else None
    if state in ("declined", "wrong_person"):
        return Found(record, state, result.code, None, "", result.permission_at)  # their address is not kept
    if email is None:
        return Found(record, "no_match", result.code)
    if unsafe := sorted(_UNSAFE & set(result.flags)):
        return Found(record, "rejected", result.code, None, unsafe[0])
    if state == "confirmed" and not asks:
        state = "candidate"
    return Found(record, state, result.code, email, "", result.permission_at)
