"""Types of a rule: what is compared must be of one kind, and words must be words that exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches

from sqlglot import exp

from regulars.errors import ConfigError
from regulars.segments.columns import COLUMNS, Column, Type
from regulars.segments.grammar import ARITHMETIC, COMPARISONS, FUNCTIONS
from regulars.segments.position import place

_PARTS: Mapping[type[exp.Expr], Type] = {
    **dict.fromkeys((exp.And, exp.Or, exp.Not), "boolean"),
    **dict.fromkeys((exp.Neg, *ARITHMETIC), "number"),
}
"""What such a node's parts must be, and so is it."""


def check(text: str, tree: exp.Expr) -> None:
    """Raise ConfigError where a rule mixes types, is no condition, or names a word that cannot be."""
    if (found := _Types(text).of(tree)) != "boolean":
        raise ConfigError(f"the rule is a {found}, not a condition", hint="Write for example orders_count >= 2")


class _Types:
    def __init__(self, text: str) -> None:
        self._text = text

    def of(self, node: exp.Expr) -> Type | None:
        """The type of a node; None for NULL."""
        match node:
            case exp.Paren():
                return self.of(node.this)
            case exp.Column():
                return COLUMNS[node.name.lower()].type
            case exp.Literal():
                return "text" if node.is_string else "number"
            case exp.Cast():
                self._day(node.this)
                return "date"
            case exp.Boolean():
                return "boolean"
            case exp.Null():
                return None
            case exp.Anonymous():
                return FUNCTIONS[str(node.this).lower()].gives
            case exp.Coalesce():
                return self._alike([node.this, *node.expressions])
            case _ if type(node) in _PARTS:
                wanted = _PARTS[type(node)]
                for part in node.iter_expressions():
                    self._must(part, wanted)
                return wanted
            case _:
                self._condition(node)
                return "boolean"

    def _condition(self, node: exp.Expr) -> None:
        match node:
            case exp.Is():
                self._is(node)
            case exp.Like():
                self._must(node.this, "text")
                self._must(node.expression, "text")
            case exp.Between():
                self._alike([node.this, node.args["low"], node.args["high"]])
            case exp.In():
                self._alike([node.this, *node.expressions])
            case _ if isinstance(node, COMPARISONS):
                if self._alike([node.left, node.right]) == "list":
                    raise ConfigError(f"a list is compared at {self._place(node)}", hint="Use has_tag or owns")

    def _is(self, node: exp.Is) -> None:
        self.of(node.this)
        if not isinstance(node.expression, exp.Null):
            self._must(node.this, "boolean")
            self._must(node.expression, "boolean")

    def _must(self, node: exp.Expr, wanted: Type) -> Type:
        found = self.of(node)
        if found != wanted:
            raise ConfigError(f"{_name(node)} is a {found}, a {wanted} is needed, at {self._place(node)}")
        return wanted

    def _alike(self, nodes: Sequence[exp.Expr]) -> Type | None:
        """The one type of several nodes; texts beside a date must be days, texts beside words words."""
        kinds = [self.of(node) for node in nodes]
        if None in kinds:
            null = nodes[kinds.index(None)]
            raise ConfigError(f"nothing equals NULL, at {self._place(null)}", hint="Write IS NULL or never(...)")
        if "date" in kinds:
            for position, node in enumerate(nodes):
                if isinstance(node, exp.Literal) and node.is_string:
                    self._day(node)
                    kinds[position] = "date"
        for node, kind in zip(nodes, kinds, strict=True):
            if kind != kinds[0]:
                raise ConfigError(
                    f"{_name(nodes[0])} is a {kinds[0]}, {_name(node)} is a {kind}, at {self._place(node)}"
                )
        self._words(nodes)
        return kinds[0]

    def _words(self, nodes: Sequence[exp.Expr]) -> None:
        columns = [COLUMNS[n.name.lower()] for n in (x.unnest() for x in nodes) if isinstance(n, exp.Column)]
        for column in columns:
            for node in (x.unnest() for x in nodes):
                if isinstance(node, exp.Literal) and column.words and node.this not in column.words:
                    raise ConfigError(
                        f"no word {node.this!r} at {self._place(node)}", hint=_hint(column, node.this)
                    )

    def _day(self, node: exp.Expr) -> None:
        try:
            date.fromisoformat(node.name)
        except ValueError:
            raise ConfigError(f"{node.name!r} is not a day at {self._place(node)}", hint="YYYY-MM-DD") from None

    def _place(self, node: exp.Expr) -> str:
        return place(self._text, node)


def _name(node: exp.Expr) -> str:
    return node.sql("duckdb", comments=False)


def _hint(column: Column, word: str) -> str:
    near = get_close_matches(word, column.words, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else f"It can be {', '.join(column.words)}"
