"""A client's desk: journal, warehouse, lease and open connections, opened together and put away together."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from logging.handlers import RotatingFileHandler

from regulars.config import Client
from regulars.connections import Connections
from regulars.journal import Journal, Lease
from regulars.plugins import Plugins
from regulars.warehouse import Warehouse


@dataclass(frozen=True)
class Desk:
    """Everything that work on one client needs; nothing of any other client is within reach."""

    client: Client
    plugins: Plugins
    journal: Journal
    lease: Lease
    warehouse: Warehouse
    connections: Connections

    @property
    def today(self) -> date:
        """The client's calendar day."""
        return self.client.clock.now().astimezone(self.client.zone).date()


@contextmanager
def desk(client: Client, plugins: Plugins, name: str = "run") -> Iterator[Desk]:
    """Open a client for changing. Raises LockedError while another run holds it."""
    # Everything below holds people's data: nobody else on this machine may look into it.
    client.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    journal = Journal.open(client.data_dir / "journal.db", client.clock)
    try:
        with journal.lease(name) as lease, _log(client), Connections(client, plugins) as connections:
            yield Desk(client, plugins, journal, lease, Warehouse(client.data_dir), connections)
    finally:
        journal.close()


@contextmanager
def reading(client: Client) -> Iterator[Journal]:
    """Open a client's journal for reading, without its lease."""
    client.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    journal = Journal.open(client.data_dir / "journal.db", client.clock)
    try:
        yield journal
    finally:
        journal.close()


@contextmanager
def _log(client: Client) -> Iterator[None]:
    """This client's own log file; every line passes the client's redactor."""
    folder = client.data_dir / "log"
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "regulars.log", maxBytes=5_000_000, backupCount=3, encoding="utf-8")
    handler.setFormatter(_Clean(client))
    handler.setLevel(logging.INFO)
    log = logging.getLogger("regulars")
    level = log.level
    log.addHandler(handler)
    log.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        handler.close()


class _Clean(logging.Formatter):
    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = client

    def format(self, record: logging.LogRecord) -> str:
        stamp = self._client.clock.now().astimezone(self._client.zone).isoformat(timespec="seconds")
        text = f"{stamp} {record.levelname} {record.name}: {record.getMessage()}"
        return self._client.redactor.clean(text)
