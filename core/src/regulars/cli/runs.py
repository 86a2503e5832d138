"""regulars runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, pass_call, shared, table

if TYPE_CHECKING:
    from regulars.journal.runs import Run


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

    with reading(call.client(client_id)) as journal:
        run = runs.find(journal, run_id)
        aside = journal.rows(
            "SELECT connection, kind, record_id, reason FROM quarantine WHERE run_id = ? ORDER BY seq", (run_id,)
        )
        accepted = [fact.payload["reason"] for fact in journal.facts("accepted", run_id)]
    data = _data(run) | {
        "accepted": accepted,
        "set_aside": [dict(zip(("connection", "kind", "id", "reason"), row, strict=True)) for row in aside],
    }
    lines = [f"{key:<16}{value}" for key, value in data.items() if key not in ("summary", "set_aside")]
    lines += [f"{key:<16}{value}" for key, value in run.summary.items() if key not in data and value]
    lines += [f"set aside       {c}.{kind} {record}: {reason}" for c, kind, record, reason in aside]
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


def _data(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "kind": run.kind,
        "state": run.state,
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "summary": dict(run.summary),
    }
