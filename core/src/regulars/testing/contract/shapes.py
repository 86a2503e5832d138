"""Are records what `regulars.records` says? Every fault in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from regulars.money import MoneyError, exponent
from regulars.records import BOUNCE_KINDS, CONSENT_STATES, KINDS

_JSON = ("held", "custom")
_WORDS = {
    ("consent", "state"): CONSENT_STATES,
    ("bounce", "kind"): BOUNCE_KINDS,
    ("touch", "media"): (None, "owned", "earned", "unowned", "purchased"),
}


def faults(kind: str, record: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a record of a kind; nothing if it is right."""
    if kind not in KINDS:
        yield f"{kind!r} is no kind of record"
        return
    hints = get_type_hints(KINDS[kind])
    name = f"{kind} {record.get('id')!r}"
    if record.keys() != hints.keys():
        yield f"{name}: fields missing or surplus: {', '.join(sorted(record.keys() ^ hints.keys()))}"
        return
    for field, wanted in hints.items():
        if not _is(record[field], wanted):
            yield f"{name}: {field} {_amiss(record[field], wanted)}"
    for field in _JSON:
        if field in record and not _object(record[field]):
            yield f"{name}: {field} is not the text of a JSON object"
    for (of, field), words in _WORDS.items():
        if of == kind and record[field] not in words:
            yield f"{name}: {field} is {record[field]!r}, not one of {', '.join(map(str, words))}"
    for field in ("currency", "presentment_currency"):
        if record.get(field) is not None and not _currency(record[field]):
            yield f"{name}: {field} {record[field]!r} is no ISO 4217 code"


def _is(value: Any, wanted: Any) -> bool:
    origin = get_origin(wanted)
    if origin is UnionType:
        return any(_is(value, one) for one in get_args(wanted))
    if origin is list:
        return isinstance(value, list) and all(_is(one, get_args(wanted)[0]) for one in value)
    if wanted is datetime:
        return isinstance(value, datetime) and value.tzinfo is not None
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, NoneType if wanted is None else wanted)


def _amiss(value: Any, wanted: Any) -> str:
    if isinstance(value, datetime) and value.tzinfo is None and datetime in (wanted, *get_args(wanted)):
        return f"{value.isoformat()} has no time zone (an aware datetime is needed)"
    return f"is {value!r}, not {getattr(wanted, '__name__', wanted)}"


def _object(text: Any) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (TypeError, ValueError):
        return False


def _currency(code: Any) -> bool:
    try:
        return exponent(code) >= 0
    except MoneyError:
        return False
