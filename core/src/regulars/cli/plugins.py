"""regulars plugins."""

from __future__ import annotations

import click

from regulars.cli.call import Call, pass_call, shared, table


@click.group("plugins")
def group() -> None:
    """Installed plugins, broken ones with the reason."""


@shared
@group.command("list")
@pass_call
def list_(call: Call) -> None:
    """Every connector with its role and API version; works outside a workspace too."""
    found = call.plugins
    rows = [
        {"name": name, "title": x.title, "role": x.role, "api_version": x.api_version, "state": "ok"}
        for name, x in sorted(found.connectors.items())
    ]
    rows += [
        {"name": name, "title": "", "role": "", "api_version": "", "state": f"broken: {reason}"}
        for name, reason in sorted(found.broken.items())
    ]
    head = ("name", "title", "role", "api_version", "state")
    call.show(rows, table([[row[key] for key in head] for row in rows], head))
