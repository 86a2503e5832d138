"""Who may be offered what: only owners, never who has it, and not before the waiting times are over."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from expansion.goods import Goods
from metrics.shop import noon
from regulars.config import SignalEntry
from regulars.sync import map_signals


def day(number: int) -> date:
    return date(2026, 1, 1) + timedelta(days=number)


@pytest.fixture
def add_on(goods: Goods) -> str:
    """A filter goes with a pot; somebody bought one once, so that it is known."""
    goods.buy("other", "2025-06-01", "filter")
    return goods.declare("add_on", "type:pot", "sku:filter")


def test_an_owner_of_the_base_is_offered_the_add_on_fourteen_days_after_delivery(
    goods: Goods, add_on: str
) -> None:
    goods.buy("ann", day(0), "pot", delivered=3)
    for number, who in ((2, []), (16, []), (17, ["ann"]), (200, ["ann"])):
        goods.night(day(number))
        assert goods.offered(add_on) == who, number


def test_who_has_the_add_on_ordered_returned_or_on_its_way_is_not_offered_it(goods: Goods, add_on: str) -> None:
    for name in ("ann", "bob", "cat"):
        goods.buy(name, day(0), "pot")
    goods.buy("bob", day(20), "filter")
    back = goods.buy("cat", day(1), "filter")
    goods.give_back(back, "filter", day(10))
    goods.night(day(90))
    assert goods.offered(add_on) == ["ann"]


@pytest.mark.parametrize(
    "order", [{"price": 0}, {"tags": ["wholesale"]}, {"currency": "CHF"}], ids=["free", "wholesale", "no rate"]
)
def test_who_has_the_add_on_by_an_order_that_is_no_sale_is_not_offered_it(
    goods: Goods, add_on: str, order: dict
) -> None:
    goods.set(replenish=(("type:filter", 60),))
    goods.buy("ann", day(0), "pot")
    goods.buy("ann", day(30), "filter", **order)
    for number, who in ((29, ["ann"]), (60, []), (89, []), (90, ["ann"])):
        goods.night(day(number))
        assert goods.offered(add_on) == who, number


@pytest.mark.parametrize("order", [{"test": True}, {"cancelled_at": noon(day(31))}], ids=["test", "cancelled"])
def test_a_test_or_a_cancelled_order_gives_nobody_the_add_on(goods: Goods, add_on: str, order: dict) -> None:
    goods.buy("ann", day(0), "pot")
    goods.buy("ann", day(30), "filter", **order)
    goods.night(day(60))
    assert goods.offered(add_on) == ["ann"]


def test_a_free_base_is_no_base(goods: Goods, add_on: str) -> None:
    goods.buy("ann", day(0), "pot", price=0)
    goods.buy("bob", day(0), "pot")
    goods.night(day(60))
    assert goods.offered(add_on) == ["bob"]


def test_what_is_used_up_may_be_offered_again(goods: Goods, add_on: str) -> None:
    goods.set(replenish=(("type:filter", 60),))
    goods.buy("ann", day(0), "pot", "filter")
    goods.night(day(59))
    assert goods.offered() == []
    goods.night(day(60))
    assert goods.offered(add_on) == ["ann"]


def test_a_refund_of_the_base_empties_the_add_on_the_same_night(goods: Goods, add_on: str) -> None:
    order = goods.buy("ann", day(0), "pot", "tea")
    goods.night(day(40))
    assert goods.offered(add_on) == ["ann"]
    goods.give_back(order, "pot", day(40))
    goods.night(day(40))
    assert goods.offered(add_on) == []
    goods.night(day(100))  # also long after the refund: there is no pot any more
    assert goods.offered(add_on) == []


def test_money_given_back_for_the_whole_order_takes_everything_with_it(goods: Goods, add_on: str) -> None:
    order = goods.buy("ann", day(0), "pot")
    goods.shop.refund(order, str(day(5)), 1000)
    goods.night(day(90))
    assert goods.offered(add_on) == []


def test_ownership_of_a_past_day_does_not_know_a_later_refund(goods: Goods, add_on: str) -> None:
    order = goods.buy("ann", day(0), "pot")
    goods.give_back(order, "pot", day(60))
    goods.night(day(40))
    assert goods.offered(add_on) == ["ann"]


@pytest.mark.parametrize(
    ("order", "person"), [({"tags": ["Gift"]}, {}), ({"country": "FR"}, {"country": "GB"})], ids=["tag", "country"]
)
def test_what_went_to_somebody_else_is_not_owned(goods: Goods, add_on: str, order: dict, person: dict) -> None:
    goods.buy("ann", day(0), "pot", **order)
    goods.night(day(40))
    goods.shop.session.run("UPDATE customer SET country = $country WHERE customer_id = 'ann'", {"country": "GB"})
    goods.build(day(40))
    assert goods.offered(add_on) == []
    assert goods.shop.all("SELECT owned_skus FROM recommended WHERE customer_id = 'ann'") == [([],)]


def test_without_news_of_delivery_nothing_is_owned_unless_the_client_says_when(goods: Goods, add_on: str) -> None:
    goods.buy("ann", day(0), "pot", delivered=None)
    goods.night(day(90))
    assert goods.offered(add_on) == []
    goods.set(assume_delivered=10)
    goods.night(day(23))
    assert goods.offered(add_on) == []
    goods.night(day(24))
    assert goods.offered(add_on) == ["ann"]


def test_half_a_delivery_is_none(goods: Goods, add_on: str) -> None:
    order = goods.buy("ann", day(0), "pot", "tea")
    goods.shop.add("fulfilment", order_id=order, status="in_transit")
    goods.night(day(40))
    assert goods.offered(add_on) == []


def test_an_order_on_its_way_makes_everything_wait(goods: Goods, add_on: str) -> None:
    goods.buy("ann", day(0), "pot")
    goods.buy("ann", day(40), "tea", delivered=None)
    goods.night(day(45))
    assert goods.offered(add_on) == []


def test_an_archived_product_is_not_offered(goods: Goods, add_on: str) -> None:
    goods.buy("ann", day(0), "pot")
    goods.shop.add("product", id="P-filter", title="Filter", status="ARCHIVED")
    goods.night(day(40))
    assert (goods.offered(add_on), goods.rule(add_on)["state"]) == ([], "not for sale")


def test_an_upsell_waits_for_the_second_order_and_goes_only_to_owners_without_it(goods: Goods) -> None:
    step = goods.declare("upsell", "type:classic", "type:reserve")
    for number in range(20):
        goods.buy(f"c{number:02}", day(0), "classic")
        goods.buy(f"r{number:02}", day(0), "reserve")
    goods.buy("c00", day(10), "tea")
    goods.buy("c01", day(10), "reserve")
    goods.buy("r00", day(10), "tea")
    goods.night(day(60))
    assert goods.rule(step)["state"] == "declared"
    assert goods.offered(step) == ["c00"]


def test_a_step_to_what_is_returned_more_often_is_not_taken(goods: Goods) -> None:
    step = goods.declare("upsell", "type:classic", "type:reserve")
    for number in range(30):
        goods.buy(f"c{number}", day(0), "classic")
        order = goods.buy(f"r{number}", day(0), "reserve")
        if number < 12:
            goods.give_back(order, "reserve", day(9))
    goods.night(day(60))
    rule = goods.rule(step)
    assert (rule["state"], rule["to_returned"], rule["to_sold"], rule["from_returned"]) == (
        "returned more",
        12,
        30,
        0,
    )


def test_nineteen_sold_are_too_few_to_say_anything_of_returns(goods: Goods) -> None:
    step = goods.declare("upsell", "type:classic", "type:reserve")
    for number in range(19):
        goods.buy(f"c{number}", day(0), "classic")
        goods.buy(f"r{number}", day(0), "reserve")
    goods.night(day(60))
    assert goods.rule(step)["state"] == "too few"


def test_a_pair_is_a_proposal_until_somebody_accepts_it(goods: Goods) -> None:
    plant(goods)
    goods.night(day(100))
    assert (goods.rule("pair/pot/filter")["state"], goods.offered()) == ("proposed", [])
    goods.fact("recommendation", "pair/pot/filter", decision="accept", version=1, on=str(day(100)))
    goods.night(day(100))
    assert goods.rule("pair/pot/filter")["state"] == "accepted"
    assert goods.offered() == [f"p{n:02}" for n in range(1, 20, 2)]
    goods.fact("recommendation", "pair/pot/filter", decision="reject", version=2, on=str(day(101)))
    goods.night(day(101))
    assert (goods.rule("pair/pot/filter")["state"], goods.offered()) == ("rejected", [])
    goods.night(day(100))  # as of a past day the past decision holds
    assert goods.rule("pair/pot/filter")["state"] == "accepted"


def plant(goods: Goods) -> None:
    """Twenty owners of a pot, half of them with a filter; a crowd with other goods."""
    for number in range(20):
        goods.buy(f"p{number:02}", day(0), "pot", f"tea-{number % 5}")
        if number % 2 == 0:
            goods.buy(f"p{number:02}", day(30), "filter")
    dice = random.Random(7)
    for number in range(120):
        goods.buy(f"x{number}", day(dice.randrange(60)), *dice.sample([f"tea-{n}" for n in range(8)], 3))


def test_an_offer_keeps_other_offers_away_for_thirty_days_and_may_itself_go_on(goods: Goods, add_on: str) -> None:
    other = goods.declare("add_on", "type:pot", "sku:cosy")
    goods.buy("other", "2025-06-01", "cosy")
    goods.buy("ann", day(0), "pot")
    goods.fact("offer", "ann", on=str(day(40)), segment="addon_ready", rule=add_on, held_out=False)
    goods.night(day(69))
    assert goods.shop.all("SELECT rule_id FROM admissible WHERE customer_id = 'ann'") == [(add_on,)]
    goods.night(day(70))
    assert {row[0] for row in goods.shop.all("SELECT rule_id FROM admissible")} == {add_on, other}


def test_a_promotion_without_a_recommendation_is_an_offer_too(goods: Goods, add_on: str) -> None:
    goods.buy("ann", day(0), "pot")
    goods.fact("offer", "ann", on=str(day(40)), segment="second_order_due", rule=None, held_out=False)
    goods.night(day(50))
    assert goods.offered() == []


@pytest.mark.parametrize("kind", ["ticket", "refund", "complaint"])
def test_service_comes_before_the_sale(goods: Goods, add_on: str, kind: str) -> None:
    goods.buy("ann", day(0), "pot")
    other = goods.buy("ann", day(1), "tea")
    if kind == "ticket":
        goods.shop.add("signal", person_id="ann", kind="open_ticket", value="true", at=noon(day(39)))
    elif kind == "refund":
        goods.shop.refund(other, str(day(39)), 100)
    else:
        goods.shop.add("consent", person_id="ann", channel="email", state="complained", at=noon(day(39)))
    goods.night(day(40))
    assert goods.offered(add_on) == []
    assert goods.shop.all("SELECT reason FROM service_hold") == [("open ticket" if kind == "ticket" else kind,)]
    goods.night(day(69))
    assert goods.offered(add_on) == ([] if kind == "ticket" else ["ann"])


def test_a_closed_ticket_holds_nobody(goods: Goods, add_on: str) -> None:
    goods.buy("ann", day(0), "pot")
    goods.shop.add("signal", person_id="ann", kind="open_ticket", value="true", at=noon(day(30)))
    goods.shop.add("signal", person_id="ann", kind="open_ticket", value="false", at=noon(day(35)))
    goods.night(day(40))
    assert goods.offered(add_on) == ["ann"]


@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
def test_a_ticket_open_on_one_of_two_records_of_a_platform_is_open(goods: Goods, add_on: str, dated: bool) -> None:
    goods.buy("ann", day(0), "pot")
    goods.shop.person("ann2")
    goods.shop.same("ann", "ann2")
    for who, value, on in (("ann", "true", day(38)), ("ann2", "false", day(39))):
        at = noon(on)
        goods.shop.add(
            "signal", person_id=who, kind="open_ticket", value=value, at=at if dated else None, updated_at=at
        )
    goods.night(day(40))
    assert goods.offered(add_on) == []
    assert goods.shop.all("SELECT customer_id, reason FROM service_hold") == [("ann", "open ticket")]


@pytest.mark.parametrize("names", [("desk", "inbox"), ("inbox", "desk")])
def test_a_ticket_open_by_one_of_two_mapped_properties_is_open(
    goods: Goods, add_on: str, names: tuple[str, str]
) -> None:
    goods.shop.person(
        "ann", custom='{"desk": "yes", "desk_on": "2026-02-01", "inbox": "no", "inbox_on": "2026-02-02"}'
    )
    goods.shop.person("bob", custom='{"desk": "no", "inbox": "no"}')
    for who in ("ann", "bob"):
        goods.buy(who, day(0), "pot")
    goods.shop.build(str(day(40)))
    goods.shop.session.run("UPDATE persons SET custom = '{}' WHERE custom = ''")
    entries = [{"from": f"shop:custom.{n}", "kind": "open_ticket", "at": f"custom.{n}_on"} for n in names]
    map_signals(goods.shop.session, [SignalEntry.model_validate(entry) for entry in entries])
    goods.build(day(40))
    assert goods.offered(add_on) == ["bob"]
    assert goods.shop.all("SELECT customer_id, since FROM service_hold") == [("ann", date(2026, 2, 1))]
