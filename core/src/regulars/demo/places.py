"""Where the story happens: a workspace, two invented clients, and the state files of their platforms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from regulars.clock import SimulatedClock
from regulars.config import Client, Workspace, open_workspace
from regulars.config.edit import add_client, add_connection, set_expect_id
from regulars.config.files import write_file
from regulars.connections import Connections
from regulars.connector import Connector
from regulars.demo.invented import Shop, day_of_orders
from regulars.errors import ConfigError
from regulars.plugins import Plugins
from regulars.testing.sandbox import Sandbox
from regulars.testing.world import World

SEGMENTS = ("new_this_month", "second_order_due", "at_risk_valuable", "winback_due", "champions",
            "unreachable_valuable")  # fmt: skip


@dataclass
class Place:
    """One client of the story: its shop, its world as it is now, and the roles of its platforms."""

    client_id: str
    shop: Shop
    world: World
    roles: tuple[str, ...]
    orders_a_day: int
    seed: int


class Agency:
    """The workspace of the story. Platforms live in state files, so that later commands find them."""

    def __init__(self, root: Path, plugins: Plugins, now: datetime) -> None:
        if root.exists() and any(root.iterdir()):
            raise ConfigError(f"{root} is not empty", hint="Name a new folder: regulars demo DIR")
        Workspace.create(root, "Harbour Lane", "Europe/London")
        SimulatedClock(now, root / "clock")
        agency = root / "regulars.toml"
        write_file(
            agency, agency.read_text() + '\n[clock]\nsimulated = "clock"  # the demo has a time of its own\n'
        )
        (root / "sandboxes").mkdir()
        self.root, self.plugins = root, plugins
        self.workspace = open_workspace(root)
        self.clock = SimulatedClock(path=root / "clock")

    def client(self, place: Place) -> Client:
        """The client as its file says now."""
        return open_workspace(self.root).client(place.client_id)

    def open(self, place: Place, extra: str) -> list[str]:
        """Add a client, make and fill its platforms, connect them; returns who answered, a line each."""
        shop = place.shop
        add_client(self.workspace, place.client_id, name=shop.name, timezone=shop.timezone,
                   currency=shop.currency, country=shop.country)  # fmt: skip
        for role in place.roles:
            connector = self.connector(role)
            self.sandbox(place, role).save(self._file(place, role))
            keys = {"role": "both" if connector.destination else "source", "sandbox": self._name(place, role)}
            add_connection(self.client(place), role, connector, keys)
        file = self.root / "clients" / f"{place.client_id}.toml"
        write_file(file, f"{file.read_text()}\n[segments]\nuse = [{_quoted(SEGMENTS)}]\n{extra}")
        self.happen(place)
        return list(self._introduced(place))

    def connector(self, role: str) -> Connector:
        """The first installed connector of a role. Raises ConfigError where there is none."""
        found = [c for c in self.plugins.connectors.values() if c.role == role and c.sandbox]
        if not found:
            raise ConfigError(f"no plugin with a simulated {role} is installed", hint="Install the four plugins")
        return found[0]

    def sandbox(self, place: Place, role: str) -> Sandbox:
        """A platform of a client, as it was left."""
        connector = self.connector(role)
        if connector.sandbox is None:
            raise ConfigError(f"{connector.title} has no sandbox")
        platform = connector.sandbox(clock=self.clock, seed=place.seed)
        if self._file(place, role).exists():
            platform.load(self._file(place, role))
        return platform

    def happen(self, place: Place, roles: Iterable[str] | None = None) -> None:
        """Bring the world's present state to the platforms."""
        for role in roles or place.roles:
            platform = self.sandbox(place, role)
            platform.populate(place.world)
            platform.save(self._file(place, role))

    def night(self, place: Place, orders: int | None = None) -> None:
        """A day's orders arrive before the clock's present time."""
        count = place.orders_a_day if orders is None else orders
        start = self.clock.now().replace(minute=0)
        place.world.orders += day_of_orders(place.world, place.shop, start, count, seed=start.toordinal())

    def make_live(self, place: Place) -> None:
        """The client agreed: writes are allowed."""
        file = self.root / "clients" / f"{place.client_id}.toml"
        write_file(file, file.read_text().replace('"onboarding"', '"live"', 1))

    def _introduced(self, place: Place) -> Iterable[str]:
        client = self.client(place)
        with Connections(client, self.plugins) as connections:
            for role in place.roles:
                report = connections.get(role).check()
                set_expect_id(client, role, report.account_id)
                title = connections.get(role).connector.title
                name = f"{place.client_id}.{role}"
                yield f"{name:<14}  {title:<20}  {report.account_id:<30}  {report.account_name}"

    def _name(self, place: Place, role: str) -> str:
        return f"sandboxes/{place.client_id}-{role}.json"

    def _file(self, place: Place, role: str) -> Path:
        return self.root / self._name(place, role)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
