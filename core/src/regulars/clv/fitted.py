"""A fitted shop as the journal remembers it, so that any night can be computed again as it was."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from regulars.clv.grade import Grade
from regulars.clv.settings import ClvSettings, Name
from regulars.errors import RegularsError
from regulars.journal import Fact

KIND = "clv_model"
"""Kind of the journal's facts; the subject is "shop", the payload `Fitted.payload()`."""

FORMAT = 1
POOL_SHOPS = 3  # fewer shops would give one of them away


@dataclass(frozen=True, slots=True)
class Part:
    """One fitted model: its parameters, the covariance of their logarithms, and the prior it started from.

    `data_sd` are the standard errors of the logarithms that the data alone would leave, None where they
    leave a parameter open; empty where the prior speaks alone. `prior_mean` is in the parameters' own units.
    """

    names: tuple[str, ...]
    values: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    data_sd: tuple[float | None, ...]
    log_likelihood: float | None
    prior: str
    prior_mean: tuple[float, ...]
    prior_sd: float

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Part:
        """From `asdict`, or its JSON."""
        rows = tuple(tuple(row) for row in stored["covariance"])
        lists = {name: tuple(stored[name]) for name in ("names", "values", "data_sd", "prior_mean")}
        return cls(**{**stored, **lists, "covariance": rows})


@dataclass(frozen=True, slots=True)
class Trial:
    """What a model would have said at `cut_on` of the following `days`, against what came: how many days
    with a purchase each customer had."""

    model: Name
    cut_on: date
    days: int
    grade: Grade

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Trial:
        """From a payload."""
        cut = date.fromisoformat(stored["cut_on"])
        return cls(**{**stored, "cut_on": cut, "grade": Grade.of(stored["grade"])})


@dataclass(frozen=True, slots=True)
class Fitted:
    """A shop's models of buying and of spending (minor units) as fitted on a client's day.

    `mean_age` (days) and `typical` (the mean amount of a purchase day, minor units) are the shop's scales of
    time and money. `flags` are low_data and churn_not_identified; `notes` say them in words.
    `spread` is the correlation of frequency and amount, which Gamma-Gamma takes for none.
    """

    fitted_on: date
    asked: str
    model: Name
    why: str
    step: str
    buying: Part
    spend: Part
    customers: int
    repeaters: int
    mean_age: float
    typical: float
    median: float
    spread: float | None
    flags: tuple[str, ...]
    notes: tuple[str, ...]
    trials: tuple[Trial, ...]
    format: int = FORMAT

    @property
    def version(self) -> str:
        """The name that each prediction carries."""
        return f"{self.model} {self.fitted_on}"

    def payload(self) -> dict[str, Any]:
        """JSON-able."""
        trials = [asdict(trial) | {"cut_on": trial.cut_on.isoformat()} for trial in self.trials]
        return asdict(self) | {"fitted_on": self.fitted_on.isoformat(), "trials": trials}

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Fitted:
        """From a fact's payload. Raises RegularsError where a newer program wrote it."""
        if payload["format"] > FORMAT:
            raise RegularsError(
                f"a fitted model has format {payload['format']}, this program knows {FORMAT}",
                hint="Install the newer Regulars",
            )
        parts = {name: Part.of(payload[name]) for name in ("buying", "spend")}
        lists = {name: tuple(payload[name]) for name in ("flags", "notes")}
        trials = tuple(Trial.of(each) for each in payload["trials"])
        day = date.fromisoformat(payload["fitted_on"])
        return cls(**{**payload, **parts, **lists, "trials": trials, "fitted_on": day})


def recorded(facts: Iterable[Fact], as_of: date) -> Fitted | None:
    """The model in force on a day: the newest that was fitted until then."""
    known = [fact for fact in facts if date.fromisoformat(fact.payload["fitted_on"]) <= as_of]
    newest = max(known, key=lambda fact: (fact.payload["fitted_on"], fact.seq), default=None)
    return Fitted.of(newest.payload) if newest else None


def is_due(before: Fitted | None, customers: int, settings: ClvSettings, as_of: date) -> bool:
    """Whether a new fit is made: none yet, too old, asked for otherwise, or the shop has grown."""
    if before is None or before.asked != settings.asked:
        return True
    grown = customers > before.customers * (1 + settings.refit_growth / 100)
    return grown or (as_of - before.fitted_on).days >= settings.refit_days


@dataclass(frozen=True, slots=True)
class Pool:
    """What an agency's other shops are like: means of the logarithms of parameters, time in units of a
    shop's mean age and money in units of its typical amount. Parameters alone, never a row of anybody."""

    shops: int
    buying: Mapping[Name, tuple[float, ...]]
    spend: tuple[float, ...]


def pooled(shops: Sequence[Fitted]) -> Pool | None:
    """The pool of shops large enough to speak for themselves; None where they are fewer than POOL_SHOPS."""
    own = [shop for shop in shops if shop.step == "weak"]
    if len(own) < POOL_SHOPS:
        return None
    buying: dict[Name, tuple[float, ...]] = {}
    for name in {shop.model for shop in own}:
        same = [
            _scaled(shop.buying.values, _time_scale(name, shop.mean_age)) for shop in own if shop.model == name
        ]
        if len(same) >= POOL_SHOPS:
            buying[name] = _mean(same)
    return Pool(len(own), buying, _mean([_scaled(shop.spend.values, (1, 1, shop.typical)) for shop in own]))


def _time_scale(name: Name, mean_age: float) -> tuple[float, ...]:
    return (1, mean_age, 1, mean_age) if name == "pareto_nbd" else (1, mean_age, 1, 1)


def _scaled(values: Sequence[float], scale: Sequence[float]) -> tuple[float, ...]:
    return tuple(math.log(value / unit) for value, unit in zip(values, scale, strict=True))


def _mean(rows: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(sum(column) / len(rows) for column in zip(*rows, strict=True))
