"""regulars config."""

from __future__ import annotations

import click

from regulars.cli.call import Call, pass_call, shared


@click.group("config")
def group() -> None:
    """Check the configuration files."""


@shared
@group.command("validate")
@click.option("--secrets", is_flag=True, help="Also require every secret to be there.")
@pass_call
def validate(call: Call, secrets: bool) -> None:
    """Read all files of the workspace; every complaint has file, key, reason and fix."""
    from regulars.connections import config_problems
    from regulars.errors import ConfigError

    found = config_problems(call.workspace, call.plugins, secrets=secrets)
    files = 2 + len(call.workspace.client_ids())
    call.show({"problems": [str(fault) for fault in found]}, [str(fault) for fault in found])
    call.say(f"{files} files, {len(found)} problems")
    if found:
        raise SystemExit(ConfigError.exit_code)
