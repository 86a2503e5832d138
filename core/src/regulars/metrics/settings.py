"""What the numbers depend on beside the data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from regulars.config import ClientConfig

Period = Literal["week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class FxRate:
    """One unit of `currency` is `rate` units of the client's currency from this day on."""

    currency: str
    from_on: date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class MetricSettings:
    """The settings of one client that its numbers depend on.

    `window` is how many days after an order somebody still counts as a customer (retention).
    `at_risk` and `lapsed` are days; here they only stand in for the shop's own gaps while it has
    too few of them. `signals` are the mapped kinds of signal, each with the connection it is seen on.
    """

    zone: str
    currency: str
    refund_date: Literal["order", "refund"] = "order"
    tax: Literal["exclude", "include"] = "exclude"
    shipping: Literal["exclude", "include"] = "exclude"
    exclude_test: bool = True
    exclude_cancelled: bool = True
    wholesale_tags: tuple[str, ...] = ("wholesale",)
    wholesale_companies: bool = True
    rates: tuple[FxRate, ...] = ()
    window: int = 365
    periods: tuple[Period, ...] = ("week", "month", "quarter", "year")
    at_risk: int = 90
    lapsed: int = 180
    signals: frozenset[tuple[str, str]] = frozenset()


def metric_settings(config: ClientConfig) -> MetricSettings:
    """A client's file, as far as the numbers depend on it."""
    money = config.money
    return MetricSettings(
        zone=config.timezone,
        currency=config.currency,
        refund_date=money.refund_date,
        tax=money.tax,
        shipping=money.shipping,
        exclude_test=money.exclude_test,
        exclude_cancelled=money.exclude_cancelled,
        wholesale_tags=tuple(money.wholesale_tags),
        wholesale_companies=money.wholesale_companies,
        rates=tuple(FxRate(rate.currency, rate.from_, rate.rate) for rate in money.rates),
        window=config.retention.active_window.days,
        periods=tuple(config.retention.periods),
        at_risk=config.lifecycle.at_risk.days,
        lapsed=config.lifecycle.lapsed.days,
        signals=frozenset((entry.kind, entry.from_.split(":", 1)[0]) for entry in config.signal),
    )
