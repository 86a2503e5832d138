"""regulars runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, pass_call, shared, table

if TYPE_CHECKING:
    from regulars.config import Client
    from regulars.journal.runs import Run

_INSTANT = "%Y-%m-%d %H:%M %Z"


@click.group("runs")
def group() -> None:
    """What ran, how it ended, and accepting an anomaly."""


@shared
@group.command("list")
@click.argument("client_id", metavar="CLIENT")
@click.option("--limit", default=20, show_default=True)
@pass_call
def list_(call: Call, client_id: str, limit: int) -> None:
    """The newest runs of a client."""
    from regulars.journal import runs
    from regulars.run.desk import reading

    client = call.client(client_id)
    with reading(client) as journal:
        found = runs.recent(journal, limit)
    rows = [
        (
            run.id,
            run.kind,
            f"{run.started_at.astimezone(client.zone):%a %d %b %H:%M %Z}",
            run.state,
            str(run.summary.get("reason", ""))[:90],
        )
        for run in found
    ]
    lines = table(rows, ("run", "kind", "start", "state", "reason")) if rows else ["no runs yet"]
    call.show([_data(run) for run in found], lines)


@shared
@group.command("show")
@click.argument("client_id", metavar="CLIENT")
@click.argument("run_id", metavar="RUN")
@pass_call
def show(call: Call, client_id: str, run_id: str) -> None:
    """All that is known of one run, records set aside included."""
    from regulars.journal import runs
    from regulars.run.desk import reading

    client = call.client(client_id)
    with reading(client) as journal:
        run = runs.find(journal, run_id)
        aside = journal.rows(
            "SELECT connection, kind, record_id, reason FROM quarantine WHERE run_id = ? ORDER BY seq", (run_id,)
        )
        accepted = [fact.payload["reason"] for fact in journal.facts("accepted", run_id)]
    data = _data(run) | {
        "accepted": accepted,
        "set_aside": [dict(zip(("connection", "kind", "id", "reason"), row, strict=True)) for row in aside],
    }
    lines = list(_told(client, run, accepted))
    lines += [f"set aside         {c}.{kind} {record}: {reason}" for c, kind, record, reason in aside]
    call.show(data, lines)


@shared
@group.command("accept")
@click.argument("client_id", metavar="CLIENT")
@click.argument("run_id", metavar="RUN")
@click.option("--reason", required=True, help="Why the night is all right; it is kept.")
@pass_call
def accept(call: Call, client_id: str, run_id: str, reason: str) -> None:
    """Say that a blocked night really was so; the next run goes on with it."""
    from regulars.journal import runs
    from regulars.run.desk import desk

    with desk(call.client(client_id), call.plugins, "accept") as at:
        runs.accept(at.journal, at.lease, run_id, reason)
    call.say(f"accepted. Next: regulars run {client_id}")


def _told(client: Client, run: Run, accepted: list[str]) -> Iterator[str]:
    """What is known of a run as lines: times in the client's zone, one line per stream, no empty ones."""
    instants = {"started at": run.started_at, "ended at": run.ended_at}
    shown: dict[str, Any] = {"run": run.id, "kind": run.kind, "state": run.state}
    shown |= {name: at.astimezone(client.zone).strftime(_INSTANT) for name, at in instants.items() if at}
    shown |= {"accepted": accepted}
    hidden = {"client", "run", "kind", "state", "started_at", "ended_at", "version", "cursors"}
    shown |= {key.replace("_", " "): value for key, value in run.summary.items() if key not in hidden}
    for name, value in shown.items():
        for number, text in enumerate(_texts(client, name, value)):
            yield f"{name if number == 0 else '':<18}{text}"


def _texts(client: Client, name: str, value: Any) -> list[str]:
    """A value as lines a person reads; none for what is empty, no or zero."""
    match value:
        case None | "" | 0 | [] | {}:
            return []
        case bool() | int():
            return [f"{value:,}" if type(value) is int else "yes"]
        case dict():
            return [f"{key}  {_plain(each)}" for key, each in value.items() if each not in (None, 0, {}, [])]
        case list():
            return [
                _stream(each) if isinstance(each, dict) and "stream" in each else _plain(each) for each in value
            ]
        case str() if name.endswith(" at"):
            return [_instant(client, value)]
    return [str(value)]


def _stream(told: dict[str, Any]) -> str:
    rows = ", ".join(f"{count:,} {kind}" for kind, count in told.get("rows", {}).items()) or "nothing new"
    aside = f", {told['rejected']:,} set aside" if told.get("rejected") else ""
    return f"{told['stream']}  {rows}{aside}"


def _plain(value: Any) -> str:
    if isinstance(value, dict) and "stream" in value:
        return _stream(value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return f"{value:,}" if type(value) is int else str(value)


def _instant(client: Client, text: str) -> str:
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).astimezone(client.zone).strftime(_INSTANT)
    except ValueError:
        return text


def _data(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "kind": run.kind,
        "state": run.state,
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "summary": dict(run.summary),
    }
