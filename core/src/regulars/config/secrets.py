"""Secrets by reference: `secret:NAME` becomes a value at the moment of use, for one client only.

First the environment, REGULARS_SECRET_<CLIENT>_<NAME> (upper case, "-" and "." as "_"), then the file
secrets/<client>/<name>.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from regulars.config.files import write_file
from regulars.errors import ConfigError
from regulars.secret import Redactor, Secret

log = logging.getLogger("regulars.config")
PREFIX = "secret:"


def variable(client: str, name: str) -> str:
    """The environment variable of a client's secret."""
    return f"REGULARS_SECRET_{_upper(client)}_{_upper(name)}"


def secret_name(reference: str, where: str = "") -> str:
    """NAME of "secret:NAME". Raises ConfigError for anything else, without repeating it."""
    name = reference.removeprefix(PREFIX)
    if name == reference or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise ConfigError("not a reference to a secret", where=where, hint='Write "secret:NAME"')
    return name


class Secrets:
    """One client's secrets. `clients` are the ids of all clients, so that none can reach another's.

    Every value that was resolved is made known to `redactor`.
    """

    def __init__(self, root: Path, client: str, clients: Collection[str], environ: Mapping[str, str]) -> None:
        self._root, self._client, self._environ = root, client, environ
        self._others = [other for other in clients if other != client]
        self.redactor = Redactor()

    def file(self, name: str) -> Path:
        """Where the value of a secret is kept, relative to the workspace's root."""
        return self._root / "secrets" / self._client / name

    def resolve(self, reference: str) -> Secret:
        """The secret behind "secret:NAME". Raises ConfigError where it is nowhere."""
        name = secret_name(reference, self._client)
        if (found := self.find(reference)) is None:
            raise ConfigError(
                f"secret {name!r} is missing",
                where=self._client,
                hint=f"Set {variable(self._client, name)} or write the file secrets/{self._client}/{name}",
            )
        return found

    def find(self, reference: str) -> Secret | None:
        """The secret behind "secret:NAME", None where it is nowhere."""
        name = secret_name(reference, self._client)
        value = self._read(name)
        return Secret(name, value, _Kept(self, name)) if value else None

    def replace(self, name: str, value: str) -> None:
        """Store a new value of a secret that is kept in its file, whole or not at all.

        Raises ConfigError where it comes from the environment, which no process can change for the next.
        """
        if self._from_environment(name):
            raise ConfigError(
                f"secret {name!r} must be renewed and is set by {variable(self._client, name)}",
                where=self._client,
                hint=f"Write it into the file secrets/{self._client}/{name} and unset the variable",
            )
        try:
            self.store(name, value)
        except OSError as fault:
            raise ConfigError(
                f"secret {name!r} cannot be renewed: {type(fault).__name__} on its file",
                where=self._client,
                hint=f"Make secrets/{self._client}/ writable, then connect again",
            ) from None

    def store(self, name: str, value: str) -> Path:
        """Keep a value in its file, readable by its owner alone."""
        self.redactor.learn(value)
        file = self.file(name)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_file(file, value + "\n", 0o600)
        return file

    def _read(self, name: str) -> str | None:
        value = self._from_environment(name) or self._from_file(name)
        if value:
            self.redactor.learn(value)
        return value

    def _from_environment(self, name: str) -> str | None:
        key = variable(self._client, name)
        # Client "acme" with secret "uk-token" and client "acme-uk" with "token" share a variable; it is
        # the longer client's.
        longer = (o for o in self._others if len(o) > len(self._client))
        if any(key.startswith(f"REGULARS_SECRET_{_upper(other)}_") for other in longer):
            return None
        return self._environ.get(key)

    def _from_file(self, name: str) -> str | None:
        file = self.file(name)
        try:
            value = file.read_text(encoding="utf-8").strip("\r\n")
            mode = file.stat().st_mode
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as fault:
            raise ConfigError(
                f"secret {name!r} cannot be read ({type(fault).__name__})", where=self._client
            ) from None
        if os.name == "posix" and mode & 0o077:
            log.warning("secrets/%s/%s can be read by others on this machine; chmod 600", self._client, name)
        return value


class _Kept:
    """Where one secret is kept."""

    def __init__(self, secrets: Secrets, name: str) -> None:
        self._secrets, self._name = secrets, name

    def read(self) -> str:
        return self._secrets.resolve(f"{PREFIX}{self._name}").reveal()

    def write(self, value: str) -> None:
        self._secrets.replace(self._name, value)


def _upper(text: str) -> str:
    return re.sub(r"[.-]", "_", text).upper()
