"""Durations as people write them: "26h", "180d", "12w"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def parse_duration(text: Any) -> timedelta:
    """A whole number above 0 with h, d or w as a timedelta. Raises ValueError for anything else."""
    if isinstance(text, timedelta):
        return text
    found = re.fullmatch(r"([1-9]\d{0,5})([hdw])", text) if isinstance(text, str) else None
    if found is None:
        raise ValueError('expected a duration such as "26h", "180d" or "12w"')
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
"""A span longer than nothing."""
