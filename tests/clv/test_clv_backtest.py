"""The grade of a back-test, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from regulars.clv.backtest import grade


@pytest.mark.parametrize("customers", [3, 11, 12, 19, 197])
def test_where_all_bought_the_same_the_best_tenth_is_the_average(customers: int) -> None:
    found = grade(np.arange(customers, 0, -1.0), np.full(customers, 0.9), np.full(customers, 3.0))
    assert found.lift == pytest.approx(1)


def test_lift_is_what_one_of_the_best_tenth_bought_against_one_of_all() -> None:
    # Of 12 the best tenth are 2. They bought 8 and 4 times, the others once each: 12 / 2 against 22 / 12.
    found = grade(np.arange(12, 0, -1.0), np.full(12, 0.9), np.array([8.0, 4.0, *[1.0] * 10]))
    assert (found.deciles[0].customers, found.deciles[0].actual) == (2, 12)
    assert found.lift == pytest.approx(6 / (22 / 12))


def test_where_nothing_came_there_is_no_lift() -> None:
    assert grade(np.array([2.0, 1.0]), np.array([0.5, 0.5]), np.zeros(2)).lift is None
    assert grade(np.zeros(0), np.zeros(0), np.zeros(0)).lift is None
