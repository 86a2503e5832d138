"""The people offers are compared with: they differ from those who get them in the draw alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from expansion.goods import Goods
from regulars.config.sections import ExpansionConfig, HoldoutConfig
from regulars.lifecycle import LifecycleSettings
from regulars.lifecycle import build as build_lifecycle
from regulars.metrics import build_catalogue, build_reach
from regulars.run.held_out import held_out
from regulars.run.offering import Offer, offers
from regulars.segments import Draw, Segment, build
from regulars.segments.membership import Member

PEOPLE = [f"p{number:02}" for number in range(20)]
HOLDOUT = HoldoutConfig(share=0.5)
DRAW = Draw(HOLDOUT.salt, "acme", 0.5)
DRAWN = {who for who in PEOPLE if DRAW.held_out("expansion", who)}
ADD_ON = Segment(
    "addon_ready",
    "Ready",
    "add_on_ready AND NOT holdout('expansion')",
    "expansion",
    ("orders.fresh",),
    "email",
    promo=True,
)
NEXT = Segment(
    "recommend_next", "Next", "next_rule IS NOT NULL AND NOT holdout('expansion')", "expansion", promo=True
)
OPEN = Segment("mine", "Mine", "add_on_ready", "expansion", promo=True)
DUE = Segment("second_order_due", "Due", "orders_count = 1", "retention", promo=True)


def day(number: int) -> date:
    return date(2026, 1, 1) + timedelta(days=number)


class Nights:
    """Twenty owners of a pot. `night` is what a client's night does from the tables to the facts."""

    def __init__(self, goods: Goods) -> None:
        self.goods, self.yes = goods, set(PEOPLE)
        self.inside: set[Member] = set()
        self.outside: set[Member] = set()
        goods.set(replenish=(("sku:filter", 60),))
        goods.declare("add_on", "type:pot", "sku:filter")
        goods.buy("other", "2025-06-01", "filter")
        for who in PEOPLE:
            goods.buy(who, day(0), "pot")

    def night(self, number: int, *used: Segment, fresh: bool = True) -> list[Offer]:
        self.tables(number)
        session, as_of = self.goods.shop.session, day(number)
        needs = frozenset({"orders.fresh"} if fresh else ())
        report = build(session, used, today=as_of, draw=DRAW, fresh=needs, previous=self.inside)
        config: Any = SimpleNamespace(id="acme", holdout=HOLDOUT, expansion=ExpansionConfig())
        held = held_out(session, config, used, report, self.outside, as_of)
        made = offers(session, used, report, held, as_of)
        for who, payload in made:
            self.goods.fact("offer", who, **payload)
        self.inside = (self.inside | set(report.joined)) - set(report.left)
        self.outside = (self.outside | set(held.joined)) - set(held.left)
        return made

    def tables(self, number: int) -> None:
        shop, as_of = self.goods.shop, day(number)
        self.goods.night(as_of)
        shop.predict(str(as_of))
        shop.session.load("verdict", texts(customer_id=self.yes, channel="email", verdict="yes"))
        shop.session.load("deliverable", texts(customer_id=self.yes, state="yes"))
        build_lifecycle(shop.session, LifecycleSettings(zone="Europe/London"), as_of)
        build_reach(shop.session)
        build_catalogue(shop.session, shop.settings, as_of)


def texts(*, customer_id: set[str], **same: str) -> pa.Table:
    people = sorted(customer_id)
    columns = {"customer_id": people} | {name: [value] * len(people) for name, value in same.items()}
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


@pytest.fixture
def nights(goods: Goods) -> Nights:
    return Nights(goods)


def of(made: Sequence[Offer], held_out: bool) -> list[tuple[str, str]]:
    return sorted((fact["segment"], who) for who, fact in made if fact["held_out"] is held_out)


def test_the_two_arms_are_everybody_the_promotion_asks_for(nights: Nights) -> None:
    made = nights.night(40, ADD_ON)
    assert of(made, True) == [("addon_ready", who) for who in PEOPLE if who in DRAWN]
    assert of(made, False) == [("addon_ready", who) for who in PEOPLE if who not in DRAWN]
    assert {fact["rule"] for _, fact in made} == {"add_on/type:pot/sku:filter"}
    assert 0 < len(DRAWN) < len(PEOPLE)


def test_who_cannot_be_written_to_is_in_neither_arm(nights: Nights) -> None:
    nights.yes = set(PEOPLE[:10])
    assert {who for who, _ in nights.night(40, ADD_ON)} == nights.yes
    nights.yes = set()
    assert nights.night(41, ADD_ON) == []


def test_a_promotion_whose_rule_holds_nobody_out_has_nobody_held_out(nights: Nights) -> None:
    made = nights.night(40, OPEN)
    assert (of(made, True), len(of(made, False))) == ([], 20)


def test_nobody_is_offered_something_and_held_out_in_one_night(nights: Nights) -> None:
    made = nights.night(40, ADD_ON, OPEN)
    assert of(made, False) == sorted(
        [("addon_ready", who) for who in PEOPLE if who not in DRAWN] + [("mine", who) for who in DRAWN]
    )
    assert of(made, True) == []


def test_whom_an_earlier_promotion_has_is_not_held_out_of_a_later_one(nights: Nights) -> None:
    nights.night(10, DUE)
    assert nights.night(60, DUE, ADD_ON) == []


def test_who_is_held_out_is_counted_once_while_an_offer_would_have_stood(nights: Nights) -> None:
    made = [fact for number in range(40, 120, 8) for fact in nights.night(number, ADD_ON, NEXT)]
    assert of(made, True) == [("addon_ready", who) for who in PEOPLE if who in DRAWN]
    assert of(made, False) == [("addon_ready", who) for who in PEOPLE if who not in DRAWN]
    assert nights.night(119, ADD_ON, NEXT) == []


def test_who_would_have_left_and_come_back_is_counted_again_in_both_arms(nights: Nights) -> None:
    nights.night(40, ADD_ON)
    for who in PEOPLE:
        nights.goods.buy(who, day(50), "filter")
    assert nights.night(51, ADD_ON) == []
    assert (nights.inside, nights.outside) == (set(), set())
    again = nights.night(111, ADD_ON)
    assert ({who for _, who in of(again, True)}, len(again)) == (DRAWN, 20)


def test_while_a_segment_stays_as_it_was_nobody_is_counted_or_forgotten(nights: Nights) -> None:
    assert nights.night(39, ADD_ON, fresh=False) == []
    nights.night(40, ADD_ON)
    outside = nights.outside
    assert (nights.night(41, ADD_ON, fresh=False), nights.outside) == ([], outside)
    assert nights.night(42, ADD_ON) == []


def test_who_was_noted_as_held_out_by_an_older_version_waits_like_everybody(nights: Nights) -> None:
    for who in DRAWN:
        nights.goods.fact("offer", who, on=str(day(40)), segment="", rule="x", held_out=True)
    assert of(nights.night(69, ADD_ON), True) == []
    assert {who for _, who in of(nights.night(70, ADD_ON), True)} == DRAWN
