from __future__ import annotations

from datetime import UTC, datetime

import pytest
from core.tiny import TinySandbox, policy
from regulars import Http, SimulatedClock
from regulars.secret import Redactor
from regulars.testing import Served


@pytest.fixture
def clock():
    return SimulatedClock(datetime(2026, 3, 1, 8, tzinfo=UTC))


@pytest.fixture
def sandbox(clock):
    return TinySandbox(clock)


@pytest.fixture
def http(sandbox, clock):
    """A client of the sandbox, over a port."""
    with Served(sandbox) as url:
        made = Http(policy(), clock=clock, redactor=Redactor(), base_url=url)
        yield made
        made.close()
