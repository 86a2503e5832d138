"""The retention page and the cohort table as a person reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from explain.test_explain_metric import golden
from metrics.shop import Shop
from regulars.explain.cohort_table import table_csv, table_data, table_lines
from regulars.explain.retention_data import page_data
from regulars.explain.retention_page import Page, page_lines, retention_page
from regulars.explain.snapshot import basis
from regulars.metrics import Span, cohorts, last_complete

MARCH = Span(date(2026, 3, 1), date(2026, 3, 31))
TARGET = Decimal(85)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop.opened() as made:
        yield made


def steps(shop: Shop, kept: list[int]) -> Page:
    """A hundred buyers a month; of each month's, so many come again the next month, and the rest are new."""
    shop.set(window=30)
    people, number = [f"p{n}" for n in range(100)], 100
    for at, again in enumerate([0, *kept]):
        people = people[:again] + [f"p{n}" for n in range(number, number + 100 - again)]
        number += 100
        for who in people:
            shop.order(who, f"2025-{at + 1:02}-15")
    as_of = f"2025-{len(kept) + 2:02}-05"
    shop.build(as_of)
    return retention_page(shop.session, last_complete("month", date.fromisoformat(as_of)), "month", TARGET)


def test_a_shop_at_31_percent_that_rises_is_not_red(shop: Shop) -> None:
    page = steps(shop, [24, 25, 26, 27, 29, 31])
    text = "\n".join(page_lines(page, "Acme"))
    assert page.overview.now.retention.crr == Decimal(31)
    assert page.colour == "green"
    assert "target      85.0 %: 54.0 points below" in text
    assert "own trend   ▲ rising: of 10 pairs of 5 periods 10 rise, 0 fall; 25.0 % to 31.0 %" in text


def test_a_shop_above_the_target_that_falls_is_red_all_the_same(shop: Shop) -> None:
    page = steps(shop, [98, 96, 94, 92, 91, 90])
    assert page.colour == "red"
    assert "5.0 points above" in "\n".join(page_lines(page, "Acme"))


def test_the_golden_example_reads_as_its_sum(shop: Shop) -> None:
    shop.set(window=90)
    golden(shop)
    shop.build("2026-04-05")
    page = retention_page(shop.session, MARCH, None, TARGET, benchmark=("tea", Decimal(21), "somebody"))
    lines = list(page_lines(page, "Acme"))
    assert lines[0] == "Acme   retention, span 2026-03-01 to 2026-03-31   Europe/London, as of 2026-04-05"
    assert "  S  customers at the start                     100" in lines
    assert "- L  lost                                        30" in lines
    assert "= E  customers at the end                       105" in lines
    assert "CRR = (E - N) / S x 100 = (105 - 20) / 100 x 100 = 85.0 %" in lines
    assert "target      85.0 %: 0.0 points above" in lines
    assert "trade       21.0 % tea (somebody)" in lines
    rates = {line[:36].strip(): line[36:].split() for line in lines[3:14]}
    assert rates["CRR"][:2] == ["85.0", "%"]
    assert rates["kept (strict retention)"][:2] == ["70.0", "%"]
    assert rates["won back"][:2] == ["15.0", "%"]


def test_waits_are_headed_as_waits_because_a_person_has_one_for_each_order(shop: Shop) -> None:
    for number in range(4):
        for day in ("2025-10-01", "2025-11-01", "2025-12-01"):
            shop.order(f"p{number}", day)
    shop.build("2026-04-05")
    lines = list(page_lines(retention_page(shop.session, MARCH, "month", TARGET), "Acme"))
    head = next(at for at, line in enumerate(lines) if "silent for" in line)
    assert lines[head].split() == ["silent", "for", "waits", "order", "within", "90", "days"]
    assert lines[head + 1].split()[:3] == ["0", "days", "12"]


