"""Exchange rates as exact fractions between minor units, so that SQL converts with integers alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa

from regulars.errors import ConfigError
from regulars.metrics.settings import MetricSettings
from regulars.money import exponent

_ALWAYS = date(1, 1, 1)
_LARGEST = 10**18  # what fits a BIGINT with room to spare


def fx_table(settings: MetricSettings) -> pa.Table:
    """Columns currency, from_on, num, den: minor units of it times num / den are the client's minor units.

    The client's own currency is 1 / 1 since ever; any other needs a rate of `money.rates`.
    """
    found = {(settings.currency, _ALWAYS): (1, 1)}
    for rate in settings.rates:
        places = exponent(settings.currency) - exponent(rate.currency)
        found[(rate.currency, rate.from_on)] = _fraction(rate.rate.scaleb(places), rate.currency)
    return pa.table(
        {
            "currency": pa.array([currency for currency, _ in found], pa.string()),
            "from_on": pa.array([on for _, on in found], pa.date32()),
            "num": pa.array([num for num, _ in found.values()], pa.int64()),
            "den": pa.array([den for _, den in found.values()], pa.int64()),
        }
    )


def _fraction(rate: Decimal, currency: str) -> tuple[int, int]:
    num, den = rate.as_integer_ratio()
    if num <= 0 or max(num, den) > _LARGEST:
        raise ConfigError(f"the rate of {currency} cannot be used: {rate}", where="money.rates")
    return num, den
