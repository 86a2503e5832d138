"""A rule as a person wrote it, parsed and checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from regulars.errors import ConfigError
from regulars.segments import grammar, types
from regulars.segments.columns import OF_CONSENT

LONGEST = 4000


@dataclass(frozen=True)
class Rule:
    """A checked rule of segment `name`. `conditions` are its parts that are joined by AND, in order."""

    name: str
    text: str
    conditions: tuple[exp.Expr, ...]

    @property
    def channels(self) -> frozenset[str]:
        """The channels on which it wants people's consent: of conditions that nobody meets who said no."""
        asked = (OF_CONSENT.get(_consent_column(condition), ()) for condition in self.conditions)
        return frozenset(channel for channels in asked for channel in channels)

    @property
    def of_consent(self) -> tuple[exp.Expr, ...]:
        """Its conditions that rest on what people said, and on nothing else."""
        return tuple(c for c in self.conditions if (named := _columns(c)) and named <= OF_CONSENT.keys())


def parse(name: str, text: str) -> Rule:
    """The rule of segment `name`.

    Raises ConfigError naming the segment, the column, the nearest known name, line and column.
    """
    where = f"segment {name}"
    if len(text) > LONGEST:
        raise ConfigError(f"the rule has {len(text)} characters, {LONGEST} at most", where=where)
    try:
        tree = sqlglot.parse_one(text, dialect="duckdb", into=exp.Condition)
    except (SqlglotError, RecursionError) as fault:
        raise ConfigError(_syntax(fault), where=where, hint="A rule is one SQL condition") from None
    try:
        grammar.check(text, tree)
        types.check(text, tree)
    except ConfigError as fault:
        fault.where = where
        raise
    return Rule(name, text, tuple(_joined_by_and(tree)))


def _consent_column(condition: exp.Expr) -> str:
    """The column of a condition that is a bare column, or a column that is true or 'yes'; "" for any other."""
    inner = condition.unnest()
    if isinstance(inner, exp.Coalesce):
        inner = inner.this
    if isinstance(inner, exp.EQ | exp.Is) and inner.right.name.lower() in ("yes", "true", ""):
        told = inner.right
        if told.name.lower() == "yes" or (isinstance(told, exp.Boolean) and told.this):
            inner = inner.left.unnest()
    return inner.name.lower() if isinstance(inner, exp.Column) else ""


def _columns(condition: exp.Expr) -> frozenset[str]:
    return frozenset(column.name.lower() for column in condition.find_all(exp.Column))


def _joined_by_and(node: exp.Expr) -> Iterator[exp.Expr]:
    inner = node.unnest()
    if isinstance(inner, exp.And):
        yield from _joined_by_and(inner.left)
        yield from _joined_by_and(inner.right)
    else:
        yield node


def _syntax(fault: Exception) -> str:
    if isinstance(fault, ParseError) and fault.errors:
        first = fault.errors[0]
        return f"the rule cannot be read at line {first['line']}, near {first['highlight']!r}"
    return "the rule is empty or cannot be read"
