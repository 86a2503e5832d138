"""Finding parameters: the maximum of likelihood and prior (MAP), with its uncertainty.

Never the likelihood alone: of shops with 30 customers it fails to converge on four in ten, with any
sensible prior on none. All optimisation is on the logarithms of the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from regulars.clv.table import Floats

Objective = Callable[[Floats], tuple[float, Floats]]
"""Mean negative log-likelihood and gradient by the logarithms of the parameters."""

_H = 1e-4
SETTLED = 1e-7  # gradient per customer: of a million, about a thousandth of a standard error


@dataclass(frozen=True, slots=True)
class Prior:
    """Normal on the logarithms of the parameters: their means and one common standard deviation."""

    mean: tuple[float, ...]
    sd: float


@dataclass(frozen=True, slots=True)
class Fit:
    """Parameters in their own units, and how sure they are.

    `log_sd` are standard errors of the logarithms, `covariance` theirs, with the prior. `data_sd` are
    those of the data alone: above 1, or infinite, where they leave a parameter to the prior.
    """

    values: Floats
    log_likelihood: float
    customers: float
    covariance: Floats
    data_sd: Floats
    converged: bool

    @property
    def log_sd(self) -> Floats:
        return np.asarray(np.sqrt(np.maximum(np.diag(self.covariance), 0.0)), dtype=np.float64)

    def interval(self, z: float = 1.959963984540054) -> Floats:
        """Lower and upper end for each parameter; 95 % unless said otherwise."""
        return np.asarray(np.exp(np.log(self.values)[:, None] + np.outer(self.log_sd, [-z, z])), dtype=np.float64)


def fit(
    objective: Objective,
    customers: float,
    starts: Sequence[Floats],
    bounds: tuple[Floats, Floats],
    prior: Prior | None = None,
    sample: Objective | None = None,
) -> Fit:
    """The best of the starts. With the objective of a `sample` of the same customers, near whose optimum the
    first start is, it is found in a few steps of a quasi-Newton method instead of a search, and its curvature
    is taken from the sample: of 20,000 customers, standard errors are right to a hundredth of themselves.

    Raises ValueError where not even one start has a finite value.
    """
    objective = _remembering(objective)
    both = _with_prior(objective, customers, prior)
    found = None if sample is None else _newton(both, starts[0], _warm(sample, starts[0], customers, prior))
    if found is not None and np.any((found <= bounds[0]) | (found >= bounds[1])):
        found = None  # it runs away where the likelihood has no clear maximum; the search stays inside
    theta = found if found is not None else _search(both, starts, bounds)
    value, gradient = objective(theta)
    curve = curvature(sample if sample and found is not None else objective, theta) * customers
    told = _inverse(curve)
    covariance = told if prior is None else _inverse(curve + np.eye(len(theta)) / prior.sd**2)
    pull = 0.0 if prior is None else (theta - prior.mean) / prior.sd**2 / customers
    inside = bool(np.all((theta > bounds[0] + 1e-3) & (theta < bounds[1] - 1e-3)))
    level = bool(np.max(np.abs(gradient + pull)) < 1e-4)
    converged = level and inside and bool(np.all(np.isfinite(covariance)))
    data_sd = np.sqrt(np.maximum(np.diag(told), 0.0))
    return Fit(np.exp(theta), -value * customers, customers, covariance, data_sd, converged)


def _inverse(curve: Floats) -> Floats:
    """Covariance of a curvature; infinite where it does not curve upwards in every direction."""
    if not np.all(np.isfinite(curve)) or np.linalg.eigvalsh(curve)[0] <= 0:
        return np.full_like(curve, np.inf)
    return np.asarray(np.linalg.inv(curve), dtype=np.float64)


def curvature(objective: Objective, theta: Floats) -> Floats:
    """The matrix of second derivatives, from differences of the gradient to both sides."""
    steps = np.eye(len(theta)) * _H
    rows = [objective(theta + step)[1] - objective(theta - step)[1] for step in steps]
    matrix = np.array(rows) / (2 * _H)
    return np.asarray((matrix + matrix.T) / 2, dtype=np.float64)


def _warm(sample: Objective, start: Floats, customers: float, prior: Prior | None) -> Floats:
    hessian = curvature(sample, start)
    return hessian if prior is None else hessian + np.eye(len(start)) / prior.sd**2 / customers


def _remembering(objective: Objective) -> Objective:
    """Asked again of where it was asked last, it is not worked out again."""
    where, last = np.empty(0), (0.0, np.empty(0))

    def asked(theta: Floats) -> tuple[float, Floats]:
        nonlocal where, last
        if not np.array_equal(where, theta):
            last = objective(theta)
            where = theta.copy()
        return last

    return asked


def _with_prior(objective: Objective, customers: float, prior: Prior | None) -> Objective:
    if prior is None:
        return objective
    mean = np.array(prior.mean)

    def both(theta: Floats) -> tuple[float, Floats]:
        value, gradient = objective(theta)
        off = (theta - mean) / prior.sd
        return value + 0.5 * float(off @ off) / customers, gradient + off / prior.sd / customers

    return both


def _search(objective: Objective, starts: Sequence[Floats], bounds: tuple[Floats, Floats]) -> Floats:
    low, high = bounds
    best: tuple[float, Floats] | None = None
    for start in starts:
        with np.errstate(all="ignore"):
            result = minimize(
                objective, np.clip(start, low + 1e-6, high - 1e-6), jac=True, method="L-BFGS-B",
                bounds=list(zip(low, high, strict=True)), options={"maxiter": 500, "ftol": 1e-14, "gtol": 1e-9},
            )  # fmt: skip
        if np.isfinite(result.fun) and (best is None or result.fun < best[0]):
            best = float(result.fun), result.x
        inside = np.all((result.x > low + 1e-3) & (result.x < high - 1e-3))
        if np.isfinite(result.fun) and inside and np.max(np.abs(result.jac)) < 1e-5:
            break
    if best is None:
        raise ValueError("the likelihood is not finite anywhere it was tried")
    return best[1]


def _newton(objective: Objective, start: Floats, hessian: Floats) -> Floats | None:
    """Newton's steps with a curvature that is corrected as they go (BFGS); None where it does not settle."""
    theta = np.array(start)
    value, gradient = objective(theta)
    for _ in range(20):
        if np.max(np.abs(gradient)) < SETTLED:
            return theta
        step = -np.linalg.solve(hessian, gradient)
        for _ in range(12):
            with np.errstate(all="ignore"):
                new_value, new_gradient = objective(theta + step)
            if np.isfinite(new_value) and new_value <= value + 1e-13:
                break
            step = step / 2
        else:
            return theta if np.max(np.abs(gradient)) < 1e-6 else None
        turned = new_gradient - gradient
        if step @ turned > 0:
            hs = hessian @ step
            hessian = hessian + np.outer(turned, turned) / (turned @ step) - np.outer(hs, hs) / (step @ hs)
        theta, value, gradient = theta + step, new_value, new_gradient
    return theta if np.max(np.abs(gradient)) < 1e-6 else None
