"""A workspace with the client acme, whose orders are filled in by hand, measured and published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result
from metrics.shop import Shop
from regulars.cli import root
from regulars.config import Workspace
from regulars.warehouse import Warehouse

CLIENT = 'schema = 1\nid = "acme"\nname = "Acme"\ntimezone = "Europe/London"\ncurrency = "GBP"\n'


class Measured:
    """Made at `place`; `fill` is given the shop's open tables, None: never measured. `said` is the rest of the
    client's file."""

    def __init__(self, place: Path, fill: Callable[[Shop], object] | None, said: str = "") -> None:
        self.place, self.file = place, place / "clients" / "acme.toml"
        Workspace.create(place, "Harbour Lane", "Europe/London")
        self.file.parent.mkdir(exist_ok=True)
        self.say(said)
        if fill:
            warehouse = Warehouse(Workspace(place).client("acme").data_dir)
            with warehouse.burst() as session:
                fill(Shop(session))
            warehouse.publish()

    def say(self, said: str) -> None:
        """Make this the rest of the client's file."""
        self.file.write_text(CLIENT + said)

    def run(self, *words: str) -> Result:
        """`regulars` with these words."""
        return CliRunner().invoke(root, ["-w", str(self.place), *words])
