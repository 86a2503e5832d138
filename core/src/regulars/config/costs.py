"""Section `costs`: what was spent, as somebody entered it. No platform that is read knows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from regulars.config.sections import Amount, Section
from regulars.money import Money

Source = Literal[
    "search",
    "paid",
    "social",
    "email",
    "referral",
    "partner",
    "event",
    "store",
    "form",
    "import",
    "direct",
    "other",
]
"""Where somebody may have come from; "unknown" is what is said where nothing is known, and costs nothing."""


def _month(text: Any) -> Any:
    if isinstance(text, date):
        return text
    if not isinstance(text, str) or not re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])", text):
        raise ValueError('expected a month such as "2026-10"')
    return date(int(text[:4]), int(text[5:]), 1)


Month = Annotated[date, BeforeValidator(_month)]
"""The first day of a calendar month, written as "2026-10"."""


class SourceCost(Section):
    """Spent in a month to win customers from one source."""

    month: Month
    source: Source
    amount: Amount


class ProgrammeCost(Section):
    """Spent in a month on a loyalty programme, card or privilege, by the name its signal gives it."""

    month: Month
    programme: str
    amount: Amount


class PlatformCost(Section):
    """What a platform charged in a month for the contacts it holds."""

    month: Month
    connection: str
    amount: Amount


class CostsConfig(Section):
    """Amounts in the client's currency. A month that is not there was not entered; it is not 0."""

    acquisition: list[SourceCost] = Field(default=[])
    programmes: list[ProgrammeCost] = Field(default=[])
    platforms: list[PlatformCost] = Field(default=[])

    def amounts(self) -> Iterator[tuple[str, Money]]:
        """Every amount with its key below `costs`."""
        yield from ((f"acquisition.{n}", row.amount) for n, row in enumerate(self.acquisition))
        yield from ((f"programmes.{n}", row.amount) for n, row in enumerate(self.programmes))
        yield from ((f"platforms.{n}", row.amount) for n, row in enumerate(self.platforms))


def by_month(costs: Iterable[SourceCost | ProgrammeCost | PlatformCost]) -> dict[date, int]:
    """What was entered for each month, in minor units of the client's currency, by the month's first day."""
    sums: dict[date, int] = {}
    for cost in costs:
        sums[cost.month] = sums.get(cost.month, 0) + cost.amount.minor
    return sums
