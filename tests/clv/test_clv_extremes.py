"""No customer, no shop and no parameter makes a score that is no number."""

import itertools
import math

import numpy as np
import pytest
from clv.shopping import invented
from regulars.clv.buying import Buying, Likelihood
from regulars.clv.ladder import fit_shop
from regulars.clv.pareto import Likelihood as ParetoLikelihood
from regulars.clv.pareto import Pareto
from regulars.clv.score import discounted, expected
from regulars.clv.summary import summarise
from regulars.clv.table import compress
from scipy.stats import beta as beta_of

GRID = list(itertools.product((1e-3, 0.3, 0.999, 1.0, 1.5, 40.0), (0.01, 10.0, 4000.0), (0, 1, 200, 1000, 5000)))
"""a, alpha, x: 90 cases for each of b in two sizes and both models, 360 in all."""


@pytest.mark.parametrize("modified", [False, True])
@pytest.mark.parametrize("b", [0.2, 30.0])
def test_expected_purchases_are_finite_and_never_negative(modified, b):
    age = np.array([1.0])
    for a, alpha, x in GRID:
        model = Buying(0.5, alpha, a, b, modified)
        bought = np.array([float(x)])
        value = model.expected_if_alive(bought, age, 365.0)[0]
        assert math.isfinite(value), (a, alpha, x)
        assert value >= 0, (a, alpha, x)
        assert 0 <= model.alive(bought, np.minimum(age, bought), age)[0] <= 1


@pytest.mark.parametrize("s", [0.01, 0.999999, 1.0, 2.0, 30.0])
def test_pareto_is_finite_where_either_rate_is_the_larger(s):
    x = np.array([0.0, 0.0, 1.0, 50.0, 1000.0, 5000.0])
    tx = np.array([0.0, 0.0, 3.0, 300.0, 364.0, 364.0])
    age = np.full(6, 365.0)
    for alpha, beta in ((0.1, 1000.0), (1000.0, 0.1), (30.0, 30.0)):
        model = Pareto(0.7, alpha, s, beta)
        for found in (model.alive(x, tx, age), model.active(x, tx, age, 90), model.expected(x, tx, age, 365)):
            assert np.all(np.isfinite(found))
            assert np.all(found >= 0)


def test_the_expected_number_is_that_of_a_simulation():
    """40,000 lives that obey the model: what they do in the next half year is what it expects of them."""
    x, tx, age = invented(40_000, seed=3, days=200)
    model = Buying(0.9, 30.0, 0.7, 10.0, modified=False)
    table = compress(x, tx, age)
    later_x, *_ = _continued(seed=3)
    expected = model.expected(table.x, table.tx, table.age, 180.0) @ table.weight
    assert expected == pytest.approx(later_x, rel=0.03)


def _continued(seed):
    dice = np.random.default_rng(seed)
    age = dice.integers(1, 200, 40_000).astype(float)
    rate, leave = dice.gamma(0.9, 1 / 30.0, 40_000), dice.beta(0.7, 10.0, 40_000)
    later = 0
    for n in range(40_000):
        at = 0.0
        while True:
            at += dice.exponential(1 / rate[n])
            if at > age[n] + 180.0:
                break
            later += at > age[n]
            if dice.random() < leave[n]:
                break
    return later, age


@pytest.mark.parametrize("make", [lambda t: Likelihood(t, False), lambda t: Likelihood(t, True), ParetoLikelihood])
def test_the_gradient_is_that_of_the_function(make):
    objective = make(compress(*invented(300, seed=5)))
    theta = np.log([0.7, 25.0, 0.6, 12.0])
    _, gradient = objective(theta)
    for n in range(4):
        step = np.zeros(4)
        step[n] = 1e-5
        slope = (objective(theta + step)[0] - objective(theta - step)[0]) / 2e-5
        assert gradient[n] == pytest.approx(slope, abs=1e-6)


DEGENERATE = {
    "one customer": ([2], [30], [90]),
    "nobody came back": ([0] * 60, [0] * 60, list(range(1, 61))),
    "all alike": ([3] * 80, [60] * 80, [90] * 80),
    "nobody left": ([20] * 60, [364] * 60, [365] * 60),
    "one whale": ([5000] + [0] * 70, [364] + [0] * 70, [365] * 71),
    "first bought yesterday": ([0] * 90, [0] * 90, [1] * 90),
}


