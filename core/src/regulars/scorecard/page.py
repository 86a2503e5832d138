"""The scorecard as a page of text and as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from regulars.metrics.values import margin_words
from regulars.models import Metric
from regulars.money import Money
from regulars.scorecard.card import Card, Line
from regulars.scorecard.outlook import AHEAD, COVER, Outlook, Outlooks

_MISSING = "not measured"


def page_lines(card: Card, name: str) -> Iterator[str]:
    """The page."""
    yield f"{name}   scorecard {card.span.starts_on:%Y-%m}, as of {card.as_of}"
    yield ""
    clv = card.figures["clv"][0]
    heads = (clv.now.window, clv.before.window, clv.year_before.window)
    yield f"{'':<26}" + "".join(f"{head[:7]:>18}" for head in heads)
    for figure, lines in card.figures.items():
        yield figure
        for line in lines:
            yield from _line(line)
        if figure == "clv":
            yield from _margin(lines[-1].now)
    yield ""
    yield from _outlook(card.outlook)


def _line(line: Line) -> Iterator[str]:
    cells = "".join(f"{_value(metric):>18}" for metric in (line.now, line.before, line.year_before))
    yield f"  {line.label:<24}{cells}"
    if line.now.note:
        yield f"      {line.now.note.removeprefix(_MISSING + ': ')}"


def _margin(predicted: Metric) -> Iterator[str]:
    if predicted.value is not None and "margin" in predicted.inputs:
        yield f"      simple: net sales; predicted: {margin_words(predicted.inputs['margin'])}"


def _value(metric: Metric) -> str:
    match metric.value:
        case None:
            return _MISSING
        case Money() as amount:
            return str(amount)
        case Decimal() as number:
            return f"{number:.2f} x" if metric.unit == "x" else f"{number:.1f} {metric.unit}"
        case number:
            return f"{number:,} {metric.unit}"


def _outlook(found: Outlooks) -> Iterator[str]:
    now = found.now
    yield f"if nothing is done   {now.customers:,} customers; {now.recent:,} ordered in the last {AHEAD} days"
    if now.expected is None or now.low is None or now.high is None:
        yield f"  expected in the next {AHEAD} days: not measured: too little history to learn from"
        return
    yield f"  expected to order in the next {AHEAD} days: {_expected(now)}; new customers are not in it"
    if found.model is not None:
        yield f"  the model of predicted values expects {found.model:,.0f}"
    for past in found.past:
        if past.covered is not None:
            yield f"  {past.on}: {_expected(past)}; {past.came:,} did, {'inside' if past.covered else 'outside'}"
    if found.tested:
        yield f"  past quarters inside: {found.covered} of {found.tested}; {100 * COVER:.0f} % is meant"
    else:
        yield "  no past quarter can be judged yet"


def _expected(each: Outlook) -> str:
    return f"{each.expected or 0:,.0f} ({each.low or 0:,.0f} to {each.high or 0:,.0f}, {100 * COVER:.0f} %)"


def page_data(card: Card) -> dict[str, Any]:
    """For JSON: every number with unit, window, formula, inputs and why it is missing."""
    return {
        "month": f"{card.span.starts_on:%Y-%m}",
        "as_of": card.as_of.isoformat(),
        "figures": {
            name: [
                {"label": line.label}
                | {part: _metric(getattr(line, part)) for part in ("now", "before", "year_before")}
                for line in lines
            ]
            for name, lines in card.figures.items()
        },
        "if_nothing_is_done": {
            "now": asdict(card.outlook.now),
            "model": card.outlook.model,
            "past": [asdict(each) | {"covered": each.covered} for each in card.outlook.past],
            "covered": card.outlook.covered,
            "tested": card.outlook.tested,
            "meant": COVER,
        },
    }


def _metric(metric: Metric) -> dict[str, Any]:
    inputs = {name: _plain(value) for name, value in metric.inputs.items()}
    return asdict(metric) | {"value": _plain(metric.value), "inputs": inputs}


def _plain(value: Any) -> Any:
    match value:
        case Money():
            return f"{value.amount} {value.currency}"
        case Decimal():
            return f"{value:f}"
        case _:
            return value
