"""Levels: up at once, down only after the dwell, and the same for any past day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lifecycle.nights import Nights
from metrics.shop import Shop, noon

DAY_ZERO = date(2026, 1, 1)


def day(number: int) -> str:
    return (DAY_ZERO + timedelta(days=number)).isoformat()


def level(nights: Nights, number: int, name: str = "ann") -> str:
    nights.today(day(number))
    return nights.is_now(name, "level")


def consent(shop: Shop, name: str, at: int | None, state: str = "subscribed", channel: str = "email") -> None:
    when = None if at is None else noon(day(at))
    shop.add("consent", person_id=name, channel=channel, state=state, at=when)


def touch(shop: Shop, name: str, at: int, kind: str = "click", department: str | None = "marketing") -> None:
    shop.add("touch", person_id=name, kind=kind, at=noon(day(at)), department=department)


def known(nights: Nights, name: str = "ann") -> Shop:
    nights.shop.person(name, created=noon(day(-500)))
    return nights.shop


def test_somebody_who_is_only_known_is_exploratory(nights: Nights) -> None:
    touch(known(nights), "ann", 0)
    assert level(nights, 1) == "exploratory"


def test_mail_that_was_sent_or_opened_is_no_act(nights: Nights) -> None:
    shop = known(nights)
    consent(shop, "ann", None)
    for kind in ("sent", "open"):
        touch(shop, "ann", 0, kind)
    assert level(nights, 1) == "exploratory"


def test_consent_and_an_act_are_basic_until_the_act_is_90_days_old_and_30_more_went_by(nights: Nights) -> None:
    shop = known(nights)
    consent(shop, "ann", None)
    touch(shop, "ann", 0)
    assert [level(nights, n) for n in (-1, 0, 89, 90, 119, 120)] == [
        "exploratory", "basic", "basic", "basic", "basic", "exploratory",
    ]  # fmt: skip
    assert nights.is_now("ann", "level_since") == date.fromisoformat(day(120))


def test_the_first_order_is_basic_for_good(nights: Nights) -> None:
    known(nights).order("ann", day(0))
    assert [level(nights, n) for n in (-1, 0, 900)] == ["exploratory", "basic", "basic"]


def test_a_second_order_is_collaborated(nights: Nights) -> None:
    shop = known(nights)
    shop.order("ann", day(0))
    shop.order("ann", day(50))
    assert [level(nights, n) for n in (49, 50)] == ["basic", "collaborated"]


def test_acts_with_two_departments_within_180_days_are_collaborated(nights: Nights) -> None:
    shop = known(nights)
    consent(shop, "ann", None)
    touch(shop, "ann", 0)
    touch(shop, "ann", 60, "ticket", None)  # a ticket is an act with the service
    assert [level(nights, n) for n in (59, 60, 179, 209, 210)] == [
        "basic", "collaborated", "collaborated", "collaborated", "exploratory",
    ]  # fmt: skip


def test_acts_with_two_departments_too_far_apart_do_not_count_together(nights: Nights) -> None:
    shop = known(nights)
    touch(shop, "ann", 0)
    touch(shop, "ann", 180, "ticket")
    assert level(nights, 180) == "exploratory"


def bonded(
    nights: Nights, *, signal: str | None = "loyalty_member", channels: tuple[str, ...] = ("email", "sms")
) -> None:
    shop = known(nights)
    for number in (0, 100, 200, 360):
        shop.order("ann", day(number))
    for channel in channels:
        consent(shop, "ann", -10, channel=channel)
    if signal:
        shop.add("signal", person_id="ann", kind=signal, value="true", at=noon(day(5)))


def test_interconnected_needs_a_year_four_orders_two_channels_trust_and_being_active(nights: Nights) -> None:
    bonded(nights)
    assert [level(nights, n) for n in (364, 365, 449, 479, 480)] == [
        "collaborated", "interconnected", "interconnected", "interconnected", "collaborated",
    ]  # fmt: skip
    assert nights.is_now("ann", "level_since") == date.fromisoformat(day(480))


def test_without_a_sign_of_trust_nobody_is_interconnected(nights: Nights) -> None:
    bonded(nights, signal=None)
    assert level(nights, 370) == "collaborated"


def test_with_one_channel_nobody_is_interconnected(nights: Nights) -> None:
    bonded(nights, channels=("email",))
    assert level(nights, 370) == "collaborated"


@pytest.mark.parametrize(("score", "expected"), [("3.9", "collaborated"), ("4", "interconnected")])
def test_a_good_review_is_a_sign_of_trust(nights: Nights, score: str, expected: str) -> None:
    bonded(nights, signal=None)
    nights.shop.add("signal", person_id="ann", kind="review_score", value=score, at=noon(day(5)))
    assert level(nights, 370) == expected


def test_after_an_unsubscribe_the_level_stays_for_the_dwell_and_then_falls(nights: Nights) -> None:
    shop = known(nights)
    touch(shop, "ann", 0)
    consent(shop, "ann", 10, "unsubscribed")
    assert [level(nights, n) for n in (9, 39, 40)] == ["basic", "basic", "exploratory"]


def test_days_in_level_count_from_the_day_it_was_reached_across_a_clock_change(nights: Nights) -> None:
    nights.shop.order("ann", "2026-03-01")  # summer time begins on 29 March
    nights.today("2026-04-30")
    assert nights.is_now("ann", "days_in_level") == 60
    nights.today("2026-05-01")
    assert nights.is_now("ann", "days_in_level") == 61


def test_what_a_merged_profile_did_counts_for_the_one_it_became(nights: Nights) -> None:
    shop = known(nights)
    consent(shop, "ann", None)
    touch(shop, "old-ann", 0)
    assert level(nights, 1) == "exploratory"
    shop.add("merge", id="older-ann", into="old-ann")
    shop.add("merge", id="old-ann", into="ann")
    assert level(nights, 1) == "basic"


def test_flapping_around_the_rule_is_one_stay(nights: Nights) -> None:
    shop = known(nights)
    consent(shop, "ann", None)
    touch(shop, "ann", 0)
    touch(shop, "ann", 115)  # the rule failed for 25 days in between
    assert level(nights, 120) == "basic"
    assert nights.is_now("ann", "level_since") == DAY_ZERO


EVENT = st.tuples(
    st.integers(0, 700),
    st.sampled_from(["order", "click", "ticket", "email", "sms", "loyalty_member", "unsubscribe"]),
)


@given(
    people=st.lists(st.lists(EVENT, max_size=14), min_size=20, max_size=20),
    nightly=st.lists(st.integers(0, 900), min_size=3, max_size=5, unique=True),
)
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_one_level_and_stage_at_every_instant_dates_rise_and_any_past_day_comes_out_the_same(
    nights: Nights, people: list[list[tuple[int, str]]], nightly: list[int]
) -> None:
    again = Nights(Shop(nights.shop.session))
    again.settings = replace(again.settings, bond_orders=2, min_customers=5)  # lines are learned, too
    for number, events in enumerate(people):
        known(again, f"p{number:02}")
        for at, what in events:
            happen(again.shop, f"p{number:02}", at, what)
    said: dict[int, dict[str, tuple[str, ...]]] = {}
    for number in sorted(nightly):
        again.night(day(number))
        said[number] = standings(again)
    for number in nightly:  # in any order, with the lines that were recorded by then
        again.again(day(number))
        assert standings(again) == said[number]
    for position, kind in enumerate(("state", "stage", "level")):
        for name in said[number]:
            moved = again.moves(kind, name)
            assert all(a.on < b.on and a.new == b.old != b.new for a, b in pairwise(moved))
            for night, rows in said.items():
                then = [move.new for move in moved if move.on <= date.fromisoformat(day(night))]
                assert then[-1] == rows[name][position]


def standings(nights: Nights) -> dict[str, tuple[str, ...]]:
    """Exactly one row for each of the twenty."""
    rows = nights.shop.all("SELECT customer_id, state, stage, level, stage_since, level_since FROM standing")
    found = {who: rest for who, *rest in rows}
    assert len(rows) == len(found) == 20
    return found


def happen(shop: Shop, who: str, at: int, what: str) -> None:
    match what:
        case "order":
            shop.order(who, day(at))
        case "click" | "ticket":
            touch(shop, who, at, what, None)
        case "email" | "sms":
            consent(shop, who, at, channel=what)
        case "unsubscribe":
            consent(shop, who, at, "unsubscribed")
        case signal:
            shop.add("signal", person_id=who, kind=signal, value="true", at=noon(day(at)))
