"""Cohorts of a shop of a few people, month by month."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metrics.shop import Shop, utc
from regulars.metrics import cohorts
from regulars.metrics.cohorts import Cohorts, per_customer, share


@pytest.fixture
def shop_of_four(shop: Shop) -> Shop:
    """January: ann, bea, cem. February: dan. ann orders again in January, March; bea in March; dan never."""
    orders = {
        "ann": [("2026-01-02", 1000), ("2026-01-20", 500), ("2026-03-05", 2000)],
        "bea": [("2026-01-10", 1000), ("2026-03-31", 1000)],
        "cem": [("2026-01-31", 1000)],
        "dan": [("2026-02-14", 700)],
    }
    for who, bought in orders.items():
        for day, goods in bought:
            shop.order(who, day, goods=goods)
    return shop


def told(shop: Shop, as_of: str) -> Cohorts:
    shop.build(as_of)
    return cohorts(shop.session, date.fromisoformat(as_of))


def test_a_cell_is_who_ordered_in_that_month_as_a_share_of_the_cohort(shop_of_four: Shop) -> None:
    found = told(shop_of_four, "2026-03-31")
    january, february = found.rows
    assert (january.size, february.size) == (3, 1)
    assert found.cells(january, "buyers", 4) == [1, 0, Fraction(2, 3), None]
    assert found.cells(february, "buyers", 4) == [1, 0, None, None]
    assert share(found.cells(january, "buyers", 3)[2]) == Decimal(200) / 3


def test_a_month_that_is_not_over_is_empty_until_its_last_day(shop_of_four: Shop) -> None:
    found = told(shop_of_four, "2026-03-30")
    assert [len(row.buyers) for row in found.rows] == [2, 1]
    assert found.cells(found.rows[0], "buyers", 3) == [1, 0, None]


def test_the_newest_cohort_has_a_size_and_no_figure(shop: Shop) -> None:
    shop.order("ann", "2026-03-05")
    found = told(shop, "2026-03-20")
    assert (found.rows[0].size, found.cells(found.rows[0], "buyers", 2)) == (1, [None, None])


def test_cumulative_is_who_had_come_back_by_then_and_never_falls(shop_of_four: Shop) -> None:
    found = told(shop_of_four, "2026-05-31")
    # ann came back in January itself, bea in March; cem never.
    assert found.cells(found.rows[0], "returned", 5) == [Fraction(n, 3) for n in (1, 1, 2, 2, 2)]


def test_revenue_per_customer_is_of_the_whole_cohort_and_adds_up(shop_of_four: Shop) -> None:
    found = told(shop_of_four, "2026-03-31")
    january = found.rows[0]
    assert january.net_minor == (3500, 0, 3000)
    assert [per_customer(cell) for cell in found.cells(january, "revenue", 3)] == [1167, 0, 1000]
    assert [per_customer(cell) for cell in found.cells(january, "revenue_to_date", 3)] == [1167, 1167, 2167]


def test_the_line_of_all_cohorts_takes_only_those_old_enough(shop_of_four: Shop) -> None:
    found = told(shop_of_four, "2026-03-31")
    assert found.together("buyers", 4) == [1, 0, Fraction(2, 3), None]
    assert found.together("revenue", 2) == [Fraction(4200, 4), 0]


def test_fewer_than_fifty_people_are_marked(shop: Shop) -> None:
    for number in range(50):
        shop.order(f"p{number}", "2026-01-05")
    shop.order("late", "2026-02-05")
    found = told(shop, "2026-03-31")
    assert [row.small for row in found.rows] == [False, True]


def test_the_month_is_the_clients_own(shop: Shop) -> None:
    shop.set(zone="America/Chicago")
    shop.order("ann", utc("2026-02-01T05:30"))  # still 31 January in Chicago
    shop.order("ann", utc("2026-03-01T06:30"))  # 1 March there
    found = told(shop, "2026-03-31")
    assert found.rows[0].month == date(2026, 1, 1)
    assert found.cells(found.rows[0], "buyers", 3) == [1, 0, 1]


def test_an_earlier_day_gives_the_table_of_that_day(shop_of_four: Shop) -> None:
    shop_of_four.build("2026-05-31")
    then = cohorts(shop_of_four.session, date(2026, 2, 28))
    assert [(row.month.month, row.size, row.buyers) for row in then.rows] == [(1, 3, (3, 0)), (2, 1, (1,))]


def test_a_shop_without_orders_has_no_cohorts(shop: Shop) -> None:
    found = told(shop, "2026-03-31")
    assert (found.rows, found.width, found.together("buyers", 1)) == ((), 0, [None])


DAY = st.integers(0, 500).map(lambda n: date(2024, 1, 15) + timedelta(days=n))


@given(
    orders=st.lists(st.tuples(st.sampled_from("abcdefgh"), DAY, st.integers(1, 9)), min_size=1, max_size=50),
    as_of=DAY,
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_table_equals_one_counted_person_by_person(shop: Shop, orders, as_of) -> None:
    days = {(who, on): net for who, on, net in orders}
    rows = [{"customer_id": who, "ordered_on": on, "orders": 1, "net_minor": n} for (who, on), n in days.items()]
    shop.session.load("customer_day", pa.Table.from_pylist(rows))
    shop.session.run(
        "CREATE OR REPLACE TABLE first_order AS"
        " SELECT customer_id, min(ordered_on) AS first_order_on FROM customer_day GROUP BY 1"
    )
    found = cohorts(shop.session, as_of)
    seen = {(who, on): n for (who, on), n in days.items() if on <= as_of}
    first = {who: min(on for other, on in seen if other == who) for who, _ in seen}
    assert sum(row.size for row in found.rows) == len(first)
    for row in found.rows:
        mine = [who for who, on in first.items() if on.replace(day=1) == row.month]
        assert row.size == len(mine)
        for since, people in enumerate(row.buyers):
            at = row.month.year * 12 + row.month.month - 1 + since
            here = {
                (who, on): n for (who, on), n in seen.items() if who in mine and on.year * 12 + on.month - 1 == at
            }
            assert people == len({who for who, _ in here})
            assert row.net_minor[since] == sum(here.values())
        over = as_of.year * 12 + as_of.month - (row.month.year * 12 + row.month.month)
        assert len(row.buyers) in (over, over + 1)
        assert (len(row.buyers) == over + 1) is ((as_of + timedelta(days=1)).day == 1)
