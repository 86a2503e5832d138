"""What predictions depend on beside the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from regulars.config import ClientConfig

Name = Literal["mbg_nbd", "bg_nbd", "pareto_nbd"]
TITLES: dict[Name, str] = {"mbg_nbd": "MBG/NBD", "bg_nbd": "BG/NBD", "pareto_nbd": "Pareto/NBD"}


@dataclass(frozen=True, slots=True)
class ClvSettings:
    """The settings of one client that its predictions depend on.

    `model` None lets the back-test choose; `backtest_days` is how much of the past is held back for it.
    `discount` is per year, `margin` the share of net sales that stays. `active_days` is H of "active in the
    next H days". A fit is kept for `refit_days`, unless customers grew by more than `refit_growth` %.
    """

    model: Name | None = None
    backtest_days: int = 180
    discount: float = 0.10
    margin: float = 1.0
    active_days: int = 90
    refit_days: int = 7
    refit_growth: float = 5.0
    refund_date: Literal["order", "refund"] = "order"
    zone: str = "UTC"

    @property
    def asked(self) -> str:
        """What a fit depends on; with another text it is made anew."""
        return f"{self.model or 'auto'}, back-test {self.backtest_days} d"


_NAMES: dict[str, Name | None] = {"auto": None, "mbg": "mbg_nbd", "bg": "bg_nbd", "pareto": "pareto_nbd"}


def clv_settings(config: ClientConfig) -> ClvSettings:
    """A client's file, as far as predictions depend on it."""
    clv = config.clv
    return ClvSettings(
        model=_NAMES[clv.model],
        backtest_days=clv.backtest.days,
        discount=clv.discount,
        margin=clv.margin,
        active_days=clv.active_within.days,
        refit_days=clv.refit_every.days,
        refit_growth=clv.refit_growth,
        refund_date=config.money.refund_date,
        zone=config.timezone,
    )
