"""Does the warehouse equal the sum of the platforms? Every difference is a line of text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from regulars.plan.mirror import Record
from regulars.warehouse import Session

from benchmarks.year.truth import Row, Truth, seconds

Key = tuple[str, str]


@dataclass(frozen=True)
class Excused:
    """What need not be in the warehouse yet. `young`: changed since the reading began (the next night
    must have it); `slow_lists` and `gone`: changed silently less than a week and a night ago."""

    young: Collection[Key] = ()
    slow_lists: Collection[Key] = ()
    gone: Collection[Key] = ()


def warehouse(session: Session, truth: Mapping[str, Truth], excused: Excused) -> Iterator[str]:
    """All differences between the warehouse and what the platforms held when they were read."""
    for role, there in truth.items():
        yield from _people(session, role, there, excused)
        yield from _statements(session, role, there, excused)
    yield from _orders(session, truth["shop"], excused)
    yield from _shares(session)
    yield from _identities(session)
    yield from _sums(session, truth["shop"], excused)


def _tail(identity: str) -> str:
    """The platform's own number: Shopify's ids are written as gid://shopify/Customer/123."""
    return identity.rpartition("/")[2]


def _people(session: Session, role: str, there: Truth, excused: Excused) -> Iterator[str]:
    columns = ("email", "first_name", "last_name", "phone", "country", "other_emails", "tags")
    rows = session.query(
        f"""SELECT p.id, {", ".join(f"p.{c}" for c in columns)} FROM persons AS p
            JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
            WHERE p.connection = $role AND NOT p.deleted""",
        {"role": role},
    )
    found = {_tail(row[0]): dict(zip(columns, row[1:], strict=False)) for row in rows}
    for key in sorted(found.keys() - there.people.keys()):
        if (role, key) not in excused.young and (role, key) not in excused.gone:
            yield f"{role} person {key}: still in the warehouse, gone from the platform"
    for key, wanted in there.people.items():
        if (role, key) in excused.young:
            continue
        if key not in found:
            yield f"{role} person {key}: missing from the warehouse"
            continue
        found[key]["tags"] = [t for t in found[key]["tags"] or [] if not t.startswith("regulars:")]
        slow = ("tags",) if (role, key) in excused.slow_lists else ()
        yield from _compared(f"{role} person {key}", found[key], wanted, slow)


def believed(
    records: Mapping[str, Sequence[Record]], truth: Mapping[str, Truth], excused: Excused
) -> Iterator[str]:
    """Differences between our fields and lists as a plan would see them now and as they are."""
    for role, there in truth.items():
        for record in records[role]:
            key = _tail(record.id)
            if key not in there.fields or (role, key) in excused.young:
                continue
            have = {name: value for name, value in record.fields.items() if value}
            if not _alike(have, there.fields[key]):
                yield f"{role} person {key}: we believe our fields to be {have}, they are {there.fields[key]}"
            if record.lists != there.lists[key] and (role, key) not in excused.slow_lists:
                lists = f"{sorted(record.lists)}, they are {sorted(there.lists[key])}"
                yield f"{role} person {key}: we believe our lists to be {lists}"


