"""The GraphQL query language: a document's text becomes a tree.

Only what a query can hold (October 2021 edition, section 2): no block strings, no type definitions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

_TOKEN = re.compile(
    r"""(?P<skip>[\s,\ufeff]+|\#[^\n\r]*)
      | (?P<spread>\.\.\.)
      | (?P<mark>[!$():=@\[\]{|}])
      | (?P<name>[_A-Za-z]\w*)
      | (?P<number>-?\d+(?P<fraction>\.\d+)?(?P<power>[eE][+-]?\d+)?)
      | (?P<string>"(?:[^"\\\n]|\\.)*")""",
    re.VERBOSE,
)


class SyntaxFault(Exception):
    """A document that cannot be parsed; `line` and `column` count from 1."""

    def __init__(self, what: str, line: int, column: int) -> None:
        super().__init__(f"{what} at [{line}, {column}]")
        self.line, self.column = line, column


class Enum(str):
    """A name used as a value."""

    __slots__ = ()


@dataclass(frozen=True)
class Variable:
    """A variable used as a value."""

    name: str


@dataclass(frozen=True)
class Selection:
    """A field, an inline fragment (`name` empty, `on` a type) or a spread (`name` is the fragment's)."""

    kind: str  # field, inline, spread
    name: str = ""
    alias: str = ""
    on: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    directives: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    inside: tuple[Selection, ...] = ()
    line: int = 0
    column: int = 0

    @property
    def key(self) -> str:
        """The name in the answer."""
        return self.alias or self.name


@dataclass(frozen=True)
class Declared:
    """A declared variable: its type as text, and its default."""

    type: str
    default: Any = None


@dataclass(frozen=True)
class Fragment:
    """A named fragment."""

    on: str
    inside: tuple[Selection, ...]


@dataclass(frozen=True)
class Operation:
    """One operation of a document."""

    kind: str
    name: str
    variables: Mapping[str, Declared]
    inside: tuple[Selection, ...]

    @property
    def title(self) -> str:
        """As the platform's error paths begin: `query Shop`."""
        return f"{self.kind} {self.name}".strip()


@dataclass(frozen=True)
class Document:
    """Operations and fragments."""

    operations: tuple[Operation, ...]
    fragments: Mapping[str, Fragment]


@lru_cache(maxsize=256)
def parse(text: str) -> Document:
    """Parse a document. Raises SyntaxFault."""
    return _Parser(text).document()


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._tokens = self._cut()

    def document(self) -> Document:
        operations, fragments = [], {}
        while self._peek().kind != "end":
            if self._peek().text == "fragment":
                self._next()
                name = self._name()
                self._expect("on")
                fragments[name] = Fragment(self._name(), self._selections())
            else:
                operations.append(self._operation())
        if not operations:
            raise self._fault("syntax error, unexpected end of file")
        return Document(tuple(operations), fragments)

    def _cut(self) -> list[_Token]:
        tokens, at = [], 0
        while at < len(self._text):
            match = _TOKEN.match(self._text, at)
            if match is None:
                raise self._fault(f"syntax error, unexpected character {self._text[at]!r}", at)
            kind = next(k for k in ("skip", "spread", "mark", "name", "number", "string") if match[k] is not None)
            if kind != "skip":
                tokens.append(_Token(kind, match[0], at))
            at = match.end()
        return [*tokens, _Token("end", "", at)]

    def _place(self, at: int) -> tuple[int, int]:
        before = self._text[:at]
        return before.count("\n") + 1, at - before.rfind("\n")

    def _fault(self, what: str, at: int | None = None) -> SyntaxFault:
        return SyntaxFault(what, *self._place(self._peek().at if at is None else at))

    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _is(self, text: str) -> bool:
        """Whether the next token is this mark or word; then it is consumed."""
        token = self._peek()
        if token.text != text or token.kind == "string":
            return False
        self._at += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._is(text):
            found = self._peek().text or "end of file"
            raise self._fault(f"syntax error, unexpected {found}, expecting {text}")

    def _name(self) -> str:
        if self._peek().kind != "name":
            raise self._fault(f"syntax error, unexpected {self._peek().text or 'end of file'}")
        return self._next().text

    def _operation(self) -> Operation:
        if self._peek().text == "{":
            return Operation("query", "", {}, self._selections())
        kind = self._name()
        if kind not in ("query", "mutation"):
            raise self._fault(f"syntax error, unexpected {kind}")
        name = self._name() if self._peek().kind == "name" else ""
        return Operation(kind, name, self._variables(), self._selections())

    def _variables(self) -> dict[str, Declared]:
        declared: dict[str, Declared] = {}
        if self._is("("):
            while not self._is(")"):
                self._expect("$")
                name = self._name()
                self._expect(":")
                declared[name] = Declared(self._type(), self._value() if self._is("=") else None)
        return declared

    def _type(self) -> str:
        if self._is("["):
            text = f"[{self._type()}]"
            self._expect("]")
        else:
            text = self._name()
        return f"{text}!" if self._is("!") else text

    def _selections(self) -> tuple[Selection, ...]:
        self._expect("{")
        found = []
        while not self._is("}"):
            found.append(self._spread() if self._peek().kind == "spread" else self._field())
        return tuple(found)

    def _spread(self) -> Selection:
        self._next()
        if self._peek().kind == "name" and self._peek().text != "on":
            return Selection("spread", self._name(), directives=self._directives())
        on = self._name() if self._is("on") else None
        return Selection("inline", on=on, directives=self._directives(), inside=self._selections())

    def _field(self) -> Selection:
        line, column = self._place(self._peek().at)
        name, alias = self._name(), ""
        if self._is(":"):
            name, alias = self._name(), name
        args, directives = self._arguments(), self._directives()
        inside = self._selections() if self._peek().text == "{" else ()
        return Selection("field", name, alias, None, args, directives, inside, line, column)

    def _arguments(self) -> dict[str, Any]:
        args = {}
        if self._is("("):
            while not self._is(")"):
                name = self._name()
                self._expect(":")
                args[name] = self._value()
        return args

    def _directives(self) -> dict[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        while self._is("@"):
            name = self._name()
            found[name] = self._arguments()
        return found

    def _value(self) -> Any:
        token = self._next()
        match token.kind, token.text:
            case "mark", "$":
                return Variable(self._name())
            case "mark", "[":
                return self._list()
            case "mark", "{":
                return self._object()
            case "number", text:
                return float(text) if any(c in text for c in ".eE") else int(text)
            case "string", text:
                return json.loads(text)
            case "name", ("true" | "false" | "null") as word:
                return {"true": True, "false": False, "null": None}[word]
            case "name", word:
                return Enum(word)
        raise self._fault(f"syntax error, unexpected {token.text or 'end of file'}", token.at)

    def _list(self) -> list[Any]:
        values = []
        while not self._is("]"):
            values.append(self._value())
        return values

    def _object(self) -> dict[str, Any]:
        values = {}
        while not self._is("}"):
            name = self._name()
            self._expect(":")
            values[name] = self._value()
        return values
