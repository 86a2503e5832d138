"""Profit per customer against the loss rate, by month of first order."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import Result
from measured import Measured
from metrics.shop import Shop
from regulars.explain import TERMS
from regulars.explain.profit_table import association, profit_data, profit_lines
from regulars.metrics.cohort_profit import CohortProfit, ProfitRow, cohort_profit, spearman

AS_OF = "2026-03-31"


def three(shop: Shop) -> Shop:
    """Window 31 days. January: ann stays, bea and cem are lost. February: dan stays, eve is lost. March: fay."""
    shop.set(window=31)
    orders = {
        "ann": [("2026-01-05", 1000), ("2026-03-01", 1500)],
        "bea": [("2026-01-20", 1000), ("2026-02-28", 1000)],
        "cem": [("2026-01-31", 500)],
        "dan": [("2026-02-01", 300), ("2026-03-31", 300)],
        "eve": [("2026-02-28", 401)],
        "fay": [("2026-03-02", 700)],
    }
    for who, bought in orders.items():
        for day, goods in bought:
            shop.order(who, day, goods)
    shop.build(AS_OF)
    return shop


def row(month: int, lost: int | None, net: int, people: int = 100) -> ProfitRow:
    return ProfitRow(date(2024, month, 1), people, lost, net)


def of(*rows: ProfitRow) -> CohortProfit:
    return CohortProfit(date(2026, 3, 31), "EUR", 365, rows)


def test_loss_and_profit_of_each_cohort_by_hand(shop: Shop) -> None:
    found = cohort_profit(three(shop).session)
    assert (found.as_of, found.currency, found.window) == (date(2026, 3, 31), "GBP", 31)
    january, february, march = found.rows
    assert (january.people, january.lost, january.net_minor) == (3, 2, 5000)
    assert january.loss_rate == Decimal(200) / 3
    assert (january.net_each_minor, january.profit_each_minor(0.4)) == (1667, 667)
    assert (february.people, february.lost, february.net_minor) == (2, 1, 1001)
    # 500.5 and 200.2: net sales are halves to even, and profit is not made of the rounded figure.
    assert (february.net_each_minor, february.profit_each_minor(0.4)) == (500, 200)
    assert (march.people, march.lost, march.loss_rate, march.net_each_minor) == (1, None, None, 700)


@pytest.mark.parametrize(("as_of", "lost"), [("2026-03-30", None), ("2026-03-31", 1)])
def test_a_cohort_is_blank_until_its_last_day_is_a_window_ago(shop: Shop, as_of: str, lost: int | None) -> None:
    shop.set(window=31)
    shop.order("eve", "2026-02-01")
    shop.build(as_of)
    assert [each.lost for each in cohort_profit(shop.session).rows] == [lost]


def test_who_is_lost_is_who_is_no_customer_in_retention(shop: Shop) -> None:
    found = cohort_profit(three(shop).session)
    ripe = [each for each in found.rows if each.lost is not None]
    active = (
        "SELECT count(*) FROM customer_value WHERE days_since_last < 31 AND first_order_on < DATE '2026-03-01'"
    )
    assert sum(each.people - (each.lost or 0) for each in ripe) == shop.one(active) == 2


def test_two_profiles_of_one_customer_are_one_and_not_lost(shop: Shop) -> None:
    shop.set(window=31)
    shop.order("ann", "2026-01-05")
    shop.person("ann2")
    shop.same("ann", "ann2")
    shop.order("ann2", "2026-03-05")
    shop.build(AS_OF)
    assert cohort_profit(shop.session).rows == (ProfitRow(date(2026, 1, 1), 1, 0, 2000),)


def test_spearman_shares_ranks_of_equal_values() -> None:
    x, y = ([Fraction(n) for n in values] for values in ((1, 2, 2, 3), (10, 30, 20, 99)))
    # Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: 4.5 / sqrt(4.5 x 5).
    assert spearman(x, y) == pytest.approx(4.5 / (4.5 * 5) ** 0.5)
    assert spearman(x, x) == pytest.approx(1)
    assert spearman(x, x[::-1]) == pytest.approx(-1)
    assert spearman([Fraction(1)] * 4, y) is None


def test_cohorts_that_lost_more_and_brought_less_are_told_as_an_association_and_not_a_cause() -> None:
    found = of(*(row(month, 10 * month, 90000 - 1000 * month) for month in range(1, 7)))
    assert found.association == pytest.approx(-1)
    assert association(found, 0.4) == (
        "loss and profit per customer: rank correlation -1.00 (more lost, less brought) over 6 cohorts of 50"
        " people or more, older than the window; an association, not a cause: older ones had longer for both"
    )
    rising = of(*(row(month, 10 * month, 1000 * month) for month in range(1, 7)))
    assert "+1.00 (more lost, more brought)" in association(rising, 0.4)


def test_small_and_young_cohorts_are_not_compared_and_five_are_too_few() -> None:
    five = [row(month, month, 1000 * month) for month in range(1, 6)]
    found = of(*five, row(6, 1, 9000, people=49), row(7, None, 9000))
    assert found.association is None
    assert "too few cohorts: 5 of 50 people or more, older than the window; 6 are needed" in association(found, 1)
    assert of(*five, row(6, 1, 9000, people=50)).association is not None


def test_a_loss_rate_that_never_varies_has_no_correlation() -> None:
    found = of(*(row(month, 20, 1000 * month) for month in range(1, 7)))
    assert found.association is None
    assert "not measured: one of them is the same in all 6 cohorts" in association(found, 0.5)


def test_without_a_margin_it_needs_one_and_sales_are_not_called_profit() -> None:
    found = of(*(row(month, 10 * month, 1000 * month) for month in range(1, 7)))
    lines = list(profit_lines(found, None, "Acme", newest=24))
    assert "profit per customer: needs clv.margin" in lines
    assert not any("profit each" in line for line in lines)
    assert lines[-1].startswith("loss and net sales per customer: rank correlation +1.00")
    data = profit_data(found, None)
    assert (data["profit"], data["margin"]) == ("needs clv.margin", None)
    assert {each["profit_each_minor"] for each in data["cohorts"]} == {None}


def test_a_shop_without_orders_has_no_cohorts(shop: Shop) -> None:
    shop.build(AS_OF)
    found = cohort_profit(shop.session)
    assert list(profit_lines(found, 0.4, "Acme", newest=24))[-1] == "nobody has ordered yet"


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`regulars cohorts acme --profit` with these lines in the client's file."""
    acme = Measured(tmp_path, three)

    def run(said: str, *args: str) -> Result:
        acme.say(said)
        return acme.run("cohorts", "acme", "--profit", *args)

    return run


