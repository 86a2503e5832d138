"""Explanations as lines of text. Addresses are masked unless somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import groupby
from typing import Any

from regulars.explain.glossary import Term
from regulars.explain.person import Person
from regulars.models import Metric, Move
from regulars.money import Money

_PERSONAL = ("email", "first_name", "last_name", "phone")


def term_lines(term: Term) -> Iterator[str]:
    """A glossary entry."""
    yield f"{term.word}   {term.meaning}"
    if term.formula:
        yield f"  formula   {term.formula}"
    if term.settings:
        yield f"  settings  {', '.join(term.settings)}"


def metric_lines(metrics: Sequence[Metric]) -> Iterator[str]:
    """Numbers of one window together, then formula, inputs and notes."""
    for window, group in groupby(metrics, key=lambda metric: metric.window):
        together = list(group)
        width = max(12, *(len(metric.name) + 2 for metric in together))
        yield headline(together)
        yield f"  {'window':<{width}}{window}"
        for metric in together:
            yield f"  {metric.name:<{width}}{metric.formula}"
        yield from (f"  {'with':<{width}}{text}" for text in _inputs(together[0].inputs))
        yield from (f"  {'note':<{width}}{text}" for text in dict.fromkeys(m.note for m in together) if text)
        yield ""


def headline(metrics: Sequence[Metric]) -> str:
    """ "85.0 % = 70.0 % kept + 15.0 % won back" for retention, else each number by its name."""
    found = {metric.name: metric for metric in metrics}
    if set(found) == {"crr", "kept", "won_back"} and found["crr"].value is not None:
        crr, kept, back = (number(found[name]) for name in ("crr", "kept", "won_back"))
        return f"retention   {crr} = {kept} kept + {back} won back"
    return "   ".join(f"{metric.name}   {number(metric)}" for metric in metrics)


def number(metric: Metric) -> str:
    """The value with its unit; per cent with one decimal."""
    if metric.value is None:
        return "not defined"
    if isinstance(metric.value, Decimal) and metric.unit == "%":
        return f"{metric.value.quantize(Decimal('0.1'), ROUND_HALF_EVEN)} %"
    if isinstance(metric.value, Money):
        return str(metric.value)
    return f"{metric.value} ({metric.unit})"


def person_lines(person: Person, *, personal: bool = False) -> Iterator[str]:
    """The whole explanation of one person."""
    yield f"customer {person.customer.id}"
    for name, field in person.customer.fields.items():
        value = field.value if personal or name not in _PERSONAL else masked(field.value)
        yield f"  {name:<12}{value}   from {field.origin.connection} {field.origin.record_id}"
    yield from (f"  {'profile':<12}{p.connection} {p.record_id}   {p.reason}" for p in person.customer.profiles)
    for reason in person.reasons:
        yield f"{reason.name}   {reason.value}   because {reason.rule}"
        yield from (f"  {text}" for text in _inputs(reason.facts))
    yield from (f"  stage       {text}" for text in _moves(person.lifecycle.stage_moves))
    yield from (f"  level       {text}" for text in _moves(person.lifecycle.level_moves))
    for metric in person.metrics:
        yield f"{metric.name}   {number(metric)}   {metric.formula}"
        yield from (f"  {text}" for text in _inputs(metric.inputs))
        yield from (f"  note: {text}" for text in metric.note.split("; ") if text)
    for sale in person.sales:
        worth = str(sale.net) if sale.net else "no value"
        yield f"  order       {sale.ordered_on}  {sale.connection} {sale.order_id}  {sale.kind}  {worth}" + (
            f"  ({sale.reason})" if sale.reason else ""
        )


def masked(text: str | None) -> str:
    """The first letter, and the domain of an address."""
    if not text:
        return "-"
    local, at, domain = text.partition("@")
    return f"{local[:1]}•••{at}{domain}"


def metric_data(metrics: Iterable[Metric]) -> list[dict[str, Any]]:
    """For JSON: money as text with its currency, decimals as text."""
    return [_jsonable(asdict(metric) | {"value": metric.value, "inputs": metric.inputs}) for metric in metrics]


def person_data(person: Person, *, personal: bool = False) -> dict[str, Any]:
    """For JSON."""
    data: dict[str, Any] = _jsonable(asdict(person))
    data["metrics"] = metric_data(person.metrics)
    data["sales"] = [_jsonable(asdict(sale) | {"net": sale.net}) for sale in person.sales]
    if not personal:
        for name, field in data["customer"]["fields"].items():
            if name in _PERSONAL:
                field["value"] = masked(field["value"])
    return data


def _jsonable(value: Any) -> Any:
    match value:
        case Money():
            return str(value).replace(",", "")
        case Decimal():
            return f"{value:f}"
        case Mapping():
            return {str(key): _jsonable(each) for key, each in value.items()}
        case list() | tuple():
            return [_jsonable(each) for each in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)


def _inputs(inputs: Mapping[str, Any]) -> Iterator[str]:
    for name, value in inputs.items():
        yield (
            f"{name}: {value:,}"
            if isinstance(value, int)
            else f"{name}: {value if value is not None else 'not visible'}"
        )


def _moves(moves: Iterable[Move]) -> Iterator[str]:
    for move in moves:
        yield f"{move.on}  {move.old or 'first seen'} -> {move.new}"
