"""regulars run and regulars sync."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from regulars.cli.call import Call, pass_call, shared, worst_exit
from regulars.errors import PARTLY_DONE

if TYPE_CHECKING:
    from regulars.run.result import Result


@shared
@click.command("run")
@click.argument("clients", nargs=-1, metavar="[CLIENT...]")
@click.option("--all", "everyone", is_flag=True, help="Every client whose night is due.")
@pass_call
def command(call: Call, clients: tuple[str, ...], everyone: bool) -> None:
    """Read, check, measure and plan what is due; apply only where a client's file allows it."""
    _go(call, clients, everyone, write=True)


@shared
@click.command("sync")
@click.argument("clients", nargs=-1, metavar="[CLIENT...]")
@click.option("--all", "everyone", is_flag=True, help="Every client whose night is due.")
@pass_call
def sync(call: Call, clients: tuple[str, ...], everyone: bool) -> None:
    """Read what changed and measure it; nothing is planned or written."""
    _go(call, clients, everyone, write=False)


def _go(call: Call, clients: tuple[str, ...], everyone: bool, *, write: bool) -> None:
    from regulars.errors import ConfigError
    from regulars.run.fleet import due, run_each

    if not clients and not everyone:
        raise ConfigError("name a client, or say --all", hint=f"Clients: {', '.join(call.workspace.client_ids())}")
    names = list(clients) or due(call.workspace)
    if not names:
        call.say("nothing is due; see regulars status for what is blocked")
    results = run_each(call.workspace, names, call.plugins, write=write)
    call.show([r.as_dict() for r in results], [line for r in results for line in _lines(r)])
    codes = [r.exit_code for r in results]
    for result in results:
        if result.exit_code:
            # Said also under --quiet: a night that nobody watches must not fail in silence.
            click.echo(f"[{result.client}] {_state(result)}  {result.reason}", err=True)
            click.echo(f"[{result.client}] still safe: {result.safe}. next: {result.then}", err=True)
    if any(codes) and not all(codes):
        codes.append(PARTLY_DONE)
    raise SystemExit(worst_exit(codes))


def _state(result: Result) -> str:
    if result.reconcile_off:
        return "DOES NOT RECONCILE"
    return "PARTLY DONE" if result.exit_code == PARTLY_DONE else result.state.upper()


def _lines(result: Result) -> list[str]:
    lines = [f"{result.client}  {result.kind} {result.run}  {result.state}"]
    lines += [f"  {s['stream']:<22}{_rows(s['rows'])}{_aside(s['rejected'])}" for s in result.streams]
    if result.state != "ok":
        return lines
    sizes = "  ".join(f"{name} {size:,}" for name, size in result.segments.items())
    lines.append(f"  {'customers':<22}{result.customers:>9,}   {result.moves:,} moves")
    if sizes:
        lines.append(f"  {'segments':<22}{sizes}")
    lines += [f"  {'not fresh':<22}{text}" for text in result.not_fresh]
    lines += [f"  {'yesterday':<22}{name} {told}" for name, told in result.reconciled.items()]
    lines += [f"  {'off':<22}{text}" for text in result.reconcile_off]
    lines += [f"  {'guard':<22}{text}" for text in result.guards]
    lines += [f"  {'switched off':<22}{rule}: two bad months after its offers" for rule in result.switched_off]
    if result.ecoa:
        lines.append(f"  {'ecoa':<22}" + "  ".join(f"{k} {v}" for k, v in result.ecoa.items()))
    if result.applied is not None:
        lines.append(f"  {'applied':<22}" + "  ".join(f"{n:,} {what}" for what, n in result.applied.items()))
    elif result.plan:
        then = f"regulars show {result.client} {result.plan}"
        lines.append(f"  plan {result.plan}: {result.plan_changes:,} changes. Next: {then}")
    return lines


def _rows(kinds: Mapping[str, int]) -> str:
    return "  ".join(f"{count:,} {kind}" for kind, count in kinds.items() if count) or "nothing new"


def _aside(count: int) -> str:
    return f", {count:,} set aside" if count else ""
