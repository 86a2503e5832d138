"""regulars status."""

from __future__ import annotations

import click

from regulars.cli.call import Call, pass_call, shared, table, worst_exit


@shared
@click.command("status")
@click.argument("clients", nargs=-1, metavar="[CLIENT...]")
@pass_call
def command(call: Call, clients: tuple[str, ...]) -> None:
    """One line per client: how fresh, what is blocked, who is awaited. Asks no platform."""
    from regulars.run.status import age, standing

    now = call.workspace.clock.now()
    found = [standing(call.workspace, name) for name in clients or call.workspace.client_ids()]
    rows = [
        (
            s.client,
            age(now - s.newest_order_at) if s.newest_order_at else "-",
            f"{s.last_run_state} {age(now - s.last_run_at)} ago" if s.last_run_at else "never",
            f"{s.plan} waiting" if s.plan else "nothing to do",
            s.last_apply or "-",
            s.nights,
        )
        for s in found
    ]
    head = ("client", "newest order", "last run", "plan", "last apply", "nights")
    lines = table(rows, head) if rows else ["no clients yet. Next: regulars client add ID"]
    lines += [f"{s.client}: {text}" for s in found for text in s.attention]
    call.show([s.as_dict() for s in found], lines)
    raise SystemExit(worst_exit(s.exit_code for s in found))
