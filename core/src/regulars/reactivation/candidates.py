"""New addresses that came back: candidate -> permission_sent -> confirmed | declined | silent |
wrong_person, or rejected by us with a reason. Only `confirmed` can ever become an address in use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from regulars.consent import reference as stop_reference
from regulars.consent import stops
from regulars.ecoa import EcoaResult
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
    """A judged result; `email` is None where nothing usable came back. `why` tells why it was rejected,
    `expires_at` ends the right to use the address."""

    record: Record
    state: State
    code: str
    email: str | None = None
    why: str = ""
    permission_at: datetime | None = None
    expires_at: datetime | None = None


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
    expires_at: datetime | None = None


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


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose row a record key is: today's customer id, the keyed hash of the address that was sent, and
    whether the person said no, or was erased, since."""

    record: Record
    customer_id: str
    withdrawn: bool = False


def judge(
    results: Iterable[EcoaResult],
    people: Mapping[str, Whose],
    about: Mapping[str, Known],
    taken: Mapping[str, str],
    roles: Collection[str],
    asks: bool,
    refer: Callable[[str], str],
) -> tuple[list[Found], int]:
    """Judge one job's results; returns them and how many record keys are not ours.

    `people` is by record key; `taken`: address -> the customer for whom an earlier job found it; `refer`
    makes the keyed hash of an address. `asks` is False for a provider that sends no permission message:
    nothing of it is ever confirmed.
    """
    rows: dict[str, list[EcoaResult]] = defaultdict(list)
    for result in results:
        if result not in rows[result.record_key]:
            rows[result.record_key].append(result)
    strangers = len(rows.keys() - people.keys())
    mine = {key: rows[key] for key in sorted(rows.keys() & people.keys())}
    claims: dict[str, set[str]] = defaultdict(set)
    for address, customer in taken.items():
        claims[address].add(customer)
    for key, said in mine.items():
        for result in said:
            if result.new_email:
                claims[plain(result.new_email)].add(people[key].customer_id)
    found = []
    for key, said in mine.items():
        whose = people[key]
        one = _judged(said[0], whose, asks, refer) if len(said) == 1 else _contradiction(said, whose)
        if one.email is not None:
            why = "two_people" if len(claims[one.email]) > 1 else ""
            old = one.email if refer(one.email) == whose.record.reference else ""
            why = why or objection(one.email, old, whose.customer_id, about.get(one.email, Known()), roles)
            one = Found(whose.record, "rejected", one.code, None, why) if why else one
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
            datetime.fromisoformat(until) if (until := fact.payload.get("expires_at")) else None,
        )
        for key, fact in newest.items()
    ]


def _contradiction(said: Sequence[EcoaResult], whose: Whose) -> Found:
    """Several rows under one key that do not say the same: a refusal among them counts, nothing else."""
    no = next((_STATE[one.permission] for one in said if one.permission in ("opted_out", "wrong_person")), None)
    return Found(whose.record, no or "rejected", "AMBIGUOUS", None, "" if no else "ambiguous")


def _judged(result: EcoaResult, whose: Whose, asks: bool, refer: Callable[[str], str]) -> Found:
    """What one row means, as far as it can be told from itself."""
    record, state = whose.record, _STATE[result.permission]
    if state in ("declined", "wrong_person"):
        return Found(record, state, result.code, None, "", result.permission_at)  # their address is not kept
    email = plain(result.new_email) if result.new_email else None
    if email is None:
        return Found(record, "no_match", result.code)
    if why := _doubt(result, whose, refer):
        return Found(record, "rejected", result.code, None, why)
    if state == "confirmed" and not asks:
        state = "candidate"
    return Found(record, state, result.code, email, "", result.permission_at, result.expires_at)


def _doubt(result: EcoaResult, whose: Whose, refer: Callable[[str], str]) -> str:
    """Why a row with an address is not believed, "" where it is."""
    if whose.withdrawn:
        return "withdrawn"
    if "@" in (result.old_email or "") and refer(plain(str(result.old_email))) != whose.record.reference:
        return "another_row"
    if result.code != "MATCHED":
        return result.code.lower()
    if unsafe := sorted(_UNSAFE & set(result.flags)):
        return unsafe[0]
    if result.match_level != "individual":
        return result.match_level
    # "unknown" and catch-all stay candidates: only the person's own confirmation makes them usable anyway.
    return "undeliverable" if result.deliverability and result.deliverability.status == "undeliverable" else ""
