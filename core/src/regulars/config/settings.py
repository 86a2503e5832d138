"""A connection's keys as the settings model of its connector, secrets resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from regulars.config.client import ConnectionConfig
from regulars.config.load import nearest, validated
from regulars.config.secrets import PREFIX, secret_name
from regulars.config.workspace import Client
from regulars.connector import Connector, Settings
from regulars.errors import ConfigError
from regulars.secret import Secret


def secret_fields(model: type[Settings]) -> frozenset[str]:
    """Names of the settings that are secrets, optional ones included."""
    fields = model.model_fields.items()
    return frozenset(name for name, field in fields if Secret in (field.annotation, *get_args(field.annotation)))


@dataclass(frozen=True, slots=True)
class Question:
    """One setting that a person is asked for when a platform is connected."""

    name: str
    text: str
    secret: bool
    required: bool


def questions(model: type[Settings]) -> list[Question]:
    """A connector's settings in the order of its model."""
    secrets = secret_fields(model)
    return [
        Question(name, field.description or name, name in secrets, field.is_required())
        for name, field in model.model_fields.items()
    ]


def settings_of(model: type[Settings], answers: Mapping[str, str | Secret]) -> dict[str, Any]:
    """Answers as the values to store: lists split at commas, numbers as numbers, secrets left out.

    Raises ConfigError for an answer that the model refuses.
    """
    shaped = {name: _shaped(model, name, answer) for name, answer in answers.items()}
    good = validated(model, shaped, "connect")
    plain = {name for name, answer in answers.items() if not isinstance(answer, Secret)}
    return good.model_dump(mode="json", include=plain)


def _shaped(model: type[Settings], name: str, answer: str | Secret) -> Any:
    field = model.model_fields.get(name)
    many = field is not None and get_origin(field.annotation) in (list, tuple, set, frozenset)
    return [part.strip() for part in answer.split(",")] if many and isinstance(answer, str) else answer


def connection_settings(
    client: Client,
    name: str,
    connector: Connector,
    missing: Mapping[str, str] | None = None,
    *,
    resolve: bool = True,
) -> Settings:
    """The settings of connection `name`. `missing` fills in what the file does not say (a sandbox's own).

    With `resolve` False the file is judged alone: its secrets may be missing and have no value.

    Raises ConfigError, with file and key, for an unknown or wrong key, a secret that is not a
    reference, and a secret that this client does not have.
    """
    below, secrets = f"connections.{name}", secret_fields(connector.settings)
    given = connection_config(client, name).settings
    values: dict[str, Any] = {}
    for key, value in given.items():
        where = f"{client.file}: '{below}.{key}'"
        values[key] = (
            _secret(client, value, where, resolve) if key in secrets else _plain(connector, key, value, where)
        )
    for key, text in (missing or {}).items():
        if key not in values:
            values[key] = _learned(client, key, text) if key in secrets else text
    return validated(connector.settings, values, client.file, below)


def connection_config(client: Client, name: str) -> ConnectionConfig:
    """A client's connection by name. Raises ConfigError with the nearest name."""
    if name not in client.config.connections:
        hint = (
            nearest(name, client.config.connections) if client.config.connections else "Make one: regulars connect"
        )
        raise ConfigError(f"no connection named {name!r}", where=client.file, hint=hint)
    return client.config.connections[name]


def _secret(client: Client, value: Any, where: str, resolve: bool) -> Secret:
    if not isinstance(value, str) or not value.startswith(PREFIX):
        raise ConfigError("a secret stands here in plain text", where=where, hint='Write "secret:NAME"')
    name = secret_name(value, where)
    return client.secret(value) if resolve else Secret(name, "")


def _plain(connector: Connector, key: str, value: Any, where: str) -> Any:
    known = key in connector.settings.model_fields  # of an unknown key it is the name that is wrong
    if known and isinstance(value, str) and value.startswith(PREFIX):
        raise ConfigError("this setting is not a secret", where=where, hint="Write its value here")
    return value


def _learned(client: Client, name: str, value: str) -> Secret:
    client.redactor.learn(value)
    return Secret(name, value)
