"""A simulated clock stands still until it is moved, and is shared through its file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from regulars import SimulatedClock, SystemClock

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_it_stands_still_until_somebody_sleeps():
    clock = SimulatedClock(START)
    assert clock.now() == clock.now() == START
    clock.sleep(90)
    assert clock.now() == START + timedelta(seconds=90)


def test_it_never_goes_back():
    clock = SimulatedClock(START)
    clock.move_to(START - timedelta(days=1))
    clock.sleep(-5)
    assert clock.now() == START


def test_another_zones_start_is_utc():
    clock = SimulatedClock(datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == START
    assert clock.now().utcoffset() == timedelta(0)


def test_clocks_of_one_file_agree(tmp_path):
    one = SimulatedClock(START, tmp_path / "clock")
    other = SimulatedClock(path=tmp_path / "clock")
    one.forward(timedelta(days=2))
    assert other.now() == START + timedelta(days=2)
    other.sleep(1)
    assert one.now() == START + timedelta(days=2, seconds=1)
    assert [file.name for file in tmp_path.iterdir()] == ["clock"]


def test_a_clock_needs_an_aware_start(tmp_path):
    with pytest.raises(ValueError, match="must be aware"):
        SimulatedClock(datetime(2026, 3, 1))  # noqa: DTZ001 - that is the mistake
    with pytest.raises(ValueError, match="needs a start"):
        SimulatedClock(path=tmp_path / "none")


def test_the_machines_clock_is_aware():
    assert SystemClock().now().tzinfo is UTC
