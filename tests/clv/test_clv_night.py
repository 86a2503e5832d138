"""Predictions of a night: what is stored, what is remembered, and that it can be worked out again."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from metrics.shop import Shop, noon
from regulars.clv import KIND, ClvSettings, Fitted, pooled, recorded
from regulars.journal import Fact
from scipy.integrate import quad
from scipy.special import beta

AS_OF = "2026-06-01"
TODAY = date.fromisoformat(AS_OF)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop.opened() as made:
        yield made


def populate(shop: Shop, people: int, seed: int = 1, days: int = 600) -> None:
    """People who buy at their own pace and leave at random, the last of them today."""
    dice = np.random.default_rng(seed)
    for n in range(people):
        first = int(dice.integers(0, days))
        pace, level = dice.gamma(1.2, 1 / 60), dice.gamma(4.0, 900)
        day = float(first)
        while day <= days:
            shop.order(f"p{n:03}", (TODAY - timedelta(days=days - int(day))).isoformat(), goods=int(level) + 100)
            day += 1 + dice.exponential(1 / pace)
            if dice.random() < 0.15:
                break


def rows(shop: Shop, table: str = "customer_clv") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.session.table(f"SELECT * FROM {table} ORDER BY 1").to_pylist()
    return found


def fact(model: Fitted, seq: int = 1) -> Fact:
    """As it comes back out of the journal."""
    return Fact(seq, KIND, "shop", datetime.now(UTC), json.loads(json.dumps(model.payload())))


@pytest.fixture
def fitted(shop: Shop) -> Fitted:
    populate(shop, 150)
    shop.build(AS_OF)
    model = shop.predict(AS_OF)
    assert model is not None
    return model


def test_a_shop_with_a_past_is_fitted_by_the_model_that_won_its_back_test(fitted: Fitted) -> None:
    assert fitted.step == "weak"
    assert {trial.model for trial in fitted.trials} == {"mbg_nbd", "pareto_nbd"}
    assert all(trial.cut_on == TODAY - timedelta(days=180) for trial in fitted.trials)
    assert fitted.why.startswith("won the back-test")
    best = min(fitted.trials, key=lambda trial: trial.grade.mae)
    chosen = next(trial for trial in fitted.trials if trial.model == fitted.model)
    assert chosen.grade.mae <= best.grade.mae * 1.01


def test_the_deciles_of_a_back_test_add_up_to_its_totals(fitted: Fitted) -> None:
    for trial in fitted.trials:
        grade = trial.grade
        assert sum(part.customers for part in grade.deciles) == grade.customers
        assert sum(part.actual for part in grade.deciles) == grade.actual
        assert math.isclose(sum(part.predicted for part in grade.deciles), grade.predicted)
        assert grade.bias == pytest.approx(grade.predicted / grade.actual - 1)


def test_every_customer_has_a_value_inside_its_interval(shop: Shop, fitted: Fitted) -> None:
    found = rows(shop)
    assert len(found) == 150
    for row in found:
        assert 0 <= row["clv_12m_low_minor"] <= row["clv_12m_minor"] <= row["clv_12m_high_minor"]
        assert 0 <= row["p_active_90d"] <= row["p_alive"] <= 1
        assert row["version"] == fitted.version
        dates = [row[f"next_order_{name}"] for name in ("from", "on", "until")]
        known = [day for day in dates if day is not None]
        assert known == sorted(known)
        assert dates[: len(known)] == known, "a quarter comes before a half"


def test_the_total_is_the_sum_of_the_customers(shop: Shop, fitted: Fitted) -> None:
    (model,) = rows(shop, "clv_model")
    found = rows(shop)
    assert model["clv_12m_minor"] == pytest.approx(sum(row["clv_12m_minor"] for row in found), abs=150)
    assert model["expected_active_90d"] == pytest.approx(sum(row["p_active_90d"] for row in found))
    assert model["clv_12m_low_minor"] < model["clv_12m_minor"] < model["clv_12m_high_minor"]


@pytest.mark.parametrize("name", ["mbg_nbd", "bg_nbd", "pareto_nbd"])
def test_a_value_comes_out_of_its_inputs_by_the_published_formulas(shop: Shop, name: Any) -> None:
    populate(shop, 150)
    shop.build(AS_OF)
    model = shop.predict(AS_OF, model=name)
    assert model is not None
    histories = {row["customer_id"]: row for row in rows(shop, "purchase_history")}
    for row in rows(shop)[:25]:
        past = histories[row["customer_id"]]
        x = past["further_days"]
        tx, age = (past["last_on"] - past["first_on"]).days, (TODAY - past["first_on"]).days
        alive, active, orders = by_the_book(model, x, tx, age)
        amount = spent(model, x, past["further_minor"])
        assert row["p_alive"] == pytest.approx(alive, rel=1e-6)
        assert row["p_active_90d"] == pytest.approx(active, rel=1e-5)
        assert row["discounted_orders_12m"] == pytest.approx(orders, rel=1e-5)
        assert row["expected_amount_minor"] == pytest.approx(amount)
        assert row["clv_12m_minor"] == pytest.approx(orders * amount, abs=1)


def by_the_book(model: Fitted, x: int, tx: float, age: float) -> tuple[float, float, float]:
    """P(alive), P(active in 90 days) and discounted orders of twelve months, by integrals in place of series."""
    alive, active, orders_if_alive = (pareto if model.model == "pareto_nbd" else beta_geometric)(model, x, tx, age)
    months = [0.0, *(alive * orders_if_alive(n * 365.25 / 12) for n in range(1, 13))]
    orders = sum((months[n] - months[n - 1]) / 1.10 ** (n / 12) for n in range(1, 13))
    return alive, alive * active, orders


def pareto(model: Fitted, x: int, tx: float, age: float) -> tuple[float, float, Callable[[float], float]]:
    r, alpha, s, scale = model.buying.values
    left = quad(lambda u: s * (alpha + u) ** -(r + x) * (scale + u) ** -(s + 1), tx, age, epsabs=0)[0]
    lives = (alpha + age) ** -(r + x) * (scale + age) ** -s

    def stays(t: float) -> float:
        return float(((scale + age) / (scale + age + t)) ** s)

    def buys_first(u: float) -> float:
        return float((r + x) * (alpha + age) ** (r + x) / (alpha + age + u) ** (r + x + 1) * stays(u))

    def orders(t: float) -> float:
        return float((r + x) / (alpha + age) * quad(stays, 0, t)[0])

    return lives / (lives + left), quad(buys_first, 0, 90)[0], orders


def beta_geometric(model: Fitted, x: int, tx: float, age: float) -> tuple[float, float, Callable[[float], float]]:
    r, alpha, a, b = model.buying.values
    k = 1 if model.model == "mbg_nbd" else 0
    end, may_have_left = alpha + age, k or x
    odds = a / (b + x + k - 1) * (end / (alpha + tx)) ** (r + x) if may_have_left else 0.0

    def orders(t: float) -> float:
        """At a rate and a chance p of leaving: (1 - exp(-rate p t)) / p; over both, as they are known."""

        def inside(p: float) -> float:
            density = p ** (a - 1) * (1 - p) ** (b + x + k - 1) / beta(a, b + x + k)
            return float((1 - (end / (end + p * t)) ** (r + x)) / p * density)

        return float(quad(inside, 0, 1, epsabs=0, limit=200)[0])

    return 1 / (1 + odds), 1 - (end / (end + 90)) ** (r + x), orders


def spent(model: Fitted, x: int, minor: int) -> float:
    p, q, v = model.spend.values
    return p * (v + minor) / (p * x + q - 1)


def test_a_young_fit_is_kept_and_gives_the_same_as_when_it_was_made(shop: Shop, fitted: Fitted) -> None:
    first = rows(shop)
    again = recorded([fact(fitted)], TODAY)
    assert again == fitted
    assert shop.predict(AS_OF, again) is None
    assert rows(shop) == first


def test_a_rebuilt_warehouse_gives_the_same_to_the_last_digit(shop: Shop, fitted: Fitted) -> None:
    first = rows(shop)
    with Shop.opened() as other:
        populate(other, 150)
        other.build(AS_OF)
        assert other.predict(AS_OF) == fitted
        assert rows(other) == first


def test_a_fit_is_made_anew_after_a_week_or_when_the_shop_grew(shop: Shop, fitted: Fitted) -> None:
    later = (TODAY + timedelta(days=6)).isoformat()
    shop.build(later)
    assert shop.predict(later, fitted) is None
    for n in range(9):
        shop.order(f"new{n}", "2026-06-05")
    shop.build(later)
    assert shop.predict(later, fitted) is not None
    week = (TODAY + timedelta(days=7)).isoformat()
    shop.build(week)
    assert shop.predict(week, fitted, refit_growth=100.0) is not None
    assert shop.predict(later, fitted, refit_growth=100.0, model="mbg_nbd") is not None, (
        "another model was asked for"
    )


def test_the_model_of_a_past_day_is_the_one_that_was_in_force_then(fitted: Fitted) -> None:
    old = Fitted.of(fact(fitted).payload | {"fitted_on": "2026-05-20"})
    facts = [fact(old, 1), fact(fitted, 2)]
    assert recorded(facts, TODAY - timedelta(days=1)) == old
    assert recorded(facts, TODAY) == fitted
    assert recorded(facts, date(2026, 5, 1)) is None


def test_who_objected_to_profiling_is_not_predicted_and_teaches_nothing(shop: Shop) -> None:
    populate(shop, 60)
    shop.add("signal", person_id="p007", kind="profiling_objection", value="true", at=noon("2026-05-01"))
    shop.add("signal", person_id="p008", kind="profiling_objection", value="false", at=noon("2026-05-01"))
    shop.add("signal", person_id="p009", kind="profiling_objection", value="true", at=noon("2026-07-01"))
    shop.build(AS_OF)
    model = shop.predict(AS_OF)
    assert model is not None
    assert model.customers == 59
    known = {row["customer_id"] for row in rows(shop)}
    assert "p007" not in known
    assert {"p008", "p009"} <= known


def test_a_day_that_was_all_given_back_is_no_purchase_whatever_refunds_count_by(shop: Shop) -> None:
    for basis in ("order", "refund"):
        with Shop.opened() as each:
            each.set(refund_date=basis)
            each.order("ann", "2026-01-01", goods=1000)
            each.refund(each.order("ann", "2026-02-01", goods=700), "2026-02-10", 700)
            each.refund(each.order("ann", "2026-03-01", goods=900), "2026-03-10", 400)
            each.build(AS_OF)
            each.predict(AS_OF)
            (past,) = rows(each, "purchase_history")
            assert (past["further_days"], past["first_minor"], past["further_minor"]) == (1, 1000, 500), basis
            assert past["last_on"] == date(2026, 3, 1)


def test_a_small_shop_is_predicted_by_the_prior_and_says_so(shop: Shop) -> None:
    shop.order("ann", "2026-03-01", goods=2000)
    shop.order("bob", "2026-05-30", goods=4000)
    shop.build(AS_OF)
    model = shop.predict(AS_OF)
    assert model is not None
    assert (model.step, model.flags) == ("prior", ("low_data",))
    found = {row["customer_id"]: row for row in rows(shop)}
    assert found["ann"]["flags"] == "low_data"
    assert found["ann"]["expected_amount_minor"] == pytest.approx(3000), "what a purchase day is worth here"
    assert found["ann"]["clv_12m_high_minor"] > 3 * found["ann"]["clv_12m_low_minor"]


def test_a_shop_whose_customers_all_came_today_is_not_predicted(shop: Shop) -> None:
    shop.order("ann", AS_OF)
    shop.build(AS_OF)
    assert shop.predict(AS_OF) is None
    assert rows(shop) == rows(shop, "clv_model") == []


def test_a_margin_takes_its_share_of_every_value(shop: Shop, fitted: Fitted) -> None:
    whole = rows(shop)
    shop.predict(AS_OF, fitted, margin=0.5)
    for full, half in zip(whole, rows(shop), strict=True):
        assert half["clv_12m_minor"] == pytest.approx(full["clv_12m_minor"] / 2, abs=1)


def test_a_pool_is_of_three_shops_that_speak_for_themselves(fitted: Fitted) -> None:
    own = Fitted.of(fact(fitted).payload | {"step": "weak"})
    assert pooled([own, own]) is None
    found = pooled([own, own, own, Fitted.of(fact(own).payload | {"step": "prior"})])
    assert found is not None
    assert found.shops == 3
    r, alpha, *_ = own.buying.values
    assert np.exp(found.buying[own.model][:2]) == pytest.approx([r, alpha / own.mean_age])


def test_settings_are_those_of_the_clients_file() -> None:
    assert ClvSettings().asked == "auto, back-test 180 d"
    assert ClvSettings(model="mbg_nbd").asked != ClvSettings().asked
