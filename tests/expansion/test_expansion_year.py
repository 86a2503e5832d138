"""A simulated year: whoever is offered something, all waiting times are over, whatever happens in the shop."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta

from expansion.goods import Goods
from regulars.metrics import build

START = date(2025, 1, 1)
UPSELL, ADD_ON = "upsell/type:classic/type:reserve", "add_on/type:pot/type:filter"


class Year:
    """What happened, written down on its own so that it can be compared."""

    def __init__(self, goods: Goods, people: int, seed: int) -> None:
        self.orders: dict[str, list[tuple[date, date, list[str]]]] = defaultdict(list)
        self.refunds: dict[str, list[date]] = defaultdict(list)
        dice = random.Random(seed)
        for number in range(people):
            self._live(goods, f"p{number:02}", dice)

    def _live(self, goods: Goods, who: str, dice: random.Random) -> None:
        on = START + timedelta(days=dice.randrange(200))
        while on < START + timedelta(days=365):
            skus = dice.sample(["classic", "reserve", "pot", "filter", "tea"], dice.choice((1, 1, 2)))
            days = dice.randrange(1, 12)
            order = goods.buy(who, on, *skus, delivered=days)
            self.orders[who].append((on, on + timedelta(days=days), skus))
            if dice.random() < 0.2:
                back = on + timedelta(days=days + dice.randrange(20))
                goods.give_back(order, skus[0], back)
                self.refunds[who].append(back)
            on += timedelta(days=dice.randrange(10, 120))

    def bought(self, who: str, by: date) -> set[str]:
        return {sku for on, _, skus in self.orders[who] if on <= by for sku in skus}


def test_nobody_is_offered_anything_too_soon(goods: Goods) -> None:
    goods.declare("upsell", "type:classic", "type:reserve")
    goods.declare("add_on", "type:pot", "type:filter")
    goods.set(enough=1)
    year = Year(goods, 150, seed=11)
    goods.shop.store()
    offered = defaultdict(int)
    for number in range(10, 365, 29):
        as_of = START + timedelta(days=number)
        build(goods.shop.session, goods.shop.settings, as_of)
        goods.build(as_of)
        for who, rule in goods.shop.all("SELECT customer_id, rule_id FROM admissible"):
            offered[rule] += 1
            placed = [(on, there) for on, there, _ in year.orders[who] if on <= as_of]
            assert all(there + timedelta(days=14) <= as_of for _, there in placed), (who, as_of)
            assert all(not as_of - timedelta(days=30) < back <= as_of for back in year.refunds[who]), (who, as_of)
            assert rule == ADD_ON or len(placed) >= 2, (who, as_of)
            start, goal = ("classic", "reserve") if rule == UPSELL else ("pot", "filter")
            assert start in year.bought(who, as_of), (who, as_of)
            assert goal not in year.bought(who, as_of), (who, as_of)
    assert min(offered[UPSELL], offered[ADD_ON]) > 10  # it did happen


def test_nobody_is_offered_two_things_within_thirty_days(goods: Goods) -> None:
    goods.declare("upsell", "type:classic", "type:reserve")
    goods.declare("add_on", "type:pot", "type:filter")
    goods.set(enough=1)
    Year(goods, 100, seed=12)
    goods.shop.store()
    last: dict[str, tuple[date, str]] = {}
    offers = 0
    for number in range(100, 365, 37):
        as_of = START + timedelta(days=number)
        build(goods.shop.session, goods.shop.settings, as_of)
        goods.build(as_of)
        for who, rule in goods.shop.all("SELECT customer_id, rule_id FROM admissible WHERE position = 1"):
            on, before = last.get(who, (START, ""))
            assert rule == before or as_of - on >= timedelta(days=30) or on == START, (who, as_of)
            if as_of - on >= timedelta(days=30):
                goods.fact("offer", who, on=str(as_of), segment="addon_ready", rule=rule, held_out=False)
                last[who] = (as_of, rule)
                offers += 1
    assert offers > 20
