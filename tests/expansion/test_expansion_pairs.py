"""What is bought together: planted pairs are found, chance is not."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from expansion.goods import Goods
from regulars.expansion.chance import cut, quasi_independent

START = date(2025, 6, 1)
AS_OF = "2026-05-01"
RANGE = [f"tea-{n}" for n in range(16)]


def crowd(dice: random.Random, people: int) -> list[tuple[str, date, list[str]]]:
    """Orders of people who buy little or much, of a range in which some sell far better than others."""
    weights = [1 / (n + 1) for n in range(len(RANGE))]
    found = []
    for number in range(people):
        for _ in range(dice.choice((1, 1, 2, 3, 8))):
            chosen = set(dice.choices(RANGE, weights, k=dice.choice((1, 1, 2, 4))))
            found.append((f"p{number}", START + timedelta(days=dice.randrange(330)), sorted(chosen)))
    return found


def fill(goods: Goods, orders: list[tuple[str, date, list[str]]]) -> None:
    for who, day, skus in orders:
        goods.buy(who, day, *skus)


def planted(dice: random.Random, orders: list[tuple[str, date, list[str]]]) -> list[tuple[str, date, list[str]]]:
    """Half of the buyers of pots come back for a filter, which hardly anybody else buys."""
    more = []
    for number in range(60):
        day = START + timedelta(days=dice.randrange(200))
        more.append((f"pot{number}", day, ["pot", dice.choice(RANGE)]))
        if number % 2:
            more.append((f"pot{number}", day + timedelta(days=30), ["filter"]))
    return orders + more


def test_a_planted_pair_is_found_in_its_order_of_time(goods: Goods) -> None:
    dice = random.Random(1)
    fill(goods, planted(dice, crowd(dice, 200)))
    goods.night(AS_OF)
    assert ("pot", "filter") in goods.pairs()
    assert ("filter", "pot") not in goods.pairs()
    rule = goods.rule("pair/pot/filter")
    assert (rule["state"], rule["from_people"], rule["then_people"], rule["confidence"]) == (
        "proposed",
        60,
        30,
        0.5,
    )
    assert rule["lift"] > rule["lift_low"] > 1.2


def test_in_shuffled_orders_at_most_one_rule_in_twenty_survives(goods: Goods) -> None:
    dice = random.Random(2)
    real = planted(dice, crowd(dice, 200))
    fill(goods, real)
    goods.night(AS_OF)
    found, survived, tried = len(goods.pairs()), 0, 0
    assert found
    for _ in range(10):
        pool = [sku for _, _, skus in real for sku in skus]
        dice.shuffle(pool)
        shuffled = [(who, day, [pool.pop() for _ in skus]) for who, day, skus in real]
        with goods.shop.opened() as shop:
            other = Goods(shop)
            for who, day, skus in shuffled:
                other.buy(who, day, *dict.fromkeys(skus))
            other.night(AS_OF)
            survived += len(other.pairs())
            tried += shop.one("SELECT pairs_tried FROM expansion_basis")
    assert tried > 2000
    assert survived <= 0.05 * 10 * found


def test_neither_gift_cards_nor_samples_nor_protection_nor_what_the_client_excludes_are_counted(
    goods: Goods,
) -> None:
    dice = random.Random(3)
    fill(goods, crowd(dice, 60))
    for number in range(40):
        with_it = ("pot", "gift-card", "shipping-protection", "sample-bag", "brush")
        goods.buy(f"q{number}", "2026-01-10", *with_it, dice.choice(RANGE))
    goods.set(exclude=("sku:brush",))
    goods.night(AS_OF)
    left_out = {row[0] for row in goods.shop.all("SELECT sku FROM product_item WHERE left_out")}
    assert left_out == {"gift-card", "shipping-protection", "sample-bag", "brush"}
    assert not {sku for pair in goods.pairs() for sku in pair} & left_out


def test_what_is_always_sold_as_a_bundle_is_no_pair(goods: Goods) -> None:
    dice = random.Random(4)
    fill(goods, crowd(dice, 100))
    for number in range(40):
        goods.buy(f"q{number}", "2026-01-10", "pot", "lid")
    goods.buy("odd", "2026-01-11", "lid")
    goods.night(AS_OF)
    assert not {("pot", "lid"), ("lid", "pot")} & goods.pairs()


def test_two_variants_of_one_product_are_no_pair(goods: Goods) -> None:
    dice = random.Random(5)
    fill(goods, crowd(dice, 100))
    for number in range(40):
        goods.buy(f"q{number}", "2026-01-10", "shirt.small", dice.choice(RANGE))
        goods.buy(f"q{number}", "2026-02-10", "shirt.large")
    goods.night(AS_OF)
    assert ("shirt.small", "shirt.large") not in goods.pairs()


def test_four_people_are_too_few_and_last_years_orders_too_old(goods: Goods) -> None:
    dice = random.Random(6)
    fill(goods, crowd(dice, 100))
    for number in range(4):
        goods.buy(f"few{number}", "2026-01-10", "rare", dice.choice(RANGE))
        goods.buy(f"few{number}", "2026-02-10", "rarer")
    for number in range(40):
        goods.buy(f"old{number}", "2025-04-01", "once", dice.choice(RANGE))
        goods.buy(f"old{number}", "2025-04-20", "then")
    goods.night(AS_OF)
    assert not {("rare", "rarer"), ("once", "then")} & goods.pairs()


def test_somebody_with_more_products_than_a_household_buys_is_not_counted(goods: Goods) -> None:
    many = [f"item{n}" for n in range(51)]
    goods.buy("reseller", "2026-01-10", *many)
    for number in range(6):
        goods.buy(f"p{number}", "2026-01-10", "item1", "item2")
    goods.night(AS_OF)
    assert goods.shop.all("SELECT people, people_left_out FROM expansion_basis") == [(7, 1)]
    assert goods.shop.one("SELECT pairs_tried FROM expansion_basis") == 2  # item1 and item2 alone


def test_expected_counts_reproduce_both_margins_although_nothing_pairs_with_itself() -> None:
    leads, follows = [50, 20, 30, 0], [40, 35, 20, 5]
    lead, follow = quasi_independent(leads, follows)
    table = [[0 if a == b else lead[a] * follow[b] for b in range(4)] for a in range(4)]
    assert [sum(row) for row in table] == pytest.approx(leads, abs=0.01)
    assert [sum(row[b] for row in table) for b in range(4)] == pytest.approx(follows, abs=0.01)


def test_the_cut_is_higher_the_more_pairs_were_tried() -> None:
    assert cut([5.0, 3.0, 1.0], 3) == 3.0
    assert cut([5.0, 3.0, 1.0], 1000) == 5.0
    assert cut([2.0], 1000) == float("inf")
    assert cut([], 0) == float("inf")
