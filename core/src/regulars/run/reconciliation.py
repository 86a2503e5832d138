"""Reconciling one client: its published numbers, and what its platforms say when they are asked anew."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from regulars import reconcile
from regulars.config import Client
from regulars.connections import Connections
from regulars.errors import RegularsError
from regulars.journal import runs
from regulars.metrics import Span
from regulars.plugins import Plugins
from regulars.reconcile import Answer, Books, By, Reconciliation
from regulars.run.desk import reading
from regulars.warehouse import Warehouse


def reconcile_client(
    client: Client, plugins: Plugins, span: Span | None = None, *, by: By = "month", offline: bool = False
) -> Reconciliation:
    """A span (default: the last complete month) of a client's last good night against its platforms.

    With `offline`, or where a platform cannot tell, the sums of the stored records stand for it. Raises what
    `reconcile.read` raises, and what a platform's refusal raises.
    """
    names = () if offline else _able(client, plugins)
    with Warehouse(client.data_dir).published() as session:
        books = reconcile.read(session, span, names)
    return reconcile.reconcile(books, _answers(client, plugins, names, books), read_at=_read_at(client), by=by)


def _able(client: Client, plugins: Plugins) -> tuple[str, ...]:
    """Connections that are read from and can be asked for totals."""
    reads = {name: config.plugin for name, config in client.config.connections.items() if config.reads}
    return tuple(name for name, plugin in reads.items() if plugins.connector(plugin).totals is not None)


def _answers(client: Client, plugins: Plugins, names: tuple[str, ...], books: Books) -> dict[str, Answer]:
    since, until = _instants(books.span, books.zone)
    found: dict[str, Answer] = {}
    with Connections(client, plugins) as connections:
        for name in names:
            connection = connections.get(name)
            try:
                told = connection.totals(since, until)
                title = connection.connector.title
                found[name] = reconcile.heard(title, told.orders, told.pages, books.span, books.zone)
            except RegularsError as fault:
                fault.hint = f"{fault.hint.rstrip('.')}. Without the platform: --offline".removeprefix(". ")
                raise
    return found


def _instants(span: Span, zone: str) -> tuple[datetime, datetime]:
    """The first instant of a span, and the first after it."""
    return _midnight(span.starts_on, zone), _midnight(span.ends_on + timedelta(days=1), zone)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _read_at(client: Client) -> datetime | None:
    """When the last good night began to read."""
    with reading(client) as journal:
        good = [run for run in runs.recent(journal, 200, "night") if run.state == "ok"]
    return good[0].started_at if good else None
