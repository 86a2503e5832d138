"""The search grammar, as far as it is simulated: terms joined by AND, `field:value` with comparison.

A date in quotes is meant to the second; without quotes the colon ends it and the whole day is meant.
A field that a collection does not know is ignored with a warning, and everything comes back
(shopify.dev, API search syntax). OR, minus and parentheses are refused loudly rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_TERM = re.compile(r"""(?:(\w+):(>=|<=|>|<)?)?('[^']*'|"[^"]*"|[^\s]+)""")
_WORD = re.compile(r"\w+")

Getter = Callable[[Any], Any]
Test = Callable[[Any, int], bool]
"""Whether an object with its indexed `updated` second belongs to the result."""


class Unsupported(Exception):
    """Grammar that the simulation does not know."""


@dataclass(frozen=True)
class Searchable:
    """How a search field reads an object: `kind` is date, id, word, flag or tag."""

    kind: str
    get: Getter


@dataclass
class Search:
    """A parsed search. `low` is the least `updated` second that can match."""

    tests: list[Test] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)
    low: int = 0

    def matches(self, thing: Any, updated: int) -> bool:
        """Whether an object belongs to the result."""
        return all(test(thing, updated) for test in self.tests)


def parse(query: str | None, fields: Mapping[str, Searchable]) -> Search:
    """A search over objects with these fields. Raises Unsupported."""
    search = Search()
    for match in _TERM.finditer(query or ""):
        name, sign, text = match[1], match[2] or "=", match[3]
        if not name and text == "AND":
            continue
        if not name or text.startswith("(") or name.startswith("-"):
            raise Unsupported(f"the simulated search does not know {match[0]!r}")
        if name not in fields:
            search.warnings.append(
                {"field": name, "message": "Invalid search field for this query.", "code": "invalid_field"}
            )
            continue
        _add(search, name, fields[name], sign, text)
    return search


def _add(search: Search, name: str, known: Searchable, sign: str, text: str) -> None:
    quoted = text[0] in "'\""
    value = text.strip("'\"")
    if known.kind == "date":
        low, high = _span(value, quoted)
        search.tests.append(_date_test(name, known.get, sign, low, high))
        if name == "updated_at" and sign in (">=", ">"):
            search.low = max(search.low, low if sign == ">=" else high)
    else:
        search.tests.append(_value_test(known, value, quoted))


def _span(value: str, quoted: bool) -> tuple[int, int]:
    """First second that is meant, and the first one after."""
    if quoted and len(value) > 10:
        moment = int(datetime.fromisoformat(value).timestamp())
        return moment, moment + 1
    day = int(datetime.fromisoformat(value[:10]).replace(tzinfo=UTC).timestamp())
    return day, day + 86_400


def _date_test(name: str, get: Getter, sign: str, low: int, high: int) -> Test:
    def when(thing: Any, updated: int) -> int:
        return updated if name == "updated_at" else int(get(thing))

    match sign:
        case ">=":
            return lambda thing, updated: when(thing, updated) >= low
        case ">":
            return lambda thing, updated: when(thing, updated) >= high
        case "<":
            return lambda thing, updated: when(thing, updated) < low
        case "<=":
            return lambda thing, updated: when(thing, updated) < high
    return lambda thing, updated: low <= when(thing, updated) < high


def _value_test(known: Searchable, value: str, quoted: bool) -> Test:
    wanted = value.lower()
    match known.kind:
        case "id":
            number = wanted.rsplit("/", 1)[-1]
            return lambda thing, _: str(known.get(thing)) == number
        case "flag":
            return lambda thing, _: bool(known.get(thing)) == (wanted == "true")
        case "tag":
            return lambda thing, _: wanted in (tag.lower() for tag in known.get(thing))
    if quoted:
        return lambda thing, _: str(known.get(thing) or "").lower() == wanted
    words = set(_WORD.findall(wanted))
    return lambda thing, _: words.issubset(_WORD.findall(str(known.get(thing) or "").lower()))
