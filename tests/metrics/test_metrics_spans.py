"""Periods, the spans they are compared with, and the direction of a series."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from regulars.errors import ConfigError
from regulars.metrics import Span, last_complete, span_before, year_before
from regulars.metrics.trend import trend

DAYS = st.dates(date(2019, 1, 1), date(2030, 12, 31))


def span(starts_on: str, ends_on: str) -> Span:
    return Span(date.fromisoformat(starts_on), date.fromisoformat(ends_on))


@pytest.mark.parametrize(
    ("period", "now", "before", "a_year_ago"),
    [
        ("month", ("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28"), ("2025-03-01", "2025-03-31")),
        ("month", ("2028-02-01", "2028-02-29"), ("2028-01-01", "2028-01-31"), ("2027-02-01", "2027-02-28")),
        ("month", ("2029-02-01", "2029-02-28"), ("2029-01-01", "2029-01-31"), ("2028-02-01", "2028-02-29")),
        ("quarter", ("2026-01-01", "2026-03-31"), ("2025-10-01", "2025-12-31"), ("2025-01-01", "2025-03-31")),
        ("year", ("2025-01-01", "2025-12-31"), ("2024-01-01", "2024-12-31"), ("2024-01-01", "2024-12-31")),
        ("week", ("2026-01-05", "2026-01-11"), ("2025-12-29", "2026-01-04"), ("2025-01-06", "2025-01-12")),
        (None, ("2026-03-05", "2026-03-14"), ("2026-02-23", "2026-03-04"), ("2025-03-05", "2025-03-14")),
        (None, ("2028-02-28", "2028-02-28"), ("2028-02-27", "2028-02-27"), ("2027-02-28", "2027-02-28")),
        (None, ("2028-02-29", "2028-02-29"), ("2028-02-28", "2028-02-28"), ("2027-02-28", "2027-02-28")),
    ],
)
def test_a_span_is_compared_with_the_one_before_and_the_year_before(period, now, before, a_year_ago) -> None:
    assert span_before(span(*now), period) == span(*before)
    assert year_before(span(*now), period) == span(*a_year_ago)


@given(day=DAYS, period=st.sampled_from(["week", "month", "quarter", "year", None]), length=st.integers(0, 500))
def test_the_span_before_touches_its_span_and_no_comparison_is_impossible(day, period, length) -> None:
    now = Span(day, day + timedelta(days=length)) if period is None else last_complete(period, day)
    assert span_before(now, period).ends_on + timedelta(days=1) == now.starts_on
    earlier = year_before(now, period)
    assert abs(earlier.days - now.days) <= 1
    if period is not None:
        assert earlier == last_complete(period, earlier.ends_on + timedelta(days=1))


def test_a_span_beyond_the_calendar_of_shops_is_refused() -> None:
    with pytest.raises(ConfigError, match="outside the years"):
        span("0001-01-01", "2026-01-01")


def of(*values: int) -> str:
    return trend([Decimal(value) for value in values]).direction


def test_a_shop_at_31_percent_that_rises_is_rising() -> None:
    found = trend([Decimal(value) for value in (24, 26, 25, 28, 29, 31)])
    assert found.direction == "rising"
    assert (found.low, found.high) == (24, 31)
    assert str(found) == "rising: of 15 pairs of 6 periods 14 rise, 1 fall"


def test_a_direction_needs_more_than_chance_and_four_periods() -> None:
    assert of(90, 91, 92) == "too few"
    assert of(90, 91, 92, 93) == "rising"
    assert of(93, 92, 91, 90) == "falling"
    assert of(90, 92, 91, 93) == "steady"
    assert of(85, 85, 85, 85, 85, 85) == "steady"
    assert str(trend([])) == "cannot tell: 0 comparable periods, 4 are needed"


def test_of_shuffled_series_about_one_in_twenty_seems_to_rise() -> None:
    from random import Random

    rng = Random(7)
    found = [of(*rng.sample(range(100), 12)) for _ in range(2000)]
    assert 0.03 < found.count("rising") / 2000 < 0.07
