"""What we know of a platform without asking it: the synced mirror of our own fields and lists."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from regulars.journal import Journal
from regulars.metrics import uncounted
from regulars.plan.mapping import FieldRule
from regulars.plan.planned import IN
from regulars.plan.values import text_of
from regulars.warehouse import Session

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
LAG = timedelta(hours=1)
"""How long after a write a platform's search may still show what was there before."""

Wanted = Mapping[str, Mapping[str, str | None]]
"""Column -> customer -> text."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a platform: what it holds of us, whose it is, and why it may not be written.

    `last` is what we last wrote and saw confirmed, by field or list name. `stopped`: this record of a
    person said no there, or its address is dead, whatever another record of the same person says.
    `uncounted`: an order of its person counts nowhere, so that what is measured of it may be wrong.
    """

    id: str
    customer: str
    fields: Mapping[str, str | None]
    lists: frozenset[str]
    last: Mapping[str, str | None]
    blocked: str = ""
    stopped: bool = False
    uncounted: bool = False


class _Written(NamedTuple):
    value: str | None
    at: int


class _Ours(NamedTuple):
    """What we wrote on a record and saw confirmed, by name; instants are microseconds of the epoch, because there
    are several for each record."""

    fields: dict[str, _Written]
    lists: dict[str, _Written]


_NOTHING = _Ours({}, {})


def records(session: Session, journal: Journal, connection: str) -> list[Record]:
    """Every living record of a connection that belongs to a customer, in the order of its id.

    Where the mirror is older than our own confirmed write, the write is what is there. A record is as old as
    the platform says it is, or as its reading was, less the lag: a change may leave a record's time alone.
    """
    written, read = _written(journal, connection), _read(journal, connection)
    read_at = _read_at(journal, connection)
    joined, stopped = _memberships(session, connection), _stopped(session, connection)
    lacking = uncounted(session)
    found = session.query(
        """SELECT p.id, min(f.customer_id), count(DISTINCT f.customer_id), max(c.held_back),
                  epoch_us(any_value(p.updated_at)), any_value(p.held), any_value(p.lists), any_value(p.seq)
           FROM persons AS p
           JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
           LEFT JOIN customer AS c ON c.customer_id = f.customer_id
           WHERE p.connection = $connection AND NOT p.deleted
           GROUP BY p.id ORDER BY p.id""",
        {"connection": connection},
    )
    result = []
    for record, customer, claims, held_back, updated_at, held, lists, seq in found:
        mine = written.get(record, _NOTHING)
        names = frozenset(joined.get(record, ()) if lists is None else lists)
        as_of = max(updated_at, read.get(seq, updated_at))
        seen_at = read_at if lists is None else as_of
        result.append(
            Record(
                record,
                customer,
                (json.loads(held) if held != "{}" else {})
                | {name: w.value for name, w in mine.fields.items() if w.at >= as_of},
                _overlaid(names, mine.lists, seen_at) if mine.lists else names,
                {name: w.value for name, w in (*mine.fields.items(), *mine.lists.items())},
                f"claimed by {claims} customers" if claims > 1 else held_back or "",
                record in stopped,
                customer in lacking,
            )
        )
    return result


def customers(session: Session) -> int:
    """How many customers there are."""
    return int(session.query("SELECT count(*) FROM catalogue")[0][0])


def wanted(session: Session, rules: Sequence[FieldRule]) -> Wanted:
    """The texts of the columns that rules use."""
    columns = sorted({rule.column for rule in rules})
    if not columns:
        return {}
    rows = session.query(f"SELECT customer_id, {', '.join(columns)} FROM catalogue")
    return {name: {row[0]: text_of(row[n]) for row in rows} for n, name in enumerate(columns, start=1)}


def members(session: Session, segment: str) -> frozenset[str]:
    """The customers of a segment."""
    rows = session.query("SELECT customer_id FROM segment_member WHERE segment = $name", {"name": segment})
    return frozenset(row[0] for row in rows)


def mailable(session: Session) -> frozenset[str]:
    """Customers with e-mail consent and a deliverable address."""
    rows = session.query(
        """SELECT v.customer_id FROM verdict AS v JOIN deliverable AS d ON d.customer_id = v.customer_id
           WHERE v.channel = 'email' AND v.verdict = 'yes' AND d.state = 'yes'"""
    )
    return frozenset(row[0] for row in rows)


def refusing(session: Session) -> Mapping[str, frozenset[str]]:
    """Channel -> customers who said no on it, on whatever platform: not those of whom nothing is known."""
    rows = session.query(
        """SELECT channel, list(customer_id) FROM verdict
           WHERE state IN ('unsubscribed', 'complained', 'withdrawn', 'erased') GROUP BY channel"""
    )
    return {channel: frozenset(customers) for channel, customers in rows}


def _memberships(session: Session, connection: str) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    sql = "SELECT person_id, list FROM memberships WHERE connection = $connection AND NOT deleted"
    for record, name in session.query(sql, {"connection": connection}):
        found.setdefault(record, set()).add(name)
    return found


def _stopped(session: Session, connection: str) -> frozenset[str]:
    rows = session.query(
        """SELECT c.person_id FROM consents AS c
           WHERE c.connection = $connection AND NOT c.deleted AND c.channel = 'email'
             AND c.state IN ('unsubscribed', 'complained', 'pending')
           UNION
           SELECT b.person_id FROM bounces AS b
           JOIN persons AS p
             ON p.connection = b.connection AND p.id = b.person_id AND lower(p.email) = lower(b.email)
           WHERE b.connection = $connection AND NOT b.deleted AND b.kind IN ('hard', 'complaint')""",
        {"connection": connection},
    )
    return frozenset(row[0] for row in rows)


def _written(journal: Journal, connection: str) -> Mapping[str, _Ours]:
    """The newest confirmed write of each field and list of each record."""
    rows = journal.rows(
        "SELECT record_id, is_field, name, wanted, at FROM written WHERE connection = ?", (connection,)
    )
    instant, found = cache(_instant), dict[str, _Ours]()
    for record, of_field, field, value, at in rows:
        mine = found.get(record) or found.setdefault(record, _Ours({}, {}))
        (mine.fields if of_field else mine.lists)[field] = _Written(value, instant(at))
    return found


def _read(journal: Journal, connection: str) -> Mapping[int, int]:
    """When each stored file of people was read, less the lag, by its number."""
    sql = "SELECT seq, at FROM segment WHERE connection = ? AND kind = 'person'"
    return {seq: _instant(at) - LAG // _MICROSECOND for seq, at in journal.rows(sql, (connection,))}


def _read_at(journal: Journal, connection: str) -> int | None:
    at = journal.rows("SELECT max(at) FROM count WHERE connection = ?", (connection,))[0][0]
    return _instant(at) if at else None


def _instant(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND


def _overlaid(names: frozenset[str], written: Mapping[str, _Written], seen_at: int | None) -> frozenset[str]:
    newer = {name: w.value for name, w in written.items() if seen_at is None or w.at >= seen_at}
    return (names - newer.keys()) | {name for name, value in newer.items() if value == IN}
