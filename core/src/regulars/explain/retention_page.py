"""The retention of one client as a page of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from regulars.explain.snapshot import basis
from regulars.metrics import Once, Overview, Span, Survival, next_orders, one_and_done, overview
from regulars.metrics.overview import Figures
from regulars.metrics.repeat import together
from regulars.metrics.settings import Period
from regulars.metrics.survival import After, Chance
from regulars.warehouse import Session

SILENCES = (0, 30, 60, 90, 120, 180, 270, 365)
AHEAD = 90
_PRODUCTS = 8
_MONTHS = 12
_SMALL = "*"
_ARROWS = {"rising": "▲ ", "falling": "▼ ", "steady": "", "too few": ""}
_COLOURS = {"rising": "green", "falling": "red", "steady": "grey", "too few": "grey"}
RATES = (
    ("CRR", "crr", "retention"),
    ("  kept (strict retention)", "kept", "retention"),
    ("  won back", "won_back", "retention"),
    ("churn", "churn", "retention"),
    ("turnover", "turnover", "retention"),
    ("revenue retention (orders)", "revenue_retention", "buyers"),
    ("repeat purchase rate", "repeat_purchase_rate", "buyers"),
    ("returning customer rate", "returning_customer_rate", "buyers"),
    ("returning customers' share of sales", "returning_revenue_share", "buyers"),
)
_SETS = (
    ("S", "customers at the start", "s", ""),
    ("L", "lost", "l", "-"),
    ("N", "new", "n", "+"),
    ("R", "won back", "r", "+"),
    ("E", "customers at the end", "e", "="),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page. `told` is the basis of the numbers; `within` the days for one and done;
    `target` the line of CRR in %; `benchmark` a figure of the trade (name, value in %, source)."""

    told: Mapping[str, Any]
    window: int
    overview: Overview
    waits: Mapping[After, Survival]
    by_month: Sequence[Once]
    by_product: Sequence[Once]
    target: Decimal
    benchmark: tuple[str, Decimal, str] | None = None

    @property
    def colour(self) -> str:
        """green, grey or red by the client's own trend, never by the distance to the target."""
        return _COLOURS[self.overview.trend.direction]


def retention_page(
    session: Session,
    span: Span,
    period: Period | None,
    target: Decimal,
    *,
    window: int | None = None,
    benchmark: tuple[str, Decimal, str] | None = None,
) -> Page:
    """The page of a span, from a published snapshot; `window` in days, else the client's."""
    told = basis(session)
    days, as_of = window or told["window_days"], told["as_of"]
    return Page(
        told=told,
        window=days,
        overview=overview(session, span, days, period),
        waits=next_orders(session, as_of),
        by_month=one_and_done(session, "month", days, as_of),
        by_product=one_and_done(session, "product", days, as_of),
        target=target,
        benchmark=benchmark,
    )


def page_lines(page: Page, name: str) -> Iterator[str]:
    """The page as text, under the client's name."""
    kind, now = page.overview.period or "span", page.overview.now.retention
    yield f"{name}   retention, {kind} {now.span}   {page.told['zone']}, as of {page.told['as_of']}"
    yield f"a customer ordered within {now.window} days; net sales in {page.told['currency']}"
    yield ""
    yield from _comparison(page.overview)
    yield ""
    yield from _sum(page.overview)
    yield ""
    yield from _lines_to_hold_against(page)
    yield ""
    yield from _waits(page)
    yield ""
    yield from _once(page)


def _comparison(seen: Overview) -> Iterator[str]:
    kind = seen.period or "span"
    columns = [(f"this {kind}", seen.now), (f"{kind} before", seen.before), ("year before", seen.year_before)]
    if seen.before.retention.span == seen.year_before.retention.span:
        del columns[2]
    yield f"{'':<36}" + "".join(f"{head:>15}" for head, _ in columns)
    for label, name, part in RATES:
        cells = (_rate(figures, name, part) for _, figures in columns)
        yield f"{label:<36}" + "".join(f"{cell:>15}" for cell in cells)
    if not all(figures.whole for _, figures in columns):
        yield f"† {_since(seen.first_order_on)}, inside the window before that span: too few can have been lost"


def _since(first: date | None) -> str:
    return f"the first order known is of {first}" if first else "no order is known"


def _rate(figures: Figures, name: str, part: str) -> str:
    value = getattr(getattr(figures, part), name)
    doubtful = part == "retention" and value is not None and not figures.whole
    return ("† " if doubtful else "") + percent(value)


