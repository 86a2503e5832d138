"""A stage for whole stories: a workspace with one client whose platforms are simulated on ports.

The sandboxes live in the test's own process, so that they survive whatever happens to a worker.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from regulars.clock import SimulatedClock
from regulars.config import Workspace, open_workspace
from regulars.config.edit import set_expect_id
from regulars.connections import Connections
from regulars.plugins import load
from regulars.run.night import run_client
from regulars.testing import Served, World

SEGMENTS = (
    "new_this_month", "second_order_due", "at_risk_valuable", "winback_due", "champions", "unreachable_valuable",
)  # fmt: skip


class Stage:
    """`roles` are the platforms the client has; `sandbox[role]` and `http[role]` reach them."""

    def __init__(
        self, root: Path, world: World, now: datetime, roles=("shop", "crm", "mail"), extra: str = ""
    ) -> None:
        self.root, self.world, self.extra = root, world, extra
        self.stack = ExitStack()
        Workspace.create(root, "Harbour Lane", "Europe/London")
        (root / "clock").write_text(now.isoformat())
        agency = root / "regulars.toml"
        agency.write_text(agency.read_text() + '\n[clock]\nsimulated = "clock"\n')
        self.clock = SimulatedClock(path=root / "clock")
        self.plugins = load()
        self.connector = {c.role: c for c in self.plugins.connectors.values() if c.role in roles}
        self.sandbox = {role: c.sandbox(clock=self.clock, seed=0) for role, c in self.connector.items()}
        self.populate()
        self.url = {role: self.stack.enter_context(Served(sandbox)) for role, sandbox in self.sandbox.items()}
        self._write_client()

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def populate(self) -> None:
        """Bring the world's present state to every platform."""
        for sandbox in self.sandbox.values():
            sandbox.populate(self.world)

    def forward(self, **span: float) -> None:
        self.clock.forward(timedelta(**span))

    def client(self):
        return open_workspace(self.root).client("acme")

    def night(self, *, write: bool = True):
        return run_client(self.client(), self.plugins, write=write)

    def connections(self) -> Connections:
        return Connections(self.client(), self.plugins)

    def _write_client(self) -> None:
        from regulars.config.settings import secret_fields

        lines = [
            "schema = 1", 'id = "acme"', 'name = "Acme"', 'status = "live"',
            f'timezone = "{self.world.timezone}"', f'currency = "{self.world.currency}"',
            f'country = "{self.world.country}"', self.extra,
            f"[segments]\nuse = {list(SEGMENTS)!r}",
        ]  # fmt: skip
        secrets = self.root / "secrets" / "acme"
        secrets.mkdir(parents=True, exist_ok=True)
        for role, connector in self.connector.items():
            both = "both" if connector.destination else "source"
            lines.append(f'[connections.{role}]\nplugin = "{connector.name}"\nrole = "{both}"')
            lines.append(f'sandbox = "{self.url[role]}"')
            hidden = secret_fields(connector.settings)
            for name, value in self.sandbox[role].credentials().items():
                reference = f"{role}-{name.replace('_', '-')}"
                if name in hidden:
                    (secrets / reference).write_text(value)
                    (secrets / reference).chmod(0o600)
                lines.append(f'{name} = "{f"secret:{reference}" if name in hidden else value}"')
        for role, connector in self.connector.items():
            if connector.writes is None:
                continue
            for column, field, kind in connector.writes.default_map:
                lines.append(f'[[map]]\nto = "{role}"\nfrom = "{column}"\nfield = "{field}"\ntype = "{kind}"')
            listed = f"{connector.writes.list_prefix}{{segment}}"
            lines.append(f'[[map]]\nto = "{role}"\nfrom = "segments"\nfield = "{listed}"')
        (self.root / "clients" / "acme.toml").write_text("\n".join(lines) + "\n")
        client = self.client()
        with Connections(client, self.plugins) as connections:
            for role in self.connector:
                set_expect_id(client, role, connections.get(role).check().account_id)
