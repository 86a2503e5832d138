"""Retention of one span as it is reported: beside the span before, the year before, and the own trend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from regulars.metrics.crr import Retention, retentions
from regulars.metrics.repeat import Buyers, buyers
from regulars.metrics.settings import Period
from regulars.metrics.spans import Span, span_before, year_before
from regulars.metrics.trend import Trend, trend
from regulars.warehouse import Session

TREND_SPANS = 12
"""How many spans, this one included, the own trend looks at."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of one span. `whole` is false where the first order known lies inside the window before
    the span: then S may lack people, and nobody could be lost yet."""

    retention: Retention
    buyers: Buyers
    whole: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """One span and those it is compared with. `period` is None for a span of one's own; `series` are the
    whole spans up to this one, the oldest first, and `trend` the direction of their CRR."""

    period: Period | None
    now: Figures
    before: Figures
    year_before: Figures
    series: tuple[Retention, ...]
    trend: Trend
    first_order_on: date | None

    def to_target(self, target: Decimal) -> Decimal | None:
        """Points of CRR above (or, negative, below) a target line."""
        crr = self.now.retention.crr
        return None if crr is None else crr - target


def overview(session: Session, span: Span, window: int, period: Period | None = None) -> Overview:
    """Retention of a span with its comparisons, from the customers' days; `window` in days."""
    first = session.query("SELECT min(f.first_order_on) FROM first_order AS f")[0][0]

    def whole(each: Span) -> bool:
        return first is not None and first <= each.starts_on - timedelta(days=window)

    back = [span]
    while len(back) < TREND_SPANS and whole(back[-1]):
        back.append(span_before(back[-1], period))
    beside = (span, span_before(span, period), year_before(span, period))
    counted = retentions(session, [*beside, *reversed(back)], window)

    def figures(found: Retention) -> Figures:
        return Figures(found, buyers(session, found.span, span_before(found.span, period)), whole(found.span))

    now, before, earlier = map(figures, counted[:3])
    series = tuple(found for found in counted[3:] if whole(found.span))
    return Overview(
        period=period,
        now=now,
        before=before,
        year_before=earlier,
        series=series,
        trend=trend([found.crr for found in series if found.crr is not None]),
        first_order_on=first,
    )
