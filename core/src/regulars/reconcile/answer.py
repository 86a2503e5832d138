"""What a platform says of a span when it is asked anew, and where that is not what we hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from regulars.connector import Page
from regulars.metrics import Span
from regulars.money import Money
from regulars.reconcile.books import Entries, Entry, Key
from regulars.reconcile.side import Side
from regulars.records import Record


@dataclass(frozen=True, slots=True)
class Answer:
    """One connection's answer. `orders` is the platform's own count of the span's orders (None: it does not
    count), `changed_at` when each order was last changed there, `rejected` what could not be understood."""

    title: str
    orders: int | None
    entries: Entries
    changed_at: Mapping[str, datetime]
    rejected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """An order that is not the same on both sides (None: not one order but the span), how, and in which currency
    (that of the platform where it has the order)."""

    connection: str
    day: date | None
    order: str
    text: str
    currency: str = ""


@dataclass
class Compared:
    """One connection's platform side per day, what of it changed since the last read, and what differs."""

    platform: dict[Key, Side] = field(default_factory=dict)
    later: dict[Key, Side] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    differences: list[Difference] = field(default_factory=list)


def heard(title: str, orders: int | None, pages: Iterable[Page], span: Span, zone: str) -> Answer:
    """An answer's pages as entries of the span; what else is on them is left aside."""
    entries: dict[tuple[str, str], Entry] = {}
    changed: dict[str, datetime] = {}
    numbers: dict[str, str] = {}
    rejected: list[str] = []
    where = ZoneInfo(zone)
    for page in pages:
        rejected += [
            f"{one.kind} {one.id}: {one.reason}" for one in page.rejected if one.kind in ("order", "refund")
        ]
        for row in page.rows.get("order", ()):
            changed[row["id"]], numbers[row["id"]] = row["updated_at"], row["number"] or row["id"]
            _note(entries, "order", row, _order(row, numbers, where), span)
        for row in page.rows.get("refund", ()):
            _note(entries, "refund", row, _refund(row, numbers, where), span)
    return Answer(title, orders, entries, changed, tuple(rejected))


def compare(connection: str, answer: Answer, held: Entries, read_at: datetime | None) -> Compared:
    """The two sides, entry by entry. What changed on the platform after `read_at` is no difference: the next
    night reads it."""
    found = Compared()
    for key in sorted({*answer.entries, *held}):
        there, here = answer.entries.get(key), held.get(key)
        if there:
            _add(found.platform, connection, key, there, 1)
        if there == here:
            continue
        entry = there or here
        assert entry is not None  # noqa: S101 - the key came from one of the two
        if (at := answer.changed_at.get(entry.order_id)) and read_at and at > read_at:
            found.changed.add(entry.order_id)
            _later(found.later, connection, key, there, here)
        else:
            text = _text(key[0], answer.title, there, here)
            found.differences.append(Difference(connection, entry.day, entry.number, text, entry.currency))
    found.differences += _uncounted(connection, answer)
    return found


def _uncounted(connection: str, answer: Answer) -> list[Difference]:
    """What the platform counts and does not let us read."""
    read = sum(what == "order" for what, _ in answer.entries)
    texts = [f"{answer.title}: cannot be understood: {text}" for text in answer.rejected]
    if answer.orders is not None and answer.orders != read:
        texts.append(f"{answer.title} counts {answer.orders:,} orders and shows us {read:,}; see regulars check")
    return [Difference(connection, None, "", text) for text in texts]


def _note(entries: dict[tuple[str, str], Entry], what: str, row: Record, entry: Entry, span: Span) -> None:
    # The same order may be met twice while it changes: what came last is what it is.
    entries.pop((what, row["id"]), None)
    if span.starts_on <= entry.day <= span.ends_on:
        entries[what, row["id"]] = entry


def _order(row: Record, numbers: Mapping[str, str], zone: ZoneInfo) -> Entry:
    day = row["ordered_at"].astimezone(zone).date()
    return Entry(row["id"], numbers[row["id"]], day, row["currency"], row["goods_minor"], row["discount_minor"])


def _refund(row: Record, numbers: Mapping[str, str], zone: ZoneInfo) -> Entry:
    day, order = row["refunded_at"].astimezone(zone).date(), row["order_id"]
    return Entry(order, numbers.get(order, order), day, row["currency"], row["goods_minor"], 0)


def _add(sides: dict[Key, Side], connection: str, key: tuple[str, str], entry: Entry, sign: int) -> None:
    at = (entry.day, connection, entry.currency)
    side = Side(1, entry.goods, entry.discount, 0) if key[0] == "order" else Side(0, 0, 0, entry.goods)
    sides[at] = sides.get(at, Side()) + (side if sign > 0 else -side)


def _later(
    sides: dict[Key, Side], connection: str, key: tuple[str, str], there: Entry | None, here: Entry | None
) -> None:
    if there:
        _add(sides, connection, key, there, 1)
    if here:
        _add(sides, connection, key, here, -1)


def _text(what: str, title: str, there: Entry | None, here: Entry | None) -> str:
    told = [f"{name} {_amount(entry)}" for name, entry in ((title, there), ("here", here)) if entry]
    if there is None:
        told.append(f"not on {title}")
    if here is None:
        told.append("not here")
    if there and here and there.day != here.day:
        told.append(f"on {there.day} there")
    return f"{what}: {', '.join(told)}"


def _amount(entry: Entry) -> str:
    less = f" less {Money.of_minor(entry.discount, entry.currency)}" if entry.discount else ""
    return f"{Money.of_minor(entry.goods + entry.discount, entry.currency)}{less}"
