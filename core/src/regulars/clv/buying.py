"""BG/NBD and MBG/NBD: how often customers buy, and when they stop.

While alive a customer buys at random at a rate of his own (gamma with shape r and rate alpha over all
customers); after each purchase (MBG: also the first) he may leave for good, with a chance of his own
(beta with a and b). Fader, Hardie & Lee (2005), "Counting Your Customers the Easy Way", Marketing
Science 24(2); Batislam, Denizel & Filiztekin (2007), IJRM 24, for MBG, where even who bought once may
have left.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, digamma, expit, gammaln, hyp2f1, roots_legendre

from regulars.clv.table import Floats, Table, distinct, dot, sums

BLOCK = 1 << 15  # rows that fit a core's cache together with what is computed from them
NAMES = ("r", "alpha", "a", "b")


@dataclass(frozen=True, slots=True)
class Buying:
    """The four parameters (alpha in days); `modified` is MBG/NBD."""

    r: float
    alpha: float
    a: float
    b: float
    modified: bool

    def alive(self, x: Floats, tx: Floats, age: Floats) -> Floats:
        """Chance that the customer has not left. BG/NBD gives 1 to everybody who bought once."""
        odds = self._log_odds_gone(x, tx, age)
        return np.asarray(expit(-odds), dtype=np.float64)

    def active(self, x: Floats, tx: Floats, age: Floats, days: float) -> Floats:
        """Chance of at least one purchase within the next `days`: what churn is read from."""
        return np.asarray(self.alive(x, tx, age) * self.active_if_alive(x, age, days), dtype=np.float64)

    def active_if_alive(self, x: Floats, age: Floats, days: float) -> Floats:
        """The same for somebody known to be alive; it depends on x and age alone."""
        silent = (self.r + x) * (np.log(self.alpha + age) - np.log(self.alpha + age + days))
        return np.asarray(-np.expm1(silent), dtype=np.float64)

    def expected(self, x: Floats, tx: Floats, age: Floats, days: float) -> Floats:
        """Expected number of days with a purchase within the next `days`."""
        return self.alive(x, tx, age) * self.expected_if_alive(x, age, days)

    def expected_if_alive(self, x: Floats, age: Floats, days: float) -> Floats:
        """The same for somebody known to be alive; it depends on x and age alone.

        Euler's transformation of the published form, in which every large parameter cancels: the direct
        one fails for customers with hundreds of purchases. Where a is so large that the series overflows, a
        mean over the chances to stay takes its place.
        """
        k = float(self.modified)
        a = self.a if abs(self.a - 1) > 1e-7 else 1 + 1e-7  # the limit at a = 1, to 7 digits
        c = a + self.b + x + k - 1
        c = np.where(np.abs(c) < 1e-7, 1e-7, c)
        z = days / (self.alpha + age + days)
        series = hyp2f1(a + self.b + k - 1 - self.r, a - 1, c, z)
        if not np.all(np.isfinite(series)):  # where a - r is a whole number, the library meets 0 times infinity
            nudged = hyp2f1(a + self.b + k - 1 - self.r * (1 + 1e-7), a - 1, c, z)
            series = np.where(np.isfinite(series), series, nudged)
        log_power = (a - 1) * np.log1p(-z)
        with np.errstate(all="ignore"):
            small = -np.expm1(log_power + np.log(np.abs(series)))
            rest = np.where(series > 0, small, 1.0 - np.exp(log_power) * series)
        found = np.asarray(c / (a - 1) * rest, dtype=np.float64)
        wrong = ~np.isfinite(found)
        if np.any(wrong):
            found[wrong] = self._by_chances(x[wrong], age[wrong], days)
        return found

    def _by_chances(self, x: Floats, age: Floats, days: float) -> Floats:
        """Euler's integral in place of the series (DLMF 15.6.1): what a customer would buy with a chance q to stay
        after each purchase, over q's beta distribution, at points of equal chance. Six digits where a > 100."""
        k = float(self.modified)
        at, weight = roots_legendre(64)
        numbers, who = distinct(x)
        q = betaincinv((self.b + numbers + k)[:, None], self.a - 1, (at + 1) / 2)[who]
        z = (days / (self.alpha + age + days))[:, None]
        silent = np.exp((self.r + x)[:, None] * (np.log1p(-z) - np.log1p(-z * q))) @ (weight / 2)
        return np.asarray((self.a + self.b + x + k - 1) / (self.a - 1) * (1 - silent), dtype=np.float64)

    def quantiles(
        self, alive: Floats, x: Floats, age: Floats, shares: tuple[float, ...], farthest: float
    ) -> list[Floats]:
        """For each of `shares`: days until the next purchase has happened with that chance; NaN where it
        takes longer than `farthest`, or never has."""
        found = []
        for share in shares:
            with np.errstate(all="ignore"):
                left = 1.0 - share / alive
                days = (self.alpha + age) * np.expm1(-np.log(left) / (self.r + x))
                found.append(np.where((left > 0) & (days <= farthest), days, np.nan))
        return found

    def _log_odds_gone(self, x: Floats, tx: Floats, age: Floats) -> Floats:
        k = float(self.modified)
        with np.errstate(divide="ignore"):
            lead = np.log(self.a) - np.log(np.maximum(self.b + x + k - 1, 1e-300))
        odds = lead + (self.r + x) * (np.log(self.alpha + age) - np.log(self.alpha + tx))
        return np.asarray(odds if self.modified else np.where(x > 0, odds, -np.inf), dtype=np.float64)


