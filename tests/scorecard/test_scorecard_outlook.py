"""What will be left of the customers in 90 days, and how good such forecasts were."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pyarrow as pa
import pytest
from metrics.shop import Shop
from regulars.metrics.survival import Waited, survival
from regulars.scorecard.outlook import AHEAD, Outlooks, forecast, outlook

TODAY = date(2026, 6, 30)


def store(shop: Shop, days: list[tuple[str, date]]) -> None:
    rows = [
        {"customer_id": who, "ordered_on": on, "orders": 1, "net_minor": 1000} for who, on in sorted(set(days))
    ]
    schema = pa.schema(
        {"customer_id": pa.string(), "ordered_on": pa.date32(), "orders": pa.int64(), "net_minor": pa.int64()}
    )
    shop.session.load("customer_day", pa.Table.from_pylist(rows, schema=schema))


def crowd(seed: int, people: int = 250, years: int = 4) -> list[tuple[str, date]]:
    """People who come over the years, buy at a pace of their own, and stop one day."""
    dice = random.Random(seed)
    days: list[tuple[str, date]] = []
    for number in range(people):
        at = TODAY - timedelta(days=dice.randrange(365 * years))
        pace = dice.gammavariate(2, 25)
        while at <= TODAY:
            days.append((f"p{number}", at))
            if dice.random() < 0.18:
                break
            at += timedelta(days=1 + int(dice.expovariate(1 / pace)))
    return days


def test_the_forecast_is_the_share_that_came_back_times_those_who_are_as_silent() -> None:
    # Of 1,000 waits, 400 ended on day 10 and 200 on day 50; 400 are open at day 200.
    curve = survival([Waited(10, 400, 0), Waited(50, 200, 0), Waited(200, 0, 400)])
    assert forecast(curve, [(0, 10)]).expected == pytest.approx(10 * 0.6)
    assert forecast(curve, [(20, 6)]).expected == pytest.approx(6 * (1 - 40 / 60))
    assert forecast(curve, [(60, 7)]).expected == 0


def test_everybody_silent_for_very_long_counts_as_silent_for_as_long_as_was_watched() -> None:
    curve = survival([Waited(100, 50, 0), Waited(150, 0, 60)])
    assert forecast(curve, [(9000, 11)]).expected == forecast(curve, [(60, 11)]).expected
    assert forecast(curve, [(9000, 11), (5, 11)]).beyond == forecast(curve, [(9000, 11)]).expected


def test_a_forecast_that_hangs_on_silences_nobody_watched_is_not_made(shop: Shop) -> None:
    # For 200 days people came in and bought every 30 days; most stopped 60 days ago. Nobody was seen that silent.
    days = [(f"p{n}", TODAY - timedelta(days=d)) for n in range(120) for d in range(60 + n % 30, 200, 30)]
    store(shop, days)
    assert outlook(shop.session, TODAY).now.expected is None


def test_a_small_or_a_young_shop_gets_no_forecast(shop: Shop) -> None:
    store(shop, [(f"p{n}", TODAY - timedelta(days=400 - n)) for n in range(20)])
    found = outlook(shop.session, TODAY)
    assert (found.now.customers, found.now.expected, found.now.covered, found.tested) == (20, None, None, 0)
    store(shop, [(f"p{n}", TODAY - timedelta(days=n % 100)) for n in range(200)])
    assert outlook(shop.session, TODAY).now.expected is None


def test_a_shop_without_anybody_gets_no_forecast(shop: Shop) -> None:
    store(shop, [])
    assert outlook(shop.session, TODAY).now.customers == 0


def test_past_quarters_are_forecast_from_what_was_known_then(shop: Shop) -> None:
    days = crowd(1)
    store(shop, days)
    whole = outlook(shop.session, TODAY)
    then = whole.past[0].on
    assert then == TODAY - timedelta(days=AHEAD)
    store(shop, [(who, on) for who, on in days if on <= then])
    assert outlook(shop.session, then).now.expected == whole.past[0].expected
    assert outlook(shop.session, then).now.low == whole.past[0].low


def test_what_came_is_counted_among_those_who_were_customers_then(shop: Shop) -> None:
    start = TODAY - timedelta(days=AHEAD)
    days = [
        ("old", start - timedelta(days=5)),
        ("old", TODAY),
        ("gone", start - timedelta(days=9)),
        ("new", TODAY),
    ]
    store(shop, days)
    past = outlook(shop.session, TODAY).past[0]
    assert (past.customers, past.came) == (2, 1)


def test_the_interval_covers_the_truth_in_about_four_of_five_past_quarters(shop: Shop) -> None:
    found: list[Outlooks] = []
    for seed in range(40):
        store(shop, crowd(seed))
        found.append(outlook(shop.session, TODAY))
    tested = sum(each.tested for each in found)
    assert tested == 160
    assert 0.72 <= sum(each.covered for each in found) / tested <= 0.94


def test_a_shop_that_surprises_gets_a_wider_interval(shop: Shop) -> None:
    dice = random.Random(5)
    calm = [(f"p{n}", TODAY - timedelta(days=d)) for n in range(150) for d in range(n % 60, 1400, 60)]
    wild = [(who, on) for who, on in calm if on.toordinal() // 180 % 2 or dice.random() < 0.3]
    widths = []
    for days in (calm, wild):
        store(shop, days)
        now = outlook(shop.session, TODAY).now
        assert now.low is not None
        assert now.high is not None
        assert now.expected
        widths.append((now.high - now.low) / now.expected)
    assert widths[1] > widths[0]
