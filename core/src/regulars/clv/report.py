"""A shop's model for a person to read: parameters, flags, back-test, and what all customers are worth."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from regulars.clv.fitted import Fitted, Part, Trial
from regulars.clv.settings import TITLES
from regulars.errors import RegularsError
from regulars.metrics.values import margin_words
from regulars.money import Money
from regulars.warehouse import Session

_Z = 1.959963984540054


def report(session: Session) -> tuple[dict[str, Any], list[str]]:
    """The published model as data and as lines. Raises RegularsError where no night predicted anything."""
    if not session.has("clv_model"):
        raise RegularsError("nothing was predicted yet", hint="Run: regulars run")
    found = session.table("SELECT * FROM clv_model").to_pylist()
    if not found:
        raise RegularsError(
            "nobody can be predicted yet: no customer with an order that counts before today",
            hint="It needs a past; nothing is wrong",
        )
    row = found[0]
    fitted = Fitted.of(json.loads(row.pop("payload")))
    currency = session.query("SELECT currency FROM metric_basis")[0][0]
    data = {key: value for key, value in row.items() if not key.endswith("_minor")}
    data |= {name: str(_money(row, name, currency)) for name in ("clv_12m", "clv_12m_low", "clv_12m_high")}
    return data | {"fitted": fitted.payload()}, list(_lines(row, fitted, currency))


def _money(row: dict[str, Any], name: str, currency: str) -> Money:
    return Money.of_minor(row[f"{name}_minor"], currency)


def _lines(row: dict[str, Any], fitted: Fitted, currency: str) -> Iterator[str]:
    yield f"{TITLES[fitted.model]} with Gamma-Gamma, fitted {fitted.fitted_on}   as of {row['as_of']}"
    yield f"  why       {fitted.why}"
    yield f"  learned   from {fitted.customers:,} customers, {fitted.repeaters:,} came back ({_step(fitted)})"
    yield from (f"  note      {note}" for note in fitted.notes)
    yield ""
    total, low, high = (_money(row, name, currency) for name in ("clv_12m", "clv_12m_low", "clv_12m_high"))
    yield f"next 12 months   {total}   ({low} to {high}, 95 % of what the parameters leave open)"
    yield f"  {row['expected_orders_12m']:,.0f} orders; within 90 days {row['expected_active_90d']:,.0f} customers"
    yield f"  discount {row['discount']:.0%} a year, {margin_words(row['margin'])}"
    yield ""
    yield f"{'parameter':<12}{'value':>14}{'95 % from':>14}{'to':>14}   prior"
    for part in (fitted.buying, fitted.spend):
        yield from _parameters(part)
    if fitted.spread is not None:
        yield f"  how often and how much are correlated by {fitted.spread:.2f}; Gamma-Gamma takes it for 0"
    for trial in sorted(fitted.trials, key=lambda trial: trial.model != fitted.model):
        yield ""
        yield from _trial(trial, chosen=trial.model == fitted.model)
    if not fitted.trials:
        yield ""
        yield "no back-test: the past is shorter than twice clv.backtest, or too few customers then"


def _step(fitted: Fitted) -> str:
    steps = {
        "prior": "too few: the prior speaks alone",
        "pooled": "with the prior's help",
        "weak": "with a weak prior",
    }
    return steps[fitted.step]


def _parameters(part: Part) -> Iterator[str]:
    for n, (name, value) in enumerate(zip(part.names, part.values, strict=True)):
        wide = math.exp(_Z * math.sqrt(max(part.covariance[n][n], 0.0)))
        prior = f"{part.prior}, about {part.prior_mean[n]:.4g}"
        yield f"  {name:<10}{value:>14.5g}{value / wide:>14.5g}{value * wide:>14.5g}   {prior}"


def _trial(trial: Trial, *, chosen: bool) -> Iterator[str]:
    grade = trial.grade
    name = f"{TITLES[trial.model]}{' (chosen)' if chosen else ''}"
    yield f"back-test   {name}: {trial.days} days from {trial.cut_on}, {grade.customers:,} customers known then"
    yield f"  orders        predicted {grade.predicted:,.0f}, came {grade.actual:,.0f}, bias {_share(grade.bias)}"
    yield f"  per customer  mean error {grade.mae:.3f}   normalised Gini {_number(grade.gini)}"
    yield f"  coming back   Brier {grade.brier:.3f} ({grade.brier_base:.3f} for telling everybody the average)"
    if not chosen:
        return
    yield f"  the best tenth brought {_number(grade.lift)} times the average"
    yield f"  {'tenth':<8}{'customers':>10}{'predicted':>12}{'came':>10}"
    for n, part in enumerate(grade.deciles, start=1):
        yield f"  {n:<8}{part.customers:>10,}{part.predicted:>12,.1f}{part.actual:>10,.0f}"


def _share(value: float | None) -> str:
    return "not defined: nothing came" if value is None else f"{value:+.1%}"


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"