def test_the_command_shows_the_table_as_text_json_and_csv(run: Run) -> None:
    margin = "[clv]\nmargin = 0.4\n"
    told = run(margin).stdout.splitlines()
    assert told[0] == "Acme   loss rate and profit per customer by month of first order, in GBP"
    assert "2026-01             3/       2       66.7           16.67          6.67" in told
    assert f"2026-03             1/{'7.00':>35}{'2.80':>14}" in told
    assert "profit each: net sales x clv.margin (40 %)" in told
    assert "2 older cohorts are not shown: --rows, --json or --csv" in run(margin, "--rows", "1").stdout
    data = json.loads(run(margin, "--json").stdout)
    assert [each["profit_each_minor"] for each in data["cohorts"]] == [667, 200, 280]
    assert (data["client"], data["compared"], data["rank_correlation"]) == ("acme", 0, None)
    rows = list(csv.DictReader(io.StringIO(run(margin, "--csv").stdout)))
    assert (rows[0]["loss_rate"], rows[0]["profit_each"]) == ("66.6667", "6.67")
    assert (rows[2]["lost"], rows[2]["loss_rate"]) == ("", "")


def test_the_command_needs_the_margin_that_the_file_does_not_say(run: Run) -> None:
    assert "profit per customer: needs clv.margin\n" in run("").stdout
    assert {each["profit_each"] for each in csv.DictReader(io.StringIO(run("", "--csv").stdout))} == {""}


@pytest.mark.parametrize("other", ["--revenue", "--cumulative"])
def test_profit_is_a_table_of_its_own(run: Run, other: str) -> None:
    done = run("", other)
    assert done.exit_code == 2
    assert "Leave --revenue and --cumulative away" in done.stderr


def test_a_client_that_was_never_measured_is_told_what_to_do(tmp_path: Path) -> None:
    done = Measured(tmp_path, None).run("cohorts", "acme", "--profit")
    assert done.exit_code == 1
    assert "Run: regulars run" in done.stderr


@pytest.mark.parametrize("word", ["profit_per_customer", "loss_rate", "rank_correlation"])
def test_every_word_of_it_is_in_the_glossary(word: str) -> None:
    assert word in TERMS
