"""A reconciliation as a person reads it, as CSV and as JSON."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

from regulars.money import exponent
from regulars.reconcile.answer import Difference
from regulars.reconcile.bridge import Bridge, Step
from regulars.reconcile.reconciliation import STORED, Head, Period, Reconciliation

_SHOWN = 20
"""Differences that are printed; --json has them all."""
_WORDS, _WIDE = 44, 16


def lines(found: Reconciliation, name: str, file: str) -> Iterator[str]:
    """The whole span, its parts in a table, what differs, and a verdict."""
    books = found.books
    yield f"{name}   {_span_text(found.total)}, {books.zone}, {books.manner.currency}"
    for head in found.total.heads:
        yield from _head(head)
    if not found.total.heads:
        yield "no orders and no refunds"
    if found.changed:
        yield f"  {_orders(found.changed)} changed there since {_read_at(found)}; the next night reads them"
    yield from _bridge(found.total.bridge, books.manner.currency)
    if found.parts:
        yield from _table(found)
    yield from _differences(found.differences)
    for missing in books.unrated:
        yield f"✗ {missing.text(file)}"
    yield _verdict(found)


def _read_at(found: Reconciliation) -> str:
    assert found.read_at is not None  # noqa: S101 - without it nothing counts as changed
    return f"{found.read_at.astimezone(ZoneInfo(found.books.zone)):%Y-%m-%d %H:%M}"


def _span_text(period: Period) -> str:
    first, last = period.span.starts_on, period.span.ends_on
    whole = first.day == 1 and (first.year, first.month) == (last.year, last.month) and _is_last_of_month(period)
    return f"{first:%B %Y}" if whole else str(period.span)


def _is_last_of_month(period: Period) -> bool:
    from datetime import timedelta

    return (period.span.ends_on + timedelta(days=1)).day == 1


def _head(head: Head) -> Iterator[str]:
    who = f"{head.connection}, {head.currency}"
    yield f"{who:<{_WORDS}}" + "".join(f"{title:>{_WIDE}}" for title in (head.source, "regulars", "diff"))
    yield _row("orders", [f"{n:,}" for n in (head.platform.orders, head.ours.orders, head.diff.orders)])
    three = zip(head.platform.lines(), head.ours.lines(), head.diff.lines(), strict=True)
    for (text, there), (_, here), (_, diff) in three:
        mark = "" if text != "net sales" else "   ✓" if head.agrees else "   ✗"
        yield _row(text, [amount(minor, head.currency) for minor in (there, here, diff)]) + mark
    for reason, side in head.accepted:
        count = f"   {_orders(side.orders)}" if side.orders else ""
        yield _row(f"accepted: {reason}", ["", "", amount(side.net, head.currency)]) + count
    if head.accepted and not head.agrees:
        count = f"   {_orders(head.rest.orders)}" if head.rest.orders else ""
        yield _row("unexplained", ["", "", amount(head.rest.net, head.currency)]) + count


def _row(text: str, cells: Sequence[str]) -> str:
    return f"  {text:<{_WORDS - 2}}" + "".join(f"{cell:>{_WIDE}}" for cell in cells)


def _bridge(bridge: Bridge, currency: str) -> Iterator[str]:
    yield "From net sales to the basis of CLV and CRR"
    yield _row(f"net sales in {currency}", [amount(bridge.start, currency)])
    for step in bridge.steps:
        if step.minor or step.records:
            sign = "+" if step.minor > 0 else ""
            yield f"{_row(step.text, [sign + amount(step.minor, currency)])}   {_about(step)}"
    wrong = f"   ✗ measured {amount(bridge.measured, currency)}" if bridge.diff else ""
    yield _row("basis", [amount(bridge.basis, currency)]) + wrong


def _about(step: Step) -> str:
    return f"{step.records:,} {step.unit}{'s' * (step.records != 1)}"


def _orders(count: int) -> str:
    return f"{count:,} order{'s' * (count != 1)}"


def _table(found: Reconciliation) -> Iterator[str]:
    """A line per part: the sums of all its currencies apart, and the basis."""
    currency = found.books.manner.currency
    days = all(part.span.days == 1 for part in found.parts)
    yield f"{'day' if days else 'month':<14}{'orders':>10}{'net sales':>{_WIDE}}{'diff':>12}{'basis':>{_WIDE}}"
    for part in found.parts:
        orders = sum(head.ours.orders for head in part.heads)
        diff = [amount(head.diff.net, head.currency) for head in part.heads if head.diff.net] or ["0"]
        label = str(part.span.starts_on) if days else f"{part.span.starts_on:%Y-%m}"
        mark = "" if part.agrees else "   ✗"
        yield (
            f"{label:<14}{orders:>10,}{amount(part.bridge.start, currency):>{_WIDE}}{' '.join(diff):>12}"
            f"{amount(part.bridge.basis, currency):>{_WIDE}}{mark}"
        )


def _differences(found: Sequence[Difference]) -> Iterator[str]:
    for one in found[:_SHOWN]:
        about = "  ".join(part for part in (str(one.day or ""), one.order) if part)
        yield f"✗ {one.connection}  {about}{'  ' if about else ''}{one.text}"
    if len(found) > _SHOWN:
        yield f"  and {len(found) - _SHOWN:,} more: --json"


def _verdict(found: Reconciliation) -> str:
    code = f"   exit {found.exit_code}"
    if not found.agrees:
        days = [str(part.span.starts_on) for part in found.parts if not part.agrees]
        where = f" on {', '.join(days[:_SHOWN])}" if days else ""
        return f"✗ does not agree{where}.   details: --by day, --csv{code}"
    if found.books.unrated:
        return f"✗ agrees to the penny, but for the orders without a rate.{code}"
    live = {head.source for head in found.total.heads} - {STORED}
    alone = "" if live or not found.total.heads else " with our own records; no platform was asked"
    known = ", but for what was accepted" if any(head.accepted for head in found.total.heads) else ""
    return f"✓ agrees to the penny{known}{alone}.   details: --by day, --csv{code}"


def amount(minor: int, currency: str) -> str:
    """Minor units with thousands separators and a minus sign: 1,234.50."""
    places = exponent(currency)
    whole, part = divmod(abs(minor), 10**places)
    sign = "−" if minor < 0 else ""  # noqa: RUF001 - a minus sign, as wide as a plus
    return f"{sign}{whole:,}" + (f".{part:0{places}}" if places else "")


def plain(minor: int, currency: str) -> str:
    """Minor units as machines read them: "-1234.50"."""
    places = exponent(currency)
    whole, part = divmod(abs(minor), 10**places)
    return f"{'-' * (minor < 0)}{whole}" + (f".{part:0{places}}" if places else "")


def table(found: Reconciliation) -> str:
    """CSV: a line per part, connection and line of the report, then of the bridge."""
    out = StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(("from", "to", "connection", "currency", "line", "orders", "platform", "regulars", "diff"))
    for period in found.parts or (found.total,):
        days = (period.span.starts_on, period.span.ends_on)
        for head in period.heads:
            who = (head.connection, head.currency)
            counts = (head.platform.orders, head.ours.orders, head.diff.orders)
            write.writerow((*days, *who, "orders", head.ours.orders, *counts))
            three = zip(head.platform.lines(), head.ours.lines(), head.diff.lines(), strict=True)
            for (text, there), (_, here), (_, diff) in three:
                money = (plain(minor, head.currency) for minor in (there, here, diff))
                write.writerow((*days, *who, text, "", *money))
            for reason, side in head.accepted:
                write.writerow(
                    (*days, *who, f"accepted: {reason}", side.orders, "", "", plain(side.net, head.currency))
                )
        bridge, currency = period.bridge, found.books.manner.currency
        for step in bridge.steps:
            write.writerow((*days, "", currency, step.text, step.records, "", plain(step.minor, currency), ""))
        sums = (plain(minor, currency) for minor in (bridge.basis, bridge.measured, bridge.diff))
        write.writerow((*days, "", currency, "basis", "", *sums))
    return out.getvalue().rstrip("\n")


def data(found: Reconciliation, file: str) -> dict[str, Any]:
    """Everything, JSON-able; amounts are plain decimal texts."""
    currency = found.books.manner.currency
    return {
        "from": found.books.span.starts_on,
        "to": found.books.span.ends_on,
        "timezone": found.books.zone,
        "currency": currency,
        "as_of": found.books.as_of,
        "agrees": found.agrees,
        "exit_code": found.exit_code,
        "read_at": found.read_at,
        "changed_since": found.changed,
        "total": _period(found.total, currency),
        "parts": [_period(part, currency) for part in found.parts],
        "differences": [
            {"connection": d.connection, "day": d.day, "order": d.order, "text": d.text} for d in found.differences
        ],
        "not_counted": [missing.text(file) for missing in found.books.unrated],
    }


def _period(period: Period, currency: str) -> dict[str, Any]:
    bridge = period.bridge
    return {
        "from": period.span.starts_on,
        "to": period.span.ends_on,
        "agrees": period.agrees,
        "totals": [_head_data(head) for head in period.heads],
        "bridge": [
            {"line": "net sales", "key": "start", "amount": plain(bridge.start, currency)},
            *(
                {
                    "line": step.text,
                    "key": step.key,
                    "amount": plain(step.minor, currency),
                    "records": step.records,
                }
                for step in bridge.steps
            ),
        ],
        "basis": plain(bridge.basis, currency),
        "measured": plain(bridge.measured, currency),
    }


def _head_data(head: Head) -> dict[str, Any]:
    sides = {"platform": head.platform, "regulars": head.ours, "changed_since": head.later, "diff": head.diff}
    sides |= {"unexplained": head.rest}
    return {
        "connection": head.connection,
        "currency": head.currency,
        "source": head.source,
        "live": head.source != STORED,
        "agrees": head.agrees,
        "accepted": [
            {"reason": reason, "orders": side.orders, "net sales": plain(side.net, head.currency)}
            for reason, side in head.accepted
        ],
        **{
            name: {"orders": side.orders} | {text: plain(minor, head.currency) for text, minor in side.lines()}
            for name, side in sides.items()
        },
    }