@pytest.mark.parametrize("case", DEGENERATE)
@pytest.mark.parametrize("name", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_degenerate_shops_get_finite_scores(case, name):
    x, tx, age = (np.array(part, dtype=float) for part in DEGENERATE[case])
    shop = fit_shop(compress(x, tx, age), name)
    assert np.all(np.isfinite(shop.model.expected(x, tx, age, 365.0)))
    assert np.all(np.isfinite(shop.model.active(x, tx, age, 90.0)))


def test_customers_of_today_alone_give_no_model():
    nothing = np.zeros(5)
    assert fit_shop(compress(nothing, nothing, nothing)) is None


@pytest.mark.parametrize("name", ["mbg_nbd", "pareto_nbd"])
def test_any_small_shop_is_scored(name):
    dice = np.random.default_rng(11)
    for customers in (*range(1, 60, 3), *range(60, 501, 40)):
        age = dice.integers(1, 500, customers).astype(float)
        x = dice.poisson(0.8, customers).astype(float)
        tx = np.where(x > 0, np.maximum(1.0, np.floor(age * dice.random(customers))), 0.0)
        shop = fit_shop(compress(x, tx, age), name)
        assert np.all(np.isfinite(shop.model.expected(x, tx, age, 365.0)))


def test_a_small_shop_says_so():
    shop = fit_shop(compress([1, 0, 0], [10, 0, 0], [40, 30, 20]))
    assert shop.step == "prior"
    assert shop.notes == ("low data: 3 customers, 1 came back; the prior speaks",)


def test_a_shop_that_cannot_tell_leaving_from_pausing_says_so():
    x, tx, age = (np.array(part, dtype=float) for part in DEGENERATE["nobody left"])
    shop = fit_shop(compress(x, tx, age))
    assert not shop.identified
    assert shop.notes[0].startswith("churn not identified")


def test_invented_parameters_are_found_again_and_lie_in_their_intervals():
    shop = fit_shop(compress(*invented(8000, seed=2)), "bg_nbd")
    low, high = shop.fit.interval().T
    assert np.all(low < [0.9, 30.0, 0.7, 10.0])
    assert np.all(high > [0.9, 30.0, 0.7, 10.0])
    assert shop.identified


def test_the_same_customers_in_another_order_are_the_same_shop():
    x, tx, age = invented(500, seed=7)
    one, other = fit_shop(compress(x, tx, age)), fit_shop(compress(x[::-1], tx[::-1], age[::-1]))
    assert np.array_equal(one.fit.values, other.fit.values)


@pytest.mark.parametrize("bad", [([1], [0], [5]), ([0], [2], [5]), ([1], [6], [5]), ([-1], [0], [5])])
def test_impossible_histories_are_refused(bad):
    with pytest.raises(ValueError, match="0 <= tx <= age"):
        compress(*bad)


@pytest.mark.parametrize("modified", [False, True])
@pytest.mark.parametrize("b", [2.0, 50.0, 1000.0, 10_000.0])
@pytest.mark.parametrize("a", [60.0, 200.0, 700.0, 1000.0])
def test_expected_purchases_where_the_series_overflows_are_those_of_the_integral(a, b, modified):
    """Shops whose customers seem never to pause: the fit may go as far as its bounds, a = 1,000 and b = 10,000."""
    x, age = np.array([0.0, 1.0, 2.0, 7.0, 40.0, 150.0]), np.array([1.0, 5.0, 38.0, 200.0, 700.0, 700.0])
    for r, alpha in ((0.7, 9.0), (3.0, 300.0)):
        found = Buying(r, alpha, a, b, modified).expected_if_alive(x, age, 365.0)
        for bought, days, value in zip(x, age, found, strict=True):
            z, k = 365.0 / (alpha + days + 365.0), float(modified)
            stays = beta_of(b + bought + k, a - 1)
            silent = stays.expect(lambda q, z=z, n=r + bought: ((1 - z) / (1 - z * q)) ** n)
            assert value == pytest.approx((a + b + bought + k - 1) / (a - 1) * (1 - silent), rel=1e-5)


def test_nobody_of_a_large_shop_without_any_pattern_has_a_score_that_is_no_number():
    """60,000 people whose days are drawn by lot within a stay by lot: no model fits, each goes to an edge."""
    dice = np.random.default_rng(1)
    people = 60_000
    born = dice.random(people) * 730
    stay, orders = (730 - born) * np.sqrt(dice.random(people)), 1 + dice.exponential(10, people).astype(int)
    who = np.repeat(np.arange(people), orders)
    day = np.floor(born[who] + stay[who] * dice.random(len(who)))
    known = summarise(who, day.astype(np.int64), np.full(len(who), 1000), 730)
    for name in ("mbg_nbd", "bg_nbd", "pareto_nbd"):
        shop = fit_shop(known.table(), name)
        for found in (
            shop.model.alive(known.x, known.tx, known.age),
            expected(shop.model, known.x, known.tx, known.age, 365.0),
            discounted(shop.model, known.x, known.tx, known.age, 0.10),
        ):
            assert np.all(np.isfinite(found)), name
            assert np.all(found >= 0), name
