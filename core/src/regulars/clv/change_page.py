"""The change of a shop's simple CLV within a year, for a person and for a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from regulars.metrics.value_change import Parts, ShopValue, ValueChange
from regulars.money import Money

_NONE = "not measured"
_PARTS = ("time", "frequency", "amount", "change")


def change_data(found: ValueChange, currency: str) -> dict[str, Any]:
    """Everything on the page; what is not measured is null."""
    parts = found.parts
    return {
        "now": _value(found.now, currency),
        "before": None if found.before is None else _value(found.before, currency),
        "parts": None if parts is None else {name: _money(getattr(parts, name), currency) for name in _PARTS},
        "missing": found.missing,
        "doubtful": found.doubtful,
    }


def change_lines(found: ValueChange, currency: str) -> Iterator[str]:
    """Each factor in both years with its part of the change."""
    yield f"change of simple CLV   in the year up to {found.now.span.ends_on}, both years from what is known today"
    yield _line("", "the year before", "this year", "part of the change")
    before, now = _column(found.before, currency), _column(found.now, currency)
    if found.doubtful:
        before["time (years)"] = f"† {before['time (years)']}"
    for name, label in zip(_PARTS, now, strict=True):
        yield _line(label, before[label], now[label], _part(found.parts, name, currency))
    if found.parts is None:
        yield f"{_NONE}: {found.missing}"
        return
    yield "a part is the factor's effect averaged over every order in which the three can change (Shapley);"
    yield "  the largest takes the penny that rounding leaves, so that the parts are the change"
    if found.doubtful:
        yield f"† {found.doubtful}"


def _column(each: ShopValue | None, currency: str) -> dict[str, str]:
    years, per_year, order, value = (
        (each.years, each.per_year, each.order_minor, each.clv_minor) if each else (None, None, None, None)
    )
    return {
        "time (years)": _NONE if years is None else str(years),
        "frequency (orders a year)": _NONE if per_year is None else str(per_year),
        "amount (per order)": _money(order, currency) or _NONE,
        "simple CLV": _money(value, currency) or _NONE,
    }


def _line(label: str, *cells: str) -> str:
    return f"{label:<28}" + "".join(f"{cell:>20}" for cell in cells)


def _value(each: ShopValue, currency: str) -> dict[str, Any]:
    return {
        "starts_on": each.span.starts_on,
        "ends_on": each.span.ends_on,
        "years": each.years,
        "orders_per_year": each.per_year,
        "amount_per_order": _money(each.order_minor, currency),
        "clv_simple": _money(each.clv_minor, currency),
        "missing": each.missing,
    }


def _part(parts: Parts | None, name: str, currency: str) -> str:
    if parts is None:
        return _NONE
    minor = getattr(parts, name)
    return f"{'+' if minor > 0 else ''}{_money(minor, currency)}"


def _money(minor: int | None, currency: str) -> str | None:
    return None if minor is None else str(Money.of_minor(minor, currency))
