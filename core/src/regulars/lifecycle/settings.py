"""The lines between states, stages and levels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from regulars.config import ClientConfig


@dataclass(frozen=True, slots=True)
class LifecycleSettings:
    """Days, unless said otherwise; the defaults are those of requirements 2.2 and 2.9.

    `down_after`: how long a level's rule must fail before the level falls. `act_days`: how long an
    act counts for basic; `department_days`: for two departments to count together (collaborated).
    `bond_*`: orders and days since the first order for interconnected; `bond_channels` owned channels.
    """

    zone: str
    at_risk: int = 90
    lapsed: int = 180
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
        new_customer=lines.new_customer.days,
        down_after=lines.level_down_after.days,
        source_max_age=config.clock.order_source_max_age,
    )
