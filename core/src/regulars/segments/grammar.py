"""The allow-list: what a rule may consist of. Whatever is not listed here is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from sqlglot import exp

from regulars.errors import ConfigError
from regulars.segments.columns import COLUMNS, Type
from regulars.segments.position import place

COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
ARITHMETIC = (exp.Add, exp.Sub, exp.Mul)
_ALLOWED = (
    *COMPARISONS,
    *ARITHMETIC,
    *(exp.And, exp.Or, exp.Not, exp.Paren, exp.Neg, exp.In, exp.Between, exp.Is, exp.Like, exp.Coalesce),
    *(exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null),
)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of ours: what its arguments must be and what it gives."""

    takes: tuple[str, ...]
    gives: Type
    usage: str


FUNCTIONS = {
    "owns": Function(("text",), "boolean", "owns('sku')"),
    "has_tag": Function(("text",), "boolean", "has_tag('tag')"),
    "holdout": Function(("text",), "boolean", "holdout('series')"),
    "never": Function(("column",), "boolean", "never(column)"),
    "days_since": Function(("date column",), "number", "days_since(date column)"),
    "percentile": Function(("number column", "number"), "number", "percentile(column, 0 to 100)"),
}


def check(text: str, tree: exp.Expr) -> None:
    """Raise ConfigError at the first part of a rule that is not allowed."""
    for node in _parts(tree):
        match node:
            case exp.Anonymous():
                _function(text, node)
            case exp.Column():
                _column(text, node)
            case exp.Cast():
                _date(text, node)
            case exp.In() if not node.expressions or any(node.args.get(k) for k in ("query", "unnest", "field")):
                raise ConfigError(f"IN takes a list of values at {place(text, node)}", hint="No subqueries")
            case _ if not isinstance(node, _ALLOWED):
                raise ConfigError(
                    f"{node.sql('duckdb')[:40]!r} is not allowed at {place(text, node)}",
                    hint="A rule compares columns of the catalogue with values; no queries, no other functions",
                )


def _parts(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Every node, parents first; a date's own inside is not looked at."""
    return tree.walk(bfs=False, prune=lambda node: isinstance(node, exp.Cast))


def _column(text: str, node: exp.Column) -> None:
    if node.table or not isinstance(node.this, exp.Identifier):
        raise ConfigError(f"{node.sql('duckdb')!r} at {place(text, node)} is not a column of the catalogue")
    if node.name.lower() in COLUMNS:
        return
    hint = "Texts stand in single quotes" if node.this.quoted else _nearest(node.name, list(COLUMNS))
    raise ConfigError(f"no column {node.name!r} at {place(text, node)}", hint=hint)


def _function(text: str, node: exp.Anonymous) -> None:
    name = str(node.this).lower()
    known = FUNCTIONS.get(name)
    if known is None:
        hint = _nearest(name, [*FUNCTIONS, "coalesce"])
        raise ConfigError(f"no function {name!r} at {place(text, node)}", hint=hint)
    given = node.expressions
    if len(given) != len(known.takes) or not all(
        _FITS[kind](argument) for kind, argument in zip(known.takes, given, strict=True)
    ):
        raise ConfigError(f"wrong arguments of {name} at {place(text, node)}", hint=f"Write {known.usage}")


def _date(text: str, node: exp.Cast) -> None:
    literal = isinstance(node.this, exp.Literal) and node.this.is_string
    if not literal or node.to.this != exp.DataType.Type.DATE:
        raise ConfigError(f"a cast is not allowed at {place(text, node)}", hint="A date is written '2026-01-31'")


def _typed(kind: Type) -> Callable[[exp.Expr], bool]:
    return lambda node: (
        isinstance(node, exp.Column)
        and (node.name.lower() not in COLUMNS or COLUMNS[node.name.lower()].type == kind)
    )


_FITS: dict[str, Callable[[exp.Expr], bool]] = {
    "text": lambda node: isinstance(node, exp.Literal) and node.is_string,
    "number": lambda node: isinstance(node, exp.Literal) and node.is_number and 0 <= float(node.this) <= 100,
    "column": lambda node: isinstance(node, exp.Column),
    "date column": _typed("date"),
    "number column": _typed("number"),
}


def _nearest(name: str, known: list[str]) -> str:
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else "See: regulars segment columns"
