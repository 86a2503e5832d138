"""Lines learned per category, and what they do to people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from lifecycle.nights import Nights
from regulars.lifecycle import Line, stored
from regulars.lifecycle.settings import CategorySettings

DAY_ZERO = date(2026, 1, 1)


def day(number: int) -> str:
    return (DAY_ZERO + timedelta(days=number)).isoformat()


def buy(nights: Nights, who: str, at: int, *categories: str | None) -> None:
    """One order with a line of each category."""
    order = nights.shop.order(who, day(at))
    for category in categories:
        nights.shop.add("line", order_id=order, category=category, goods_minor=500, quantity=1)


def returning(nights: Nights, category: str | None, gaps: range, until: int = 0) -> None:
    """As many customers as gaps, each with two orders so far apart, the second on day `until`."""
    for gap in gaps:
        who = f"{category or 'any'}-{gap}"
        buy(nights, who, until - gap, category)
        buy(nights, who, until, category)


def lines(nights: Nights) -> dict[str, Line]:
    return {line.category: line for line in stored(nights.shop.session)}


def days(line: Line) -> tuple[int, int, str]:
    return line.at_risk, line.lapsed, line.source


def test_with_a_hundred_who_came_back_the_lines_are_the_75th_and_90th_percentile_of_their_gaps(
    nights: Nights,
) -> None:
    returning(nights, "Tea", range(1, 101))
    nights.today(day(0))
    tea = lines(nights)["Tea"]
    assert days(tea) == (75, 90, "category")
    assert (tea.customers, tea.gaps, tea.quartiles) == (100, 100, (25, 50, 75, 90))
    assert tea.reason == "of 100 gaps of 100 customers 75% are no longer than 75 days, 90% no longer than 90"


def test_one_customer_fewer_and_the_category_takes_the_whole_shops_lines(nights: Nights) -> None:
    returning(nights, "Tea", range(1, 100))
    returning(nights, "Pots", range(201, 211))
    nights.today(day(0))
    found = lines(nights)
    assert days(found[""]) == (82, 99, "shop")  # 109 gaps, 1 to 99 and 201 to 210
    assert days(found["Tea"]) == days(found["Pots"]) == (82, 99, "shop")
    assert (
        found["Tea"].reason == "99 of the 100 customers needed came back in this category: the whole shop's lines"
    )


def test_where_too_few_came_back_at_all_the_fixed_lines_stand_in_and_say_so(nights: Nights) -> None:
    returning(nights, "Tea", range(1, 4))
    nights.today(day(0))
    found = lines(nights)
    assert days(found["Tea"]) == days(found[""]) == (90, 180, "fixed")
    assert found["Tea"].reason == "3 of the 100 customers needed came back to the shop: the fixed lines"


def test_an_order_counts_for_each_category_in_it(nights: Nights) -> None:
    buy(nights, "ann", 0, "Tea", "Pots", "Tea", None)
    buy(nights, "bob", 0, None)
    buy(nights, "cat", 0)
    nights.today(day(1))
    assert nights.shop.all("SELECT customer_id, category FROM category_day ORDER BY ALL") == [
        ("ann", "Pots"), ("ann", "Tea"), ("bob", ""), ("cat", ""),
    ]  # fmt: skip


def test_a_lines_category_may_stand_on_its_product(nights: Nights) -> None:
    nights.shop.add("product", id="p1", category="Tea")
    order = nights.shop.order("ann", day(0))
    nights.shop.add("line", order_id=order, category=None, product_id="p1")
    nights.today(day(1))
    assert nights.shop.one("SELECT category FROM category_day") == "Tea"


def test_lines_that_the_client_states_are_not_learned(nights: Nights) -> None:
    returning(nights, "Tea", range(1, 101))
    said = {"Tea": CategorySettings(at_risk=48, lapsed=95)}
    nights.settings = replace(nights.settings, categories=said)
    nights.today(day(0))
    assert days(lines(nights)["Tea"]) == (48, 95, "client")
    nights.settings = replace(nights.settings, categories={}, learned=False, at_risk=60, lapsed=120)
    nights.today(day(0))
    assert days(lines(nights)["Tea"]) == (60, 120, "client")


TEA_AND_POTS = {
    "Tea": CategorySettings(at_risk=48, lapsed=95, act_before=180),
    "Pots": CategorySettings(at_risk=240, lapsed=420, act_before=540),
}


@pytest.mark.parametrize(
    ("on", "state", "by"),
    [(239, "active", "Pots"), (240, "at_risk", "Pots"), (419, "at_risk", "Pots"), (420, "lapsed", "Pots")],
)
def test_a_person_is_judged_by_the_category_in_which_they_are_least_late(
    nights: Nights, on: int, state: str, by: str
) -> None:
    nights.settings = replace(nights.settings, categories=TEA_AND_POTS)
    buy(nights, "ann", 0, "Tea", "Pots")
    nights.today(day(on))
    assert (nights.is_now("ann", "state"), nights.is_now("ann", "line_category")) == (state, by)


def test_a_tea_buyer_with_a_teapot_of_fourteen_months_ago_is_active(nights: Nights) -> None:
    nights.settings = replace(nights.settings, categories=TEA_AND_POTS)
    buy(nights, "ann", 0, "Pots")
    buy(nights, "ann", 425, "Tea")
    nights.today(day(432))
    assert [nights.is_now("ann", c) for c in ("state", "line_category")] == ["active", "Tea"]
    assert nights.is_now("ann", "at_risk_on") == date.fromisoformat(day(425 + 48))
    assert nights.is_now("ann", "state_since") == date.fromisoformat(day(425))  # it had lapsed


@pytest.mark.parametrize(("on", "state"), [(364, "active"), (365, "at_risk"), (396, "at_risk"), (397, "lapsed")])
def test_a_seasonal_buyer_is_lapsed_only_after_a_missed_season(nights: Nights, on: int, state: str) -> None:
    nights.settings = replace(nights.settings, categories={"Gifts": CategorySettings(yearly=True)})
    for number in range(100):  # one a day from 1 January on, then sixty on 10 February: 91 of 101 within 32 days
        buy(nights, f"p{number}", min(number, 40), "Gifts")
    nights.shop.person("ann")
    buy(nights, "ann", 0, "Gifts")
    nights.today(day(on))
    assert days(lines(nights)["Gifts"]) == (365, 365 + 32, "season")
    assert nights.is_now("ann", "state") == state


def test_the_chance_of_another_order_is_told_at_each_line(nights: Nights) -> None:
    returning(nights, "Tea", range(1, 101))
    for number in range(100):  # and as many who never came back
        buy(nights, f"once{number}", -200, "Tea")
    nights.today(day(0))
    tea = lines(nights)["Tea"]
    new, at_risk, lapsed = tea.chances
    assert new is not None
    assert at_risk is not None
    assert lapsed is not None
    assert tea.ahead is not None
    assert new > at_risk > lapsed > 0


def test_a_client_may_choose_by_the_chance_instead(nights: Nights) -> None:
    returning(nights, "Tea", range(1, 101))
    for number in range(100):
        buy(nights, f"once{number}", -400, "Tea")
    nights.settings = replace(nights.settings, choose="survival")
    nights.today(day(0))
    tea = lines(nights)["Tea"]
    new, at_risk, lapsed = tea.chances
    assert tea.reason.startswith("the chance of another order has halved, and is under a quarter")
    assert new is not None
    assert at_risk is not None
    assert lapsed is not None
    assert at_risk < new / 2
    assert lapsed < new / 4
    assert tea.at_risk < tea.lapsed


def test_lines_stay_from_night_to_night_and_are_reviewed_once_a_month(nights: Nights) -> None:
    returning(nights, "Tea", range(1, 101))
    nights.night(day(0))
    returning(nights, "Tea", range(300, 304))
    nights.night(day(5))
    kept = lines(nights)["Tea"]
    assert days(kept) == (75, 90, "category")
    assert kept.note == "tonight 78 and 94 would be learned; lines are reviewed once a month"
    nights.night(day(31))
    tea = lines(nights)["Tea"]
    assert (days(tea), tea.version, tea.on) == ((78, 94, "category"), 2, date.fromisoformat(day(31)))


def test_a_line_that_moved_by_more_than_a_tenth_is_replaced_after_a_week(nights: Nights) -> None:
    returning(nights, "Tea", range(1, 101))
    nights.night(day(0))
    returning(nights, "Tea", range(300, 330))
    nights.night(day(6))
    assert lines(nights)["Tea"].version == 1
    nights.night(day(7))
    tea = lines(nights)["Tea"]
    assert (days(tea), tea.version) == ((98, 316, "category"), 2)


def test_what_a_client_states_counts_at_once(nights: Nights) -> None:
    returning(nights, "Tea", range(1, 101))
    nights.night(day(0))
    nights.settings = replace(nights.settings, categories={"Tea": CategorySettings(at_risk=48, lapsed=95)})
    nights.night(day(1))
    assert days(lines(nights)["Tea"]) == (48, 95, "client")


def test_nobody_is_moved_back_before_the_day_the_lines_were_drawn_anew(nights: Nights) -> None:
    returning(nights, "Tea", range(1, 101))
    buy(nights, "ann", 0, "Tea")
    nights.night(day(0))
    nights.night(day(74))
    assert nights.is_now("ann", "state") == "active"
    nights.settings = replace(nights.settings, categories={"Tea": CategorySettings(at_risk=30, lapsed=60)})
    nights.night(day(75))
    assert nights.is_now("ann", "state") == "lapsed"
    (_, last) = nights.moves("state", "ann")
    assert (last.on, last.new) == (date.fromisoformat(day(75)), "lapsed")


def test_a_past_day_is_recomputed_with_the_lines_of_that_day(nights: Nights) -> None:
    returning(nights, "Tea", range(1, 101))
    returning(nights, "Tea", range(300, 340), until=10)
    returning(nights, "Tea", range(500, 560), until=35)
    nights.night(day(0))
    said = {}
    for number in (3, 20, 40):
        nights.night(day(number))
        said[number] = nights.shop.all("SELECT * FROM standing ORDER BY ALL"), lines(nights)["Tea"].version
    assert [version for _, version in said.values()] == [1, 2, 3]
    for number, (rows, version) in said.items():
        nights.again(day(number))
        assert lines(nights)["Tea"].version == version
        assert nights.shop.all("SELECT * FROM standing ORDER BY ALL") == rows


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        (CategorySettings(48, 95), False),
        (CategorySettings(48, 167), False),
        (CategorySettings(48, 168), True),  # 168 + 12 is not before day 180
        (CategorySettings(240, 420, 540), False),
        (CategorySettings(700, 1100, 1400), False),
        (CategorySettings(240, 420), True),
    ],
)
def test_a_series_must_end_before_the_day_on_which_it_is_too_late(
    nights: Nights, said: CategorySettings, refused: bool
) -> None:
    nights.settings = replace(nights.settings, categories={"Tea": said})
    buy(nights, "ann", 0, "Tea")
    nights.today(day(1))
    assert bool(lines(nights)["Tea"].refused) is refused


def test_the_refusal_proposes_a_later_day_and_says_why(nights: Nights) -> None:
    returning(nights, "Tea", range(101, 201))
    nights.today(day(0))
    assert lines(nights)["Tea"].refused == (
        "lapsed 190 + a series of 12 days do not end before act_before = 180 days;"
        ' act_before = "247d" would be later than the 180-day advice, because this category\'s normal cycle is'
        " 150 days"
    )


def test_expansion_needs_something_to_recommend_where_rules_are_in_use(nights: Nights) -> None:
    buy(nights, "ann", 0, "Tea")
    buy(nights, "ann", 10, "Tea")
    buy(nights, "bob", 0, "Tea")
    nights.shop.session.run("CREATE TABLE admissible AS SELECT 'bob' AS customer_id")
    nights.today(day(40))
    assert (nights.is_now("ann", "stage"), nights.is_now("bob", "stage")) == ("retention", "expansion")
    nights.shop.session.run("CREATE TABLE recommendation_rule AS SELECT false AS in_use")
    nights.today(day(40))
    assert (nights.is_now("ann", "stage"), nights.is_now("bob", "stage")) == ("expansion", "retention")


def test_somebody_is_stuck_in_basic_on_day_61_and_not_on_day_60_across_a_clock_change(nights: Nights) -> None:
    nights.shop.order("ann", "2026-03-01")  # summer time begins on 29 March
    nights.today("2026-04-30")
    assert (nights.is_now("ann", "days_in_level"), nights.is_now("ann", "stuck_in_basic")) == (60, False)
    nights.today("2026-05-01")
    assert (nights.is_now("ann", "days_in_level"), nights.is_now("ann", "stuck_in_basic")) == (61, True)
