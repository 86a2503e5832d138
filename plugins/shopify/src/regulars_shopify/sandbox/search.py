"""The search grammar: `field:value` terms joined by AND (also unsaid), OR (binds tighter), - and brackets.

A date in quotes is meant to the second; without quotes the colon ends it and the whole day is meant.
A word in quotes is meant as it stands, without quotes each of its parts; `*` at its end stands for any
rest. A field that a collection does not know is ignored with a warning, and everything comes back
(shopify.dev, API search syntax). A term without a field is refused loudly rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_TOKEN = re.compile(r"""\s*(\(|\)|-(?=[\w(])|(?:(\w+):(>=|<=|>|<)?)?('[^']*'|"[^"]*"|[^\s()]+))""")
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
    return _Parser(query or "", fields).search()


class _Parser:
    def __init__(self, query: str, fields: Mapping[str, Searchable]) -> None:
        self._tokens = list(_TOKEN.finditer(query.strip()))
        self._fields, self._at, self._search = fields, 0, Search()

    def search(self) -> Search:
        self._search.tests = self._all(top=True)
        if self._at < len(self._tokens):
            raise Unsupported(f"the simulated search does not know {self._peek()!r}")
        return self._search

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _all(self, *, top: bool = False) -> list[Test]:
        """Terms that must all hold, up to a closing bracket."""
        tests: list[Test] = []
        while self._peek() not in ("", ")"):
            if self._peek() == "AND":
                self._at += 1
                continue
            if test := self._any(top=top):
                tests.append(test)
        return tests

    def _any(self, *, top: bool) -> Test | None:
        """One term, or several of which one must hold. A term that is ignored holds for everything."""
        alone = not (self._at + 1 < len(self._tokens) and self._tokens[self._at + 1][1] == "OR")
        first = self._one(top=top and alone)
        if self._peek() != "OR":
            return first
        tests = [first]
        while self._peek() == "OR":
            self._at += 1
            tests.append(self._one(top=False))
        known = [test for test in tests if test is not None]
        if len(known) < len(tests):
            return None
        return lambda thing, updated: any(test(thing, updated) for test in known)

    def _one(self, *, top: bool) -> Test | None:
        match = self._tokens[self._at] if self._at < len(self._tokens) else None
        if match is None:
            raise Unsupported("the search ends too early")
        self._at += 1
        if match[1] == "-":
            test = self._one(top=False)
            return None if test is None else (lambda thing, updated: not test(thing, updated))
        if match[1] == "(":
            tests = self._all()
            if self._peek() != ")":
                raise Unsupported("a bracket is not closed")
            self._at += 1
            return lambda thing, updated: all(test(thing, updated) for test in tests)
        if not match[2]:
            raise Unsupported(f"the simulated search does not know {match[1]!r}")
        return self._term(match[2], match[3] or "=", match[4], top=top)

    def _term(self, name: str, sign: str, text: str, *, top: bool) -> Test | None:
        known = self._fields.get(name)
        if known is None:
            self._search.warnings.append(
                {"field": name, "message": "Invalid search field for this query.", "code": "invalid_field"}
            )
            return None
        quoted, value = text[0] in "'\"", text.strip("'\"")
        if known.kind != "date":
            return _value_test(known, sign, value, quoted)
        low, high = _span(value, quoted)
        if top and name == "updated_at" and sign in (">=", ">"):
            self._search.low = max(self._search.low, low if sign == ">=" else high)
        return _date_test(name, known.get, sign, low, high)


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

    return _range_test(when, sign, low, high)


def _range_test(when: Callable[[Any, int], int], sign: str, low: int, high: int) -> Test:
    """Whether a number lies before, in or after the numbers from `low` up to but not `high`."""
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


def _value_test(known: Searchable, sign: str, value: str, quoted: bool) -> Test:
    wanted = value.lower()
    match known.kind:
        case "id":
            number = int(wanted.rsplit("/", 1)[-1])
            return _range_test(lambda thing, _: int(known.get(thing)), sign, number, number + 1)
        case "flag":
            return lambda thing, _: bool(known.get(thing)) == (wanted == "true")
        case "tag":
            return lambda thing, _: wanted in (tag.lower() for tag in known.get(thing))
    if quoted:
        return lambda thing, _: str(known.get(thing) or "").lower() == wanted
    if wanted.endswith("*"):
        return lambda thing, _: any(
            word.startswith(wanted[:-1]) for word in _WORD.findall(str(known.get(thing) or "").lower())
        )
    words = set(_WORD.findall(wanted))
    return lambda thing, _: words.issubset(_WORD.findall(str(known.get(thing) or "").lower()))
