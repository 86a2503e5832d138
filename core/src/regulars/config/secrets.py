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
        value = self._from_environment(name) or self._from_file(name)
        if not value:
            return None
        self.redactor.learn(value)
        return Secret(name, value)

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


def _upper(text: str) -> str:
    return re.sub(r"[.-]", "_", text).upper()
