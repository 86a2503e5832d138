"""A client as it stood at the end of a past day: copies of its snapshot and journal, measured anew, then gone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from regulars.clock import SimulatedClock
from regulars.config import Client
from regulars.errors import ConfigError
from regulars.journal import Journal
from regulars.journal.lease import lives, this_process
from regulars.run.desk import reading
from regulars.run.measure import measure
from regulars.warehouse import Warehouse, statement

PREFIX = "regulars-past-"
OWNER = "owner"
"""Names of the folders with copies, and of the file in each that says which process they are for."""


class PastClient(Client):
    """A client whose folder and clock are of a past day; its settings are today's."""

    def __init__(self, client: Client, folder: Path, at: datetime) -> None:
        super().__init__(client.root, client.config, SimulatedClock(at), client.secrets, client.parse)
        self._folder = folder

    @property
    def data_dir(self) -> Path:
        """The copies."""
        return self._folder


@contextmanager
def past(client: Client, as_of: date) -> Iterator[Client]:
    """The client as of a day that was measured or lies before one that was.

    Orders, refunds and people are those known today, without what is dated later and who became known later;
    recorded facts (moves, lines, models, decisions, offers) are those of that day. A yes or a no dated later does
    not count, nor is it known what the person had said before. Bounces and what has no date are those of today:
    addresses, lists, joins of profiles, other consents. Nothing of the client itself is written to.
    Raises ConfigError for a later day, RegularsError where nothing was measured yet.
    """
    with Warehouse(client.data_dir).published() as session:
        newest: date = session.query("SELECT as_of FROM metric_basis")[0][0]
    if as_of > newest:
        raise ConfigError(f"{as_of} was not measured yet", where=client.id, hint=f"The newest day is {newest}")
    over = datetime.combine(as_of + timedelta(days=1), time(), client.zone).astimezone(UTC)
    with _folder() as folder:
        then = PastClient(client, folder, over - timedelta(seconds=1))
        shutil.copyfile(Warehouse(client.data_dir).snapshot, Warehouse(folder).path)
        with reading(client) as journal:
            journal.copy_until(folder / "journal.db", over)
        with Warehouse(folder).burst() as session:
            session.run(statement(__package__, "later"), {"as_of": as_of, "zone": client.config.timezone})
        _measure(then, as_of, over)
        yield then


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that only its owner may read; what this user's killed commands left of people's data goes first."""
    with TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        for other in Path(gettempdir()).glob(f"{PREFIX}*"):
            if other != folder and other.lstat().st_uid == folder.stat().st_uid and _left_behind(other):
                shutil.rmtree(other, ignore_errors=True)
        (folder / OWNER).write_text(this_process("as of"))
        yield folder


def _left_behind(folder: Path) -> bool:
    try:
        return lives((folder / OWNER).read_text()) is False
    except (OSError, ValueError):
        return False


def _measure(then: Client, as_of: date, until: datetime) -> None:
    journal = Journal.open(then.data_dir / "journal.db", then.clock)
    try:
        with journal.lease("as of") as lease:
            measure(then, journal, lease, Warehouse(then.data_dir), as_of, until)
    finally:
        journal.close()
