"""regulars plan and regulars show."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, pass_call, shared, table

if TYPE_CHECKING:
    from regulars.config import Client
    from regulars.plan import Plan

CHANGES_WAIT = 8


@shared
@click.command("plan")
@click.argument("client_id", metavar="CLIENT")
@click.option(
    "--allow", "allowed", multiple=True, metavar="GUARD:NAME", help="Let a field or list pass a guard, once."
)
@click.option("--exit-code", is_flag=True, help="Exit with 8 where changes are waiting.")
@pass_call
def command(call: Call, client_id: str, allowed: tuple[str, ...], exit_code: bool) -> None:
    """What would be written, from what the last night read; saved, and nothing is written."""
    from regulars.plan import render
    from regulars.run.desk import desk
    from regulars.run.proposal import propose

    with desk(call.client(client_id), call.plugins, "plan") as at:
        plan = propose(at, allowed)
        lines = render(plan, at.client.zone)
    call.show(_data(plan), lines)
    raise SystemExit(CHANGES_WAIT if exit_code and plan.writable() else 0)


@shared
@click.command("show")
@click.argument("client_id", metavar="CLIENT")
@click.argument("plan_id", required=False, metavar="[PLAN]")
@click.option("--field", "name", help="The changes of one field or list.")
@click.option("--sample", default=20, show_default=True, help="How many of them.")
@pass_call
def show(call: Call, client_id: str, plan_id: str | None, name: str | None, sample: int) -> None:
    """A saved plan again, or the list of plans."""
    from regulars import plan as plans
    from regulars.run.desk import reading

    client = call.client(client_id)
    with reading(client) as journal:
        if plan_id is None:
            rows = journal.rows(
                "SELECT id, kind, state, created_at, expires_at, run_id FROM plan ORDER BY rowid DESC LIMIT 20"
            )
            now = client.clock.now().isoformat()
            rows = [
                (
                    plan,
                    kind,
                    _state(state, end <= now),
                    *_when(client, made, end),
                    run,
                )
                for plan, kind, state, made, end, run in rows
            ]
            head = ("plan", "kind", "state", "created", "expires", "run")
            call.show([dict(zip(head, row, strict=True)) for row in rows], table(rows, head))
            return
        plan = plans.load_plan(plan_id, client.data_dir / "plans", journal)
    lines = plans.sample(plan, name, sample) if name else plans.render(plan, client.zone)
    call.show(_data(plan), lines)


def _state(stored: str, is_over: bool) -> str:
    return "expired" if stored == "open" and is_over else stored


def _when(client: Client, *instants: str) -> list[str]:
    """Instants by the client's clock."""
    return [f"{datetime.fromisoformat(x).astimezone(client.zone):%Y-%m-%d %H:%M %Z}" for x in instants]


def _data(plan: Plan) -> dict[str, Any]:
    return {"id": plan.id, "digest": plan.digest, **plan.to_json()}
