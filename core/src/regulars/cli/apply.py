"""regulars apply and regulars undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from regulars.cli.call import Call, pass_call, shared

if TYPE_CHECKING:
    from regulars.plan import Plan

LEAST = 12
"""So many digits of a digest approve a plan; its id, which anybody can guess at, does not."""


@shared
@click.command("apply")
@click.argument("client_id", metavar="CLIENT")
@click.argument("plan_id", metavar="PLAN")
@click.option("--yes-i-approve", "approved", metavar="DIGEST", help="Approve without being asked, by digest.")
@pass_call
def command(call: Call, client_id: str, plan_id: str, approved: str | None) -> None:
    """Write exactly this plan: canary first, read back, every change in the ledger."""
    from regulars.apply import apply_plan
    from regulars.apply.admission import admit
    from regulars.plan import load_plan, render
    from regulars.run.desk import desk

    with desk(call.client(client_id), call.plugins, "apply") as at:
        plan = load_plan(plan_id, at.client.data_dir / "plans", at.journal)
        admit(at.client, at.journal, at.lease, plan)
        for line in render(plan, at.client.zone) if approved is None else ():
            call.say(line)
        how = _approved(call, client_id, plan, approved)
        with at.journal.tx(at.lease) as tx:
            at.journal.add_facts(tx, "approval", [(plan.id, {"digest": plan.digest, "how": how})])
        result = apply_plan(at.client, at.journal, at.lease, plan.id, at.connections)
    call.show(result.to_json(), [f"run {result.run_id}", *result.lines()])
    if result.written:
        call.say(f"Undo: regulars undo {client_id} {result.run_id}")
    raise SystemExit(result.exit_code)


@shared
@click.command("undo")
@click.argument("client_id", metavar="CLIENT")
@click.argument("run_id", metavar="RUN")
@pass_call
def undo(call: Call, client_id: str, run_id: str) -> None:
    """Plan to put back what a run replaced, where nobody changed it since; nothing is written yet."""
    from regulars import apply
    from regulars.plan import render
    from regulars.run.desk import desk

    with desk(call.client(client_id), call.plugins, "undo") as at:
        plan = apply.undo(at.client, at.journal, at.lease, at.warehouse, run_id, at.connections)
        lines = render(plan, at.client.zone)
    call.show({"id": plan.id, "digest": plan.digest, **plan.to_json()}, lines)


def _approved(call: Call, client_id: str, plan: Plan, digest: str | None) -> str:
    """How a person agreed. Raises PlanError where nobody did."""
    from regulars.errors import PlanError

    if digest is not None:
        if len(digest) >= LEAST and plan.digest.startswith(digest):
            return "by digest"
        hint = f"Give {LEAST} or more digits of the digest that `regulars show` prints"
        raise PlanError(f"{digest!r} is not the digest of plan {plan.id}", hint=hint)
    typed = call.ask("Type the client's id to write", "--yes-i-approve DIGEST")
    if typed.strip() != client_id:
        raise PlanError(f"plan {plan.id} was not approved", hint="Nothing was written")
    return "typed the client's id"
