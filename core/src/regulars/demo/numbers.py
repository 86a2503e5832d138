"""A person's own order lines as numbers at once: months, retention, value, stages, reach."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from regulars import clv, consent, expansion, identity, lifecycle, metrics
from regulars.clock import SimulatedClock
from regulars.demo.order_lines import Bridge
from regulars.demo.records import records_of
from regulars.explain import explain_metric
from regulars.explain.render import headline
from regulars.journal import Journal
from regulars.money import Money, exponent
from regulars.testing.world import World
from regulars.warehouse import Session, Warehouse, write_segment
from regulars.warehouse.store import Stored

_CONNECTION = "orders"


def numbers(world: World, bridge: Bridge, months: int = 13) -> list[str]:
    """Measure a world in a folder of its own, which is deleted afterwards; the lines to print."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = _filled(Path(folder), world)
        as_of = max(order.at for order in world.orders).date()
        clock = SimulatedClock(max(order.at for order in world.orders) + timedelta(hours=1))
        journal = Journal.open(Path(folder) / "journal.db", clock)
        try:
            with warehouse.burst() as session:
                _measure(session, journal, world, as_of)
                return list(_lines(session, world, bridge, as_of, months))
        finally:
            journal.close()


def _filled(folder: Path, world: World) -> Warehouse:
    warehouse, stored = Warehouse(folder), []
    for seq, (kind, rows) in enumerate(records_of(world).items(), start=1):
        if rows:
            path = folder / "segments" / f"{kind}.parquet"
            write_segment(path, kind, rows)
            stored.append(Stored(seq, _CONNECTION, kind, path))
    warehouse.merge(stored)
    return warehouse


def _measure(session: Session, journal: Journal, world: World, as_of: date) -> None:
    shared = identity.IdentitySettings((), 6, journal.key)
    settings = metrics.MetricSettings(zone=world.timezone, currency=world.currency)
    identity.build(session, shared)
    metrics.build(session, settings, as_of)
    clv.build(session, clv.ClvSettings(zone=world.timezone), as_of)
    expansion.build(session, expansion.ExpansionSettings(zone=world.timezone), as_of)
    consent.build(session, journal)
    metrics.build_reach(session)
    lifecycle.build(session, lifecycle.LifecycleSettings(world.timezone), as_of)
    metrics.build_catalogue(session, settings, as_of)


def _lines(session: Session, world: World, bridge: Bridge, as_of: date, months: int) -> Iterator[str]:
    currency = world.currency
    orders, customers = session.query(
        "SELECT count(*), count(DISTINCT customer_id) FROM sale WHERE kind = 'counted'"
    )[0]
    yield f"{orders:,} orders of {customers:,} customers and guests, as of {as_of}, days of {world.timezone}"
    yield ""
    yield from _bridge(bridge, currency)
    yield ""
    yield f"{'month':<10}{'orders':>9}{'customers':>11}{'by guests':>11}{'net sales':>22}"
    rows = session.query(
        "SELECT month, orders, customers, guest_orders, net_minor + guest_net_minor FROM monthly"
        " ORDER BY month DESC LIMIT $months", {"months": months},
    )  # fmt: skip
    for month, count, people, guests, minor in reversed(rows):
        yield f"{month:%Y-%m}   {count:>9,}{people:>11,}{guests:>11,}{Money.of_minor(minor, currency)!s:>22}"
    yield ""
    for name in ("crr", "churn", "clv"):
        found = explain_metric(session, name)
        windows = list(dict.fromkeys(metric.window for metric in found))
        for window in windows:
            together = [m for m in found if m.window == window]
            yield f"{headline(together)}   ({window})"
            yield from (f"  {note}" for note in dict.fromkeys(m.note for m in together) if note)
    yield ""
    yield from _groups(session, "stage", "stages")
    yield from _groups(session, "level", "levels")
    yield from _groups(session, "rfm_group", "RFM")
    reached = session.query("SELECT count(*) FROM reachable")[0][0]
    yield f"owned reach  {reached:,} of {customers:,}: order lines say nothing of consent, and unknown is no"


def _bridge(bridge: Bridge, currency: str) -> Iterator[str]:
    places = _places(
        [bridge.total, bridge.sales, bridge.refunds, *(x.amount for x in bridge.lines.values())], currency
    )

    def line(text: str, amount: Decimal, count: str = "") -> str:
        return f"{text:<44}{count:>14}{amount:>18,.{places}f} {currency}"

    yield line("all rows of the file, quantity x price", bridge.total)
    for item in bridge.lines.values():
        sign, what = ("add back", -item.amount) if item.amount < 0 else ("less", -item.amount)
        yield line(f"  {sign} {item.label}", what, f"{item.rows:,} row{'s' * (item.rows != 1)}")
    yield line("= net sales: orders less refunds", bridge.sales - bridge.refunds)


def _places(amounts: Iterable[Decimal], currency: str) -> int:
    """Decimals of the currency, or those that a file's finer prices need to add up, up to three."""
    finest = max(-int(amount.normalize().as_tuple().exponent) for amount in amounts)
    return max(exponent(currency), min(3, finest))


def _groups(session: Session, column: str, title: str) -> Iterator[str]:
    rows = session.query(
        f"SELECT {column}, count(*) FROM catalogue WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    yield f"{title:<13}" + "   ".join(f"{name} {count:,}" for name, count in rows)
