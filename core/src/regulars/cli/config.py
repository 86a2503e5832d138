"""regulars config."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from regulars.cli.call import Call, pass_call, shared

if TYPE_CHECKING:
    from regulars.errors import RegularsError


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

    found = [*config_problems(call.workspace, call.plugins, secrets=secrets), *_segment_problems(call)]
    files = 2 + len(call.workspace.client_ids())
    call.show({"problems": [str(fault) for fault in found]}, [str(fault) for fault in found])
    call.say(f"{files} files, {len(found)} problems")
    if found:
        raise SystemExit(ConfigError.exit_code)


def _segment_problems(call: Call) -> Iterator[RegularsError]:
    """Rules that cannot be read, and names that clients switch on and nobody defines."""
    from regulars.errors import RegularsError
    from regulars.segments.library import in_use, read

    shown = "segments/common.toml"
    file = call.workspace.root / shown
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    try:
        read(text)
    except RegularsError as fault:
        fault.where = f"{shown}: {fault.where}"
        yield fault
        return
    for client_id in call.workspace.client_ids():
        with suppress(RegularsError):  # a wrong file is a problem that was told already
            config = call.client(client_id).config
            try:
                in_use(config.segments.use, text)
            except RegularsError as fault:
                fault.where = f"clients/{client_id}.toml: {fault.where}"
                yield fault
