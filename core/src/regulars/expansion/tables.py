"""Expansion, step by step: products, who owns them, pairs, rules, and who may be offered what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from regulars.expansion import decisions, offers
from regulars.expansion.chance import cut, quasi_independent
from regulars.expansion.decisions import Decisions
from regulars.expansion.offers import Offers
from regulars.expansion.settings import NEVER_OFFERED, ExpansionSettings
from regulars.journal import Fact
from regulars.warehouse import Session, statement


@dataclass(frozen=True, slots=True)
class Past:
    """What the journal knows: decisions about rules, and offers made."""

    decisions: Decisions = field(default_factory=Decisions)
    offers: Offers = field(default_factory=Offers)

    @classmethod
    def of(cls, facts: Callable[[str], Iterable[Fact]]) -> Past:
        """From a journal's facts by kind, oldest first."""
        return cls(Decisions.of(facts(decisions.KIND)), Offers.of(facts(offers.KIND)))


def build(session: Session, settings: ExpansionSettings, as_of: date, past: Past | None = None) -> None:
    """Make admissible, held_back, recommended, recommendation_rule, bought_together, product_item, service_hold,
    offer, offer_month, expansion_split and expansion_basis, as of a client's calendar day (that day included).

    Needs metrics' tables as of the same day, identity's, and the canonical tables.
    """
    past = past or Past()
    params = _params(settings, as_of)
    session.load("product_selector", settings.selectors())
    session.load("rule_declared", _declared(settings))
    session.load("rule_decision", past.decisions.table(as_of))
    session.load("offer_fact", past.offers.table)
    for name in ("item", "holding", "pairs"):
        session.run(statement(__package__, name), params)
    _find_pairs(session, params)
    for name in ("service", "meter", "rules", "admissible", "recommended", "split"):
        session.run(statement(__package__, name), params)
    for name in _TEMPORARY:
        session.run(f"DROP TABLE {name}")


_TEMPORARY = ("buyer", "kept_order", "holding", "first_purchase", "pair_count", "selected", "rule_item")


def _find_pairs(session: Session, params: dict[str, Any]) -> None:
    """Make bought_together and expansion_basis: what passes every test, and what was tried."""
    rows = session.query(statement(__package__, "margins"))
    items = [row[0] for row in rows]
    lead, follow = quasi_independent([row[1] for row in rows], [row[2] for row in rows])
    columns = {"item": pa.array(items, pa.int32()), "lead": pa.array(lead, pa.float64())}
    session.load("pair_margin", pa.table(columns | {"follow": pa.array(follow, pa.float64())}))
    session.run(statement(__package__, "found"), params)
    tried = len(items) * (len(items) - 1)
    scores = [row[0] for row in session.query("SELECT z FROM bought_together")]
    least = cut(scores, tried)
    session.run("DELETE FROM bought_together WHERE z < $least", {"least": least})
    session.run(statement(__package__, "basis"), params | {"tried": tried, "looked_at": len(scores)})
    session.run("DROP TABLE pair_margin")


def _params(settings: ExpansionSettings, as_of: date) -> dict[str, Any]:
    names = (
        *("zone", "assume_delivered", "after_delivery", "after_refund", "between_offers"),
        *("upsell_min_orders", "least", "most", "enough", "in_transit", "margin_pct"),
    )
    own = {name: getattr(settings, name) for name in names}
    return own | {"as_of": as_of, "never": NEVER_OFFERED, "gift_tags": list(settings.gift_tags)}


def _declared(settings: ExpansionSettings) -> pa.Table:
    rules = settings.declared
    return pa.table(
        {
            "rule_id": pa.array([rule.rule_id for rule in rules], pa.string()),
            "kind": pa.array([rule.kind for rule in rules], pa.string()),
            "from_label": pa.array([rule.start for rule in rules], pa.string()),
            "to_label": pa.array([rule.goal for rule in rules], pa.string()),
        }
    )
