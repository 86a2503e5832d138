"""How a rule narrows: how many customers remain after each condition, and where the unknown fall out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from regulars.segments.compiler import all_of, compile_condition
from regulars.segments.holdout import Draw
from regulars.segments.rule import Rule
from regulars.warehouse import Session


@dataclass(frozen=True, slots=True)
class Step:
    """After `condition`, `remaining` customers; of those lost here, for `unknown` it was not known."""

    condition: str
    remaining: int
    unknown: int


def words_of(condition: exp.Expr) -> str:
    """A condition as text."""
    return condition.sql("duckdb", comments=False, normalize_functions=False)


def funnel(session: Session, rule: Rule, today: date, draw: Draw) -> list[Step]:
    """The first step is everybody ("all customers"); the last one's `remaining` is the segment's size."""
    compiled = [compile_condition(part, today, draw) for part in rule.conditions]
    counts = ["count(*)", "0"]
    for number, condition in enumerate(compiled):
        so_far = all_of(compiled[:number])
        counts.append(f"count(*) FILTER (WHERE {so_far} AND {condition})")
        counts.append(f"count(*) FILTER (WHERE {so_far} AND {condition} IS NULL)")
    row = session.query(f"SELECT {', '.join(counts)} FROM catalogue")[0]
    words = ["all customers", *(words_of(part) for part in rule.conditions)]
    return _steps(words, row)


def _steps(words: Sequence[str], row: Sequence[int]) -> list[Step]:
    return [Step(word, row[2 * i], row[2 * i + 1]) for i, word in enumerate(words)]
