from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from consent.people import People
from regulars.clock import SimulatedClock
from regulars.journal import Journal
from regulars.warehouse import Warehouse


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(datetime(2026, 11, 21, 2, 0, tzinfo=UTC))


@pytest.fixture
def journal(tmp_path, clock) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.db", clock)
    yield opened
    opened.close()


@pytest.fixture
def people(tmp_path, journal) -> Iterator[People]:
    with Warehouse(tmp_path).burst() as session:
        yield People(session, journal)
