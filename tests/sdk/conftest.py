"""Simulated platforms on a port, for the platforms' own Python SDKs.

What an SDK accepts was understood by somebody else than our own client: its models demand every
required field, the right types and the right words, and its paths are those that HubSpot and Mailchimp
generate from their specifications.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from regulars import SimulatedClock
from regulars.testing import sample_world

START = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def clock():
    return SimulatedClock(START)


@pytest.fixture
def world():
    return sample_world(30)
