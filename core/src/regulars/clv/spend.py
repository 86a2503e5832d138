"""Gamma-Gamma: what a customer spends on a day with a purchase, on average.

Amounts vary about a customer's own mean (shape p), and these means over customers (q and v, v in the
shop's currency). Fader & Hardie (2013), "The Gamma-Gamma Model of Monetary Value". It takes spend and
frequency for independent: look at their correlation before believing it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln

from regulars.clv.table import Floats, distinct, dot

NAMES = ("p", "q", "v")
BINS = 1000  # cells per e-fold of a customer's total; it costs 1e-4 of log-likelihood in a million customers


@dataclass(frozen=True, slots=True)
class Spend:
    """The three parameters; `v` in the unit of the amounts. `median` is what the shop's purchase days are
    worth, for where the mean over customers is infinite (q <= 1)."""

    p: float
    q: float
    v: float
    median: float = float("nan")

    @property
    def population(self) -> float:
        """Mean over all customers, or the median where there is no mean."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else self.median

    def expected(self, x: Floats, mean: Floats) -> Floats:
        """Expected amount of a customer's purchase day, given `x` of them with a mean of `mean`."""
        shape = self.p * x + self.q - 1
        with np.errstate(all="ignore"):
            own = self.p * (self.v + x * mean) / shape
        return np.where((x > 0) & (shape > 0), own, self.population)


class Likelihood:
    """Mean negative log-likelihood of (x, mean) pairs and its gradient by the parameters' logarithms.

    Amounts of nothing or less are left out: Gamma-Gamma has no place for them. Sums of logarithms are exact;
    only totals are put into fine bins.
    """

    def __init__(self, x: ArrayLike, mean: ArrayLike) -> None:
        x, mean = np.asarray(x, dtype=np.float64), np.asarray(mean, dtype=np.float64)
        good = (x > 0) & (mean > 0)
        x, mean = x[good], mean[good]
        self.customers = len(x)
        log_mean = np.log(mean)
        self._once, self._with_x = float(log_mean.sum()), dot(x, log_mean) + dot(x, np.log(x))
        self._ux, at = distinct(x)
        self._wx = np.bincount(at).astype(np.float64)
        self._x, self._total, self._w = _binned(x, x * mean)

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        p, q, v = np.exp(theta)
        px, n = p * self._ux, self.customers
        log_v = np.log(self._total + v)
        power = p * self._x + q
        total = dot(self._wx, gammaln(px + q) - gammaln(px)) + n * float(q * theta[2] - gammaln(q))
        total += p * self._with_x - self._once - dot(self._w * power, log_v)
        psi = digamma(px + q)
        by_p = dot(self._wx, self._ux * (psi - digamma(px))) + self._with_x - dot(self._w * self._x, log_v)
        by_q = dot(self._wx, psi) + n * float(theta[2] - digamma(q)) - dot(self._w, log_v)
        by_v = n * q / v - dot(self._w * power, 1 / (self._total + v))
        return -total / n, -np.array([by_p * p, by_q * q, by_v * v]) / n


def _binned(x: Floats, total: Floats) -> tuple[Floats, Floats, Floats]:
    """Distinct x with totals that differ by less than a bin taken together at their mean."""
    cell = np.floor(np.log(total) * BINS).astype(np.int64)
    if not len(cell):
        return x, total, x
    cell -= cell.min()
    key = x.astype(np.int64) * (int(cell.max()) + 1) + cell
    found, at = distinct(key.astype(np.float64))
    weight = np.bincount(at).astype(np.float64)
    mean = np.bincount(at, total) / weight
    return np.floor(found / (int(cell.max()) + 1)), mean, weight
