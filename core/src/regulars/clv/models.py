"""The fitted models of a shop: which priors, starts and edges each has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike

from regulars.clv import buying, pareto, spend
from regulars.clv.fit import Fit, Prior, fit
from regulars.clv.settings import Name
from regulars.clv.table import Table

SAMPLE = 20_000  # customers of a warm start: its parameters are 3 standard errors from the end


def generic_prior(name: Name, mean_age: float, sd: float = 1.0) -> Prior:
    """What shops are like when nothing is known of one; time in units of its customers' mean age."""
    middle = (
        (0.6, 0.3 * mean_age, 0.6, 0.35 * mean_age) if name == "pareto_nbd" else (0.6, 0.3 * mean_age, 0.8, 2.5)
    )
    return Prior(tuple(np.log(middle)), sd)


def fit_buying(table: Table, modified: bool = True, prior: Prior | None = None, threads: int = 2) -> Fit:
    """MBG/NBD (or BG/NBD) of a shop; `prior` None means maximum likelihood, for comparison with others."""
    m = max(table.mean_age, 1e-9)
    starts = [np.log(v) for v in ((0.5, 0.3 * m, 0.7, 2.5), (1.5, m, 0.3, 3.0), (0.1, 0.05 * m, 1.0, 1.0))]
    bounds = (np.log([1e-3, 1e-3 * m, 1e-4, 1e-4]), np.log([1e3, 1e4 * m, 1e3, 1e4]))
    if len(table) <= SAMPLE:
        return fit(buying.Likelihood(table, modified), table.customers, starts, bounds, prior)
    part = _sample(table)
    rough = buying.Likelihood(part, modified)
    first = np.log(fit(rough, part.customers, starts, bounds, prior).values)
    with ThreadPoolExecutor(threads) as pool:
        whole = buying.Likelihood(table, modified, pool)
        return fit(whole, table.customers, [first, *starts], bounds, prior, rough)


def fit_pareto(table: Table, prior: Prior | None = None) -> Fit:
    """Pareto/NBD of a shop."""
    m = max(table.mean_age, 1e-9)
    starts = [np.log(v) for v in ((0.5, 0.3 * m, 0.6, 0.35 * m), (1.0, m, 1.0, m))]
    bounds = (np.log([1e-3, 1e-3 * m, 1e-3, 1e-3 * m]), np.log([1e3, 1e4 * m, 1e3, 1e5 * m]))
    return fit(pareto.Likelihood(table), table.customers, starts, bounds, prior)


def generic_spend_prior(typical: float, sd: float = 1.0) -> Prior:
    """What spending is like when nothing is known of a shop but its typical amount of a purchase day."""
    return Prior(tuple(np.log((6.0, 4.0, typical / 2))), sd)


def fit_spend(x: ArrayLike, mean: ArrayLike, prior: Prior | None = None) -> Fit:
    """Gamma-Gamma of a shop, from customers with x > 0 repeat days and their mean amount."""
    objective = spend.Likelihood(x, mean)
    typical = float(np.mean(np.asarray(mean, dtype=np.float64)[np.asarray(x) > 0]))
    starts = [np.log(v) for v in ((6.0, 4.0, typical / 2), (1.0, 3.0, 2 * typical))]
    bounds = (np.log([1e-3, 1e-2, 1e-3 * typical]), np.log([1e5, 1e5, 1e5 * typical]))
    return fit(objective, float(objective.customers), starts, bounds, prior)


def _sample(table: Table) -> Table:
    """A fixed draw of customers, the same for the same table."""
    dice = np.random.default_rng(0)
    at = dice.choice(len(table), SAMPLE, p=table.weight / table.customers)
    return Table(table.x[at], table.tx[at], table.age[at], np.ones(SAMPLE))