def _alike(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether the values are the same; a number may be written in two ways."""
    return one.keys() == other.keys() and all(_value(one[name]) == _value(other[name]) for name in one)


def _value(text: str) -> object:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _statements(session: Session, role: str, there: Truth, excused: Excused) -> Iterator[str]:
    """Consent of everybody alive, and the bounces of their present addresses."""
    rows = session.query(
        "SELECT id, state, address FROM consents WHERE connection = $role AND channel = 'email' AND NOT deleted",
        {"role": role},
    )
    found = {_tail(row[0]): {"state": row[1], "address": row[2]} for row in rows}
    for key, wanted in there.consents.items():
        if (role, key.partition(":")[0]) in excused.young:
            continue
        if key not in found:
            yield f"{role} consent {key}: missing from the warehouse"
            continue
        yield from _compared(f"{role} consent {key}", found[key], wanted)
    bounced = dict(
        session.query("SELECT id, kind FROM bounces WHERE connection = $role AND NOT deleted", {"role": role})
    )
    for key, kind in there.bounces.items():
        if (role, key.partition(":")[0]) not in excused.young and bounced.get(key) != kind:
            yield f"{role} bounce {key}: {bounced.get(key)}, on the platform {kind}"


_TABLES: Mapping[str, tuple[str, Callable[[tuple[Any, ...]], Row]]] = {
    "orders": (
        """SELECT id, person_id, email, currency, goods_minor, shipping_minor, total_minor, test,
                  cancelled_at, ordered_at, tags FROM orders""",
        lambda r: {
            "person": _tail(r[1]) if r[1] else None,
            "email": r[2],
            "currency": r[3],
            "goods": r[4],
            "shipping": r[5],
            "total": r[6],
            "test": r[7],
            "cancelled": seconds(r[8]),
            "ordered": seconds(r[9]),
            "tags": r[10],
        },
    ),
    "lines": (
        "SELECT id, order_id, sku, quantity, current_quantity, goods_minor FROM lines",
        lambda r: {"order": _tail(r[1]), "sku": r[2], "quantity": r[3], "current": r[4], "goods": r[5]},
    ),
    "refunds": (
        "SELECT id, order_id, refunded_at, goods_minor, total_minor FROM refunds",
        lambda r: {"order": _tail(r[1]), "at": seconds(r[2]), "goods": r[3], "total": r[4]},
    ),
    "refund_lines": (
        # Goodwill lies on lines that nobody gave back; it is in the refund's own sum.
        "SELECT id, refund_id, line_id, quantity, goods_minor FROM (FROM refund_lines WHERE quantity > 0)",
        lambda r: {"refund": _tail(r[1]), "line": _tail(r[2]), "quantity": r[3], "goods": r[4]},
    ),
    "parcels": (
        "SELECT id, order_id, shipped_at, delivered_at FROM fulfilments",
        lambda r: {"order": _tail(r[1]), "shipped": seconds(r[2]), "delivered": seconds(r[3])},
    ),
    "codes": (
        "SELECT id, order_id, code FROM code_uses",
        lambda r: {"order": _tail(r[1]), "code": r[2]},
    ),
}


_MERGES = """SELECT id, "into" FROM merges WHERE connection = 'shop' AND NOT deleted"""
_OF = ("order_id IN (SELECT o.id FROM orders AS o WHERE o.connection = 'shop' AND NOT o.deleted)", "true")
"""What hangs on an order is gone with it."""


def _orders(session: Session, there: Truth, excused: Excused) -> Iterator[str]:
    young = {key for role, key in excused.young if role == "shop"}
    merged = {_tail(one): _tail(into) for one, into in session.query(_MERGES)}
    refunds = dict(there.refunds)  # and those that were read, made since the platform was looked at
    for name, (sql, row_of) in _TABLES.items():
        wanted: dict[str, Row] = getattr(there, name)
        rows = session.query(f"{sql} WHERE connection = 'shop' AND NOT deleted AND {_OF[name == 'orders']}")
        found = {_tail(r[0]): row_of(r) for r in rows}
        if name == "refunds":
            refunds = found | refunds
        for row in found.values():
            while row.get("person") in merged:
                row["person"] = merged[row["person"]]
        for key in sorted(found.keys() | wanted.keys()):
            have, want = found.get(key), wanted.get(key)
            if have == want:
                continue
            order = key if name == "orders" else _order_of(name, have or want or {}, refunds)
            if order in young:
                continue
            if have is None or want is None:
                yield f"shop {name} {key}: {'missing from' if have is None else 'too much in'} the warehouse"
            else:
                yield from _compared(f"shop {name} {key}", have, want)


def _order_of(name: str, row: Row, refunds: Mapping[str, Row]) -> str:
    if name == "refund_lines":
        return str(refunds.get(row["refund"], {}).get("order", ""))
    return str(row.get("order", ""))


def _shares(session: Session) -> Iterator[str]:
    """The lines of a refund add up to it, and those of an order to it."""
    for parent, child, column in (("refunds", "refund_lines", "refund_id"), ("orders", "lines", "order_id")):
        rows = session.query(
            f"""SELECT o.id, any_value(o.goods_minor), coalesce(sum(l.goods_minor), 0) FROM {parent} AS o
                LEFT JOIN {child} AS l ON l.connection = o.connection AND l.{column} = o.id AND NOT l.deleted
                WHERE NOT o.deleted GROUP BY o.id"""
        )
        for key, goods, lines in rows:
            if goods == lines:
                continue
            yield f"shop {parent} {_tail(key)}: goods are {goods}, its lines add up to {lines}"


def _identities(session: Session) -> Iterator[str]:
    """Whoever shares an address is one customer, but for shared inboxes and clusters held back."""
    rows = session.query(
        """SELECT lower(p.email), count(DISTINCT f.customer_id) FROM persons AS p
           JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
           WHERE NOT p.deleted AND p.email IS NOT NULL AND NOT starts_with(lower(p.email), 'info@')
             AND f.held_back IS NULL
           GROUP BY 1 HAVING count(DISTINCT f.customer_id) > 1"""
    )
    for email, customers in rows:
        yield f"{email}: {customers} customers share this address"


def _sums(session: Session, there: Truth, excused: Excused) -> Iterator[str]:
    """What was sold and not given back, to the penny."""
    if any(role == "shop" for role, _ in excused.young):
        return
    back: dict[str, int] = defaultdict(int)
    for refund in there.refunds.values():
        back[refund["order"]] += refund["goods"]
    total = 0
    for key, order in there.orders.items():
        counts = order["currency"] == "EUR" and not order["test"] and order["cancelled"] is None
        if counts and "wholesale" not in [tag.lower() for tag in order["tags"]] and order["goods"] > 0:
            total += order["goods"] - back[key]
    found = session.query("SELECT coalesce(sum(net_minor), 0) FROM sale WHERE kind = 'counted'")[0][0]
    if found != total:
        yield f"shop: net sales are {found}, on the platform {total}"


def _compared(what: str, found: Row, wanted: Row, excused: Collection[str] = ()) -> Iterator[str]:
    for name, want in wanted.items():
        have = found.get(name)
        if isinstance(want, list):
            have = sorted(have or [])
        if (have or None) != (want or None) and name not in excused:
            yield f"{what}: {name} is {have!r}, on the platform {want!r}"
