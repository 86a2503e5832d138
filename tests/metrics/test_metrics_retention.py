"""S, E, N, R, L: golden figures, edges, and the identity for any span."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metrics.shop import Shop, utc
from regulars.errors import ConfigError
from regulars.metrics import Retention, Span, last_complete, retention, retention_members, running

MARCH = Span(date(2026, 3, 1), date(2026, 3, 31))
WINDOW = 90
BEFORE, INSIDE = "2026-02-01", "2026-03-10"
LONG_AGO = "2024-05-01"


def crowd(shop: Shop, name: str, size: int, *days: str) -> None:
    for number in range(size):
        for day in days:
            shop.order(f"{name}{number}", day)


def test_the_golden_example_is_85_percent_of_which_70_were_kept_and_15_won_back(shop: Shop) -> None:
    crowd(shop, "kept", 700, BEFORE, INSIDE)
    crowd(shop, "lost", 300, "2025-12-15")
    crowd(shop, "new", 200, INSIDE)
    crowd(shop, "back", 150, LONG_AGO, INSIDE)
    shop.build("2026-04-05")
    found = retention(shop.session, MARCH, WINDOW)
    assert (found.s, found.l, found.n, found.r, found.e) == (1000, 300, 200, 150, 1050)
    assert (found.crr, found.kept, found.won_back) == (Decimal("85"), Decimal("70"), Decimal("15"))
    assert found.churn == Decimal("30")
    assert found.turnover == Decimal(500) * 100 / Decimal(1025)


def test_without_customers_at_the_start_no_rate_is_defined(shop: Shop) -> None:
    shop.order("ann", INSIDE)
    shop.build("2026-04-05")
    found = retention(shop.session, MARCH, WINDOW)
    assert (found.s, found.e, found.n) == (0, 1, 1)
    assert [found.crr, found.kept, found.won_back, found.churn] == [None] * 4


def test_an_empty_shop_has_counts_of_nothing_and_no_rates(shop: Shop) -> None:
    shop.build("2026-04-05")
    found = retention(shop.session, MARCH, WINDOW)
    assert (found.s, found.e, found.crr, found.turnover) == (0, 0, None, None)


def test_new_and_already_gone_again_is_counted_apart_where_the_window_is_shorter_than_the_period(
    shop: Shop,
) -> None:
    shop.order("brief", "2026-01-10")
    shop.order("stays", "2026-11-20")
    shop.order("old", "2025-12-30")
    shop.build("2027-01-05")
    year = Span(date(2026, 1, 1), date(2026, 12, 31))
    found = retention(shop.session, year, 60)
    assert (found.s, found.l, found.n, found.r, found.e, found.gone) == (1, 1, 1, 0, 1, 1)


@pytest.mark.parametrize(
    ("instant", "in_march"),
    [
        ("2026-02-28T23:30", False),
        ("2026-03-01T00:00", True),
        ("2026-03-31T22:30", True),
        ("2026-03-31T23:30", False),
    ],
)
def test_the_edges_of_a_month_are_those_of_the_clients_zone(shop: Shop, instant: str, in_march: bool) -> None:
    shop.order("ann", utc(instant))  # British Summer Time begins on 29 March 2026
    shop.build("2026-04-05")
    assert (retention(shop.session, MARCH, WINDOW).n == 1) is in_march


def test_the_window_reaches_exactly_its_days_back(shop: Shop) -> None:
    shop.order("inside", "2025-12-01")  # 90 days before 1 March
    shop.order("outside", "2025-11-30")
    shop.build("2026-04-05")
    members = retention_members(shop.session, MARCH, WINDOW).to_pylist()
    assert [m["customer_id"] for m in members if m["part"] == "S"] == ["inside"]


def test_joining_two_profiles_is_not_churn(shop: Shop) -> None:
    shop.order("ann", BEFORE)
    shop.order("ann-work", INSIDE)
    shop.build("2026-04-05")
    apart = retention(shop.session, Span(date(2026, 3, 1), date(2026, 5, 10)), WINDOW)
    shop.same("ann", "ann-work")
    shop.build("2026-04-05")
    joined = retention(shop.session, Span(date(2026, 3, 1), date(2026, 5, 10)), WINDOW)
    assert (apart.l, apart.n) == (1, 1)
    assert (joined.s, joined.l, joined.n, joined.e) == (1, 0, 0, 1)


def test_the_last_complete_and_the_running_period_of_each_kind_are_stored(shop: Shop) -> None:
    crowd(shop, "kept", 3, "2025-12-20", "2026-02-20")
    shop.build("2026-05-13")  # a Wednesday
    rows = shop.all("SELECT period, complete, starts_on, ends_on FROM retention ORDER BY starts_on, complete DESC")
    assert set(rows) == {
        ("week", True, date(2026, 5, 4), date(2026, 5, 10)),
        ("week", False, date(2026, 5, 11), date(2026, 5, 13)),
        ("month", True, date(2026, 4, 1), date(2026, 4, 30)),
        ("month", False, date(2026, 5, 1), date(2026, 5, 13)),
        ("quarter", True, date(2026, 1, 1), date(2026, 3, 31)),
        ("quarter", False, date(2026, 4, 1), date(2026, 5, 13)),
        ("year", True, date(2025, 1, 1), date(2025, 12, 31)),
        ("year", False, date(2026, 1, 1), date(2026, 5, 13)),
    }


def test_the_stored_sets_give_the_stored_counts_again(shop: Shop) -> None:
    crowd(shop, "kept", 4, "2025-12-20", "2026-02-20")
    crowd(shop, "new", 3, "2026-02-11")
    crowd(shop, "lost", 2, "2025-01-20")
    shop.build("2026-05-13")
    counted = shop.all("SELECT s, e, n, r, l FROM retention WHERE period = 'quarter' AND complete")[0]
    sets = dict(shop.all("SELECT part, count(*) FROM retention_set WHERE period = 'quarter' GROUP BY part"))
    assert counted == tuple(sets.get(part, 0) for part in "SENRL")
    e_without_n = """SELECT count(*) FROM (
        SELECT customer_id FROM retention_set WHERE period = 'quarter' AND part = 'E'
        EXCEPT SELECT customer_id FROM retention_set WHERE period = 'quarter' AND part = 'N')"""
    assert shop.one(e_without_n) == counted[1] - counted[2]


@pytest.mark.parametrize(
    ("period", "day", "expected"),
    [
        ("week", "2026-01-01", ("2025-12-22", "2025-12-28")),
        ("month", "2026-03-01", ("2026-02-01", "2026-02-28")),
        ("quarter", "2026-01-15", ("2025-10-01", "2025-12-31")),
        ("year", "2026-12-31", ("2025-01-01", "2025-12-31")),
    ],
)
def test_the_last_complete_period_was_over_before_the_day_began(period, day, expected) -> None:
    span = last_complete(period, date.fromisoformat(day))
    assert (span.starts_on.isoformat(), span.ends_on.isoformat()) == expected
    assert running(period, date.fromisoformat(day)).starts_on == span.ends_on + timedelta(days=1)


def test_a_span_that_ends_before_it_starts_and_a_window_of_no_days_are_refused(shop: Shop) -> None:
    with pytest.raises(ConfigError, match="before it starts"):
        Span(date(2026, 3, 2), date(2026, 3, 1))
    with pytest.raises(ConfigError, match="holds nobody"):
        retention(shop.session, MARCH, 0)


DAY = st.integers(0, 900).map(lambda n: date(2024, 1, 1) + timedelta(days=n))


@given(
    orders=st.lists(st.tuples(st.sampled_from("abcdefgh"), DAY), min_size=1, max_size=40),
    spans=st.lists(st.tuples(DAY, st.integers(0, 400), st.integers(1, 500)), min_size=20, max_size=20),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_identity_holds_for_any_span_and_equals_a_count_by_hand(shop: Shop, orders, spans) -> None:
    days = [{"customer_id": who, "ordered_on": on, "orders": 1, "net_minor": 1} for who, on in set(orders)]
    shop.session.load("customer_day", pa.Table.from_pylist(days))
    shop.session.run(
        "CREATE OR REPLACE TABLE first_order AS"
        " SELECT customer_id, min(ordered_on) AS first_order_on FROM customer_day GROUP BY 1"
    )
    for starts_on, length, window in spans:
        span = Span(starts_on, starts_on + timedelta(days=length))
        assert retention(shop.session, span, window) == by_hand(orders, span, window)


def by_hand(orders: list[tuple[str, date]], span: Span, window: int) -> Retention:
    """The sets as the definition says them, person by person."""
    after = span.ends_on + timedelta(days=1)

    def customers(at: date) -> set[str]:
        return {who for who, on in orders if at - timedelta(days=window) <= on < at}

    s, e = customers(span.starts_on), customers(after)
    first = {who: min(on for other, on in orders if other == who) for who, _ in orders}
    new = {who for who, on in first.items() if span.starts_on <= on < after}
    return Retention(span, window, len(s), len(e), len(new & e), len(e - s - new), len(s - e), len(new - e))
