"""Attempts are counted, waits are the platform's own or grow."""

from __future__ import annotations

from datetime import timedelta

import pytest
from regulars import PlatformError
from regulars.retry import TryAgain, attempt

DOWN = PlatformError("down")


class Flaky:
    def __init__(self, fails, after=None):
        self.fails, self.after, self.calls = fails, after, 0

    def __call__(self):
        self.calls += 1
        if self.calls <= self.fails:
            raise TryAgain(DOWN, self.after)
        return "done"


def test_what_works_is_called_once(clock):
    call = Flaky(0)
    assert attempt(call, clock=clock) == "done"
    assert call.calls == 1


def test_it_is_tried_again_until_it_works(clock):
    call = Flaky(3)
    assert attempt(call, clock=clock) == "done"
    assert call.calls == 4


def test_it_waits_as_long_as_the_platform_asked(clock):
    start = clock.now()
    attempt(Flaky(2, after=30), clock=clock)
    assert clock.now() - start == timedelta(seconds=60)


def test_nobody_waits_longer_than_the_longest(clock):
    start = clock.now()
    attempt(Flaky(1, after=86_400), clock=clock, longest=120)
    assert clock.now() - start == timedelta(seconds=120)


def test_without_a_word_of_the_platform_waits_double(clock):
    start = clock.now()
    attempt(Flaky(4), clock=clock)
    assert timedelta(seconds=15 * 0.8) <= clock.now() - start <= timedelta(seconds=15 * 1.2)


def test_when_attempts_are_used_up_the_error_itself_is_raised(clock):
    call = Flaky(99)
    with pytest.raises(PlatformError) as caught:
        attempt(call, clock=clock, attempts=3)
    assert caught.value is DOWN
    assert call.calls == 3


def test_any_other_error_is_raised_at_once(clock):
    def broken():
        raise KeyError("bug")

    start = clock.now()
    with pytest.raises(KeyError):
        attempt(broken, clock=clock)
    assert clock.now() == start
