"""Loss rate and profit per customer of each cohort, as text, as data and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from regulars.metrics.cohort_profit import FEWEST, CohortProfit, ProfitRow
from regulars.metrics.repeat import SMALL
from regulars.money import Money

NEEDS_MARGIN = "needs clv.margin"


def profit_lines(found: CohortProfit, margin: float | None, name: str, *, newest: int) -> Iterator[str]:
    """A row per month of first order, then how loss and profit go together. `margin` None: it is not set."""
    yield f"{name}   loss rate and profit per customer by month of first order, in {found.currency}"
    yield f"as of {found.as_of}; lost: no order within {found.window} days"
    yield ""
    if not found.rows:
        yield "nobody has ordered yet"
        return
    profit = "profit each" if margin is not None else ""
    heads = f"{'people':>9}{'lost':>9}{'loss rate':>11}{'net sales each':>16}{profit:>14}"
    yield f"{'first order':<12}{heads}".rstrip()
    shown = found.rows[-newest:]
    for row in shown:
        yield _line(row, margin, found.currency)
    yield ""
    if margin is None:
        yield f"profit per customer: {NEEDS_MARGIN}"
    else:
        yield f"profit each: net sales x clv.margin ({100 * margin:g} %)"
    if any(row.lost is None for row in shown):
        yield f"empty: younger than the window of {found.window} days"
    if any(row.small for row in shown):
        yield f"/ fewer than {SMALL} people: chance alone moves it"
    if len(shown) < len(found.rows):
        yield f"{len(found.rows) - len(shown)} older cohorts are not shown: --rows, --json or --csv"
    yield association(found, margin)


def association(found: CohortProfit, margin: float | None) -> str:
    """How loss and profit go together; loss and net sales, and called so, where no margin is set."""
    head = f"loss and {'net sales' if margin is None else 'profit'} per customer: "
    count, kind = len(found.compared), f"of {SMALL} people or more, older than the window"
    if count < FEWEST:
        return f"{head}too few cohorts: {count} {kind}; {FEWEST} are needed"
    if found.association is None:
        return f"{head}not measured: one of them is the same in all {count} cohorts {kind}"
    size = round(found.association, 2) + 0.0  # no "-0.00"
    way = f"more lost, {'more' if size > 0 else 'less'} brought" if size else "neither way"
    told = f"rank correlation {size:+.2f} ({way}) over {count} cohorts {kind}"
    return f"{head}{told}; an association, not a cause: older ones had longer for both"


def profit_data(found: CohortProfit, margin: float | None) -> dict[str, Any]:
    """For JSON: amounts in minor units of `currency`, rates in per cent; null is "not measured"."""
    return {
        "as_of": found.as_of,
        "window_days": found.window,
        "currency": found.currency,
        "margin": margin,
        "profit": "measured" if margin is not None else NEEDS_MARGIN,
        "cohorts": [
            {
                "month": f"{row.month:%Y-%m}",
                "people": row.people,
                "small": row.small,
                "lost": row.lost,
                "loss_rate": None if row.loss_rate is None else float(round(row.loss_rate, 4)),
                "net_minor": row.net_minor,
                "net_each_minor": row.net_each_minor,
                "profit_each_minor": None if margin is None else row.profit_each_minor(margin),
            }
            for row in found.rows
        ],
        "compared": len(found.compared),
        "rank_correlation": None if found.association is None else round(found.association, 4),
        "association": association(found, margin),
    }


def profit_csv(found: CohortProfit, margin: float | None) -> str:
    """A row per cohort; money with a decimal point; what is not measured is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["first_order", "people", "small", "lost", "loss_rate", "net_sales_each", "profit_each"])
    for row in found.rows:
        small = "yes" if row.small else "no"
        lost = "" if row.lost is None else row.lost
        money = _amount(row.net_each_minor, found.currency), _profit(row, margin, found.currency)
        writer.writerow([f"{row.month:%Y-%m}", row.people, small, lost, _rate(row, 4), *money])
    return out.getvalue()


def _line(row: ProfitRow, margin: float | None, currency: str) -> str:
    lost = "" if row.lost is None else f"{row.lost:,}"
    mark = "/" if row.small else " "
    figures = f"{_rate(row, 1):>11}{_amount(row.net_each_minor, currency):>16}{_profit(row, margin, currency):>14}"
    return f"{row.month:%Y-%m}     {row.people:>9,}{mark}{lost:>8}{figures}".rstrip()


def _rate(row: ProfitRow, places: int) -> str:
    rate = row.loss_rate
    return "" if rate is None else str(rate.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN))


def _profit(row: ProfitRow, margin: float | None, currency: str) -> str:
    return "" if margin is None else _amount(row.profit_each_minor(margin), currency)


def _amount(minor: int, currency: str) -> str:
    return f"{Money.of_minor(minor, currency).amount:f}"
