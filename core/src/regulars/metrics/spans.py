"""Spans of a client's calendar days, and which span is compared with which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from regulars.errors import ConfigError
from regulars.metrics.settings import Period

_DAY = timedelta(days=1)
_FIRST_YEAR, _LAST_YEAR = 1000, 2199  # comparisons go back from these and stay on the calendar


@dataclass(frozen=True, slots=True)
class Span:
    """Calendar days of the client, both ends included.

    Raises ConfigError where it ends before it starts, or lies beyond the years that a shop may have seen.
    """

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if self.ends_on < self.starts_on:
            raise ConfigError(f"the span ends on {self.ends_on}, before it starts on {self.starts_on}")
        if self.starts_on.year < _FIRST_YEAR or self.ends_on.year > _LAST_YEAR:
            raise ConfigError(f"the span {self} lies outside the years {_FIRST_YEAR} to {_LAST_YEAR}")

    @property
    def days(self) -> int:
        """How many days, both ends counted."""
        return (self.ends_on - self.starts_on).days + 1

    def __str__(self) -> str:
        return f"{self.starts_on} to {self.ends_on}"


def running(period: Period, as_of: date) -> Span:
    """The period that `as_of` lies in, up to and including that day. Weeks start on Monday."""
    return Span(_start(period, as_of), as_of)


def last_complete(period: Period, as_of: date) -> Span:
    """The newest period that was over before `as_of` began."""
    ends_on = _start(period, as_of) - _DAY
    return Span(_start(period, ends_on), ends_on)


def span_before(span: Span, period: Period | None = None) -> Span:
    """The period before; of a span that is no period, as many days that end on the day before it."""
    if period is not None:
        return last_complete(period, span.starts_on)
    return Span(span.starts_on - timedelta(days=span.days), span.starts_on - _DAY)


def year_before(span: Span, period: Period | None = None) -> Span:
    """The same dates a year earlier; a week is moved by 52 weeks, so that it stays a week.

    29 February becomes the 28th; a span that ends with a month still ends with it.
    """
    if period == "week":
        return Span(span.starts_on - timedelta(weeks=52), span.ends_on - timedelta(weeks=52))
    after = span.ends_on + _DAY
    ends_on = _earlier(after) - _DAY if after.day == 1 else _earlier(span.ends_on)
    return Span(_earlier(span.starts_on), ends_on)


def _earlier(day: date) -> date:
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap else day.day)


def _start(period: Period, day: date) -> date:
    match period:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case "year":
            return day.replace(month=1, day=1)
