"""What every command is given: the workspace, the plugins, and where data and messages go.

stdout is for data, stderr for everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import click

import regulars
from regulars.errors import ConfigError, RegularsError

if TYPE_CHECKING:
    from regulars.config import Client, Workspace
    from regulars.connections import Connection
    from regulars.plugins import Plugins

C = TypeVar("C", bound=click.Command)

# Of several clients or connections the gravest code wins; a code not listed here is the mildest.
GRAVITY = (20, 6, 4, 3, 10, 7, 9, 5, 11, 2, 1)


def worst_exit(codes: Iterable[int]) -> int:
    """The gravest of several exit codes, 0 where all are well."""
    bad = [code for code in codes if code]
    return min(bad, key=lambda code: GRAVITY.index(code) if code in GRAVITY else len(GRAVITY), default=0)


class Call:
    """One run of the command line, as its shared options made it."""

    def __init__(self) -> None:
        self.folder = "."
        self.json = self.no_input = self.quiet = False
        self.verbose = 0
        self.as_of: datetime | None = None

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace of -w. Raises ConfigError."""
        from regulars.config import open_workspace

        return open_workspace(self.folder)

    @cached_property
    def plugins(self) -> Plugins:
        """All plugins that the agency did not disable (outside a workspace: all); a broken one is told once."""
        from pathlib import Path

        from regulars import plugins
        from regulars.cli.messages import print_retries

        if not self.verbose and not self.quiet:
            print_retries()
        inside = (Path(self.folder) / "regulars.toml").exists()
        found = plugins.load(self.workspace.agency.plugins.disabled if inside else ())
        for name, reason in found.broken.items():
            self.say(f"warning: plugin {name!r} is left out: {reason}")
        return found

    def client(self, client_id: str) -> Client:
        """A client by id; under --as-of as it was on that day, until the command ends. Raises ConfigError."""
        client = self.workspace.client(client_id)
        if self.as_of is None:
            return client
        from regulars.run.past import past

        return click.get_current_context().with_resource(past(client, self.as_of.date()))

    def say(self, text: str) -> None:
        """A message for the person, unless --quiet."""
        if not self.quiet:
            click.echo(text, err=True)

    def say_what_is_as_today(self) -> None:
        """Under --as-of: which part of a reach no platform dates."""
        if self.as_of is not None:
            self.say("bounces, addresses and lists have no dates: they are as today")

    def show(self, data: Any, text: str | Iterable[str]) -> None:
        """The command's result: `data` as JSON under --json, else `text` (lines)."""
        if self.json:
            import json

            click.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str))
            return
        for line in [text] if isinstance(text, str) else text:
            click.echo(line)

    def ask(self, question: str, option: str, *, default: str | None = None, secret: bool = False) -> str:
        """A person's answer. Under --no-input the default, or a ConfigError that names the option."""
        if self.no_input:
            if default is None:
                raise ConfigError(f"{option} is needed", hint="Give it, or leave --no-input away to be asked")
            return default
        return str(click.prompt(question, default=default, hide_input=secret, err=True))

    def agree(self, question: str) -> bool:
        """Whether a person says yes. Under --no-input nobody does."""
        return not self.no_input and click.confirm(question, err=True)


def table(rows: Sequence[Sequence[object]], head: Sequence[str]) -> list[str]:
    """Rows as aligned lines below their heads; numbers to the right, with thousands separators."""
    texts = [[f"{x:,}" if isinstance(x, int) else str(x if x is not None else "") for x in row] for row in rows]
    wide = [max(len(line[n]) for line in [list(head), *texts]) for n in range(len(head))]
    right = [bool(rows) and all(isinstance(row[n], int) for row in rows) for n in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        fitted = (f"{c:>{w}}" if r else f"{c:<{w}}" for c, w, r in zip(cells, wide, right, strict=True))
        return "  ".join(fitted).rstrip()

    return [line(head), *map(line, texts)]


@contextmanager
def connection_of(call: Call, target: str) -> Iterator[Connection]:
    """The open connection that "CLIENT.CONNECTION" names. Raises ConfigError where it names none."""
    from regulars.connections import open_connection

    client_id, _, name = target.partition(".")
    client = call.client(client_id)
    if not name:
        known = ", ".join(f"{client.id}.{each}" for each in client.config.connections)
        raise ConfigError(f"{target!r} names no connection", hint=f"Known: {known}" if known else "")
    with open_connection(client, name, call.plugins) as connection:
        yield connection


@contextmanager
def failing_safely(safe: str, then: str) -> Iterator[None]:
    """An error that leaves here also says what is still safe and which command is next."""
    try:
        yield
    except RegularsError as fault:
        fault.hint = f"{fault.hint.rstrip('.')}. {safe}. Next: {then}".removeprefix(". ")
        raise


def shared(command: C, *, version: bool = False) -> C:
    """Give a command the options that all commands share; it may be used as a decorator."""
    for decorate in _OPTIONS:
        decorate(command)
    if version:
        click.version_option(regulars.__version__, prog_name="regulars")(command)
    return command


def dated(command: C) -> C:
    """Give a command that only reads the option --as-of; a decorator."""
    _AS_OF(command)
    return command


pass_call = click.make_pass_decorator(Call, ensure=True)
"""Decorator: the command's function gets the Call as its first argument."""


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    call = ctx.find_root().ensure_object(Call)
    ctx.obj = call
    if value and param.name:
        setattr(call, param.name.removeprefix("shared_"), value)
        if param.name == "shared_verbose":
            from regulars.cli.messages import print_log

            print_log(value)


def _option(*names: str, **attributes: Any) -> Callable[[C], C]:
    # Not exposed, and named apart, so that no command's own parameter can meet them.
    settings: Mapping[str, Any] = {"expose_value": False, "callback": _keep, **attributes}
    return click.option(*names, **settings)


_AS_OF = _option(
    "--as-of",
    "shared_as_of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="As on that day, from what is known today; nothing is written.",
)
_OPTIONS = (
    _option(
        "-w", "--workspace", "shared_folder", metavar="DIR", envvar="REGULARS_WORKSPACE", help="The workspace."
    ),
    _option("--json", "shared_json", is_flag=True, help="Print data as JSON."),
    _option("--no-input", "shared_no_input", is_flag=True, help="Never ask; a missing answer is an error."),
    _option("--quiet", "shared_quiet", is_flag=True, help="Print no messages, only data and errors."),
    _option("-v", "--verbose", "shared_verbose", count=True, help="Print what happens; twice for every request."),
)
