"""States and stages by their fixed lines."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from lifecycle.nights import Nights
from metrics.shop import noon, utc
from regulars.models import Move

FIRST = "2026-01-01"


def day(number: int) -> str:
    return (date(2026, 1, 1) + timedelta(days=number)).isoformat()


@pytest.mark.parametrize(
    ("days", "state", "stage"),
    [
        (0, "active", "acquisition"),
        (29, "active", "acquisition"),
        (30, "active", "retention"),
        (89, "active", "retention"),
        (90, "at_risk", "retention"),
        (179, "at_risk", "retention"),
        (180, "lapsed", "reactivation"),
    ],
)
def test_somebody_with_one_order_goes_along_the_lines(nights: Nights, days: int, state: str, stage: str) -> None:
    nights.shop.order("ann", FIRST)
    nights.today(day(days))
    assert (nights.is_now("ann", "state"), nights.is_now("ann", "stage")) == (state, stage)


@pytest.mark.parametrize(
    ("days", "stage"), [(20, "expansion"), (109, "expansion"), (110, "retention"), (200, "reactivation")]
)
def test_two_orders_and_active_is_expansion(nights: Nights, days: int, stage: str) -> None:
    nights.shop.order("ann", FIRST)
    nights.shop.order("ann", day(20))
    nights.today(day(days))
    assert nights.is_now("ann", "stage") == stage


def test_somebody_without_an_order_is_a_prospect_in_acquisition(nights: Nights) -> None:
    nights.shop.person("ann", created=noon("2025-11-01"))
    nights.today(FIRST)
    assert [nights.is_now("ann", c) for c in ("state", "stage", "level")] == [
        "prospect",
        "acquisition",
        "exploratory",
    ]
    assert nights.is_now("ann", "stage_since") == date(2025, 11, 1)


def test_somebody_who_was_not_yet_known_has_no_standing(nights: Nights) -> None:
    nights.shop.person("ann", created=noon("2026-01-02"))
    nights.today(FIRST)
    assert nights.shop.all("SELECT * FROM standing") == []


def test_an_order_before_midnight_utc_counts_on_the_clients_day(nights: Nights) -> None:
    nights.shop.order("ann", utc("2026-06-30T23:30"))  # 1 July in London
    nights.today("2026-07-30")
    assert nights.is_now("ann", "stage") == "acquisition"
    nights.today("2026-07-31")
    assert nights.is_now("ann", "stage") == "retention"


def test_a_customers_whole_way_is_dated_by_the_data_although_nights_were_missed(nights: Nights) -> None:
    nights.shop.order("ann", day(0))
    nights.shop.order("ann", day(200))
    nights.shop.order("ann", day(210))
    for number in (3, 35, 100, 185, 205, 215):
        nights.night(day(number))
    assert nights.moves("stage", "ann") == (
        Move(date.fromisoformat(day(0)), None, "acquisition"),
        Move(date.fromisoformat(day(30)), "acquisition", "retention"),
        Move(date.fromisoformat(day(180)), "retention", "reactivation"),
        Move(date.fromisoformat(day(200)), "reactivation", "expansion"),
    )


def test_a_quiet_night_records_nothing(nights: Nights) -> None:
    nights.shop.order("ann", day(0))
    assert len(nights.night(day(3))) == 3
    assert nights.night(day(3)) == []
    assert nights.night(day(4)) == []


def test_a_stale_order_source_moves_nobody_to_at_risk_or_lapsed(nights: Nights) -> None:
    nights.shop.order("ann", day(0))
    nights.shop.order("bob", day(-100))
    nights.shop.order("cat", day(80))
    nights.night(day(81), now=noon(day(81)))
    assert (nights.is_now("ann", "state"), nights.is_now("bob", "stage")) == ("active", "reactivation")
    nights.night(day(95), now=noon(day(95)))
    assert nights.is_now("ann", "state") == "active"
    assert nights.is_now("bob", "stage") == "reactivation"
    nights.shop.order("cat", day(96))
    nights.night(day(96), now=noon(day(96)))
    assert nights.is_now("ann", "state") == "at_risk"


def test_an_order_brings_somebody_back_on_a_stale_night_too(nights: Nights) -> None:
    nights.shop.order("ann", day(0))
    nights.night(day(120), now=None)
    assert nights.is_now("ann", "state") == "at_risk"
    nights.shop.order("ann", day(121))
    nights.night(day(124), now=noon(day(124)))
    assert nights.is_now("ann", "stage") == "expansion"


def test_on_a_first_stale_night_people_are_judged_on_the_day_of_the_newest_order(nights: Nights) -> None:
    nights.shop.order("ann", day(0))
    nights.shop.order("bob", day(95))
    nights.night(day(300), now=noon(day(300)))
    assert (nights.is_now("ann", "state"), nights.is_now("bob", "state")) == ("at_risk", "active")


def test_staleness_is_older_than_the_limit_and_not_as_old(nights: Nights) -> None:
    nights.shop.order("ann", datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    nights.shop.order("bob", "2025-10-05")
    nights.today("2026-01-02", now=datetime.fromisoformat("2026-01-02T02:00:00+00:00"))
    assert nights.shop.one("SELECT stale FROM lifecycle_basis") is False
    nights.today("2026-01-02", now=datetime.fromisoformat("2026-01-02T02:00:01+00:00"))
    assert nights.shop.one("SELECT stale FROM lifecycle_basis") is True


def test_joining_two_profiles_goes_on_with_the_customers_own_history(nights: Nights) -> None:
    nights.shop.order("ann", day(0))
    nights.shop.order("other", day(40))
    nights.night(day(45))
    nights.shop.same("ann", "other")
    found = nights.night(day(46))
    assert [(kind, who, what["old"], what["new"]) for kind, who, what in found] == [
        ("stage", "ann", "retention", "expansion"),
        ("level", "ann", "basic", "collaborated"),
    ]
    dates = [move.on for move in nights.moves("stage", "ann")]
    assert dates == sorted(set(dates))
