"""The sums of a file of order lines in plain Python, sharing nothing with the product but what is documented.

An order is all rows with the same invoice number, on the day of its earliest row. A negative quantity gives
back what its customer bought of the same product at the same price before, as far as that reaches, on its
own day. Everything else that is no sale stands in `left_out`, by why.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

_PENNY = Decimal("0.01")
NO_PURCHASE = "brought back without a matching purchase"
NO_CUSTOMER = "brought back by guests or stock"
NO_PRICE = "rows without a price"
ADJUSTMENT = "adjustments with a negative price"
TOO_SMALL = "prices below half a minor unit"


@dataclass
class Sums:
    """Amounts by month ("2011-03"), days by customer, and why rows are neither sale nor refund."""

    rows: int = 0
    file: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    net: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    orders: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    customers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    days: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))
    sales: Decimal = Decimal(0)
    refunds: Decimal = Decimal(0)
    left_out: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    moved: Decimal = Decimal(0)
    """Sales of rows in another month than the earliest row of their order."""

    def leave_out(self, why: str, amount: Decimal) -> None:
        rows, total = self.left_out.get(why, (0, Decimal(0)))
        self.left_out[why] = rows + 1, total + amount


def sums_of(file: Path) -> Sums:
    """All sums of one file, in pounds; its dates are taken as the shop's own calendar."""
    sums, day_of = Sums(), {}
    had: dict[tuple[str, str, Decimal], int] = defaultdict(int)
    for row in sorted(_rows(file), key=lambda row: row["InvoiceDate"]):
        sums.rows += 1
        day = datetime.strptime(row["InvoiceDate"][:10], "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
        pieces, price = int(row["Quantity"]), Decimal(row["UnitPrice"])
        customer, invoice, month = row["CustomerID"], row["InvoiceNo"], f"{day:%Y-%m}"
        sums.file[month] += pieces * price
        whole = price.quantize(_PENNY, ROUND_HALF_EVEN)
        article = customer, row["StockCode"], price
        if price == 0:
            sums.leave_out(NO_PRICE, Decimal(0))
        elif price < 0:
            sums.leave_out(ADJUSTMENT, pieces * price)
        elif pieces > 0 and whole == 0:
            sums.leave_out(TOO_SMALL, pieces * price)
        elif pieces > 0:
            ordered = day_of.setdefault(invoice, day)
            on = f"{ordered:%Y-%m}"
            sums.moved += pieces * whole if on != month else 0
            sums.net[on] += pieces * whole
            sums.sales += pieces * whole
            sums.orders[on].add(invoice)
            if customer:
                had[article] += pieces
                sums.customers[on].add(customer)
                sums.days[customer].add(ordered)
        else:
            back = min(-pieces, had[article]) if customer else 0
            had[article] -= back
            sums.net[month] -= back * whole
            sums.refunds += back * whole
            if -pieces > back:
                sums.leave_out(NO_PURCHASE if customer else NO_CUSTOMER, (pieces + back) * price)
    return sums


def retention_by_hand(days: dict[str, set[date]], starts_on: date, ends_on: date, window: int) -> dict[str, int]:
    """S, E, N, R and L of a span: who had ordered within `window` days, before it began and when it was over."""
    span, after = timedelta(days=window), ends_on + timedelta(days=1)
    at_start = {who for who, on in days.items() if any(starts_on - span <= day < starts_on for day in on)}
    at_end = {who for who, on in days.items() if any(after - span <= day < after for day in on)}
    new = {who for who in at_end if starts_on <= min(days[who]) <= ends_on}
    back = at_end - at_start - new
    counted = {"S": at_start, "E": at_end, "N": new, "R": back, "L": at_start - at_end}
    return {letter: len(people) for letter, people in counted.items()}


def cut(file: Path, share: float, into: Path) -> Path:
    """The rows of the first customers (guests: invoices) of a file, in order of appearance."""
    everybody = list(dict.fromkeys(_buyer(row) for row in _rows(file)))
    first = set(everybody[: max(1, int(len(everybody) * share))])
    with into.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, next(_rows(file)).keys())
        writer.writeheader()
        writer.writerows(row for row in _rows(file) if _buyer(row) in first)
    return into


def _buyer(row: dict[str, str]) -> str:
    return row["CustomerID"] or row["InvoiceNo"]


def _rows(file: Path) -> Iterator[dict[str, str]]:
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)
