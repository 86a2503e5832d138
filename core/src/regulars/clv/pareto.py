"""Pareto/NBD: as BG/NBD, but customers may leave at any moment, not only after a purchase.

Purchases: gamma(r, alpha) rates; lifetimes: exponential with gamma(s, beta) rates. Schmittlein, Morrison &
Colombo (1987), Management Science 33(1); written as in Fader & Hardie, "A Note on Deriving the
Pareto/NBD Model", with Euler's transformation so that the hypergeometric series stays small.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import digamma, expit, gammaln, hyp2f1

from regulars.clv.table import Floats, Table, dot, sums

NAMES = ("r", "alpha", "s", "beta")


@dataclass(frozen=True, slots=True)
class Pareto:
    """The four parameters; alpha and beta in days."""

    r: float
    alpha: float
    s: float
    beta: float

    def alive(self, x: Floats, tx: Floats, age: Floats) -> Floats:
        """Chance that the customer has not left. Where parameters are so large that the series overflow, the
        integral that they stand for takes their place."""
        with np.errstate(all="ignore"):
            gone = _log_a0(self.r, self.alpha, self.s, self.beta, x, tx, age) - np.log(self.r + self.s + x)
        wrong = ~np.isfinite(gone) & (tx < age)
        if np.any(wrong):
            gone[wrong] = _between(
                self.r + x[wrong], self.alpha, self.s, self.beta, tx[wrong], age[wrong]
            ).log_total
        here = (self.r + x) * np.log(self.alpha + age) + self.s * np.log(self.beta + age)
        return np.asarray(expit(-(np.log(self.s) + here + gone)), dtype=np.float64)

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
        """Chance of at least one purchase within the next `days`."""
        return np.asarray(self.alive(x, tx, age) * self.active_if_alive(x, age, days), dtype=np.float64)

    def active_if_alive(self, x: Floats, age: Floats, days: float) -> Floats:
        """The same for somebody known to be alive.

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
        return np.asarray(leaves + stays * always, dtype=np.float64)

    def quantiles(
        self, alive: Floats, x: Floats, age: Floats, shares: tuple[float, ...], farthest: float
    ) -> list[Floats]:
        """For each of `shares`: days until the next purchase has happened with that chance; NaN where it
        takes longer than `farthest`, or never has.

        The chance is added up over spans of time that grow by a fifth, and read off between them.
        """
        edges = np.concatenate(([0.0], np.geomspace(0.5, farthest, 50)))
        so_far = np.zeros(len(x))
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
    """Mean negative log-likelihood of a table and its gradient, both by the logarithms of the parameters.

    Who has left did so between the last purchase and now. The published form writes that integral as two
    hypergeometric series, which have no handy derivatives by the parameters; Gauss's rule gives it and all four
    derivatives at once: within 3e-10 of the series, and 1e-5 where parameters are absurd.
    """

    def __init__(self, table: Table) -> None:
        self._table, self._n = table, table.customers
        self._ux, at = np.unique(table.x, return_inverse=True)
        self._wx = sums(at.reshape(-1), table.weight)

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        r, alpha, s, beta = (float(value) for value in np.exp(theta))
        t, n = self._table, self._n
        power = r + t.x
        log_end = np.log(alpha + t.age), np.log(beta + t.age)
        lives = -power * log_end[0] - s * log_end[1]
        inside = _between(power, alpha, s, beta, t.tx, t.age)
        left = np.log(s) + inside.log_total
        either = np.logaddexp(lives, left)
        total = dot(t.weight, either) + dot(self._wx, gammaln(r + self._ux))
        total += n * float(r * theta[1] + s * theta[3] - gammaln(r))
        gone = t.weight * np.exp(left - either)
        here = t.weight - gone
        by_r = dot(self._wx, digamma(r + self._ux)) + n * float(theta[1] - digamma(r))
        by_r -= dot(here, log_end[0]) + dot(gone, inside.log_alpha)
        by_alpha = n * r / alpha - dot(here, power / (alpha + t.age)) - dot(gone, power * inside.per_alpha)
        by_s = n * float(theta[3]) - dot(here, log_end[1]) + dot(gone, 1 / s - inside.log_beta)
        by_beta = n * s / beta - dot(here, s / (beta + t.age)) - dot(gone, (s + 1) * inside.per_beta)
        return -total / n, -np.array([by_r * r, by_alpha * alpha, by_s * s, by_beta * beta]) / n


@dataclass(frozen=True, slots=True)
class _Inside:
    """The integral of (alpha + u)^-power (beta + u)^-(s + 1) over u, as a logarithm, and means under it of
    log(alpha + u), 1 / (alpha + u) and the same with beta."""

    log_total: Floats
    log_alpha: Floats
    per_alpha: Floats
    log_beta: Floats
    per_beta: Floats


def _between(power: Floats, alpha: float, s: float, beta: float, tx: Floats, age: Floats) -> _Inside:
    """From the last purchase to now. Time runs as log(c + u), c the smaller of alpha and beta, and is then bent so
    that nodes lie where the integrand is large, for one purchase as for thousands. Bent by a quarter of its
    first slope: then it ends as smoothly as it begins."""
    c = min(alpha, beta)
    start = c + tx
    slope = np.maximum(power * start / (alpha + tx) + (s + 1) * start / (beta + tx) - 1, 1e-3) / 4
    reach = -np.expm1(-slope * np.log((c + age) / start))
    first = -power * np.log(alpha + tx) - (s + 1) * np.log(beta + tx) + np.log(start)
    weights, log_a, per_a, log_b, per_b = np.zeros((5, len(tx)))
    for node, weight in zip(*_NODES, strict=True):
        way = -np.log1p(-reach * node) / slope
        at = start * np.exp(way) - c
        a, b = alpha + at, beta + at
        la, lb = np.log(a), np.log(b)
        value = weight * np.exp(-power * la - (s + 1) * lb + np.log(at + c) - first + slope * way)
        weights += value
        log_a += value * la
        per_a += value / a
        log_b += value * lb
        per_b += value / b
    with np.errstate(divide="ignore"):
        log_total = first + np.log(weights * reach / slope)
    return _Inside(log_total, log_a / weights, per_a / weights, log_b / weights, per_b / weights)


def _unit_nodes(count: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return np.asarray((nodes + 1) / 2, dtype=np.float64), np.asarray(weights / 2, dtype=np.float64)


_NODES = _unit_nodes(20)


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
