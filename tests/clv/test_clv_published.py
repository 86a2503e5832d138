"""The published parameters of CDNOW come out again: the tenth that the papers used, weeks 1 to 39.

BG/NBD and Pareto/NBD: Fader, Hardie & Lee (2005); MBG/NBD: as BTYDplus asserts; Gamma-Gamma: Fader & Hardie
(2013). Time is in weeks, as in the papers.
"""

import numpy as np
import pytest
from clv.shopping import CUT, needs_data, online_retail, purchases
from regulars.clv.backtest import grade_model, split
from regulars.clv.ladder import fit_shop
from regulars.clv.models import fit_buying, fit_pareto, fit_spend
from regulars.clv.summary import summarise
from regulars.clv.table import cells, compress

pytestmark = needs_data


@pytest.fixture(scope="module")
def weeks():
    known = summarise(*purchases(sample=True), CUT)
    return known, compress(known.x, known.tx / 7, known.age / 7)


def test_the_tenth_is_that_of_the_papers(weeks):
    known, table = weeks
    assert (len(known), table.customers, table.repeaters) == (2357, 2357, 946)


def test_bg_nbd(weeks):
    found = fit_buying(weeks[1], modified=False)
    assert found.values == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=0.0006)
    assert found.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert found.converged


def test_mbg_nbd(weeks):
    found = fit_buying(weeks[1], modified=True)
    assert found.values == pytest.approx([0.525, 6.183, 0.891, 1.614], abs=0.0006)
    assert found.log_likelihood == pytest.approx(-9582.13, abs=0.05)


def test_pareto_nbd(weeks):
    found = fit_pareto(weeks[1])
    assert found.values == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=0.0012)
    assert found.log_likelihood == pytest.approx(-9595.0, abs=0.05)


def test_gamma_gamma(weeks):
    known, _ = weeks
    found = fit_spend(known.x, known.mean_repeat)
    assert found.values == pytest.approx([6.25, 3.74, 15.44], abs=0.006)
    assert found.log_likelihood == pytest.approx(-4055.92, abs=0.05)


@pytest.fixture(scope="module")
def whole():
    return split(*purchases(sample=False), CUT, CUT + 39 * 7)


@pytest.mark.parametrize(("name", "mae"), [("mbg_nbd", 0.7945), ("pareto_nbd", 0.7938), ("bg_nbd", 0.8187)])
def test_the_error_of_39_weeks_to_come_is_no_worse_than_measured(whole, name, mae):
    known, actual = whole
    assert (len(known), actual.sum()) == (23570, 19684)
    found = grade_model(fit_shop(known.table(), name).model, known, actual, 39 * 7)
    assert found.mae <= mae + 0.0005


def test_cells_of_a_week_hardly_move_the_parameters(whole):
    exact = whole[0].table()
    coarse = cells(exact, 7.0)
    assert len(coarse) < len(exact) / 2
    one, other = (fit_buying(table, modified=True) for table in (exact, coarse))
    assert np.all(np.abs(np.log(one.values / other.values)) < one.log_sd)


@pytest.fixture(scope="module")
def retail():
    customer, day, amount = online_retail()
    return summarise(customer, day, amount, int(day.max())).table()


@pytest.mark.parametrize("name", ["mbg_nbd", "pareto_nbd", "bg_nbd"])
def test_online_retail_cannot_tell_leaving_from_pausing_and_says_so(retail, name):
    shop = fit_shop(retail, name)
    assert not shop.identified
    assert shop.notes[0].startswith("churn not identified")
