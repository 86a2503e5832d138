"""What a fitted shop says of each of its customers, with intervals, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from regulars.clv.buying import Buying
from regulars.clv.fitted import Fitted, Part
from regulars.clv.ladder import made
from regulars.clv.pareto import Pareto
from regulars.clv.score import MONTH, discounted_if_alive, expected, expected_if_alive
from regulars.clv.settings import ClvSettings, Name
from regulars.clv.spend import Spend
from regulars.clv.summary import Summary
from regulars.clv.table import Floats

ACTIVE_90, YEAR = 90.0, 12 * MONTH
FARTHEST = 3652  # days; a next order expected later than in ten years is no date
Z = 1.959963984540054  # 95 %
CHUNK = 1 << 17  # customers at a time: temporary arrays stay small however large the shop is
_H = 1e-4


@dataclass(frozen=True, slots=True)
class Totals:
    """Over all customers: expected purchase days of twelve months, their value with its interval, and how
    many will be active in 90 days. Values in minor units."""

    orders: float
    value: float
    low: float
    high: float
    active_90d: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """A row per customer in the order of the history, and the totals."""

    rows: pa.Table
    totals: Totals


def forecast(fitted: Fitted, known: Summary, settings: ClvSettings, as_of: date) -> Forecast:
    """Predictions for customers with this history.

    Columns: p_alive, p_active_90d and p_active (at least one order within `settings.active_days`),
    next_order_on, next_order_from, next_order_until (the day by which an order came with a chance of 50, 25
    and 75 %; null where that chance is never reached or takes ten years), expected_orders_12m (days with a
    purchase), discounted_orders_12m, expected_amount_minor, clv_12m_minor = discounted orders x amount x
    margin, and clv_12m_low_minor, clv_12m_high_minor: 95 % of what the parameters' uncertainty leaves open.
    What one person really spends scatters far more.
    """
    worth = _Worth(fitted, settings)
    parts = [worth.table(part, as_of) for part in _chunks(known)]
    return Forecast(pa.concat_tables(parts), worth.totals())


def _chunks(known: Summary) -> Iterator[Summary]:
    for at in range(0, max(len(known), 1), CHUNK):
        yield known.take(slice(at, at + CHUNK))


class _Worth:
    def __init__(self, fitted: Fitted, settings: ClvSettings) -> None:
        self._fitted, self._settings = fitted, settings
        self._model = _buying(fitted.model, fitted.buying.values)
        self._spend = _spend(fitted.spend.values, fitted)
        self._covariance = _joined(fitted)
        self._orders = self._value = self._active = 0.0
        self._slope = np.zeros(len(self._covariance))

    def table(self, known: Summary, as_of: date) -> pa.Table:
        x, tx, age = known.x, known.tx, known.age
        model, settings = self._model, self._settings
        alive = model.alive(x, tx, age)
        active = alive * model.active_if_alive(x, age, ACTIVE_90)
        orders = alive * expected_if_alive(model, x, age, YEAR)
        times = alive * discounted_if_alive(model, x, age, settings.discount)
        amount = self._spend.expected(x, known.mean_repeat)
        value = times * amount * settings.margin
        slopes = self._slopes(known, orders, amount)
        wide = np.exp(Z * np.sqrt(np.maximum(np.einsum("ij,ik,kj->j", slopes, self._covariance, slopes), 0.0)))
        self._orders, self._active = self._orders + float(orders.sum()), self._active + float(active.sum())
        self._value, self._slope = (
            # Of the amounts as they are stored, so that a report's sum of them is this one.
            self._value + float(np.rint(value).sum()),
            self._slope + np.einsum("ij,j->i", slopes, value),
        )
        columns: dict[str, pa.Array[Any]] = {
            "p_alive": pa.array(alive),
            "p_active_90d": pa.array(active),
            "p_active": pa.array(alive * model.active_if_alive(x, age, float(settings.active_days))),
            **self._dates(alive, known, as_of),
            "expected_orders_12m": pa.array(orders),
            "discounted_orders_12m": pa.array(times),
            "expected_amount_minor": pa.array(amount),
            "clv_12m_minor": _minor(value),
            "clv_12m_low_minor": _minor(value / wide),
            "clv_12m_high_minor": _minor(value * wide),
        }
        return pa.table(columns)

    def totals(self) -> Totals:
        share = self._slope / self._value if self._value else self._slope
        wide = float(np.exp(Z * np.sqrt(max(float(share @ self._covariance @ share), 0.0))))
        return Totals(self._orders, self._value, self._value / wide, self._value * wide, self._active)

    def _dates(self, alive: Floats, known: Summary, as_of: date) -> dict[str, pa.Array[Any]]:
        today = np.datetime64(as_of, "D")
        shares = {"next_order_on": 0.5, "next_order_from": 0.25, "next_order_until": 0.75}
        found = self._model.quantiles(alive, known.x, known.age, tuple(shares.values()), float(FARTHEST))
        dates: dict[str, pa.Array[Any]] = {}
        for name, days in zip(shares, found, strict=True):
            far = ~(days <= FARTHEST)
            ahead = np.maximum(np.rint(np.where(far, 1, days)), 1).astype("timedelta64[D]")
            dates[name] = pa.array(today + ahead, pa.date32(), mask=far)
        return dates

    def _slopes(self, known: Summary, orders: Floats, amount: Floats) -> Floats:
        """How the logarithm of a value moves with that of each parameter: rows are parameters.

        What discounting changes about it is left out: it is the year's undiscounted orders that are moved.
        """
        rows = []
        for values in _moved(self._fitted.buying):
            model = _buying(self._fitted.model, values)
            moved = expected(model, known.x, known.tx, known.age, YEAR)
            rows.append(_log_ratio(moved, orders))
        for values in _moved(self._fitted.spend):
            spent = _spend(values, self._fitted).expected(known.x, known.mean_repeat)
            rows.append(_log_ratio(spent, amount))
        return np.array(rows) / _H


def _buying(name: Name, values: tuple[float, ...]) -> Buying | Pareto:
    return made(name, np.array(values))


def _spend(values: tuple[float, ...], fitted: Fitted) -> Spend:
    p, q, v = values
    return Spend(p, q, v, fitted.median)


def _moved(part: Part) -> Iterator[tuple[float, ...]]:
    for n, value in enumerate(part.values):
        yield (*part.values[:n], value * float(np.exp(_H)), *part.values[n + 1 :])


def _log_ratio(moved: Floats, still: Floats) -> Floats:
    with np.errstate(all="ignore"):
        ratio = np.log(moved / still)
    return np.where(np.isfinite(ratio), ratio, 0.0)


def _joined(fitted: Fitted) -> Floats:
    """Covariance of all parameters' logarithms; buying and spending are independent."""
    buying, spend = np.array(fitted.buying.covariance), np.array(fitted.spend.covariance)
    whole = np.zeros((len(buying) + len(spend),) * 2)
    whole[: len(buying), : len(buying)], whole[len(buying) :, len(buying) :] = buying, spend
    return whole


def _minor(value: Floats) -> pa.Array[Any]:
    return pa.array(np.rint(value).astype(np.int64))
