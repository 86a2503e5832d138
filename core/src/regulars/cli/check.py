"""regulars check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, pass_call, shared, worst_exit

if TYPE_CHECKING:
    from regulars.config import Client
    from regulars.connections import Connection

_MARKS = {"ok": "✓", "warning": "!", "error": "✗"}


@shared
@click.command("check")
@click.argument("target", metavar="CLIENT[.CONNECTION]")
@click.option("--accept", is_flag=True, help="Store who answers as expect_id where none is set.")
@pass_call
def command(call: Call, target: str, accept: bool) -> None:
    """Who answers, with which rights, and what is wrong; nothing is written to any platform."""
    client_id, _, name = target.partition(".")
    client = call.client(client_id)
    names = [name] if name else list(client.config.connections)
    if not names:
        call.say(f"{client.id} has no connections. Next: regulars connect {client.id} PLUGIN")
    raise SystemExit(inspect(call, client, names, accept))


def inspect(call: Call, client: Client, names: Sequence[str], accept: bool) -> int:
    """Print the findings of some connections; returns the exit code."""
    from regulars.connections import Connections
    from regulars.errors import RegularsError

    results: list[dict[str, Any]] = []
    codes: list[int] = []
    with Connections(client, call.plugins) as connections:
        for name in names:
            try:
                result, code = _inspect_one(call, connections.get(name), accept)
            except RegularsError as fault:
                failed = {"level": "error", "about": "connection", "text": str(fault)}
                result, code = {"connection": f"{client.id}.{name}", "findings": [failed]}, fault.exit_code
            results.append(result)
            codes.append(code)
    call.show(results, [line for result in results for line in _lines(result)])
    found = [finding["level"] for result in results for finding in result["findings"]]
    errors, warnings = found.count("error"), found.count("warning")
    call.say(f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}")
    return worst_exit(codes)


def _inspect_one(call: Call, connection: Connection, accept: bool) -> tuple[dict[str, Any], int]:
    from regulars.errors import DataCheckError, WrongAccountError

    report = connection.check()
    if connection.config.expect_id is None:
        _offer(call, connection, accept)
    findings = connection.findings()
    result = {
        "connection": connection.where,
        "plugin": f"{connection.connector.name} {connection.connector.api_version}",
        "account_id": report.account_id,
        "account_name": report.account_name,
        "findings": [{"level": f.level, "about": f.about, "text": f.text} for f in findings],
    }
    if connection.config.expect_id not in (None, report.account_id):
        return result, WrongAccountError.exit_code
    return result, DataCheckError.exit_code if any(f.level == "error" for f in findings) else 0


def _offer(call: Call, connection: Connection, accept: bool) -> None:
    from regulars.config.edit import set_expect_id

    report = connection.check()
    call.say(f"{connection.where}: {report.account_id} ({report.account_name}) answers")
    if accept or call.agree("Is this the right account?"):
        set_expect_id(connection.client, connection.name, report.account_id)
        call.say(f"expect_id written to {connection.client.file}")
    else:
        call.say(f"expect_id is not set. Next: regulars check {connection.where} --accept")


def _lines(result: dict[str, Any]) -> list[str]:
    head = "  ".join(part for part in (result["connection"], result.get("plugin")) if part)
    return [head, *(f"  {_MARKS[f['level']]} {f['about']:<14}{f['text']}" for f in result["findings"])]
