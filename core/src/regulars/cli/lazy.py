"""A command group that imports a command when it is called, and turns errors into one line and a code."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from regulars.errors import RegularsError


class LazyGroup(click.Group):
    """`table`: name -> ("module:attribute" below regulars.cli, one line of help), in the order of help."""

    def __init__(self, name: str, *, table: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, imported now; None where there is no such name."""
        if cmd_name not in self.table:
            return None
        module, attribute = self.table[cmd_name][0].split(":")
        command = getattr(import_module(f"regulars.cli.{module}"), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - a wrong table is a bug of ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.table.items()])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: ARG002 - it always exits
        **extra: Any,
    ) -> NoReturn:
        """Run and exit. Our errors become one line on stderr; a bug of ours keeps its traceback."""
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except RegularsError as fault:
            click.echo(f"error: {' '.join(str(fault).split())}", err=True)
            code = fault.exit_code
        except click.UsageError as fault:
            path = fault.ctx.command_path if fault.ctx else prog_name or "regulars"
            click.echo(f"error: {fault.format_message()} See `{path} --help`.", err=True)
            code = fault.exit_code
        except click.ClickException as fault:
            click.echo(f"error: {fault.format_message()}", err=True)
            code = fault.exit_code
        except click.Abort:
            click.echo("error: interrupted; what was finished is stored, nothing is half-written", err=True)
            code = 130
        sys.exit(code if isinstance(code, int) else 0)