class Likelihood:
    """Mean negative log-likelihood of a table and its gradient, both by the logarithms of the parameters.

    Exact, and arranged so that per row only a logarithm, an exponential and their softplus remain: what
    depends on x alone is computed once per distinct x, what on age alone once per distinct age.
    """

    def __init__(self, table: Table, modified: bool, pool: ThreadPoolExecutor | None = None) -> None:
        self._k, self._n, self._pool = float(modified), table.customers, pool
        self._ux, at = distinct(table.x)
        self._wx = sums(at, table.weight)
        self._uage, at_age = distinct(table.age)
        self._wage = sums(at_age, table.weight)
        self._wxage = sums(at_age, table.weight * table.x)
        rows = _collapsed(table) if modified else _repeaters(table)
        self._x, self._tx, self._age, self._w = rows.x, rows.tx, rows.age, rows.weight
        self._at = np.searchsorted(self._ux, self._x)
        self._blocks = [slice(n, n + BLOCK) for n in range(0, len(rows), BLOCK)]

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = np.exp(theta)
        ux, wx, n = self._ux, self._wx, self._n
        bx = b + ux + self._k
        log_age = np.log(alpha + self._uage)
        by_age = r * self._wage + self._wxage
        total = dot(wx, gammaln(r + ux) + gammaln(bx) - gammaln(a + bx)) - dot(by_age, log_age)
        total += n * float(r * theta[1] - gammaln(r) + gammaln(a + b) - gammaln(b))
        gone = np.zeros(len(ux))
        by_r = by_alpha = 0.0
        for part, more_r, more_alpha, more_gone in self._over_blocks(r, alpha, theta[2], bx):
            total, by_r, by_alpha = total + part, by_r + more_r, by_alpha + more_alpha
            gone += more_gone
        psi_abx = digamma(a + bx)
        by_r += dot(wx, digamma(r + ux)) + n * float(theta[1] - digamma(r)) - dot(self._wage, log_age)
        by_alpha += n * r / alpha - dot(by_age, 1 / (alpha + self._uage))
        by_a = n * float(digamma(a + b)) - dot(wx, psi_abx) + float(gone.sum()) / a
        by_b = n * float(digamma(a + b) - digamma(b)) + dot(wx, digamma(bx) - psi_abx)
        by_b -= dot(gone, np.where(gone > 0, 1 / np.maximum(bx - 1.0, 1e-300), 0.0))
        return -total / n, -np.array([by_r * r, by_alpha * alpha, by_a * a, by_b * b]) / n

    def _over_blocks(
        self, r: float, alpha: float, log_a: float, bx: Floats
    ) -> list[tuple[float, float, float, Floats]]:
        lead = log_a - np.log(np.maximum(bx - 1.0, 1e-300))

        def block(rows: slice) -> tuple[float, float, float, Floats]:
            power, end, last, w = r + self._x[rows], alpha + self._age[rows], alpha + self._tx[rows], self._w[rows]
            ratio = np.log(end / last)
            odds = lead[self._at[rows]] + power * ratio
            small = np.exp(-np.abs(odds))
            softplus = np.maximum(odds, 0) + np.log1p(small)
            gone = w * np.where(odds >= 0, 1.0, small) / (1.0 + small)
            by_alpha = dot(gone * power, 1 / end - 1 / last)
            by_x = sums(self._at[rows], gone, len(lead))
            return dot(w, softplus), dot(gone, ratio), by_alpha, by_x

        run = self._pool.map if self._pool and len(self._blocks) > 1 else map
        return list(run(block, self._blocks))


def _repeaters(table: Table) -> Table:
    rows = table.x > 0
    return Table(table.x[rows], table.tx[rows], table.age[rows], table.weight[rows])


def _collapsed(table: Table) -> Table:
    """Who bought once has tx 0, so that of those only the distinct ages remain."""
    once, more = table.x == 0, _repeaters(table)
    ages, at = distinct(table.age[once])
    weight = sums(at, table.weight[once], len(ages))
    zeros = np.zeros(len(ages))
    parts = ((zeros, more.x), (zeros, more.tx), (ages, more.age), (weight, more.weight))
    return Table(*(np.concatenate(part) for part in parts))
