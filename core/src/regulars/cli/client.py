"""regulars client: add, list, show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, pass_call, shared, table

if TYPE_CHECKING:
    from regulars.config import Client


@click.group("client")
def group() -> None:
    """Add, list and show clients."""


@shared
@group.command("add")
@click.argument("client_id", metavar="ID")
@click.option("--name", help="The client's name.")
@click.option("--timezone", help="Zone of its calendar days.")
@click.option("--currency", help="Currency of its books (ISO 4217).")
@click.option("--country", help="Two-letter country code.")
@pass_call
def add(
    call: Call,
    client_id: str,
    *,
    name: str | None,
    timezone: str | None,
    currency: str | None,
    country: str | None,
) -> None:
    """Write clients/ID.toml and make the client's own folders."""
    from regulars.config.edit import add_client

    workspace = call.workspace
    file = add_client(
        workspace,
        client_id,
        name=name or call.ask("Name of the client", "--name"),
        timezone=timezone or call.ask("Its time zone", "--timezone", default=workspace.agency.timezone),
        currency=currency or call.ask("Currency of its books", "--currency"),
        country=country,
    )
    made = str(file.relative_to(workspace.root))
    call.show({"id": client_id, "made": made}, f"made  {made}")
    call.say("status onboarding: reading is allowed, writing is not")
    call.say(f"Next: regulars connect {client_id} PLUGIN")


@shared
@group.command("list")
@pass_call
def list_(call: Call) -> None:
    """All clients; one with a wrong file is listed with the reason."""
    from regulars.errors import ConfigError

    rows: list[dict[str, Any]] = []
    for client_id in call.workspace.client_ids():
        try:
            config = call.client(client_id).config
            rows.append(
                {
                    "id": client_id,
                    "name": config.name,
                    "status": config.status,
                    "connections": sorted(config.connections),
                }
            )
        except ConfigError as fault:
            rows.append({"id": client_id, "name": "", "status": "error", "connections": [], "error": str(fault)})
            call.say(f"warning: {fault}")
    lines = [[row["id"], row["name"], row["status"], ", ".join(row["connections"])] for row in rows]
    call.show(rows, table(lines, ("id", "name", "status", "connections")))


@shared
@group.command("show")
@click.argument("client_id", metavar="ID")
@pass_call
def show(call: Call, client_id: str) -> None:
    """One client: status, books, connections, segments."""
    shown = _described(call.client(client_id))
    lines = [f"{key:<12}{value}" for key, value in shown.items() if not isinstance(value, (dict, list))]
    lines += [f"{name:<12}{about}" for name, about in shown["connections"].items()]
    call.show(shown, [*lines, f"{'segments':<12}{', '.join(shown['segments']) or 'none switched on'}"])


def _described(client: Client) -> dict[str, Any]:
    config = client.config
    connections = {
        name: f"{x.plugin}, {x.role}, expect_id {x.expect_id or 'not set'}{', sandbox' if x.sandbox else ''}"
        for name, x in config.connections.items()
    }
    return {
        "id": config.id,
        "name": config.name,
        "status": config.status,
        "timezone": config.timezone,
        "currency": config.currency,
        "country": config.country,
        "file": client.file,
        "connections": connections,
        "segments": config.segments.use,
    }
