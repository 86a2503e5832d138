"""A workspace on disk, and one client of it. One client never meets another."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from regulars.clock import Clock, SimulatedClock, SystemClock
from regulars.config.agency import AgencyConfig
from regulars.config.client import ClientConfig
from regulars.config.load import agency_config, client_config, nearest, parse_toml, read_text, read_toml
from regulars.config.secrets import Secrets
from regulars.errors import ConfigError, RefusedError
from regulars.secret import Redactor, Secret

AGENCY_FILE = "regulars.toml"


class Client:
    """One client: its configuration, its own folder, its own secrets."""

    def __init__(
        self,
        root: Path,
        config: ClientConfig,
        clock: Clock,
        secrets: Secrets,
        parse: Callable[[str], ClientConfig],
    ) -> None:
        self.root, self.config, self.clock, self.secrets, self.parse = root, config, clock, secrets, parse
        self.id = config.id
        self.file = f"clients/{config.id}.toml"

    @property
    def data_dir(self) -> Path:
        """Where this client's databases and plans are; it may not exist yet."""
        return self.root / "data" / self.id

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the client's calendar days."""
        return ZoneInfo(self.config.timezone)

    @property
    def redactor(self) -> Redactor:
        """Knows every secret this client has resolved so far."""
        return self.secrets.redactor

    def secret(self, reference: str) -> Secret:
        """The secret behind "secret:NAME". Raises ConfigError where this client has none."""
        return self.secrets.resolve(reference)

    def require_live(self) -> None:
        """Raises RefusedError unless the client's status allows writing to its platforms."""
        if self.config.status != "live":
            raise RefusedError(
                f"status is {self.config.status}: reading is allowed, writing is not",
                where=self.file,
                hint='Set status = "live" when the client agreed',
            )


class Workspace:
    """An agency's folder: regulars.toml, one file per client, segments/common.toml, secrets, data."""

    def __init__(self, root: Path, environ: Mapping[str, str] | None = None) -> None:
        self.root = root
        self._environ = os.environ if environ is None else environ
        self._tables: dict[str, Any] = read_toml(root / AGENCY_FILE, AGENCY_FILE)
        self.agency: AgencyConfig = agency_config(self._tables)

    @classmethod
    def create(cls, root: Path, name: str, timezone: str) -> Workspace:
        """Make a workspace in a new or empty folder. Raises ConfigError where there is one already."""
        from regulars.config.edit import create_workspace

        create_workspace(root, name, timezone)
        return cls(root)

    @cached_property
    def clock(self) -> Clock:
        """The machine's clock, or the simulated one of a demonstration."""
        if (file := self.agency.clock.simulated) is None:
            return SystemClock()
        try:
            return SimulatedClock(path=self.root / file)
        except (ValueError, OSError):
            raise ConfigError(
                f"'clock.simulated': {file} holds no instant",
                where=AGENCY_FILE,
                hint="Write one such as 2026-03-01T08:00:00+00:00",
            ) from None

    def client_ids(self) -> list[str]:
        """Ids of all clients, sorted; their files need not be valid."""
        return sorted(file.stem for file in (self.root / "clients").glob("*.toml"))

    def client(self, client_id: str) -> Client:
        """A client by id. Raises ConfigError where it is unknown or its file is wrong."""
        ids = self.client_ids()
        if client_id not in ids:
            hint = nearest(client_id, ids, "None is there yet: regulars client add ID")
            raise ConfigError(f"no client named {client_id!r}", hint=hint)
        text = read_text(self.root / "clients" / f"{client_id}.toml", f"clients/{client_id}.toml")
        secrets = Secrets(self.root, client_id, ids, self._environ)
        parse = partial(self.parsed, client_id)
        return Client(self.root, parse(text), self.clock, secrets, parse)

    def parsed(self, client_id: str, text: str) -> ClientConfig:
        """The text of a client's file as its configuration, whether it is stored yet or not."""
        shown = f"clients/{client_id}.toml"
        return client_config(parse_toml(text, shown), self.agency, self._tables, shown)


def open_workspace(root: Path | str = ".", environ: Mapping[str, str] | None = None) -> Workspace:
    """The workspace in a folder. Raises ConfigError where there is none or regulars.toml is wrong."""
    folder = Path(root).absolute()
    if not (folder / AGENCY_FILE).is_file():
        raise ConfigError(
            f"{root} is no workspace: it has no {AGENCY_FILE}",
            hint="Make one with `regulars init`, or name one with --workspace DIR",
        )
    return Workspace(folder, environ)
