"""regulars check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from regulars.cli.call import Call, pass_call, shared, worst_exit

if TYPE_CHECKING:
    from regulars.config import Client
    from regulars.connections import Connections
    from regulars.run.inspection import Inspection

_MARKS = {"ok": "✓", "warning": "!", "error": "✗"}
_LEAST_WIDTH = 14


@shared
@click.command("check")
@click.argument("target", metavar="[CLIENT[.CONNECTION]]", required=False)
@click.option("--accept", is_flag=True, help="Store who answers as expect_id where none is set.")
@pass_call
def command(call: Call, target: str | None, accept: bool) -> None:
    """Who answers, with which rights, and what is wrong; nothing is written to any platform.

    Without CLIENT: every client.
    """
    client_id, _, name = (target or "").partition(".")
    names = [client_id] if client_id else call.workspace.client_ids()
    found = [one for each in names for one in _client(call, each, name, accept, alone=bool(client_id))]
    if not names:
        call.say("no clients yet. Next: regulars client add ID")
    raise SystemExit(tell(call, found))


def inspect(call: Call, client: Client, names: Sequence[str], accept: bool) -> int:
    """Print the findings of some connections; returns the exit code."""
    return tell(call, _connections(call, client, names, accept))


def tell(call: Call, found: Sequence[Inspection]) -> int:
    """Print what was found, and below it what may be done now; returns the exit code."""
    code = worst_exit(one.exit_code for one in found)
    wide = max([_LEAST_WIDTH, *(len(f.about) + 2 for one in found for f in one.findings)])
    lines = [line for one in found for line in _lines(one, wide)]
    if found:
        lines.append(f"{summary(found)}   exit {code}" if code else summary(found))
    call.show([one.as_dict() for one in found], lines)
    return code


def summary(found: Sequence[Inspection]) -> str:
    """One line: how many errors and warnings, and whether reading may start."""
    levels = [finding.level for one in found for finding in one.findings]
    errors, warnings = levels.count("error"), levels.count("warning")
    counts = f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}."
    stopped = [one.where for one in found if one.exit_code not in (0, 9)]
    if stopped:
        return f"{counts} Nothing is read from or written to {', '.join(stopped)} until that is mended."
    wrong = dict.fromkeys(f.about for one in found for f in one.findings if f.level == "error")
    if wrong:
        return f"{counts} Reading may start; mend {', '.join(wrong)}: what rests on it is not complete until then."
    return f"{counts} Reading may start."


def _client(call: Call, client_id: str, name: str, accept: bool, *, alone: bool) -> Sequence[Inspection]:
    """One client's connections; of several clients, one with a wrong file does not hide the others."""
    from regulars.errors import RegularsError
    from regulars.run.inspection import failed

    try:
        client = call.client(client_id)
    except RegularsError as fault:
        if alone:
            raise
        return [failed(client_id, fault, "file")]
    names = [name] if name else list(client.config.connections)
    if not names:
        call.say(f"{client.id} has no connections. Next: regulars connect {client.id} PLUGIN")
    return _connections(call, client, names, accept)


def _connections(call: Call, client: Client, names: Sequence[str], accept: bool) -> list[Inspection]:
    from regulars.connections import Connections
    from regulars.run.inspection import inspect as look

    found = []
    with Connections(client, call.plugins) as connections:
        for name in names:
            _offer(call, connections, name, accept)
            found.append(look(connections, name))
    return found


def _offer(call: Call, connections: Connections, name: str, accept: bool) -> None:
    """Where nobody said yet who should answer, ask whether it is who does."""
    from regulars.config.edit import set_expect_id
    from regulars.errors import RegularsError

    try:
        connection = connections.get(name)
        report = connection.check()
    except RegularsError:
        return  # the inspection tells it
    if connection.config.expect_id is not None:
        return
    call.say(f"{connection.where}: {report.account_id} ({report.account_name}) answers")
    if accept or call.agree("Is this the right account?"):
        set_expect_id(connection.client, connection.name, report.account_id)
        call.say(f"expect_id written to {connection.client.file}")
    else:
        call.say(f"expect_id is not set. Next: regulars check {connection.where} --accept")


def _lines(one: Inspection, wide: int) -> Iterator[str]:
    yield "  ".join(part for part in (one.where, one.plugin) if part)
    for finding in one.findings:
        yield f"  {_MARKS[finding.level]} {finding.about:<{wide}}{finding.text}"