def test_data_and_text_have_the_same_figures(shop: Shop) -> None:
    shop.set(window=90)
    golden(shop)
    shop.build("2026-04-05")
    data: dict[str, Any] = page_data(retention_page(shop.session, MARCH, None, TARGET))
    now = data["now"]
    assert (now["S"], now["L"], now["N"], now["R"], now["E"]) == (100, 30, 20, 15, 105)
    assert (now["crr"], now["kept"], now["won_back"], now["churn"]) == (85.0, 70.0, 15.0, 30.0)
    assert data["target"] == {"crr": 85.0, "points": 0.0}
    assert data["one_and_done"]["all"]["share"] == 100.0
    assert data["time_to_next_order"]["any"]["median_days"] == 37


def test_a_window_that_reaches_back_before_the_first_order_is_marked(shop: Shop) -> None:
    shop.order("ann", "2026-01-10")
    shop.build("2026-04-05")
    text = "\n".join(page_lines(retention_page(shop.session, MARCH, "month", TARGET), "Acme"))
    assert "† 100.0 %" in text
    assert "† the first order known is of 2026-01-10, inside the window before that span" in text
    assert "own trend   cannot tell: 0 comparable periods, 4 are needed" in text


def test_an_empty_shop_has_a_page_without_a_zero_for_a_rate(shop: Shop) -> None:
    shop.build("2026-04-05")
    text = "\n".join(page_lines(retention_page(shop.session, MARCH, "month", TARGET), "Acme"))
    assert "(0 - 0) / 0 x 100 is not defined" in text
    assert "next order      nobody has ordered yet" in text
    assert "0.0 %" not in text.replace("85.0 %", "")


def heat(shop: Shop, as_of: str, measure: Any, **shape: int) -> list[str]:
    shop.build(as_of)
    found = cohorts(shop.session, date.fromisoformat(as_of))
    return list(table_lines(found, measure, basis(shop.session), "Acme", **{"months": 12, "newest": 24, **shape}))


def january(shop: Shop) -> None:
    """A hundred first order in January; forty again in February and ten in March. One more starts in March."""
    for n in range(100):
        shop.order(f"p{n}", "2026-01-10")
        if n < 40:
            shop.order(f"p{n}", "2026-02-10")
        if n < 10:
            shop.order(f"p{n}", "2026-03-10")
    shop.order("late", "2026-03-11")
    shop.order("late", "2026-04-11")


def test_the_heat_table_has_a_figure_and_a_shade_in_each_cell_that_is_over(shop: Shop) -> None:
    january(shop)
    lines = heat(shop, "2026-04-30", "buyers")
    assert lines[3:7] == [
        "first order    people     1      2      3",
        "2026-01           100  40.0█  10.0▒   0.0",
        "2026-03             1 100.0/",
        "all               101  40.6   10.0    0.0",
    ]
    assert "█ from 30.0; empty: that month is not over" in lines[8]
    assert "/ fewer than 50 people: chance alone moves it" in lines


def test_revenue_is_in_the_clients_currency_and_begins_with_the_first_month(shop: Shop) -> None:
    shop.set(currency="JPY")
    january(shop)
    lines = heat(shop, "2026-03-31", "revenue_to_date", newest=1)
    assert lines[0].endswith("in JPY")
    assert "1 older cohorts are not shown: --rows, --json or --csv" in lines
    assert lines[3].split() == ["first", "order", "people", "0", "1", "2"]


def test_csv_leaves_what_is_not_over_empty_and_data_says_null(shop: Shop) -> None:
    january(shop)
    shop.build("2026-04-15")
    found, told = cohorts(shop.session, date(2026, 4, 15)), basis(shop.session)
    assert table_csv(found, "buyers", "GBP").splitlines() == [
        "first_order,people,small,month_0,month_1,month_2",
        "2026-01,100,no,100.0000,40.0000,10.0000",
        "2026-03,1,yes,100.0000,,",
    ]
    data = table_data(found, "revenue", told)
    assert data["unit"] == "minor units of GBP"
    assert data["cohorts"][1]["figures"] == [1000, None, None]
    assert data["cohorts"][0]["counted"] == [100000, 40000, 10000]


def test_a_shop_without_orders_says_so(shop: Shop) -> None:
    assert heat(shop, "2026-04-15", "buyers")[-1] == "nobody has ordered yet"
