"""One client in a workspace of its own, with a shop, a CRM and a mail platform simulated in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from regulars.clock import SimulatedClock
from regulars.config import Client, Workspace, open_workspace, secret_fields
from regulars.connections import Connections
from regulars.connector import Connector
from regulars.journal import Journal
from regulars.plugins import Plugins, load
from regulars.run.desk import Desk, desk
from regulars.run.night import run_client
from regulars.run.result import Result
from regulars.testing import Sandbox, Served, World

from benchmarks.year.bell import Bell

ROLES = ("shop", "crm", "mail")
SEGMENTS = ("new_this_month", "second_order_due", "winback_due", "champions")
NAME = "acme"
_AGENCY = """schema = 1
[agency]
name = "Harbour Lane"
timezone = "Europe/London"
[defaults.guards]
max_change_pct_per_field = 100
max_clear_pct_per_field = 100
max_segment_shift_pct = 100
"""
_CLIENT = """schema = 1
id = "acme"
name = "Acme"
status = "live"
auto_apply = true
timezone = "{zone}"
currency = "{currency}"
country = "{country}"
[clock]
order_source_max_age = "120h"
[retention]
periods = ["month"]
[segments]
use = {segments}
"""


class House:
    """`sandbox[role]` are the platforms, `bell` counts their answers, `clock` is everybody's time. `dice` choose
    the ways into the platforms."""

    def __init__(
        self, root: Path, world: World, now: datetime, dice: Random, states: Mapping[str, Any] | None = None
    ) -> None:
        self.root, self.world, self.clock, self.bell = root, world, SimulatedClock(now), Bell()
        self._stack = ExitStack()
        found = load()
        self.connector: dict[str, Connector] = {
            role: next(c for c in found.connectors.values() if c.role == role) for role in ROLES
        }
        ringing = {c.name: self.bell.hung(c) for c in self.connector.values()}
        self.plugins = Plugins(ringing, found.broken, found.manager)
        self.sandbox: dict[str, Any] = {r: _made(c, self.clock) for r, c in self.connector.items()}
        for role, sandbox in self.sandbox.items():
            sandbox.restore(states[role]) if states else sandbox.populate(world)
            sandbox.way_in = dice.choice(sandbox.ways_in)
        if not root.exists():
            Workspace.create(root, "Harbour Lane", "Europe/London")
            (root / "regulars.toml").write_text(_AGENCY)
        self.url = {r: self._stack.enter_context(Served(s)) for r, s in self.sandbox.items()}
        self._write_client()

    def __enter__(self) -> House:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def client(self) -> Client:
        """The client as its file says, on this house's clock."""
        opened = open_workspace(self.root).client(NAME)
        return Client(opened.root, opened.config, self.clock, opened.secrets, opened.parse)

    def night(self) -> Result:
        """One run. Raises Killed where the bell says so."""
        return run_client(self.client, self.plugins)

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """The client's desk, as a person at the command line has it."""
        with desk(self.client, self.plugins) as at:
            yield at

    def states(self) -> dict[str, Any]:
        """The platforms, JSON-able."""
        return {role: sandbox.state() for role, sandbox in self.sandbox.items()}

    def set_key(self, key: str) -> None:
        """Give the client's journal a key: it decides who is held out, and a seed must decide everything."""
        client = self.client
        client.data_dir.mkdir(parents=True, exist_ok=True)
        journal = Journal.open(client.data_dir / "journal.db", self.clock)
        with journal.lease() as lease, journal.tx(lease) as tx:
            tx.execute("UPDATE meta SET value = ? WHERE name = 'key'", (key,))
        journal.close()

    def writes(self, role: str) -> bool:
        """Whether this platform can be written to."""
        return self.connector[role].destination is not None

    def _write_client(self) -> None:
        file, world = self.root / "clients" / f"{NAME}.toml", self.world
        top = _CLIENT.format(
            zone=world.timezone, currency=world.currency, country=world.country, segments=list(SEGMENTS)
        )
        file.write_text(top + self._connections({}) + self._maps())
        with Connections(self.client, self.plugins) as connections:
            accounts = {role: connections.get(role).check().account_id for role in ROLES}
        file.write_text(top + self._connections(accounts) + self._maps())

    def _connections(self, accounts: Mapping[str, str]) -> str:
        secrets = self.root / "secrets" / NAME
        secrets.mkdir(parents=True, exist_ok=True)
        lines: list[str] = []
        for role, connector in self.connector.items():
            both = "both" if self.writes(role) else "source"
            lines += [f'[connections.{role}]\nplugin = "{connector.name}"\nrole = "{both}"']
            lines += [f'sandbox = "{self.url[role]}"']
            if role in accounts:
                lines.append(f'expect_id = "{accounts[role]}"')
            if "concurrency" in connector.settings.model_fields:
                lines.append("concurrency = 1")  # the order of requests must follow from the seed
            hidden = secret_fields(connector.settings)
            for name, value in self.sandbox[role].credentials().items():
                reference = f"{role}-{name.replace('_', '-')}"
                if name in hidden and not (secrets / reference).exists():  # else it may have been renewed
                    (secrets / reference).write_text(value)
                    (secrets / reference).chmod(0o600)
                lines.append(f'{name} = "{f"secret:{reference}" if name in hidden else value}"')
        return "\n".join(lines) + "\n"

    def _maps(self) -> str:
        lines: list[str] = []
        for role, connector in self.connector.items():
            if connector.writes is None or not self.writes(role):
                continue
            for column, field, kind in connector.writes.default_map:
                lines.append(f'[[map]]\nto = "{role}"\nfrom = "{column}"\nfield = "{field}"\ntype = "{kind}"')
            listed = f"{connector.writes.list_prefix}{{segment}}"
            lines.append(f'[[map]]\nto = "{role}"\nfrom = "segments"\nfield = "{listed}"')
        return "\n".join(lines) + "\n"


def _made(connector: Connector, clock: SimulatedClock) -> Sandbox:
    assert connector.sandbox is not None
    return connector.sandbox(clock=clock, seed=0)
