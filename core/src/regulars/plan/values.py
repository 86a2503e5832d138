"""Values of the catalogue as the platform-neutral text of a field, and when two texts are one value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from regulars.connector import FieldType

_PLACES = 4
"""Decimal places of a number that is no money: rates and gaps."""


def text_of(value: Any) -> str | None:
    """A catalogue value as text: numbers with a point, days as YYYY-MM-DD; None and "" are empty."""
    match value:
        case None | "":
            return None
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return _plain(Decimal(value))
        case float():
            return _plain(round(Decimal(repr(value)), _PLACES))
        case date():
            return value.isoformat()
        case _:
            return str(value)


def same(kind: FieldType, one: str | None, other: str | None) -> bool:
    """Whether two texts of a field are the same value: "12.50" is 12.5, an instant is its day."""
    return one == other or _normal(kind, one) == _normal(kind, other)


def close(threshold: str | None, now: str, wanted: str) -> bool:
    """Whether a number moved by less than `threshold` ("5", or "5%" of what is there)."""
    here, there = _number(now), _number(wanted)
    if threshold is None or here is None or there is None:
        return False
    least = Decimal(threshold.rstrip("%"))
    if threshold.endswith("%"):
        least = abs(here) * least / 100
    return abs(there - here) < least


def _normal(kind: FieldType, text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    match kind:
        case "number":
            number = _number(text)
            return text if number is None else _plain(number)
        case "date":
            return text[:10]
        case "boolean":
            return text.strip().lower()
        case _:
            return text


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _plain(number: Decimal) -> str:
    text = f"{number.normalize():f}"
    return "0" if text == "-0" else text
