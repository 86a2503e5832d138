"""Which rule of stage and level fired, with the facts it looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from regulars.explain.snapshot import Row, rows
from regulars.warehouse import Session

LEVELS = ("exploratory", "basic", "collaborated", "interconnected")


@dataclass(frozen=True, slots=True)
class Reason:
    """A word that was said of somebody, the rule behind it, and the facts the rule looked at."""

    name: str
    value: str
    rule: str
    facts: Mapping[str, Any]


def stage_reason(session: Session, standing: Row, bought: Row | None, drawn: Row) -> Reason:
    """Why this stage, from the person's orders and the lines in force."""
    line = _line(session, standing) if bought else {}
    state, stage = standing["state"], standing["stage"]
    facts: dict[str, Any] = {"state": state, "since": standing["stage_since"]}
    if bought:
        facts |= {
            "orders": bought["orders_count"],
            "first order": bought["first_order_on"],
            "last order": bought["last_order_on"],
            "days since the last order": (drawn["line_on"] - bought["last_order_on"]).days,
        }
    facts |= line
    if drawn["stale"]:
        facts["stale"] = "the newest order is too old: nobody became at risk or lapsed that night"
    return Reason("stage", stage, _stage_rule(stage, state, bought, drawn | line), facts)


def _line(session: Session, standing: Row) -> dict[str, Any]:
    """The lines of the category in which somebody is least late, and where they come from."""
    who = {"id": standing["customer_id"], "category": standing["line_category"]}
    line = rows(session, "SELECT * FROM lifecycle_line WHERE category = $category", {"category": who["category"]})[
        0
    ]
    sql = """SELECT max(c.ordered_on) AS last_on FROM category_day AS c
        WHERE c.customer_id = $id AND c.category = $category"""
    return {
        "least late in": line["category"] or "all products",
        "last order in it": session.query(sql, who)[0][0],
        "at risk from day": line["at_risk"],
        "lapsed from day": line["lapsed"],
        "lines from": f"{line['source']}: {line['reason']}",
        "lines in force since": line["on"],
        "at risk on": standing["at_risk_on"],
        "lapsed on": standing["lapsed_on"],
    }


def _stage_rule(stage: str, state: str, bought: Row | None, drawn: Row) -> str:
    if bought is None:
        return "no counted order yet"
    match stage:
        case "acquisition":
            return f"the first order is fewer than {drawn['new_customer']} days old and none came since"
        case "reactivation":
            return f"lapsed: no order for {drawn['lapsed from day']} days or more"
        case "expansion":
            ready = "something to recommend tonight" if drawn["has_offers"] else "two orders or more"
            return f"active (an order within {drawn['at risk from day']} days) with {ready}"
        case _:
            few = "nothing to recommend tonight" if drawn["has_offers"] else "one order so far"
            why = "at risk" if state == "at_risk" else few
            return f"ordered, not lapsed, not ready for expansion ({why})"


def level_reason(session: Session, standing: Row, drawn: Row) -> Reason:
    """Why this level: the rule that holds, or until when it held and when the level falls."""
    level, as_of = standing["level"], drawn["as_of"]
    facts = {"since": standing["level_since"], "days": standing["days_in_level"]} | _acts(session, standing)
    rank = LEVELS.index(level)
    sql = "SELECT from_on, to_on FROM level_span WHERE customer_id = $id AND level = $rank ORDER BY to_on DESC"
    spans = rows(session, sql, {"id": standing["customer_id"], "rank": rank}) if rank else []
    rule = _LEVEL_RULES[level].format(**drawn)
    if rank and not any(span["from_on"] <= as_of <= span["to_on"] for span in spans):
        held = max(span["to_on"] for span in spans)
        falls = held + timedelta(days=drawn["down_after"] + 1)
        rule = f"{rule}; held until {held}, the level falls on {falls} unless it holds again"
    return Reason("level", level, rule, facts)


def _acts(session: Session, standing: Row) -> dict[str, Any]:
    who = {"id": standing["customer_id"]}
    acts = rows(
        session,
        "SELECT department, max(acted_on) AS last_on FROM act WHERE customer_id = $id GROUP BY 1 ORDER BY 1",
        who,
    )
    spoken = rows(session, "SELECT channel FROM consent_span WHERE customer_id = $id ORDER BY channel", who)
    facts: dict[str, Any] = {f"last act with {row['department']}": row["last_on"] for row in acts}
    return facts | {"consent was given on": ", ".join(row["channel"] for row in spoken) or "no channel"}


_LEVEL_RULES = {
    "exploratory": "known; none of the closer levels' rules holds",
    "basic": "consent on a channel and an act within {act_days} days, or a first order",
    "collaborated": "two orders, or acts with two departments within {department_days} days",
    "interconnected": "{bond_orders} orders or the top tenth by frequency, {bond_days} days since the first order,"
    " active, consent on {bond_channels} channels, and a sign of trust",
}
