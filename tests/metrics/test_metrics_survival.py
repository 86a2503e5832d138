"""Time to the next order: by hand, by brute force, and in a shop."""

from __future__ import annotations

from datetime import date
from math import exp, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metrics.shop import Shop
from regulars.metrics import next_orders
from regulars.metrics.survival import Survival, Waited, survival

Z = 1.959963984540054


def curve(*waits: tuple[int, int, int]) -> Survival:
    return survival(Waited(*wait) for wait in waits)


def test_the_curve_of_ten_waits_is_the_one_worked_out_by_hand() -> None:
    # 10 wait; day 5: 2 order; day 8: 1 stops being seen; day 10: 1 orders of 7; day 20: 3 of 6.
    found = curve((5, 2, 0), (8, 0, 1), (10, 1, 0), (20, 3, 0), (30, 0, 3))
    assert [(s.day, s.at_risk) for s in found.steps] == [(5, 10), (8, 8), (10, 7), (20, 6), (30, 3)]
    assert [s.left for s in found.steps] == pytest.approx([0.8, 0.8, 0.8 * 6 / 7, 0.8 * 6 / 7 / 2, 0.8 * 3 / 7])
    assert (found.waits, found.ordered, found.median) == (10, 6, 20)
    assert (found.left(4), found.left(5), found.left(19)) == pytest.approx((1, 0.8, 0.8 * 6 / 7))


def test_greenwoods_interval_is_the_one_worked_out_by_hand() -> None:
    step = curve((5, 2, 0), (10, 1, 0), (20, 0, 7)).steps[1]
    spread = Z * sqrt(2 / (10 * 8) + 1 / (8 * 7)) / -log(0.7)
    assert step.left == pytest.approx(0.7)
    assert (step.low, step.high) == pytest.approx((0.7 ** exp(spread), 0.7 ** exp(-spread)))


def test_the_median_is_not_reached_where_fewer_than_half_came_back() -> None:
    found = curve((5, 2, 0), (30, 0, 8))
    assert found.median is None
    assert found.quantile(0.2) == 5


def test_a_half_that_floats_miss_by_a_hair_is_a_half() -> None:
    assert curve((5, 2, 0), (9, 3, 0), (30, 0, 5)).median == 9


def test_the_chance_after_some_silence_is_that_of_those_who_were_silent_as_long() -> None:
    found = curve((5, 40, 0), (50, 30, 0), (90, 10, 0), (200, 0, 20))
    now, later = found.chance(0, 60), found.chance(10, 60)
    assert now is not None
    assert later is not None
    assert (now.value, now.at_risk) == (pytest.approx(0.7), 100)
    assert (later.value, later.at_risk) == (pytest.approx(0.5), 60)
    assert later.low is not None
    assert later.low < later.value < (later.high or 0)


def test_a_chance_beyond_what_was_watched_is_not_given() -> None:
    found = curve((5, 5, 0), (50, 0, 5))
    assert found.chance(40, 30) is None
    assert found.chance(60, 1) is None
    assert curve().chance(0, 30) is None


def test_silence_says_where_the_chance_has_halved_and_small_shops_get_no_line() -> None:
    found = curve(*((day, 5, 0) for day in range(1, 101)), (400, 0, 500))
    ahead = found.look_ahead
    assert (found.horizon, ahead) == (400, 200)
    first = found.chance(0, 200)
    assert first is not None
    halved = found.silence(below=first.value / 2)
    assert halved is not None
    before, there = found.chance(halved - 1, 200), found.chance(halved, 200)
    assert before is not None
    assert there is not None
    assert there.value < first.value / 2 <= before.value
    assert curve((5, 5, 0), (50, 0, 5)).look_ahead is None
    assert curve((5, 5, 0), (50, 0, 5)).silence(below=0.5) is None


def test_once_everybody_came_back_nobody_is_left_and_no_interval_is_known() -> None:
    last = curve((5, 1, 0), (9, 1, 0)).steps[-1]
    assert (last.left, last.low, last.high) == (0, None, None)


def test_a_chance_that_nobody_took_has_no_interval_because_no_width_can_be_told() -> None:
    found = curve((5, 20, 0), (50, 0, 3), (200, 0, 10))
    chance = found.chance(10, 90)
    assert chance is not None
    assert (chance.value, chance.low, chance.high, chance.at_risk) == (0, None, None, 13)


def test_before_anybody_ordered_again_no_interval_is_known() -> None:
    first = curve((3, 0, 2), (5, 1, 0), (9, 0, 7)).steps[0]
    assert (first.left, first.low, first.high) == (1, None, None)


WAITS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=40)


@given(WAITS)
def test_the_grouped_curve_equals_one_reckoned_wait_by_wait(waits: list[tuple[int, bool]]) -> None:
    found = survival(
        Waited(day, waits.count((day, True)), waits.count((day, False))) for day in {day for day, _ in waits}
    )
    for day in range(14):
        left, variance = 1.0, 0.0
        for at in sorted({d for d, ended in waits if ended and d <= day}):
            waiting = sum(d >= at for d, _ in waits)
            ordered = waits.count((at, True))
            left *= (waiting - ordered) / waiting
            variance += ordered / (waiting * (waiting - ordered)) if ordered < waiting else 0
        assert found.left(day) == pytest.approx(left)
        if 0 < left < 1:
            step = next(s for s in reversed(found.steps) if s.day <= day)
            assert step.low == pytest.approx(left ** exp(Z * sqrt(variance) / -log(left)))


def test_a_shops_waits_are_days_between_orders_and_the_last_one_is_open(shop: Shop) -> None:
    shop.order("ann", "2026-01-01")
    shop.order("ann", "2026-01-01")  # the same day is no gap
    shop.order("ann", "2026-01-11")
    shop.order("ann", "2026-01-31")
    shop.order("bob", "2026-01-21")
    shop.build("2026-02-10")
    found = next_orders(shop.session, date(2026, 2, 10))
    told = {after: [(s.day, s.ordered, s.censored) for s in each.steps] for after, each in found.items()}
    assert told["any"] == [(10, 1, 1), (20, 1, 1)]
    assert told["first"] == [(10, 1, 0), (20, 0, 1)]


def test_an_earlier_day_sees_only_what_was_known_then(shop: Shop) -> None:
    for day in ("2026-01-01", "2026-01-11", "2026-01-31"):
        shop.order("ann", day)
    shop.build("2026-02-10")
    (step,) = next_orders(shop.session, date(2026, 1, 5))["any"].steps
    assert (step.day, step.ordered, step.censored) == (4, 0, 1)


def test_a_shop_without_orders_has_an_empty_curve(shop: Shop) -> None:
    shop.build("2026-02-10")
    found = next_orders(shop.session, date(2026, 2, 10))["any"]
    assert (found.waits, found.median, found.median_interval, found.horizon) == (0, None, (None, None), None)
