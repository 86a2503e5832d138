"""Reconciling one client: its published numbers, and what its platforms say when they are asked anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from regulars import reconcile
from regulars.config import Client
from regulars.connections import Connection, Connections
from regulars.errors import ConfigError, RegularsError
from regulars.journal import Journal, runs
from regulars.metrics import Span
from regulars.plugins import Plugins
from regulars.reconcile import Answer, Books, By, Reconciliation
from regulars.run.desk import desk, reading
from regulars.warehouse import Warehouse


def reconcile_client(
    client: Client, plugins: Plugins, span: Span | None = None, *, by: By = "month", offline: bool = False
) -> Reconciliation:
    """A span (default: the last complete month) of a client's last good night against its platforms.

    With `offline`, or where a platform cannot tell, the sums of the stored records stand for it. Raises what
    `reconcile.read` raises, and what a platform's refusal raises.
    """
    names = () if offline else able(client, plugins)
    books = _books(client, span, names)
    with Connections(client, plugins) as connections:
        answers = _answers(connections, names, books)
    with reading(client) as journal:
        return _compared(journal, books, answers, by)


def accept_difference(
    client: Client, plugins: Plugins, span: Span, reason: str, *, by: By = "month"
) -> Reconciliation:
    """Keep, with a reason, that what is unexplained in a span between the platforms' totals and ours is known.

    Returns the span reconciled with it. Raises ConfigError for an empty reason and where nothing is
    unexplained, and what `reconcile_client` raises.
    """
    if not reason.strip():
        raise ConfigError("the reason is empty", hint="Say why the difference is all right; it is kept")
    names = able(client, plugins)
    with desk(client, plugins, "accept") as at:
        books = _books(client, span, names)
        answers = _answers(at.connections, names, books)
        found = _compared(at.journal, books, answers, by)
        new = reconcile.proposed(found.rest, found.differences, books.span, reason)
        if not new:
            raise ConfigError(f"nothing is unexplained between the platforms and us in {books.span}",
                              hint="There is nothing to accept")  # fmt: skip
        with at.journal.tx(at.lease) as tx:
            at.journal.add_facts(tx, reconcile.KIND, [(str(one.day), one.payload) for one in new])
        return _compared(at.journal, books, answers, by)


def _books(client: Client, span: Span | None, names: tuple[str, ...]) -> Books:
    with Warehouse(client.data_dir).published() as session:
        return reconcile.read(session, span, names)


def _compared(journal: Journal, books: Books, answers: Mapping[str, Answer], by: By) -> Reconciliation:
    accepted = reconcile.recorded(journal.facts(reconcile.KIND))
    return reconcile.reconcile(books, answers, read_at=_read_at(journal), accepted=accepted, by=by)


def able(client: Client, plugins: Plugins) -> tuple[str, ...]:
    """Connections that are read from and can be asked for totals."""
    reads = {name: config.plugin for name, config in client.config.connections.items() if config.reads}
    return tuple(name for name, plugin in reads.items() if plugins.connector(plugin).totals is not None)


def _answers(connections: Connections, names: tuple[str, ...], books: Books) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for name in names:
        try:
            found[name] = ask(connections.get(name), books)
        except RegularsError as fault:
            fault.hint = f"{fault.hint.rstrip('.')}. Without the platform: --offline".removeprefix(". ")
            raise
    return found


def ask(connection: Connection, books: Books) -> Answer:
    """What one platform says of the books' span. Raises what `Connection.totals` and its pages raise."""
    told = connection.totals(*_instants(books.span, books.zone))
    return reconcile.heard(connection.connector.title, told.orders, told.pages, books.span, books.zone)


def _instants(span: Span, zone: str) -> tuple[datetime, datetime]:
    """The first instant of a span, and the first after it."""
    return _midnight(span.starts_on, zone), _midnight(span.ends_on + timedelta(days=1), zone)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _read_at(journal: Journal) -> datetime | None:
    """When the last good night began to read."""
    good = [run for run in runs.recent(journal, 200, "night") if run.state == "ok"]
    return good[0].started_at if good else None
