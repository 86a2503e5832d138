"""The lines between states, stages and levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from regulars.config import ClientConfig
from regulars.config.sections import CategoryLines


@dataclass(frozen=True, slots=True)
class CategorySettings:
    """What a client said of one category; None: nothing. Days. `yearly`: bought once a year, in a season."""

    at_risk: int | None = None
    lapsed: int | None = None
    act_before: int | None = None
    yearly: bool = False


@dataclass(frozen=True, slots=True)
class LifecycleSettings:
    """Days, unless said otherwise; the defaults are those of requirements 2.2 and 2.9.

    With `learned` the lines come from the shop's own gaps, by their quantiles or by the chance of another
    order (`choose`), and `at_risk` and `lapsed` stand in where fewer than `min_customers` came back; else
    these two are the lines. `series` is how long a win-back takes. `down_after`: how long a level's rule must
    fail before the level falls. `act_days`: how long an act counts for basic; `department_days`: for two
    departments to count together (collaborated). `bond_*`: orders and days since the first order for
    interconnected; `bond_channels` owned channels.
    """

    zone: str
    at_risk: int = 90
    lapsed: int = 180
    learned: bool = True
    choose: Literal["percentile", "survival"] = "percentile"
    at_risk_quantile: float = 0.75
    lapsed_quantile: float = 0.90
    min_customers: int = 100
    categories: Mapping[str, CategorySettings] = field(default_factory=dict)
    act_before: int = 180
    series: int = 12
    basic_max_dwell: int = 60
    new_customer: int = 30
    down_after: int = 30
    source_max_age: timedelta = timedelta(hours=26)
    act_days: int = 90
    department_days: int = 180
    bond_orders: int = 4
    bond_days: int = 365
    bond_channels: int = 2


def lifecycle_settings(config: ClientConfig) -> LifecycleSettings:
    """A client's file, as far as standings depend on it."""
    lines = config.lifecycle
    return LifecycleSettings(
        zone=config.timezone,
        at_risk=lines.at_risk.days,
        lapsed=lines.lapsed.days,
        learned=lines.is_learned,
        choose=lines.choose,
        at_risk_quantile=lines.at_risk_quantile,
        lapsed_quantile=lines.lapsed_quantile,
        min_customers=lines.min_repeat_customers,
        categories={name: _category(said) for name, said in lines.categories.items()},
        act_before=lines.act_before.days,
        series=lines.series.days,
        basic_max_dwell=lines.basic_max_dwell.days,
        new_customer=lines.new_customer.days,
        down_after=lines.level_down_after.days,
        source_max_age=config.clock.order_source_max_age,
    )


def _category(said: CategoryLines) -> CategorySettings:
    days = {
        name: None if (value := getattr(said, name)) is None else value.days
        for name in ("at_risk", "lapsed", "act_before")
    }
    return CategorySettings(**days, yearly=said.seasonal == "yearly")
