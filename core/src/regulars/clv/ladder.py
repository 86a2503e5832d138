"""Which model a shop can carry, and what is said when it can carry none.

The steps, from the bottom: no customers with a past: no scores. Too few: the prior speaks, and says so.
Then MAP with the agency's pooled prior, and with a weak one from 500 customers on. Where the data cannot
tell leaving from pausing, the scores stand and "churn not identified" stands beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from regulars.clv.buying import Buying
from regulars.clv.fit import Fit, Prior
from regulars.clv.models import fit_buying, fit_pareto, fit_spend, generic_prior, generic_spend_prior
from regulars.clv.pareto import Pareto
from regulars.clv.settings import Name
from regulars.clv.table import Floats, Table, cells

Step = Literal["prior", "pooled", "weak"]
FEW_CUSTOMERS, FEW_REPEATERS, ENOUGH = 50, 20, 500
POOLED_SD, WEAK_SD = 0.7, 1.0
SPEND_SD = 0.5  # of a small shop's spending, whose typical amount is known from all its customers
PARETO_ROWS = 45_000  # distinct rows up to which Pareto/NBD is fitted exactly; beyond, on cells of a week or two


@dataclass(frozen=True, slots=True)
class Shop:
    """A fitted shop: `model` to score with, the `step` of the ladder, its prior, and notes in words."""

    name: Name
    model: Buying | Pareto
    step: Step
    prior: Prior
    fit: Fit | None
    notes: tuple[str, ...]

    @property
    def identified(self) -> bool:
        """Whether leaving could be told from pausing."""
        return self.fit is not None and self.fit.converged and not _open(self.fit)


def fit_shop(table: Table, name: Name = "mbg_nbd", pool: Prior | None = None) -> Shop | None:
    """The shop's model by the ladder; None where there is nobody to learn from or speak of.

    `pool` is what the agency's other shops are like (parameters alone, never rows); None: the generic prior.
    """
    if not len(table):
        return None
    if is_small(table):
        prior = pool or generic_prior(name, table.mean_age)
        note = f"low data: {table.customers:.0f} customers, {table.repeaters:.0f} came back; the prior speaks"
        return Shop(name, made(name, np.exp(prior.mean)), "prior", prior, None, (note,))
    weak = table.customers > ENOUGH
    prior = generic_prior(name, table.mean_age, WEAK_SD) if weak or pool is None else Prior(pool.mean, POOLED_SD)
    found = _fitted(name, table, prior)
    notes = () if found.converged and not _open(found) else ("churn not identified: " + _why(name, found),)
    step: Step = "weak" if weak or pool is None else "pooled"
    return Shop(name, made(name, found.values), step, prior, found, notes)


def is_small(table: Table) -> bool:
    """Whether a shop has too few customers, or too few who came back, to be fitted."""
    return table.customers < FEW_CUSTOMERS or table.repeaters < FEW_REPEATERS


def fit_amounts(x: Floats, mean: Floats, typical: float, pool: Prior | None = None) -> tuple[Prior, Fit | None]:
    """The shop's spending by the same ladder: the prior used, and the fit where there is enough for one.

    `mean` is the mean amount of `x` further purchase days, `typical` that of all purchase days.
    """
    returned = int(np.sum((x > 0) & (mean > 0)))
    if returned < FEW_REPEATERS:
        return pool or generic_spend_prior(typical, SPEND_SD), None
    weak = pool is None or returned > ENOUGH
    prior = generic_spend_prior(typical, WEAK_SD) if weak or pool is None else Prior(pool.mean, POOLED_SD)
    return prior, fit_spend(x, mean, prior)


def made(name: Name, values: Floats) -> Buying | Pareto:
    """The model of that name with these parameters."""
    numbers = [float(value) for value in values]
    if name == "pareto_nbd":
        return Pareto(*numbers)
    r, alpha, a, b = numbers
    return Buying(r, alpha, a, b, modified=name == "mbg_nbd")


def _fitted(name: Name, table: Table, prior: Prior) -> Fit:
    if name != "pareto_nbd":
        return fit_buying(table, name == "mbg_nbd", prior)
    for days in (7.0, 14.0):
        if len(table) > PARETO_ROWS:
            table = cells(table, days)
    return fit_pareto(table, prior)


def _open(found: Fit) -> bool:
    """The parameter that spreads customers' inclination to leave is not pinned down."""
    return bool(found.data_sd[2] > 1.0)


def _why(name: Name, found: Fit) -> str:
    if not found.converged:
        return "the likelihood has no clear maximum"
    letter = "s" if name == "pareto_nbd" else "a"
    return f"the standard error of log {letter} is {found.data_sd[2]:.1f} from the data alone, above 1"
