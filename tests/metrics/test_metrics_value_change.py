"""What changed simple CLV within a year, and what customers are worth by the product they began with."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measured import Measured
from metrics.shop import Shop
from regulars.clv.change_page import change_data, change_lines
from regulars.clv.product_page import product_data, product_lines
from regulars.errors import RegularsError
from regulars.explain import TERMS
from regulars.metrics import simple_clv
from regulars.metrics.shapley import shapley, whole_parts
from regulars.metrics.value_by_product import Began, Mean, value_by_product
from regulars.metrics.value_change import Factors, Parts, ValueChange, split, value_change
from regulars.money import Money

AS_OF = date(2026, 4, 1)


def two_years(shop: Shop) -> None:
    """2.00 years x 2 orders x 1000 = 4000, and a year later 2.50 years x 4 orders x 1500 = 15000."""
    for number in range(10):
        shop.order(f"c{number}", "2024-01-15", goods=1000)
    for number in range(5):  # half of the ten are lost
        for day in ("2024-06-01", "2025-01-15"):
            shop.order(f"c{number}", day, goods=1000)
    for number in range(3):  # two of the five are lost
        for day in ("2025-05-01", "2025-08-01", "2025-10-01", "2026-04-01"):
            shop.order(f"c{number}", day, goods=1500)


def change(shop: Shop, window: int = 365) -> ValueChange:
    return value_change(shop.session, AS_OF, window)


@pytest.mark.parametrize(
    ("currency", "told"), [("GBP", ("+19.17 GBP", "+56.66 GBP")), ("JPY", ("+1,917 JPY", "+5,666 JPY"))]
)
def test_the_hand_example_splits_to_the_penny(shop: Shop, currency: str, told: tuple[str, str]) -> None:
    shop.set(currency=currency)
    two_years(shop)
    shop.build("2026-04-01")
    found = change(shop)
    assert found.before is not None
    assert found.before.factors == (Decimal("2.00"), Decimal("2.00"), 1000)
    assert found.now.factors == (Decimal("2.50"), Decimal("4.00"), 1500)
    # 0.5 x 23000 / 6, 2 x 17000 / 6 and 500 x 41 / 6; the largest gives up the penny that rounding added
    assert found.parts == Parts(time=1917, frequency=5666, amount=3417)
    assert found.parts.change == 15_000 - 4_000
    lines = list(change_lines(found, currency))
    assert lines[2].endswith(told[0])
    assert lines[3].endswith(told[1])


def test_the_past_value_is_what_was_published_then_and_nothing_published_is_touched(shop: Shop) -> None:
    two_years(shop)
    published = "SELECT * FROM shop_value"
    columns = "SELECT clv_years, clv_orders_per_year, clv_order_value_minor, clv_simple_minor FROM shop_value"
    shop.build("2025-04-01")
    then = shop.all(columns)
    shop.build("2026-04-01")
    now, before = shop.all(columns), shop.all(published)
    found = change(shop)
    assert found.before is not None
    assert found.before.factors is not None
    assert found.now.factors is not None
    assert [(*found.before.factors, found.before.clv_minor)] == then
    assert [(*found.now.factors, found.now.clv_minor)] == now
    assert shop.all(published) == before


def test_the_two_years_lie_side_by_side_without_a_common_day(shop: Shop) -> None:
    two_years(shop)
    shop.build("2026-04-01")
    found = change(shop)
    assert found.before is not None
    assert (found.now.span.days, found.before.span.days) == (365, 365)
    assert (found.now.span.starts_on - found.before.span.ends_on).days == 1


def test_a_window_from_before_the_first_order_makes_the_split_doubtful(shop: Shop) -> None:
    two_years(shop)
    shop.build("2026-04-01")
    assert change(shop).doubtful.startswith("the first order known is of 2024-01-15")
    assert "† 2.00" in list(change_lines(change(shop), "GBP"))[2]
    shop.order("zed", "2022-12-01")
    shop.build("2026-04-01")
    assert change(shop).doubtful == ""


@pytest.mark.parametrize(
    ("days", "why"),
    [
        ([], "no order is known; it takes two years of orders, from 2024-04-02"),
        (["2024-04-03", "2025-06-01"], "the first order known is of 2024-04-03; it takes two years of orders"),
        (["2024-03-01", "2026-03-01"], "nobody ordered in 2024-04-02 to 2025-04-01"),
        (["2024-03-01", "2024-06-01"], "nobody ordered in 2025-04-02 to 2026-04-01"),
        (["2022-03-01", "2024-06-01", "2026-03-01"], "nobody was a customer when 2024-04-02 to 2025-04-01 began"),
    ],
)
def test_what_is_not_known_makes_the_split_not_measured_and_never_nothing(
    shop: Shop, days: list[str], why: str
) -> None:
    for day in days:
        shop.order("ann", day)
    shop.build("2026-04-01")
    found = change(shop)
    assert found.parts is None
    assert found.missing.startswith(why)
    lines = list(change_lines(found, "GBP"))
    assert all(line.endswith("not measured") for line in lines[2:6])
    assert lines[-1] == f"not measured: {found.missing}"
    assert change_data(found, "GBP")["parts"] is None


def test_a_young_shop_has_no_lifetime_though_one_year_stands_in_for_it_elsewhere(shop: Shop) -> None:
    shop.order("ann", "2026-03-01")
    shop.build("2026-04-01")
    now = change(shop).now
    assert (now.years, now.per_year, now.order_minor, now.clv_minor) == (None, Decimal("1.00"), 1000, None)


def test_orders_that_were_all_given_back_are_an_amount_of_nothing_not_an_unknown_one(shop: Shop) -> None:
    orders = [shop.order("ann", day, goods=1000) for day in ("2024-01-15", "2024-06-01", "2025-06-01")]
    shop.refund(orders[-1], "2025-06-10", 1000)
    shop.build("2026-04-01")
    found = change(shop)
    assert found.now.order_minor == 0
    assert found.parts == Parts(time=0, frequency=0, amount=-10_000)


hundredths = st.integers(min_value=100, max_value=1000).map(lambda n: Decimal(n) / 100)
factors = st.builds(
    Factors, hundredths, hundredths.map(lambda each: each * 3), st.integers(min_value=-1_000_000, max_value=10**9)
)


@given(before=factors, now=factors, currency=st.sampled_from(["GBP", "JPY", "KWD"]))
def test_parts_sum_to_the_change_in_every_currency(before: Factors, now: Factors, currency: str) -> None:
    parts = split(before, now)
    old, new = (Money.of_minor(simple_clv(*each), currency) for each in (before, now))
    time, frequency, amount = (Money.of_minor(n, currency) for n in (parts.time, parts.frequency, parts.amount))
    assert time + frequency + amount == new - old
    assert Money.of_minor(parts.change, currency) == new - old


@given(before=factors, now=factors)
def test_a_part_is_off_by_what_rounding_leaves_and_turning_time_back_turns_its_sign(
    before: Factors, now: Factors
) -> None:
    parts, back = split(before, now), split(now, before)
    whole = (parts.time, parts.frequency, parts.amount)
    exact = shapley([Fraction(each) for each in before], [Fraction(each) for each in now])
    assert all(abs(one - other) <= 2 for one, other in zip(whole, exact, strict=True))
    assert (back.time, back.frequency, back.amount) == tuple(-part for part in whole)


@given(before=factors, now=factors, kept=st.integers(min_value=0, max_value=2))
def test_a_factor_that_did_not_change_has_no_part(before: Factors, now: Factors, kept: int) -> None:
    same = Factors(*(old if n == kept else new for n, (old, new) in enumerate(zip(before, now, strict=True))))
    parts = split(before, same)
    assert (parts.time, parts.frequency, parts.amount)[kept] == 0


def test_the_largest_part_takes_the_rounding_penny() -> None:
    assert whole_parts([Fraction(1, 3), Fraction(-7, 3), Fraction(1)], -1) == [0, -2, 1]
    assert whole_parts([Fraction(2, 5), Fraction(11, 5), Fraction(2, 5)], 3) == [0, 3, 0]


def tea_and_pots(shop: Shop) -> None:
    """Ann began with both, bea and thirty more with tea, cem with what has no title and was given back."""
    shop.add("product", id="t", title="Tea")
    lines = {"t": {"title": "Old name"}, "p": {"title": "Pot"}, "s": {"title": None, "sku": "S-1"}}
    baskets = {"ann": "tp", "bea": "t", "cem": "s"} | {f"d{n}": "t" for n in range(30)}
    for who, basket in baskets.items():
        order = shop.order(who, "2025-06-05", goods=1000)
        if who == "cem":
            shop.refund(order, "2025-06-10", 1000)
        for product in basket:
            shop.add("line", order_id=order, product_id=product, **lines[product])
    later = shop.order("bea", "2025-12-05", goods=2200)
    shop.add("line", order_id=later, product_id="p", title="Pot")


@pytest.fixture
def products(shop: Shop) -> Shop:
    tea_and_pots(shop)
    shop.build("2026-04-01")
    shop.predict("2026-04-01")
    return shop


def test_everybody_counts_for_each_product_of_the_first_day_and_once_in_all(products: Shop) -> None:
    found = value_by_product(products.session, AS_OF)
    assert [(each.first, each.spent.people) for each in found] == [("Tea", 32), ("Pot", 1), ("S-1", 1), (None, 33)]
    tea, pot, _, everybody = found
    assert tea.spent.minor == round(
        Fraction(32 * 1000 + 2200, 32)
    )  # bea's later pot counts for what she began with
    assert pot.spent.minor == 1000
    assert everybody.spent.minor == round(Fraction(32 * 1000 + 2200, 33))
    predicted = dict(products.all("SELECT customer_id, clv_12m_minor FROM customer_clv"))
    assert pot.predicted.minor == predicted["ann"]
    assert tea.predicted.minor == round(Fraction(sum(predicted.values()), 32))


def test_few_people_are_marked_and_nobody_predicted_is_not_measured(products: Shop) -> None:
    found = value_by_product(products.session, AS_OF)
    assert [each.spent.few for each in found] == [False, True, True, False]
    lines = {line.split("  ")[0]: line for line in product_lines(found, "GBP")}
    assert "*" not in lines["Tea"]
    assert lines["Pot"].count(" *") == 2
    assert "10.00 GBP *" in lines["Pot"]
    assert lines["S-1"].endswith("not measured")
    assert "* a mean over fewer than 30 people: chance alone moves it" in lines
    assert product_data(found, "GBP")[2]["clv_12m"] is None


def test_thirty_people_are_enough_and_no_mark_is_explained_where_none_is_shown() -> None:
    enough = [Began("Tea", Mean(30_000, 30), Mean(15_000, 30)), Began(None, Mean(30_000, 30), Mean(15_000, 30))]
    assert not any("*" in line for line in product_lines(enough, "GBP"))


def test_many_products_are_cut_and_the_rest_is_counted() -> None:
    many = [Began(f"p{n}", Mean(1000, 1), Mean(0, 0)) for n in range(23)]
    assert "and 3 more: --json" in list(product_lines([*many, Began(None, Mean(1, 1), Mean(0, 0))], "GBP"))


def test_a_shop_without_products_or_predictions_says_so(shop: Shop) -> None:
    shop.order("ann", "2026-03-01")
    shop.build("2026-04-01")
    with pytest.raises(RegularsError, match="nothing was predicted yet"):
        value_by_product(shop.session, AS_OF)
    shop.predict("2026-04-01")
    found = value_by_product(shop.session, AS_OF)
    assert list(product_lines(found, "GBP")) == [
        "CLV by first product   not measured: no product of a first order is known"
    ]


def test_the_command_shows_both_pages_and_the_same_as_data(tmp_path: Path) -> None:
    def fill(shop: Shop) -> None:
        two_years(shop)
        tea_and_pots(shop)
        shop.build("2026-04-01")
        shop.predict("2026-04-01", margin=0.4)

    acme = Measured(tmp_path, fill)

    def run(*words: str) -> str:
        shown = acme.run("clv", "acme", *words)
        assert shown.exit_code == 0, shown.stderr
        return shown.stdout

    assert "change of simple CLV   in the year up to 2026-04-01" in run("--change")
    assert "CLV by first product" not in run("--change")
    both = run("--change", "--by-product")
    data = json.loads(run("--change", "--by-product", "--json"))
    parts = data["change"]["parts"]
    time, frequency, amount, total = (
        Money.parse(parts[name].removesuffix(" GBP").replace(",", ""), "GBP")
        for name in ("time", "frequency", "amount", "change")
    )
    assert time + frequency + amount == total
    assert parts["time"] in both
    assert [row["first_product"] for row in data["by_product"]] == ["Tea", "Pot", "S-1", None]
    assert data["by_product"][0]["net_sales_so_far"] in both
    assert "back-test" not in both
    assert "so far: net sales; next 12 months: margin 40%" in both
    assert data["margin"] == 0.4
    assert "next 12 months   " in run()


@pytest.mark.parametrize("word", ["clv_change", "clv_by_product", "first_product"])
def test_the_words_of_these_pages_are_in_the_glossary(word: str) -> None:
    assert TERMS[word].meaning
