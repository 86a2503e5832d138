"""Fifty random people: each value comes out of the inputs that are printed beside it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from lifecycle.nights import Nights
from metrics.shop import Shop
from regulars.clv.buying import Buying
from regulars.clv.score import discounted
from regulars.clv.spend import Spend
from regulars.explain import Person, explain_person
from regulars.metrics import simple_clv
from regulars.models import Metric

AS_OF = date(2026, 6, 30)
PEOPLE = [f"p{number:02}" for number in range(50)]


@pytest.fixture(scope="module")
def people() -> Iterator[tuple[Shop, dict[str, Person]]]:
    """One to twelve orders each over two years, some with a refund; explained on one day."""
    dice = random.Random(7)
    with Shop.opened() as shop:
        for name in PEOPLE:
            on = date(2024, 7, 1) + timedelta(days=dice.randrange(500))
            for _ in range(dice.randint(1, 12)):
                order = shop.order(name, on.isoformat(), goods=dice.randint(500, 9000))
                if dice.random() < 0.1:
                    shop.refund(order, on.isoformat(), goods=dice.randint(1, 400))
                on += timedelta(days=dice.randint(1, 90))
                if on > AS_OF:
                    break
        Nights(shop).today(AS_OF.isoformat())
        shop.predict(AS_OF.isoformat(), model="mbg_nbd")
        yield shop, {name: explain_person(shop.session, name) for name in PEOPLE}


def told(person: Person, name: str) -> Metric:
    return next(metric for metric in person.metrics if metric.name == name)


@pytest.mark.parametrize("name", PEOPLE)
def test_net_sales_scores_and_simple_clv(people: tuple[Shop, dict[str, Person]], name: str) -> None:
    shop, explained = people
    person = explained[name]
    row = shop.session.table(f"SELECT * FROM customer_value WHERE customer_id = '{name}'").to_pylist()[0]
    counted = [sale.net for sale in person.sales if sale.kind == "counted" and sale.net]
    assert sum((net.amount for net in counted), Decimal(0)) * 100 == row["net_minor"]
    factors = told(person, "clv").inputs
    years, often, amount = (factors[n] for n in ("lifetime (years)", "orders per year", "amount per order"))
    assert simple_clv(years, often, amount.minor) == row["clv_simple_minor"]
    for score, sign in (("r", -1), ("f", 1), ("m", 1)):
        inputs = dict(told(person, score).inputs)
        cuts = inputs.pop("cut points")
        (amount,) = inputs.values()
        below = sum(cut < amount for cut in cuts)
        assert row[score] == (1 + below if sign > 0 else 5 - below)


@pytest.mark.parametrize("name", PEOPLE)
def test_predicted_values(people: tuple[Shop, dict[str, Person]], name: str) -> None:
    shop, explained = people
    row = shop.session.table(f"SELECT * FROM customer_clv WHERE customer_id = '{name}'").to_pylist()[0]
    inputs = told(explained[name], "clv_12m").inputs
    x, tx, age = (np.array([float(v)]) for k, v in inputs.items() if k.startswith(("x:", "t_x:", "T:")))
    model = Buying(*(inputs[n] for n in ("r", "alpha", "a", "b")), modified=True)
    assert model.alive(x, tx, age)[0] == pytest.approx(inputs["chance of still being a customer"])
    times = discounted(model, x, tx, age, inputs["discount per year"])[0]
    assert times == pytest.approx(inputs["discounted orders"])
    spend = Spend(*(inputs[n] for n in ("p", "q", "v", "median amount (minor units)")))
    amount = spend.expected(x, np.array([inputs["mean of a further day (minor units)"]]))[0]
    assert amount == pytest.approx(inputs["expected amount (minor units)"])
    assert round(times * amount * inputs["margin"]) == row["clv_12m_minor"]
    assert model.active(x, tx, age, 90.0)[0] == pytest.approx(row["p_active_90d"])


def test_what_all_are_worth_is_the_sum_of_what_each_is(people: tuple[Shop, dict[str, Person]]) -> None:
    shop, _ = people
    assert shop.one("SELECT sum(clv_12m_minor) FROM customer_clv") == shop.one(
        "SELECT clv_12m_minor FROM clv_model"
    )
