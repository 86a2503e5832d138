"""Cohorts as a heat table of text, as data and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

from regulars.metrics.cohorts import Cell, Cohort, Cohorts, Measure, per_customer, share
from regulars.money import exponent

_SHADES = " ░▒▓█"
_SMALL = "/"
_TITLES: Mapping[Measure, str] = {
    "buyers": "% of each month's new customers who ordered in the months after",
    "returned": "% of each month's new customers who had ordered on another day by the end of each month",
    "revenue": "net sales per customer in each month after the first order",
    "revenue_to_date": "net sales per customer from the first order to the end of each month",
}


def table_lines(
    found: Cohorts, measure: Measure, told: Mapping[str, Any], name: str, *, months: int, newest: int
) -> Iterator[str]:
    """A row per month of first order, a column per month since, a figure and a shade in each cell.

    The shades are one scale over all cells of cohorts that are large enough. Month 0 is left out where it
    is 100 % by definition.
    """
    money, currency = measure.startswith("revenue"), told["currency"]
    yield f"{name}   {_TITLES[measure]}" + (f", in {currency}" if money else "")
    yield f"{told['zone']}, as of {told['as_of']}"
    yield ""
    if not found.rows:
        yield "nobody has ordered yet"
        return
    start = 1 if measure == "buyers" else 0
    width = min(months + 1, max(found.width, start + 1))
    shown = found.rows[-newest:]
    rows = [(row, found.cells(row, measure, width)[start:]) for row in shown]
    together = found.together(measure, width)[start:]
    scale = _scale(cells for row, cells in rows if not row.small)
    texts = [[_text(cell, money, currency) for cell in cells] for _, cells in rows]
    all_text = [_text(cell, money, currency) for cell in together]
    wide = max([4, *(len(text) for line in (*texts, all_text) for text in line)]) + 1
    heads = _joined([str(since) for since in range(start, width)], [" "] * (width - start), wide)
    yield f"{'first order':<12}{'people':>9}{heads}"
    for (row, cells), line in zip(rows, texts, strict=True):
        shades = (_shade(cell, scale, row) for cell in cells)
        yield f"{row.month:%Y-%m}     {row.size:>9,}" + _joined(line, shades, wide)
    people = sum(row.size for row in found.rows)
    yield f"{'all':<12}{people:>9,}" + _joined(all_text, [" "] * len(all_text), wide)
    yield ""
    yield from _legend(found, shown, scale, money, currency)


def table_data(found: Cohorts, measure: Measure, told: Mapping[str, Any]) -> dict[str, Any]:
    """For JSON: per cohort counts or minor units, and the figures per customer; null where not over."""
    width = found.width
    return {
        "measure": measure,
        "as_of": found.as_of,
        "zone": told["zone"],
        "unit": f"minor units of {told['currency']}" if measure.startswith("revenue") else "%",
        "cohorts": [
            {
                "month": f"{row.month:%Y-%m}",
                "people": row.size,
                "small": row.small,
                "counted": [*row.counted(measure), *[None] * (width - len(row.buyers))],
                "figures": [_figure(cell, measure) for cell in found.cells(row, measure, width)],
            }
            for row in found.rows
        ],
        "all": [_figure(cell, measure) for cell in found.together(measure, width)],
    }


def table_csv(found: Cohorts, measure: Measure, currency: str) -> str:
    """A row per cohort; figures with a decimal point, shares in per cent, money in the currency."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["first_order", "people", "small", *(f"month_{since}" for since in range(found.width))])
    money = measure.startswith("revenue")
    for row in found.rows:
        cells = (_text(cell, money, currency, places=4) for cell in found.cells(row, measure, found.width))
        writer.writerow([f"{row.month:%Y-%m}", row.size, "yes" if row.small else "no", *cells])
    return out.getvalue()


def _scale(lines: Iterable[Sequence[Cell]]) -> Fraction:
    return max((cell for cells in lines for cell in cells if cell is not None), default=Fraction(0))


def _text(cell: Cell, money: bool, currency: str, places: int = 1) -> str:
    if cell is None:
        return ""
    if money:
        return f"{Decimal(per_customer(cell) or 0).scaleb(-exponent(currency)):.{exponent(currency)}f}"
    return str((share(cell) or Decimal(0)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN))


def _shade(cell: Cell, scale: Fraction, row: Cohort) -> str:
    if cell is None:
        return " "
    if row.small:
        return _SMALL
    if scale <= 0 or cell <= 0:
        return _SHADES[0]
    return _SHADES[min(len(_SHADES) - 1, 1 + int(cell * (len(_SHADES) - 1) / scale))]


def _joined(texts: Sequence[str], shades: Iterable[str], wide: int) -> str:
    return "".join(f"{text:>{wide}}{shade}" for text, shade in zip(texts, shades, strict=True)).rstrip()


def _legend(found: Cohorts, shown: Sequence[Cohort], scale: Fraction, money: bool, currency: str) -> Iterator[str]:
    steps = len(_SHADES) - 1
    if scale > 0:
        bounds = (f"{_SHADES[n + 1]} from {_text(scale * n / steps, money, currency)}" for n in range(steps))
        yield "  ".join(bounds) + "; empty: that month is not over"
    if any(row.small for row in shown):
        yield f"{_SMALL} fewer than 50 people: chance alone moves it"
    if len(shown) < len(found.rows):
        yield f"{len(found.rows) - len(shown)} older cohorts are not shown: --rows, --json or --csv"


def _figure(cell: Cell, measure: Measure) -> float | int | None:
    if measure.startswith("revenue"):
        return per_customer(cell)
    found = share(cell)
    return None if found is None else float(round(found, 4))
