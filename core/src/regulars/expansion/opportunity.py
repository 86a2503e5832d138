"""What to introduce, to how many, and what it may be worth: one line per rule in use."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from regulars.config.products import Goal
from regulars.money import Money
from regulars.warehouse import Session, statement


@dataclass(frozen=True, slots=True)
class Opportunity:
    """Everybody is counted once, at their best rule, so that the people of all lines are those who may be
    offered something. `people` of them, `reachable` on an owned channel; `orders` is reachable x the share
    of owners who bought it; `worth` is orders x the product's mean value x the margin, or, with `margin_pct`
    None, sales."""

    rule_id: str
    kind: str
    title: str
    people: int
    reachable: int
    share: float
    orders: float
    value: Money
    worth: Money
    margin_pct: float | None


def opportunities(session: Session, goal: Goal) -> list[Opportunity]:
    """All lines, sorted by the goal, from a measured snapshot. Another goal changes the order alone."""
    currency = session.query("SELECT currency FROM metric_basis")[0][0]
    found = [_line(row, currency) for row in session.query(statement(__package__, "opportunity"))]
    return sorted(found, key=lambda line: (-_weight(line, goal), line.rule_id))


def _line(row: tuple[Any, ...], currency: str) -> Opportunity:
    rule_id, kind, title, people, reachable, then_people, from_people, minor, margin = row
    share = Fraction(then_people, from_people) if from_people else Fraction(0)
    worth = round(reachable * share * minor * Fraction(str(margin if margin is not None else 100)) / 100)
    value = Money.of_minor(minor, currency)
    orders = float(reachable * share)
    return Opportunity(
        rule_id,
        kind,
        title,
        people,
        reachable,
        float(share),
        orders,
        value,
        Money.of_minor(worth, currency),
        margin,
    )


def _weight(line: Opportunity, goal: Goal) -> float:
    match goal:
        case "margin":
            return float(line.worth.amount)
        case "orders":
            return line.orders
        case "people":
            return float(line.reachable)
