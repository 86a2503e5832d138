"""What may be offered, as far as the tables depend on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from regulars.config import ClientConfig
from regulars.config.products import Goal

Kind = Literal["upsell", "add_on"]
NEVER_OFFERED = "|".join(
    (
        r"gift ?(card|voucher|certificate)",
        r"(shipping|package|parcel|delivery|route) (protection|insurance)",
        r"\bsamples?\b",
    )
)
"""Titles and types of what is sold but never offered, in lower case."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A rule of the client's file: who owns something of `start` may be offered `goal` (both selectors)."""

    kind: Kind
    start: str
    goal: str

    @property
    def rule_id(self) -> str:
        """Its name, such as "upsell/type:Classic/type:Reserve"."""
        return f"{self.kind}/{self.start}/{self.goal}"


@dataclass(frozen=True, slots=True)
class ExpansionSettings:
    """Days, unless said otherwise. `least`: people below which no pair counts; `most`: products of one
    person above which the person is not counted; `enough`: pieces sold below which nothing is said of
    returns; `in_transit`: how long an order without news of its delivery is taken to be on its way."""

    zone: str
    declared: tuple[Declared, ...] = ()
    exclude: tuple[str, ...] = ()
    replenish: tuple[tuple[str, int], ...] = ()
    gift_tags: tuple[str, ...] = ("gift",)
    assume_delivered: int | None = None
    after_delivery: int = 14
    after_refund: int = 30
    between_offers: int = 30
    upsell_min_orders: int = 2
    margin_pct: float | None = None
    goal: Goal = "margin"
    least: int = 5
    most: int = 50
    enough: int = 20
    in_transit: int = 60

    def selectors(self) -> pa.Table:
        """All selectors, one a row: rule_id, side (from, to, exclude, replenish), kind, name, days."""
        rows = list(self._rows())
        return pa.table(
            {
                "rule_id": pa.array([row[0] for row in rows], pa.string()),
                "side": pa.array([row[1] for row in rows], pa.string()),
                "kind": pa.array([row[2].partition(":")[0] for row in rows], pa.string()),
                "name": pa.array([row[2].partition(":")[2].lower() for row in rows], pa.string()),
                "days": pa.array([row[3] for row in rows], pa.int64()),
            }
        )

    def _rows(self) -> Iterator[tuple[str, str, str, int | None]]:
        for rule in self.declared:
            yield rule.rule_id, "from", rule.start, None
            yield rule.rule_id, "to", rule.goal, None
        for selector in self.exclude:
            yield "", "exclude", selector, None
        for selector, days in self.replenish:
            yield "", "replenish", selector, days


def expansion_settings(config: ClientConfig) -> ExpansionSettings:
    """A client's file, as far as recommendations depend on it."""
    products, waits = config.products, config.expansion
    steps = [Declared("upsell", step.from_, step.to) for step in products.upsell]
    add_ons = [Declared("add_on", each.needs, each.product) for each in products.add_ons]
    return ExpansionSettings(
        zone=config.timezone,
        declared=tuple(dict.fromkeys((*steps, *add_ons))),
        exclude=tuple(products.exclude),
        replenish=tuple((each.product, each.after.days) for each in products.replenish),
        gift_tags=tuple(tag.lower() for tag in products.gift_tags),
        assume_delivered=products.assume_delivered.days if products.assume_delivered else None,
        after_delivery=waits.after_delivery.days,
        after_refund=waits.after_refund.days,
        between_offers=waits.between_offers.days,
        upsell_min_orders=waits.upsell_min_orders,
        margin_pct=waits.margin_pct,
        goal=waits.goal,
    )
