"""Whether offers do harm, and where the same customers' spend went."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from expansion.goods import Goods
from metrics.shop import noon

RULE = "add_on/type:pot/sku:filter"


@pytest.fixture
def offering(goods: Goods) -> Goods:
    """Thirty owners of a pot."""
    goods.declare("add_on", "type:pot", "sku:filter")
    goods.buy("other", "2025-06-01", "filter")
    for number in range(30):
        goods.buy(f"p{number:02}", "2025-12-01", "pot")
    return goods


def offer(goods: Goods, who: str, on: str, held_out: bool = False) -> None:
    goods.fact("offer", who, on=on, segment="addon_ready", rule=RULE, held_out=held_out)


def leave(goods: Goods, who: str, on: str) -> None:
    goods.shop.add("touch", person_id=who, kind="unsubscribe", at=noon(on))


def month_of_harm(goods: Goods, month: str, harmed: int) -> None:
    for number in range(10):
        offer(goods, f"p{number:02}", f"{month}-02")
        if number < harmed:
            leave(goods, f"p{number:02}", f"{month}-09")


def months(goods: Goods, columns: str) -> list[tuple[object, ...]]:
    return goods.shop.all(f"SELECT {columns} FROM offer_month ORDER BY month")


def test_what_people_did_before_and_after_an_offer_is_counted(offering: Goods) -> None:
    offer(offering, "p00", "2026-01-20")
    offer(offering, "p01", "2026-01-20")
    offer(offering, "p02", "2026-01-20", held_out=True)
    leave(offering, "p00", "2026-01-10")
    leave(offering, "p01", "2026-02-03")
    leave(offering, "p01", "2026-02-04")  # the fifteenth day
    offering.shop.add("consent", person_id="p00", channel="email", state="complained", at=noon("2026-01-21"))
    offering.shop.refund(offering.buy("p01", "2026-01-25", "tea"), "2026-01-30", 500)
    leave(offering, "p02", "2026-01-22")
    offering.night("2026-02-20")
    columns = "offers, orders, harm_before, harm_after, unsubscribes_after, complaints_after, refunds_after"
    assert months(offering, columns) == [(2, 1, 1, 3, 1, 1, 1)]
    assert months(offering, "held_out, held_out_harm, ripe, bad") == [(1, 1, True, False)]


def test_two_bad_months_switch_a_rule_off_and_one_does_not(offering: Goods) -> None:
    month_of_harm(offering, "2026-01", 6)
    offering.night("2026-03-01")
    assert (offering.rule(RULE)["state"], months(offering, "bad")) == ("declared", [(True,)])
    month_of_harm(offering, "2026-03", 6)
    offering.night("2026-04-13")
    assert months(offering, "ripe") == [(True,), (False,)]
    offering.night("2026-04-20")
    assert months(offering, "bad") == [(True,), (True,)]
    assert (offering.rule(RULE)["state"], offering.offered()) == ("switched off", [])
    offering.fact("recommendation", RULE, decision="accept", version=1, on="2026-04-20")
    offering.night("2026-04-20")
    assert offering.rule(RULE)["state"] == "declared"


def test_as_much_harm_among_the_held_out_is_not_the_offers_fault(offering: Goods) -> None:
    month_of_harm(offering, "2026-01", 6)
    for number in range(20, 30):
        offer(offering, f"p{number}", "2026-01-02", held_out=True)
        if number < 26:
            leave(offering, f"p{number}", "2026-01-09")
    offering.night("2026-03-01")
    assert months(offering, "harm_after, held_out_harm, bad") == [(6, 6, False)]


def test_the_parts_of_the_change_are_what_a_person_works_out(goods: Goods) -> None:
    """Ann: 2 orders of 10.00, then 3 of 20.00; Bob ordered once for 15.00 and stopped; Cat is new.

    Dan's order is of before both years."""
    goods.declare("upsell", "type:classic", "type:reserve")
    goods.buy("dan", "2023-12-01", "classic")
    for on, sku, price in (
        ("2024-06-01", "classic", 1000),
        ("2024-09-01", "classic", 1000),
        ("2025-06-01", "classic", 2000),
        ("2025-09-01", "reserve", 2000),
        ("2025-10-01", "classic", 2000),
    ):
        goods.buy("ann", on, sku, price=price)
    goods.buy("bob", "2024-07-01", "classic", price=1500)
    goods.buy("cat", "2025-07-01", "classic", price=9900)
    goods.night("2025-12-31")
    columns = "before_minor, stopped_minor, more_orders_minor, bigger_orders_minor, premium_minor, now_minor"
    # More orders: one more at 10.00. Bigger: 3 x 10.00 more, of which one reserve for 20.00.
    assert goods.shop.all(f"SELECT {columns} FROM expansion_split") == [(3500, -1500, 1000, 1000, 2000, 6000)]
    assert goods.shop.all("SELECT customers, stopped FROM expansion_split") == [(2, 1)]


@pytest.mark.parametrize(("since", "before"), [("2024-01-03", None), ("2024-01-02", 1000)])
def test_a_part_of_a_year_is_not_compared_with_a_whole_one(goods: Goods, since: str, before: int | None) -> None:
    for on in (since, "2025-06-01", "2025-07-01"):
        goods.buy("ann", on, "classic")
    goods.night("2025-12-31")
    ((found, *others),) = goods.shop.all(
        "SELECT before_minor, customers, more_orders_minor, now_minor FROM expansion_split"
    )
    assert found == before
    assert [other is None for other in others] == 3 * [before is None]


@pytest.mark.parametrize("seed", range(8))
def test_the_parts_always_add_up_to_the_change(goods: Goods, seed: int) -> None:
    dice = random.Random(seed)
    if seed % 2:
        goods.declare("upsell", "type:classic", "type:reserve")
    goods.buy("first", "2024-01-02", "tea")
    for number in range(30):
        for _ in range(dice.randrange(6)):
            on = date(2024, 1, 1) + timedelta(days=dice.randrange(730))
            price = dice.randrange(1, 9999)
            order = goods.buy(f"p{number}", on, dice.choice(("classic", "reserve", "tea")), price=price)
            if dice.random() < 0.2:
                goods.shop.refund(order, str(on + timedelta(days=5)), dice.randrange(price + 1))
    goods.night("2025-12-31")
    ((before, *parts, now),) = goods.shop.all(
        "SELECT before_minor, stopped_minor, more_orders_minor, bigger_orders_minor, coalesce(premium_minor, 0),"
        " now_minor FROM expansion_split"
    )
    assert sum(parts) == now - before
    spent = "SELECT sum(net_minor) FROM customer_day WHERE ordered_on <= DATE '2024-12-31'"
    assert before == goods.shop.one(spent)