def _sum(seen: Overview) -> Iterator[str]:
    now = seen.now.retention
    for letter, meaning, name, sign in _SETS:
        yield f"{sign or ' ':<2}{letter}  {meaning:<31}{getattr(now, name):>15,}"
    crr = f"(E - N) / S x 100 = ({now.e:,} - {now.n:,}) / {now.s:,} x 100"
    yield f"CRR = {crr} = {percent(now.crr)}" if now.crr is not None else f"CRR = {crr} is not defined"
    if now.gone:
        yield f"{now.gone:,} new and already gone again: the window is shorter than the span"


def _lines_to_hold_against(page: Page) -> Iterator[str]:
    points, trend = page.overview.to_target(page.target), page.overview.trend
    beside = (
        "not defined" if points is None else f"{_places(abs(points))} points {'above' if points >= 0 else 'below'}"
    )
    yield f"target      {percent(page.target)}: {beside}"
    if page.benchmark:
        name, value, source = page.benchmark
        yield f"trade       {percent(value)} {name} ({source})"
    ends = f"; {percent(trend.low)} to {percent(trend.high)}" if len(trend.values) > 1 else ""
    yield f"own trend   {_ARROWS[trend.direction]}{trend}{ends}"


def _waits(page: Page) -> Iterator[str]:
    every, first = page.waits["any"], page.waits["first"]
    yield f"next order      {_median(every)}"
    yield f"second order    {_median(first)}"
    if not every.waits:
        return
    yield f"{'silent for':>15}{'waits':>12}   order within {AHEAD} days"
    for day in SILENCES:
        chance = every.chance(day, AHEAD)
        if chance is not None:
            yield f"{f'{day} days':>15}{chance.at_risk:>12,}   {_chance(chance)}"
    yield from _silence(every)


def _silence(curve: Survival) -> Iterator[str]:
    ahead = curve.look_ahead
    start = curve.chance(0, ahead) if ahead else None
    if start is None:
        yield "too few people to say after how much silence the chance of an order has halved"
        return
    halved, quarter = curve.silence(start.value / 2), curve.silence(0.25)
    yield f"the chance of an order in the next {ahead} days is {_share(start.value)} after an order,"
    yield f"  half of that after {_days(halved, ahead)}, and under a quarter after {_days(quarter, ahead)}"


def _days(day: int | None, ahead: int | None) -> str:
    return f"more than {ahead} days of silence" if day is None else f"{day} days of silence"


def _median(curve: Survival) -> str:
    if not curve.waits:
        return "nobody has ordered yet"
    low, high = (day if day is not None else "not reached" for day in curve.median_interval)
    seen = f"{curve.waits:,} waits, {curve.waits - curve.ordered:,} of them not over"
    if curve.median is None:
        return f"fewer than half have ordered again so far; {seen}"
    return f"half within {curve.median} days (95 %: {low} to {high}); {seen}"


def _chance(chance: Chance) -> str:
    if chance.low is None or chance.high is None:
        return _share(chance.value)
    return f"{_share(chance.value)} ({_share(chance.low)} to {_share(chance.high)})"


def _share(value: float) -> str:
    return percent(Decimal(repr(value)) * 100)


def _once(page: Page) -> Iterator[str]:
    whole = together(page.by_month)
    left_out = f"{whole.undecided:,} younger people are left out"
    if whole.share is None:
        yield f"one and done    nobody's first order is {page.window} days ago; {left_out}"
        return
    people = f"{whole.decided:,} people did not order again within {page.window} days"
    yield f"one and done    {percent(whole.share)} of {people}; {left_out}"
    yield from _once_table("first product", page.by_product[:_PRODUCTS], len(page.by_product))
    months = [each for each in page.by_month if each.decided]
    yield from _once_table("first month", months[-_MONTHS:], len(months))
    if any(each.small for each in (*page.by_product[:_PRODUCTS], *months[-_MONTHS:])):
        yield f"{_SMALL} fewer than 50 people: chance alone moves it"


def _once_table(head: str, rows: Sequence[Once], known: int) -> Iterator[str]:
    if not rows:
        return
    yield f"  {head:<34}{'people':>10}   one and done"
    for each in rows:
        label = each.first if len(each.first) <= 34 else f"{each.first[:33]}…"
        yield f"  {label:<34}{each.decided:>10,} {_SMALL if each.small else ' '} {percent(each.share)}"
    if known > len(rows):
        yield f"  and {known - len(rows):,} more: --json"


def percent(value: Decimal | None) -> str:
    """One decimal and the sign, or "not defined"."""
    return "not defined" if value is None else f"{_places(value)} %"


def _places(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), ROUND_HALF_EVEN)
