"""The retention page as data: rates in per cent to four places, chances as shares, money in minor units."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from regulars.explain.retention_page import AHEAD, RATES, SILENCES, Page
from regulars.metrics import Once, Retention, Survival
from regulars.metrics.overview import Figures
from regulars.metrics.repeat import together
from regulars.metrics.survival import Chance, Step


def page_data(page: Page) -> dict[str, Any]:
    """For JSON."""
    seen, trend = page.overview, page.overview.trend
    return {
        "as_of": page.told["as_of"],
        "zone": page.told["zone"],
        "currency": page.told["currency"],
        "window_days": page.window,
        "period": seen.period,
        "now": _figures(seen.now),
        "before": _figures(seen.before),
        "year_before": _figures(seen.year_before),
        "first_order_on": seen.first_order_on,
        "target": {"crr": _plain(page.target), "points": _plain(seen.to_target(page.target))},
        "benchmark": _benchmark(page),
        "trend": {
            "direction": trend.direction,
            "colour": page.colour,
            "rises": trend.rises,
            "falls": trend.falls,
            "series": [_crr(each) for each in seen.series],
        },
        "time_to_next_order": {after: _curve(curve) for after, curve in page.waits.items()},
        "one_and_done": {
            "within_days": page.window,
            "all": _one(together(page.by_month)),
            "by_first_month": [_one(each) for each in page.by_month],
            "by_first_product": [_one(each) for each in page.by_product],
        },
    }


def _plain(value: Decimal | None) -> float | None:
    return None if value is None else float(round(value, 4))


def _figures(figures: Figures) -> dict[str, Any]:
    found, bought = figures.retention, figures.buyers
    counts = {"S": found.s, "L": found.l, "N": found.n, "R": found.r, "E": found.e}
    rates = {name: _plain(getattr(getattr(figures, part), name)) for _, name, part in RATES}
    return {
        "starts_on": found.span.starts_on,
        "ends_on": found.span.ends_on,
        "whole": figures.whole,
        **counts,
        "new_and_gone": found.gone,
        **rates,
        "buyers": bought.buyers,
        "ordered_twice_or_more": bought.repeaters,
        "returning": bought.returning,
        "net_minor": bought.net_minor,
        "returning_net_minor": bought.returning_minor,
        "buyers_before": bought.buyers_before,
        "net_before_minor": bought.before_minor,
        "net_again_minor": bought.again_minor,
    }


def _curve(curve: Survival) -> dict[str, Any]:
    low, high = curve.median_interval
    chances = {day: curve.chance(day, AHEAD) for day in SILENCES}
    start = curve.chance(0, curve.look_ahead) if curve.look_ahead else None
    return {
        "waits": curve.waits,
        "ordered": curve.ordered,
        "median_days": curve.median,
        "median_low": low,
        "median_high": high,
        "look_ahead_days": curve.look_ahead,
        "halved_after_days": start and curve.silence(start.value / 2),
        "under_a_quarter_after_days": curve.silence(0.25),
        "chances": [_chance(day, found) for day, found in chances.items() if found is not None],
        "curve": [_step(step) for step in curve.steps],
    }


def _one(each: Once) -> dict[str, Any]:
    return {
        "first": each.first,
        "people": each.people,
        "decided": each.decided,
        "one_and_done": each.once,
        "share": _plain(each.share),
        "small": each.small,
    }


def _crr(found: Retention) -> dict[str, Any]:
    return {"starts_on": found.span.starts_on, "ends_on": found.span.ends_on, "crr": _plain(found.crr)}


def _benchmark(page: Page) -> dict[str, Any] | None:
    if page.benchmark is None:
        return None
    name, value, source = page.benchmark
    return {"name": name, "value": _plain(value), "source": source}


def _chance(silent: int, found: Chance) -> dict[str, Any]:
    shares = {"chance": found.value, "low": found.low, "high": found.high}
    return {"silent_days": silent, "within_days": AHEAD, "people": found.at_risk, **shares}


def _step(step: Step) -> dict[str, Any]:
    counts = {"day": step.day, "waiting": step.at_risk, "ordered": step.ordered, "censored": step.censored}
    return {**counts, "left": step.left, "low": step.low, "high": step.high}
