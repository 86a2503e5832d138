"""Who bought again: rates with similar names and different meanings, each under its own.

Sources: CLV.md section 7 of the design; the returning customer rate is Shopify's, the repeat purchase
rate the trade's. Neither is retention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from regulars.metrics.crr import percent
from regulars.metrics.spans import Span
from regulars.warehouse import Session, statement

First = Literal["month", "product"]

SMALL = 50
"""Fewer people than this are marked: their share moves by chance."""


@dataclass(frozen=True, slots=True)
class Buyers:
    """People with a counted order in `span`, and how their rates come about, in per cent; None is "not defined".

    `repeaters` ordered twice or more in the span; `returning` have more than one order ever at its end.
    `again_minor` are this span's net sales to whoever ordered in the span `before`, `before_minor` those
    people's net sales then; refunds count on the day that the client's file says.
    """

    span: Span
    before: Span
    buyers: int
    repeaters: int
    returning: int
    net_minor: int
    returning_minor: int
    buyers_before: int
    before_minor: int
    again_minor: int

    @property
    def repeat_purchase_rate(self) -> Decimal | None:
        """Two orders or more in the span / one or more in it x 100."""
        return percent(self.repeaters, self.buyers)

    @property
    def returning_customer_rate(self) -> Decimal | None:
        """More than one order ever / one or more in the span x 100."""
        return percent(self.returning, self.buyers)

    @property
    def returning_revenue_share(self) -> Decimal | None:
        """Net sales to returning customers / all net sales to known customers x 100."""
        return percent(self.returning_minor, self.net_minor)

    @property
    def revenue_retention(self) -> Decimal | None:
        """Net sales now to the customers of the span before / their net sales then x 100."""
        return percent(self.again_minor, self.before_minor)


@dataclass(frozen=True, slots=True)
class Once:
    """People who first ordered in one month, or with one product. `decided` did so long enough ago to be
    judged, `once` of these did not come back in time."""

    first: str
    people: int
    decided: int
    once: int

    @property
    def undecided(self) -> int:
        """Left out: their time is not over yet."""
        return self.people - self.decided

    @property
    def small(self) -> bool:
        """Too few people to read much into it."""
        return self.decided < SMALL

    @property
    def share(self) -> Decimal | None:
        """once / decided x 100; None while nobody is decided."""
        return percent(self.once, self.decided)


def buyers(session: Session, span: Span, before: Span) -> Buyers:
    """Who bought in a span; `before` is the span that revenue retention looks back to, next to it."""
    days = {"starts": span.starts_on, "ends": span.ends_on, "before": before.starts_on}
    counts = session.query(statement(__package__, "buyers"), days)[0]
    return Buyers(span, before, *(int(count) for count in counts))


def one_and_done(session: Session, by: First, within: int, as_of: date) -> list[Once]:
    """Per month of first order (oldest first) or per first product (most people first): who came back
    on a later day within `within` days, as of a client's calendar day."""
    sql = statement(__package__, f"once_by_{by}").format(first_product=statement(__package__, "first_product"))
    rows = session.query(sql, {"within": within, "as_of": as_of})
    return [Once(*row) for row in rows]


def together(found: Sequence[Once]) -> Once:
    """All months as one. Not for products: whoever bought two counts for both."""
    return Once("all", sum(o.people for o in found), sum(o.decided for o in found), sum(o.once for o in found))
