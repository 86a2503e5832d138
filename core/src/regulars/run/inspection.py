"""Looking at one connection: the plugin's findings, and what the core alone can know. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars.config import Client
from regulars.connections import Connection, Connections
from regulars.connector import Finding
from regulars.errors import ConfigError, DataCheckError, RegularsError, WrongAccountError
from regulars.journal import Journal, runs
from regulars.plan.drift import drift, written
from regulars.run.desk import reading
from regulars.run.measure import segments_in_use
from regulars.warehouse import Session, Warehouse

_COUNTED = (("persons", "people"), ("orders", "orders"))


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found on one connection ("client.connection"); the exit code that this alone would give."""

    where: str
    findings: Sequence[Finding]
    exit_code: int
    plugin: str = ""
    account_id: str | None = None
    account_name: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "connection": self.where,
            "plugin": self.plugin,
            "account_id": self.account_id,
            "account_name": self.account_name,
            "findings": [{"level": f.level, "about": f.about, "text": f.text} for f in self.findings],
            "exit_code": self.exit_code,
        }


def failed(where: str, fault: RegularsError, about: str = "connection") -> Inspection:
    """What cannot be looked at, with the reason."""
    return Inspection(where, (Finding("error", about, " ".join(str(fault).split())),), fault.exit_code)


def inspect(connections: Connections, name: str) -> Inspection:
    """Everything that is to be said of a connection; a platform that does not answer is a finding."""
    client = connections.client
    try:
        connection = connections.get(name)
        report = connection.check()
        findings = (*connection.findings(), *_known_here(client, connection))
    except RegularsError as fault:
        return failed(f"{client.id}.{name}", fault)
    connector, expected = connection.connector, connection.config.expect_id
    code = DataCheckError.exit_code if any(f.level == "error" for f in findings) else 0
    if expected not in (None, report.account_id):
        code = WrongAccountError.exit_code
    plugin = f"{connector.name} {connector.api_version}"
    return Inspection(connection.where, findings, code, plugin, report.account_id, report.account_name)


def _known_here(client: Client, connection: Connection) -> Iterator[Finding]:
    """Drift of our fields, calls left, and what the last good night read."""
    confirmed = connection.config.expect_id == connection.check().account_id
    before: Mapping[str, int] = {}
    history: list[Finding] = []
    if (client.data_dir / "journal.db").exists():
        with reading(client) as journal:
            before = written(journal, connection.name)
            history = list(_history(client, connection, journal))
    if confirmed and connection.config.writes and connection.connector.destination is not None:
        yield from _drift(client, connection, before)
    if not any(finding.about == "quota" for finding in connection.check().findings):
        yield from _calls_left(connection)
    if connection.config.reads and connection.connector.source is not None:
        yield from history or [Finding("ok", "last sync", f"never read yet: regulars sync {client.id}")]


def _drift(client: Client, connection: Connection, before: Mapping[str, int]) -> list[Finding]:
    try:
        return drift(client, connection, segments_in_use(client), before)
    except ConfigError as fault:
        return [Finding("error", "mapping", " ".join(str(fault).split()))]
    except RegularsError as fault:
        return [Finding("error", "fields", f"cannot be looked up: {fault}")]


def _calls_left(connection: Connection) -> Iterator[Finding]:
    """Only our own count: other programs of the same account spend from the same budget."""
    left = connection.http.quota.left()
    if left:
        told = ", ".join(f"{bucket} {units:,.0f}" for bucket, units in left.items())
        yield Finding("ok", "quota", f"left at this moment, as far as we know: {told}")


def _history(client: Client, connection: Connection, journal: Journal) -> Iterator[Finding]:
    good = [run for run in runs.recent(journal, 200, "night") if run.state == "ok"]
    if not good:
        return
    at, age = good[0].started_at, client.clock.now() - good[0].started_at
    text = f"{at.astimezone(client.zone):%Y-%m-%d %H:%M %Z}, run {good[0].id}; {_held(client, connection)}"
    schedule = client.config.schedule
    late = client.config.status != "paused" and age > schedule.every + schedule.slack
    yield Finding("warning" if late else "ok", "last sync", text + (f"; late: regulars run {client.id}" * late))


def _held(client: Client, connection: Connection) -> str:
    """What we hold of the connection, to be compared with the platform's own counts."""
    try:
        with Warehouse(client.data_dir).published() as session:
            counts = {words: _count(session, table, connection.name) for table, words in _COUNTED}
    except RegularsError:
        return "nothing was measured since"
    told = [f"{count:,} {words}" for words, count in counts.items() if count]
    return f"we hold {' and '.join(told) or 'nothing'} of it"


def _count(session: Session, table: str, connection: str) -> int:
    sql = f"SELECT count(*) FROM {table} WHERE connection = $connection AND NOT deleted"
    return int(session.query(sql, {"connection": connection})[0][0])
