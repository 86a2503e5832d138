"""What must hold of the five sets for any span, any zone and any join of two people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metrics.shop import Shop
from regulars.metrics import Span, last_complete, retention, retention_members
from regulars.metrics.crr import percent, retentions

ZONES = ["Europe/London", "America/Chicago", "Pacific/Auckland", "Asia/Kolkata", "Australia/Lord_Howe"]
SPANS = 200  # in each of five zones
FIRST = date(2024, 1, 1)
PERIODS = ("week", "month", "quarter", "year")
EDGES = (time(0), time(0, 0, 1), time(23, 59, 59), time(1, 30), time(2, 30), time(12))


def instant(rng: Random, zone: ZoneInfo) -> datetime:
    """Most often an edge: of a day, a week, a month, or of the night on which clocks are changed."""
    day = FIRST + timedelta(days=rng.randrange(850))
    if rng.random() < 0.5:
        day = last_complete(rng.choice(PERIODS), day).ends_on + timedelta(days=rng.randrange(2))
    if rng.random() < 0.2:
        day = rng.choice(changes(zone))
    return datetime.combine(day, rng.choice(EDGES), zone).astimezone(UTC)


def changes(zone: ZoneInfo) -> list[date]:
    """Days of two years on which the clock is changed; any day where it never is."""
    days = [FIRST + timedelta(days=n) for n in range(730)]

    def offset(day: date) -> timedelta | None:
        return datetime.combine(day, time(12), zone).utcoffset()

    return [day for day in days if offset(day) != offset(day - timedelta(days=1))] or days


def span(rng: Random) -> Span:
    """A period, or any days."""
    day = FIRST + timedelta(days=rng.randrange(1, 900))
    if rng.random() < 0.6:
        return last_complete(rng.choice(PERIODS), day)
    return Span(day, day + timedelta(days=rng.randrange(300)))


@pytest.mark.parametrize("name", ZONES)
def test_the_identities_hold_for_a_thousand_spans_over_five_zones(shop: Shop, name: str) -> None:
    rng, zone = Random(name), ZoneInfo(name)
    shop.set(zone=name)
    orders = [(f"p{rng.randrange(25)}", instant(rng, zone)) for _ in range(120)]
    for who, at in orders:
        shop.order(who, at)
    shop.build("2027-01-01")
    local = [(who, at.astimezone(zone).date()) for who, at in orders]
    for _ in range(SPANS):
        asked, window = span(rng), rng.choice((7, 30, 90, 180, 365))
        found = retention(shop.session, asked, window)
        sets = members(shop, asked, window)
        assert sets == by_hand(local, asked, window)
        s, e, n, r, lost = (sets[part] for part in "SENRL")
        assert (found.s, found.e, found.n, found.r, found.l) == tuple(map(len, (s, e, n, r, lost)))
        assert found.s - found.l + found.n + found.r == found.e
        assert len(e - n) == found.e - found.n
        assert (s - lost) | n | r == e
        assert [n & r, n & s, r & s, lost & e] == [set()] * 4
        assert found.crr == percent(len(e - n), len(s))
        if found.crr is not None:
            assert abs(found.crr - ((found.kept or 0) + (found.won_back or 0))) < 1e-20
            assert abs((found.kept or 0) + (found.churn or 0) - 100) < 1e-20


def test_many_spans_counted_in_one_pass_are_what_each_is_alone(shop: Shop) -> None:
    rng, zone = Random("many"), ZoneInfo("Europe/London")
    for _ in range(150):
        shop.order(f"p{rng.randrange(25)}", instant(rng, zone))
    shop.build("2027-01-01")
    asked = [span(rng) for _ in range(70)]  # more than fit into the bits of one pass
    assert retentions(shop.session, asked, 120) == [retention(shop.session, each, 120) for each in asked]


def members(shop: Shop, asked: Span, window: int) -> dict[str, set[str]]:
    table = retention_members(shop.session, asked, window).to_pylist()
    return {part: {row["customer_id"] for row in table if row["part"] == part} for part in "SENRL"}


def by_hand(orders: list[tuple[str, date]], asked: Span, window: int) -> dict[str, set[str]]:
    """The sets as the definition says them, from the days that the client's own calendar shows."""
    after, length = asked.ends_on + timedelta(days=1), timedelta(days=window)
    s = {who for who, on in orders if asked.starts_on - length <= on < asked.starts_on}
    e = {who for who, on in orders if after - length <= on < after}
    ever = {who for who, on in orders if on < asked.starts_on}
    n = {who for who in e if who not in ever}
    return {"S": s, "E": e, "N": n, "R": e - s - n, "L": s - e}


@pytest.fixture(scope="module")
def joining() -> Iterator[Shop]:
    with Shop.opened() as made:
        yield made


DAY = st.integers(0, 400).map(lambda n: FIRST + timedelta(days=n))
ORDERS = st.lists(st.tuples(st.sampled_from("abcdef"), DAY), min_size=2, max_size=25)


@given(
    orders=ORDERS,
    starts=DAY,
    length=st.integers(0, 200),
    window=st.integers(1, 400),
    pair=st.permutations("abcdef"),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_joining_two_customers_loses_nobody(joining: Shop, orders, starts, length, window, pair) -> None:
    one, other = pair[:2]
    asked = Span(starts, starts + timedelta(days=length))
    apart = counted(joining, orders, asked, window)
    joined = counted(joining, [(one if who == other else who, on) for who, on in orders], asked, window)
    assert joined["L"] - {one} == apart["L"] - {one, other}
    assert len(joined["L"]) <= len(apart["L"])
    assert one not in joined["L"] or (apart["L"] & {one, other} and not apart["E"] & {one, other})
    assert (one in joined["E"]) is bool(apart["E"] & {one, other})


def counted(shop: Shop, orders: list[tuple[str, date]], asked: Span, window: int) -> dict[str, set[str]]:
    values = ", ".join(f"('{who}', DATE '{on}', 1, 1)" for who, on in set(orders))
    shop.session.run(
        f"""CREATE OR REPLACE TABLE customer_day AS SELECT * FROM
            (VALUES {values}) AS v(customer_id, ordered_on, orders, net_minor);
        CREATE OR REPLACE TABLE first_order AS
            SELECT customer_id, min(ordered_on) AS first_order_on FROM customer_day GROUP BY 1"""
    )
    return members(shop, asked, window)


def test_a_join_between_two_nights_is_not_seen_as_churn(shop: Shop) -> None:
    shop.order("ann", "2026-02-10")
    shop.order("ann-work", "2026-02-20")
    shop.order("bob", "2026-02-11")
    shop.build("2026-03-05")
    before = shop.all("SELECT customer_id FROM retention_set WHERE period = 'month' AND part = 'E'")
    shop.same("ann", "ann-work")
    shop.build("2026-04-05")
    (lost,) = shop.all("SELECT l, s FROM retention WHERE period = 'month' AND complete")
    assert (len(before), lost) == (3, (0, 2))
