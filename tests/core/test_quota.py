"""A rate budget waits on the clock and believes the platform."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from regulars import Level, Limit, QuotaError, SimulatedClock
from regulars.quota import Quota


def spend(quota, bucket="default", cost=1.0, times=1):
    for _ in range(times):
        with quota.call(bucket, cost):
            pass


def test_calls_within_the_capacity_do_not_wait(clock):
    start, quota = clock.now(), Quota(clock, [Limit("default", 5, 1)])
    spend(quota, times=5)
    assert clock.now() == start


def test_the_next_call_waits_for_the_refill(clock):
    start, quota = clock.now(), Quota(clock, [Limit("default", 5, 0.5)])
    spend(quota, times=6)
    assert clock.now() - start == timedelta(seconds=2)


def test_what_the_platform_says_counts_more(clock):
    start, quota = clock.now(), Quota(clock, [Limit("default", 100, 10)])
    quota.observe(Level("default", left=0, per_second=1))
    spend(quota, cost=3)
    assert clock.now() - start == timedelta(seconds=3)


def test_more_left_than_fits_is_not_believed(clock):
    quota = Quota(clock, [Limit("default", 5, 1)])
    quota.observe(Level("default", left=500))
    assert quota.left() == {"default": 5}


def test_a_call_that_can_never_be_paid_is_refused(clock):
    with pytest.raises(QuotaError, match="one call costs 6, default holds 5 at most"):
        spend(Quota(clock, [Limit("default", 5, 1)]), cost=6)


def test_an_unknown_bucket_has_no_limit(clock):
    start, quota = clock.now(), Quota(clock, [Limit("default", 1, 1)])
    quota.observe(Level("other", 0))
    spend(quota, "other", times=50)
    assert clock.now() == start


def test_no_more_calls_are_in_flight_than_allowed(clock):
    quota, most, now, lock = Quota(clock, in_flight=2), 0, 0, threading.Lock()
    together = threading.Barrier(2, timeout=5)

    def call():
        nonlocal most, now
        with quota.call("default", 1):
            with lock:
                now += 1
                most = max(most, now)
            together.wait()
            with lock:
                now -= 1

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


# A busy machine draws slowly; that is no fault of the numbers.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=30), st.floats(0.1, 50))
def test_never_is_more_spent_than_capacity_and_refill(costs, per_second):
    from datetime import UTC, datetime

    clock = SimulatedClock(datetime(2026, 3, 1, tzinfo=UTC))
    start, quota = clock.now(), Quota(clock, [Limit("default", 10, per_second)])
    for cost in costs:
        spend(quota, cost=cost)
    gone = (clock.now() - start).total_seconds()
    assert sum(costs) <= 10 + gone * per_second + 0.01 * len(costs)
