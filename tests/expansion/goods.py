"""The hand-made shop of tests/metrics, with goods in its orders and nights of expansion on top of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from metrics.shop import Shop, noon
from regulars.expansion import Decisions, ExpansionSettings, Offers, Past, build
from regulars.expansion.settings import Declared
from regulars.journal import Fact


class Goods:
    """`buy` goods, `night` builds metrics and expansion; facts of the journal are kept in `facts`."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.settings = shop, ExpansionSettings(zone="Europe/London")
        self.facts: list[Fact] = []

    def set(self, **changes: Any) -> None:
        self.settings = replace(self.settings, **changes)

    def declare(self, kind: Any, start: str, goal: str) -> str:
        rule = Declared(kind, start, goal)
        self.set(declared=(*self.settings.declared, rule))
        return rule.rule_id

    def buy(
        self, who: str, on: str | date, *skus: str, price: int = 1000, delivered: int | None = 3, **order: Any
    ) -> str:
        """One order with one piece of each; `delivered` days later, None: nothing is known of it."""
        day = str(on)
        number = self.shop.order(who, day, goods=price * len(skus), **order)
        for sku in skus:
            self.shop.add(
                "line",
                id=f"{number}/{sku}",
                order_id=number,
                sku=sku,
                product_id=f"P-{sku.split('.')[0]}",
                title=sku.replace("-", " ").title(),
                category=sku.split("-")[0],
                quantity=1,
                current_quantity=1,
                goods_minor=price,
            )
        if delivered is not None:
            there = date.fromisoformat(day) + timedelta(days=delivered)
            self.shop.add("fulfilment", order_id=number, status="delivered", delivered_at=noon(there))
        return number

    def give_back(self, order: str, sku: str, on: str | date, price: int = 1000) -> None:
        """One piece comes back: a refund with its line."""
        name = f"r{order}/{sku}"
        self.shop.refund(order, str(on), price, id=name)
        self.shop.add(
            "refund_line",
            id=f"{name}/1",
            refund_id=name,
            order_id=order,
            line_id=f"{order}/{sku}",
            quantity=1,
            goods_minor=price,
        )

    def fact(self, kind: str, subject: str, **payload: Any) -> None:
        self.facts.append(Fact(len(self.facts), kind, subject, noon("2026-01-01"), payload))

    def night(self, as_of: str | date) -> None:
        self.shop.build(str(as_of))
        self.build(as_of)

    def build(self, as_of: str | date) -> None:
        past = Past(
            Decisions.of(f for f in self.facts if f.kind == "recommendation"),
            Offers.of(f for f in self.facts if f.kind == "offer"),
        )
        build(self.shop.session, self.settings, date.fromisoformat(str(as_of)), past)

    def offered(self, rule_id: str | None = None) -> list[str]:
        """Who may be offered anything (by one rule)."""
        where = f"WHERE rule_id = '{rule_id}'" if rule_id else ""
        found = self.shop.all(f"SELECT DISTINCT customer_id FROM admissible {where} ORDER BY 1")
        return [row[0] for row in found]

    def rule(self, rule_id: str) -> dict[str, Any]:
        found = self.shop.session.table(
            f"SELECT * FROM recommendation_rule WHERE rule_id = '{rule_id}'"
        ).to_pylist()
        assert len(found) == 1
        return dict(found[0])

    def pairs(self) -> set[tuple[str, str]]:
        return set(self.shop.all("SELECT sku, then_sku FROM bought_together"))
