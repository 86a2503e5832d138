"""regulars connect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, pass_call, shared

if TYPE_CHECKING:
    from regulars.config import Client, Question
    from regulars.connector import Connector
    from regulars.secret import Secret


@shared
@click.command("connect")
@click.argument("client_id", metavar="CLIENT")
@click.argument("plugin", metavar="PLUGIN")
@click.option("--as", "name", help="Name of the connection (default: the platform's role).")
@click.option("--setting", "given", multiple=True, metavar="KEY=VALUE", help="A setting that is no secret.")
@click.option("--role", type=click.Choice(["source", "target", "both"]), help="Read from, written to, or both.")
@click.option("--sandbox", metavar="FILE", help="Use a simulated platform: its state file, or where it is served.")
@click.option("--accept", is_flag=True, help="Store who answers as expect_id.")
@pass_call
def command(
    call: Call,
    client_id: str,
    plugin: str,
    *,
    name: str | None,
    given: Sequence[str],
    role: str | None,
    sandbox: str | None,
    accept: bool,
) -> None:
    """Ask for a platform's settings, store them, and look who answers.

    Secrets are asked for without echo, or taken from secrets/CLIENT/NAME and REGULARS_SECRET_CLIENT_NAME
    where they are already; no option takes one.
    """
    from regulars.cli.check import inspect
    from regulars.config import settings_of
    from regulars.config.edit import add_connection
    from regulars.connections import make_sandbox
    from regulars.secret import Secret

    client, connector = call.client(client_id), call.plugins.connector(plugin)
    name = name or connector.role
    keys: dict[str, Any] = {"role": role or ("both" if connector.destination else "source")}
    if sandbox:
        keys["sandbox"] = sandbox
    # A state file brings its own credentials; a simulated platform that is served somewhere does not.
    simulated = sandbox is not None and "://" not in sandbox
    answers = _answers(call, client, name, connector, given, simulated=simulated)
    if simulated:
        make_sandbox(client, connector, str(sandbox))
        keys |= {key: value for key, value in answers.items() if isinstance(value, str)}
    else:
        keys |= settings_of(connector.settings, answers)
    keys |= {key: _kept(client, name, key, value) for key, value in answers.items() if isinstance(value, Secret)}
    add_connection(client, name, connector, keys)
    call.say(f"connection {name} written to {client.file}")
    raise SystemExit(inspect(call, client, [name], accept))


def _answers(
    call: Call, client: Client, name: str, connector: Connector, given: Sequence[str], *, simulated: bool
) -> dict[str, str | Secret]:
    """The settings' texts: given ones, secrets that are there already, and what a person answers."""
    from regulars.config import questions
    from regulars.errors import ConfigError

    answers: dict[str, str | Secret] = dict(_pairs(given))
    for question in questions(connector.settings):
        if question.secret and question.name in answers:
            raise ConfigError(
                f"{question.name} is a secret: no option may hold it",
                where="--setting",
                hint="Leave it away to be asked without echo",
            )
        if simulated or question.name in answers or not (question.required or _lacking(connector, answers)):
            continue
        reference = _reference(name, question.name)
        if question.secret:
            found = client.secrets.find(reference) or _asked(call, client, question, reference)
            answers |= {question.name: found} if found else {}
        elif question.required:
            answers[question.name] = call.ask(question.text, f"--setting {question.name}=VALUE")
    return answers


def _lacking(connector: Connector, answers: dict[str, str | Secret]) -> bool:
    """Whether these answers are not enough: what may be left away is asked for only then. An unknown
    setting is refused later, whatever else is answered."""
    from regulars.config import settings_of
    from regulars.errors import ConfigError

    if answers.keys() - connector.settings.model_fields.keys():
        return False
    try:
        settings_of(connector.settings, answers)
    except ConfigError:
        return True
    return False


def _asked(call: Call, client: Client, question: Question, reference: str) -> Secret | None:
    """A secret typed without echo; None where it may be left away and was."""
    from regulars.secret import Secret

    where = f"the secret {client.secrets.file(reference.removeprefix('secret:')).relative_to(client.root)}"
    value = call.ask(question.text, where, default=None if question.required else "", secret=True)
    return Secret(question.name, value) if value else None


def _reference(connection: str, setting: str) -> str:
    return f"secret:{connection}-{setting}".replace("_", "-")


def _kept(client: Client, connection: str, setting: str, secret: Secret) -> str:
    """Store a secret unless it is there already; returns its reference."""
    reference = _reference(connection, setting)
    if client.secrets.find(reference) is None:
        client.secrets.store(reference.removeprefix("secret:"), secret.reveal())
    return reference


def _pairs(given: Sequence[str]) -> Iterator[tuple[str, str]]:
    from regulars.errors import ConfigError

    for text in given:
        key, separator, value = text.partition("=")
        if not separator:
            raise ConfigError("expected KEY=VALUE", where="--setting")
        yield key, value
