"""Six figures: exact where their inputs are known, and never 0 where they are not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from metrics.shop import Shop, noon
from regulars import Money
from regulars.metrics import Span
from regulars.models import Metric
from regulars.scorecard import NAMES, Card, Entry, Experiment, Given, scorecard
from regulars.scorecard.page import page_data, page_lines

MAY = Span(date(2026, 5, 1), date(2026, 5, 31))
AS_OF = "2026-06-10"


def made(shop: Shop, given: Given | None = None, *, as_of: str = AS_OF, span: Span = MAY) -> Card:
    shop.build(as_of)
    shop.predict(as_of)
    shop.session.load("signal_source", pa.table({"kind": pa.array([], pa.string())}))
    return scorecard(shop.session, span, given or Given())


def cell(card: Card, figure: Any, label: str, part: str = "now") -> Metric:
    (found,) = (line for line in card.figures[figure] if line.label.strip() == label)
    metric: Metric = getattr(found, part)
    return metric


def mail(shop: Shop, who: str, kind: str, day: str = "2026-05-10") -> None:
    shop.add("touch", person_id=who, email=f"{who}@example.test", kind=kind, channel="email", at=noon(day))


def test_the_card_has_exactly_these_six(shop: Shop) -> None:
    shop.order("ann", "2026-05-03")
    assert tuple(made(shop).figures) == NAMES == ("clv", "engagement", "loyalty", "alignment", "cost", "return")


def test_what_has_no_input_is_not_measured_and_never_nought(shop: Shop) -> None:
    shop.order("ann", "2026-05-03")
    card = made(shop)
    missing = {
        ("engagement", "people who clicked"): "no mail is visible",
        ("alignment", "people who complained"): "no mail is visible",
        ("alignment", "preferences filled"): "no signal of kind preference",
        ("cost", "platform contacts"): "not entered",
        ("cost", "programme cost"): "platform contacts: not entered",
        ("return", "return"): "no holdout was over in this month",
    }
    for (figure, label), why in missing.items():
        metric = cell(card, figure, label)
        assert metric.value is None
        assert metric.note.startswith("not measured: ")
        assert why in metric.note
    assert cell(card, "clv", "median CLV, simple", "year_before").note == "not measured: before the first order"
    assert not any(line.split()[-1:] == ["0"] for line in page_lines(card, "Acme"))


@pytest.mark.parametrize(("margin", "told"), [(0.4, "margin 40%"), (1.0, "margin 100%: net sales, not profit")])
def test_simple_and_predicted_clv_are_told_apart_by_what_they_are_made_of(
    shop: Shop, margin: float, told: str
) -> None:
    for name in ("ann", "bob"):
        shop.order(name, "2026-04-03")
    made(shop)
    shop.predict(AS_OF, margin=margin)
    card = scorecard(shop.session, MAY, Given())
    assert cell(card, "clv", "median CLV, predicted").inputs == {"margin": margin}
    assert f"      simple: net sales; predicted: {told}" in list(page_lines(card, "Acme"))


def test_where_nobody_is_predicted_the_page_says_nothing_of_a_margin(shop: Shop) -> None:
    assert not any("margin" in line for line in page_lines(made(shop), "Acme"))


def test_clv_is_that_of_the_months_end(shop: Shop) -> None:
    for name, goods in (("ann", 1000), ("bob", 2000), ("cat", 9000)):
        shop.order(name, "2026-04-03", goods)
    shop.order("ann", "2026-06-02", 90000)
    card = made(shop)
    assert cell(card, "clv", "median CLV, simple").value == Money.of_minor(2000, "GBP")
    assert cell(card, "clv", "p90 CLV, simple").value == Money.of_minor(9000, "GBP")
    assert cell(card, "clv", "median CLV, simple", "before").value == Money.of_minor(2000, "GBP")


def test_engagement_counts_people_who_clicked_and_no_opens(shop: Shop) -> None:
    for name in ("ann", "bob", "cat", "dan"):
        shop.order(name, "2026-05-03")
        mail(shop, name, "sent")
        mail(shop, name, "open")
    mail(shop, "ann", "click")
    mail(shop, "ann", "click", "2026-05-11")
    mail(shop, "bob", "click", "2026-06-01")
    assert cell(made(shop), "engagement", "people who clicked").value == 25


def test_loyalty_is_repeat_rate_of_twelve_months_and_tenure(shop: Shop) -> None:
    for name, days in {"ann": ["2026-01-01", "2026-05-01"], "bob": ["2026-05-21"], "cat": ["2024-05-01"]}.items():
        for day in days:
            shop.order(name, day)
    card = made(shop)
    assert cell(card, "loyalty", "repeat rate, 12 months").value == 50
    assert cell(card, "loyalty", "median tenure").value == 10
    assert cell(card, "loyalty", "median tenure").inputs["active customers"] == 2


def test_alignment_is_refunds_complaints_and_preferences(shop: Shop) -> None:
    order = shop.order("ann", "2026-05-03", 4000)
    shop.order("bob", "2026-05-04", 6000)
    shop.refund(order, "2026-05-09", 1000)
    for name in ("ann", "bob"):
        mail(shop, name, "sent")
    shop.add("bounce", email="ann@example.test", kind="complaint", at=noon("2026-05-12"))
    shop.add("signal", person_id="ann", kind="preference_colour", value="green")
    card = made(shop)
    assert cell(card, "alignment", "refunded share of sales").value == 10
    assert cell(card, "alignment", "people who complained").value == 50
    assert cell(card, "alignment", "preferences filled").value == 50


def test_what_is_known_of_today_alone_is_in_no_earlier_month_than_the_last(shop: Shop) -> None:
    shop.order("ann", "2026-04-03")
    shop.add("signal", person_id="ann", kind="preference_colour", value="green")
    last = made(shop)
    earlier = made(shop, span=Span(date(2026, 4, 1), date(2026, 4, 30)))
    for figure, label in (("clv", "median CLV, predicted"), ("alignment", "preferences filled")):
        assert cell(last, figure, label).value is not None
        assert cell(earlier, figure, label).value is None
        why = "not measured: only today's is known; that of the month: --as-of 2026-05-01"
        assert cell(earlier, figure, label).note == why


def test_cost_is_the_sum_of_its_parts_where_all_are_known(shop: Shop) -> None:
    shop.order("ann", "2026-05-03", 4000, discount_minor=500)
    shop.order("bob", "2026-05-04", 6000, discount_minor=250)
    shop.order("bob", "2026-04-04", 6000, discount_minor=999)
    given = Given(ecoa={MAY.starts_on: 3000}, platforms={MAY.starts_on: 4000})
    card = made(shop, given)
    assert cell(card, "cost", "discounts").value == Money.of_minor(750, "GBP")
    assert cell(card, "cost", "programme cost").value == Money.of_minor(7750, "GBP")
    assert cell(card, "cost", "programme cost", "before").value is None
    assert cell(made(shop, Given(ecoa="in USD, the books are in GBP")), "cost", "ECOA").value is None


def planted(shop: Shop) -> Experiment:
    """20 treated, of whom 10 buy for 50.00; 10 held out, of whom 2 do. All entered on 10 March."""
    entries = []
    for n in range(30):
        arm = "treated" if n < 20 else "held_out"
        shop.order(f"p{n}", "2025-06-01", 1000)
        if n < 10 or n in (20, 21):
            shop.order(f"p{n}", "2026-04-01", 5000)
        entries.append(Entry(f"p{n}", date(2026, 3, 10), arm))
    shop.order("p29", "2026-06-01", 99900)
    return Experiment(entries)


def test_a_planted_holdout_gives_the_exact_return(shop: Shop) -> None:
    experiment = planted(shop)
    given = Given(platforms={MAY.starts_on: 5000}, margin=0.4, experiment=experiment)
    metric = cell(made(shop, given), "return", "return")
    # 20 x (25.00 - 10.00) = 300.00 extra sales, 120.00 margin, for 50.00.
    assert metric.inputs["extra net sales"] == Money.of_minor(30000, "GBP")
    assert metric.inputs["incremental margin"] == Money.of_minor(12000, "GBP")
    assert metric.value == Decimal("2.4")
    # Spread: 20 x 1.96 x sqrt(var 6578947.4 / 20 + var 4444444.4 / 10), as margin over 50.00.
    assert metric.note == "between -0.36 and 5.16 (95 %)"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"margin": None}, "clv.margin is not set"),
        ({"platforms": {}}, "platform contacts: not entered"),
        ({"void": True}, "void: people held out were reached"),
        ({"arms": "treated"}, "nobody was held out"),
    ],
)
def test_a_return_without_one_of_its_inputs_is_not_measured(shop: Shop, changes: dict[str, Any], why: str) -> None:
    experiment = planted(shop)
    entries = [each for each in experiment.entries if changes.get("arms", each.arm) == each.arm]
    given = Given(
        platforms=changes.get("platforms", {MAY.starts_on: 5000}),
        margin=changes.get("margin", 0.4),
        experiment=Experiment(entries, is_void=changes.get("void", False)),
    )
    metric = cell(made(shop, given), "return", "return")
    assert metric.value is None
    assert why in metric.note


def test_the_data_holds_formula_inputs_and_reason_of_each_number(shop: Shop) -> None:
    shop.order("ann", "2026-05-03")
    data = page_data(made(shop))
    assert data["month"] == "2026-05"
    for lines in data["figures"].values():
        for line in lines:
            assert line["now"]["formula"]
            assert (line["now"]["value"] is None) == line["now"]["note"].startswith("not measured")
    assert data["if_nothing_is_done"]["now"]["expected"] is None


def test_a_shop_without_anybody_has_a_card(shop: Shop) -> None:
    assert any("not measured" in line for line in page_lines(made(shop), "Acme"))
