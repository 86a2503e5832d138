"""Which model speaks for a shop: the one that would have been nearer, where the past is long enough to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from regulars.clv import buying, ladder, pareto, spend
from regulars.clv.backtest import grade_model, split
from regulars.clv.fit import Fit, Prior
from regulars.clv.fitted import Fitted, Part, Pool, Trial
from regulars.clv.settings import TITLES, ClvSettings, Name
from regulars.clv.summary import Summary
from regulars.clv.table import Floats, Table

PARETO_MOST = 150_000  # distinct rows up to which the slower Pareto/NBD is tried at all
ALIKE = 0.01  # mean errors that differ by less are equal; the smaller bias decides
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Days:
    """One row per customer and purchase day: a dense number, days since 1970 and the amount."""

    customer: NDArray[np.int64]
    day: NDArray[np.int32]
    amount: Floats


def fit_history(
    known: Summary, days: Days, settings: ClvSettings, as_of: date, pool: Pool | None
) -> Fitted | None:
    """The shop's models as of a day; None where nobody bought before that day."""
    with threadpool_limits(1):
        return _fit_history(_ordered(known), days, settings, as_of, pool)


def _fit_history(
    known: Summary, days: Days, settings: ClvSettings, as_of: date, pool: Pool | None
) -> Fitted | None:
    table = known.table()
    trials = _trials(days, _candidates(table, settings), settings, as_of, pool)
    name, why = _chosen(table, trials, settings)
    shop = ladder.fit_shop(table, name, _buying_prior(pool, name, table.mean_age))
    if shop is None:
        return None
    count = len(known) + float(known.x.sum())
    typical = float((known.first + known.repeat).sum()) / count
    spend_pool = Prior(_shifted(pool.spend, (1, 1, typical)), ladder.POOLED_SD) if pool else None
    prior, amounts = ladder.fit_amounts(known.x, known.mean_repeat, typical, spend_pool)
    source = "generic" if pool is None else f"pool of {pool.shops} shops"
    small = shop.step == "prior"
    flags = {"low_data": small, "churn_not_identified": not small and not shop.identified}
    return Fitted(
        fitted_on=as_of,
        asked=settings.asked,
        model=name,
        why=why,
        step=shop.step,
        buying=_part(
            _names(name), shop.fit, shop.prior, source if name in (pool.buying if pool else ()) else "generic"
        ),
        spend=_part(
            spend.NAMES, amounts, prior, source if prior.mean == getattr(spend_pool, "mean", None) else "generic"
        ),
        customers=len(known),
        repeaters=int((known.x > 0).sum()),
        mean_age=_digits(table.mean_age),
        typical=_digits(typical),
        median=_digits(float(np.median((known.first + known.repeat) / (known.x + 1)))),
        spread=_spread(known),
        flags=tuple(flag for flag, holds in flags.items() if holds),
        notes=shop.notes,
        trials=trials,
    )


def _ordered(known: Summary) -> Summary:
    """One order for the same customers however they came, so that sums have the same last digit."""
    return known.take(np.lexsort((known.first, known.repeat, known.age, known.tx, known.x)))


def _candidates(table: Table, settings: ClvSettings) -> tuple[Name, ...]:
    if settings.model is not None:
        return (settings.model,)
    return ("mbg_nbd",) if len(table) > PARETO_MOST else ("pareto_nbd", "mbg_nbd")


def _trials(
    days: Days, names: Sequence[Name], settings: ClvSettings, as_of: date, pool: Pool | None
) -> tuple[Trial, ...]:
    """One back-test per model, none where the past is shorter than twice what is held back."""
    length = settings.backtest_days
    end = (as_of - EPOCH).days
    if not len(days.day) or end - int(days.day.min()) < 2 * length:
        return ()
    known, actual = split(days.customer, days.day, days.amount, end - length, end)
    at = np.lexsort((actual, known.age, known.tx, known.x))  # one order, however the days came
    known, actual = known.take(at), actual[at]
    table = known.table()
    if ladder.is_small(table):
        return ()
    found = []
    for name in names:
        shop = ladder.fit_shop(table, name, _buying_prior(pool, name, table.mean_age))
        if shop is not None:
            grade = grade_model(shop.model, known, actual, float(length))
            found.append(Trial(name, as_of - timedelta(days=length), length, grade))
    return tuple(found)


def _chosen(table: Table, trials: Sequence[Trial], settings: ClvSettings) -> tuple[Name, str]:
    if settings.model is not None:
        return settings.model, "set by clv.model"
    best = min(trials, key=lambda trial: trial.grade.mae, default=None)
    if best is None:
        plain: Name = _candidates(table, settings)[0]
        return plain, f"{TITLES[plain]} by default: too little of the past for a back-test"
    alike = [trial for trial in trials if trial.grade.mae <= best.grade.mae * (1 + ALIKE)]
    best = min(alike, key=lambda trial: abs(trial.grade.bias or 0.0))
    others = ", ".join(f"{TITLES[t.model]} {t.grade.mae:.3f}" for t in trials if t is not best)
    told = f"mean error {best.grade.mae:.3f} purchase days a customer"
    won = (
        "won the back-test" if len(alike) == 1 else "as near as the other in the back-test, with the smaller bias"
    )
    return best.model, f"{won}: {told}" + (f" ({others})" if others else ", without a rival")


def _buying_prior(pool: Pool | None, name: Name, mean_age: float) -> Prior | None:
    if pool is None or name not in pool.buying:
        return None
    scale = (1, mean_age, 1, mean_age) if name == "pareto_nbd" else (1, mean_age, 1, 1)
    return Prior(_shifted(pool.buying[name], scale), ladder.POOLED_SD)


def _shifted(logs: Sequence[float], scale: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(log + np.log(unit)) for log, unit in zip(logs, scale, strict=True))


def _names(name: Name) -> tuple[str, ...]:
    return pareto.NAMES if name == "pareto_nbd" else buying.NAMES


def _part(names: tuple[str, ...], fit: Fit | None, prior: Prior, source: str) -> Part:
    """What is remembered: 12 digits, which is what is printed and computed with."""
    centre = tuple(_digits(float(np.exp(mean))) for mean in prior.mean)
    size = len(names)
    if fit is None:
        spread = tuple(tuple(prior.sd**2 if i == j else 0.0 for j in range(size)) for i in range(size))
        return Part(names, centre, spread, (), None, source, centre, prior.sd)
    covariance = np.where(np.isfinite(fit.covariance), fit.covariance, np.eye(size) * prior.sd**2)
    return Part(
        names=names,
        values=tuple(_digits(float(value)) for value in fit.values),
        covariance=tuple(tuple(_digits(float(cell)) for cell in row) for row in covariance),
        data_sd=tuple(_digits(float(sd)) if np.isfinite(sd) else None for sd in fit.data_sd),
        log_likelihood=_digits(fit.log_likelihood),
        prior=source,
        prior_mean=centre,
        prior_sd=prior.sd,
    )


def _spread(known: Summary) -> float | None:
    again = known.x > 0
    if again.sum() < 3 or np.ptp(known.x[again]) == 0 or np.ptp(known.mean_repeat[again]) == 0:
        return None
    return _digits(float(np.corrcoef(known.x[again], known.mean_repeat[again])[0, 1]))


def _digits(value: float) -> float:
    return float(f"{value:.12g}")
