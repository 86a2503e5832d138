"""regulars init."""

from __future__ import annotations

from pathlib import Path

import click

from regulars.cli.call import Call, pass_call, shared


@shared
@click.command("init")
@click.argument("folder", metavar="[DIR]", required=False)
@click.option("--name", help="The agency's name.")
@click.option("--timezone", help="The agency's own time zone.")
@pass_call
def command(call: Call, folder: str | None, name: str | None, timezone: str | None) -> None:
    """Make an agency's workspace in DIR (default: here, or -w)."""
    from regulars.config.edit import create_workspace

    root = Path(folder or call.folder)
    name = name or call.ask("Name of the agency", "--name")
    timezone = timezone or call.ask("Its time zone", "--timezone", default="UTC")
    made = [str(file) for file in create_workspace(root, name, timezone)]
    call.show({"workspace": str(root), "made": made}, [f"made  {file}" for file in made])
    where = "" if str(root) == "." else f" -w {root}"
    call.say(f"Next: regulars client add ID{where}")
