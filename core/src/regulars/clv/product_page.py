"""What customers are worth by first product, for a person and for a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from regulars.metrics.value_by_product import FEW, Began, Mean
from regulars.metrics.values import margin_words
from regulars.money import Money

_PRODUCTS = 20
_SMALL = "*"


def product_data(found: Sequence[Began], currency: str) -> list[dict[str, Any]]:
    """A row per product; the row whose product is null are all customers."""
    return [
        {
            "first_product": each.first,
            "customers": each.spent.people,
            "net_sales_so_far": _money(each.spent, currency),
            "predicted_customers": each.predicted.people,
            "clv_12m": _money(each.predicted, currency),
            "few": each.spent.few,
        }
        for each in found
    ]


def product_lines(found: Sequence[Began], currency: str, margin: float | None = None) -> Iterator[str]:
    """The products that most customers began with, and all customers below them.

    `margin` is that of the predicted values; None where nobody is predicted.
    """
    products = [each for each in found if each.first is not None]
    if not products:
        yield "CLV by first product   not measured: no product of a first order is known"
        return
    yield "CLV by first product   means per customer; who began with several products counts for each"
    if margin is not None:
        yield f"so far: net sales; next 12 months: {margin_words(margin)}"
    yield f"{'first product':<36}{'customers':>10}{'net sales so far':>19}{'predicted':>12}{'next 12 months':>19}"
    shown = products[:_PRODUCTS]
    yield from (_line(each, currency) for each in shown)
    if len(products) > len(shown):
        yield f"and {len(products) - len(shown):,} more: --json"
    whole = [each for each in found if each.first is None]
    yield from (_line(each, currency) for each in whole)
    if any(mean.few and mean.people for each in (*shown, *whole) for mean in (each.spent, each.predicted)):
        yield f"{_SMALL} a mean over fewer than {FEW} people: chance alone moves it"
    yield "who began long ago had more time to spend; it is what went together, not what the product caused"


def _line(each: Began, currency: str) -> str:
    name = "all customers, each once" if each.first is None else each.first
    label = name if len(name) <= 35 else f"{name[:34]}…"
    spent, predicted = (_cell(mean, currency) for mean in (each.spent, each.predicted))
    return f"{label:<36}{each.spent.people:>10,}{spent}{each.predicted.people:>10,}{predicted}".rstrip()


def _cell(mean: Mean, currency: str) -> str:
    mark = _SMALL if mean.people and mean.few else " "
    return f"{_money(mean, currency) or 'not measured':>19} {mark}"


def _money(mean: Mean, currency: str) -> str | None:
    return None if mean.minor is None else str(Money.of_minor(mean.minor, currency))
