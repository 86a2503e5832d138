"""Rules to SQL over the table `catalogue`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlglot
from sqlglot import exp

from regulars.segments.holdout import Draw


def compile_condition(condition: exp.Expr, today: date, draw: Draw) -> str:
    """A checked condition as a SQL condition over `catalogue`; `today` is the client's day."""

    def ours(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Anonymous):
            return node
        return sqlglot.parse_one(_function(node, today, draw), dialect="duckdb")

    return f"({condition.transform(ours).sql('duckdb', comments=False)})"


def all_of(conditions: Sequence[str]) -> str:
    """Conditions joined by AND; unknown is not a member."""
    return " AND ".join(conditions) or "true"


def _function(node: exp.Anonymous, today: date, draw: Draw) -> str:
    first = node.expressions[0]
    name = first.sql("duckdb", comments=False)
    match str(node.this).lower():
        case "owns":
            return f"list_contains(owned_skus, {name})"
        case "has_tag":
            return f"list_contains(tags, {name})"
        case "holdout":
            return draw.sql(first.name)
        case "never":
            return f"({name} IS NULL)"
        case "days_since":
            return f"date_diff('day', {name}, CAST('{today.isoformat()}' AS DATE))"
        case _:
            share = float(node.expressions[1].name) / 100
            return f"(SELECT quantile_disc({name}, {share!r}) FROM catalogue WHERE {name} IS NOT NULL)"
