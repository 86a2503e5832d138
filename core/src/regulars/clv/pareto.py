"""Pareto/NBD: as BG/NBD, but customers may leave at any moment, not only after a purchase.

Purchases: gamma(r, alpha) rates; lifetimes: exponential with gamma(s, beta) rates. Schmittlein, Morrison &
Colombo (1987), Management Science 33(1); written as in Fader & Hardie, "A Note on Deriving the
Pareto/NBD Model", with Euler's transformation so that the hypergeometric series stays small.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import expit, gammaln, hyp2f1

from regulars.clv.table import Floats, Table, dot

NAMES = ("r", "alpha", "s", "beta")
STEP = 1e-5  # of the logarithms, for the central differences of the gradient


@dataclass(frozen=True, slots=True)
class Pareto:
    """The four parameters; alpha and beta in days."""

    r: float
    alpha: float
    s: float
    beta: float

    def alive(self, x: Floats, tx: Floats, age: Floats) -> Floats:
        """Chance that the customer has not left."""
        log_gone = (
            np.log(self.s)
            - np.log(self.r + self.s + x)
            + (self.r + x) * np.log(self.alpha + age)
            + self.s * np.log(self.beta + age)
            + _log_a0(self.r, self.alpha, self.s, self.beta, x, tx, age)
        )
        return np.asarray(expit(-log_gone), dtype=np.float64)

    def expected(self, x: Floats, tx: Floats, age: Floats, days: float) -> Floats:
        """Expected number of days with a purchase within the next `days`."""
        return self.alive(x, tx, age) * self.expected_if_alive(x, age, days)

    def expected_if_alive(self, x: Floats, age: Floats, days: float) -> Floats:
        """The same for somebody known to be alive."""
        s = self.s if abs(self.s - 1) > 1e-8 else 1 + 1e-7
        shrink = -np.expm1((s - 1) * (np.log(self.beta + age) - np.log(self.beta + age + days)))
        grown = (self.r + x) * (self.beta + age) / ((self.alpha + age) * (s - 1)) * shrink
        return np.asarray(grown, dtype=np.float64)

    def active(self, x: Floats, tx: Floats, age: Floats, days: float) -> Floats:
        """Chance of at least one purchase within the next `days`.

        Integrated over the moment of leaving: no closed form is stable for all parameters. 24 nodes give six
        digits.
        """
        nodes, weights = np.polynomial.legendre.leggauss(24)
        t = days * (nodes + 1) / 2
        power = self.r + x[..., None]
        end = self.alpha + age[..., None]
        bought = -np.expm1(power * (np.log(end) - np.log(end + t)))
        lives = self.beta + age[..., None]
        density = self.s / (lives + t) * np.exp(self.s * (np.log(lives) - np.log(lives + t)))
        leaves = (bought * density) @ weights * days / 2
        stays = np.exp(self.s * (np.log(lives[..., 0]) - np.log(lives[..., 0] + days)))
        always = -np.expm1(power[..., 0] * (np.log(end[..., 0]) - np.log(end[..., 0] + days)))
        return np.asarray(self.alive(x, tx, age) * (leaves + stays * always), dtype=np.float64)

    def quantiles(
        self, x: Floats, tx: Floats, age: Floats, shares: tuple[float, ...], farthest: float
    ) -> list[Floats]:
        """For each of `shares`: days until the next purchase has happened with that chance; NaN where it
        takes longer than `farthest`, or never has.

        The chance is added up over spans of time that grow by a fifth, and read off between them.
        """
        edges = np.concatenate(([0.0], np.geomspace(0.5, farthest, 50)))
        alive, so_far = self.alive(x, tx, age), np.zeros(len(x))
        found = [np.full(len(x), np.nan) for _ in shares]
        for start, end in pairwise(edges):
            more = so_far + alive * self._first_within(x, age, start, end)
            for days, share in zip(found, shares, strict=True):
                here = (so_far < share) & (more >= share)
                part = (share - so_far[here]) / (more[here] - so_far[here])
                days[here] = start + part * (end - start)
            so_far = more
        return found

    def _first_within(self, x: Floats, age: Floats, start: float, end: float) -> Floats:
        """Chance that somebody alive buys next between two times from now, by Gauss's rule of two nodes."""
        total = np.zeros(len(x))
        for node in (0.5 - 12**-0.5, 0.5 + 12**-0.5):
            t = start + node * (end - start)
            silent = (self.r + x) * np.log1p(t / (self.alpha + age)) + self.s * np.log1p(t / (self.beta + age))
            total += (self.r + x) / (self.alpha + age + t) * np.exp(-silent)
        return total * (end - start) / 2


class Likelihood:
    """Mean negative log-likelihood of a table and its gradient by the logarithms of the parameters.

    The gradient is by central differences: give it a table of `cells`, not a million rows.
    """

    def __init__(self, table: Table) -> None:
        self._table, self._n = table, table.customers
        self._ux, self._at = np.unique(table.x, return_inverse=True)
        self._at = self._at.reshape(-1)

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        moved = np.eye(4) * STEP
        gradient = [(self.value(theta + d) - self.value(theta - d)) / (2 * STEP) for d in moved]
        return self.value(theta), np.array(gradient)

    def value(self, theta: Floats) -> float:
        """The function alone."""
        r, alpha, s, beta = np.exp(theta)
        t = self._table
        common = gammaln(r + self._ux)[self._at] - gammaln(r) + r * theta[1] + s * theta[3]
        lives = -(r + t.x) * np.log(alpha + t.age) - s * np.log(beta + t.age)
        left = np.log(s) - np.log(r + s + t.x) + _log_a0(r, alpha, s, beta, t.x, t.tx, t.age)
        return -dot(t.weight, common + np.logaddexp(lives, left)) / self._n


def _log_a0(r: float, alpha: float, s: float, beta: float, x: Floats, tx: Floats, age: Floats) -> Floats:
    """log of the difference of the two series of the published form, at the last purchase and at the end."""
    whole = r + s + x
    larger, gap, lower = (alpha, alpha - beta, s + 1.0) if alpha >= beta else (beta, beta - alpha, r + x)
    parts = []
    for at in (tx, age):
        z = gap / (larger + at)
        series = hyp2f1(1.0, whole + 1.0 - lower, whole + 1.0, z)
        parts.append(np.log(series) + (1.0 - lower) * np.log1p(-z) - whole * np.log(larger + at))
    last, end = parts
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(last + np.log(-np.expm1(np.minimum(end - last, 0.0))), dtype=np.float64)
