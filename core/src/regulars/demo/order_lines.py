"""A person's own order lines, from a CSV file to a shop's orders, with a bridge to the penny.

Columns, by any of their names (upper or lower case):

    order     order, order_id, InvoiceNo         one order is all rows with the same value
    date      date, ordered_at, InvoiceDate      YYYY-MM-DD[ HH:MM[:SS]], in the shop's own time
    customer  customer, email, CustomerID        empty: a guest
    sku       sku, product, StockCode
    quantity  quantity                           a whole number; negative: brought back
    price     price, UnitPrice                   of one piece, plain decimal
    title     title, description                 may be missing
    country   country                            may be missing

Rows with a negative quantity become refunds, on their own date, of the customer's newest earlier
purchase of the same sku at the same price. What cannot become an order or a refund is not dropped
silently: it is a line of the bridge, with its count and amount.
"""

from __future__ import annotations

import csv
import gc
import gzip
import io
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from regulars.errors import ConfigError
from regulars.money import exponent
from regulars.testing.world import World, WorldLine, WorldOrder, WorldPerson, WorldProduct, WorldRefund

_NAMES = {
    "order": ("order", "order_id", "invoiceno"),
    "date": ("date", "ordered_at", "invoicedate"),
    "customer": ("customer", "email", "customerid"),
    "sku": ("sku", "product", "stockcode"),
    "quantity": ("quantity",),
    "price": ("price", "unitprice"),
    "title": ("title", "description"),
    "country": ("country",),
}
_NEEDED = ("order", "date", "sku", "quantity", "price")
_ZERO = Decimal(0)
_LIMIT = Decimal(10) ** 12  # no price of one piece; what is larger cannot be kept to the minor unit


class OrderLine(NamedTuple):
    """One understood row. `at` is aware."""

    row: int
    order: str
    at: datetime
    customer: str
    sku: str
    quantity: int
    price: Decimal
    title: str
    country: str

    @property
    def amount(self) -> Decimal:
        """What the row comes to."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be understood: its line in the file, the column and what is wrong."""

    row: int
    column: str
    text: str

    def __str__(self) -> str:
        return f"line {self.row}, {self.column}: {self.text}"


@dataclass
class BridgeLine:
    """Rows that are no sale and no refund, counted and summed."""

    label: str
    rows: int = 0
    amount: Decimal = _ZERO

    def add(self, amount: Decimal) -> None:
        """Count one more."""
        self.rows += 1
        self.amount += amount


@dataclass
class Bridge:
    """From the file's total to the shop's: `total` = sales - refunds + the sum of `lines`."""

    total: Decimal = _ZERO
    sales: Decimal = _ZERO
    refunds: Decimal = _ZERO
    lines: dict[str, BridgeLine] = field(default_factory=dict)

    def put(self, label: str, amount: Decimal) -> None:
        """Add an amount to a line of the bridge."""
        self.lines.setdefault(label, BridgeLine(label)).add(amount)

    def difference(self) -> Decimal:
        """Zero, unless something was lost."""
        return self.total - self.sales + self.refunds - sum((x.amount for x in self.lines.values()), _ZERO)


def read_order_lines(path: Path, timezone: str) -> tuple[list[OrderLine], list[BadRow]]:
    """All rows of a CSV file (plain or .gz, UTF-8 or Latin-1), understood or named as bad.

    Raises ConfigError where the file cannot be read or lacks a column.
    """
    good: list[OrderLine] = []
    bad: list[BadRow] = []
    rows = csv.reader(io.StringIO(_text(path), newline=""))
    understand = _Reader(_columns(next(rows, []), path), ZoneInfo(timezone)).order_line
    for row in rows:
        if not any(row):
            continue
        found = understand(rows.line_num, row)
        if isinstance(found, BadRow):
            bad.append(found)
        else:
            good.append(found)
    return good, bad


def shop_of(lines: list[OrderLine], currency: str, timezone: str, country: str) -> tuple[World, Bridge]:
    """Order lines as a shop, and the bridge from the file's total to the shop's.

    A customer that is no e-mail address gets the invented one `c<customer>@example.test`.
    """
    with _no_collector():
        return _Shop(currency, timezone, country).filled(lines)


@contextmanager
def _no_collector() -> Iterator[None]:
    """There are no cycles here, and walking millions of living objects over and over doubles the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Shop:
    def __init__(self, currency: str, timezone: str, country: str) -> None:
        self.world = World("Order lines", currency, timezone, country)
        self.bridge = Bridge()
        self.unit = Decimal(1).scaleb(-exponent(currency))
        self.orders: dict[str, WorldOrder] = {}
        self.people: dict[str, WorldPerson] = {}
        self.products: dict[str, WorldProduct] = {}
        self.bought: dict[tuple[str, str, Decimal], list[_Bought]] = defaultdict(list)
        self.refunds: dict[tuple[str, str], WorldRefund] = {}
        self.rounded: dict[Decimal, tuple[Decimal, str]] = {}

    def filled(self, lines: list[OrderLine]) -> tuple[World, Bridge]:
        for line in sorted(lines, key=attrgetter("at", "row")):
            self.bridge.total += line.amount
            if line.price == 0:
                self.bridge.put("rows without a price", line.amount)
            elif line.price < 0:
                self.bridge.put("adjustments with a negative price", line.amount)
            elif line.quantity > 0:
                self._sale(line)
            elif line.quantity < 0:
                self._back(line)
            else:
                self.bridge.put("rows without a quantity", line.amount)
        self.world.people, self.world.products = list(self.people.values()), list(self.products.values())
        self.world.orders = list(self.orders.values())
        return self.world, self.bridge

    def _sale(self, line: OrderLine) -> None:
        price, text = self._rounded(line)
        if price == 0:
            self.bridge.put("prices below half a minor unit", line.amount)
            return
        order = self.orders.get(line.order) or self._order(line)
        order.lines.append(WorldLine(line.sku, line.quantity, text))
        self.bridge.sales += line.quantity * price
        if price != line.price:
            self.bridge.put("rounded to the minor unit", line.quantity * (line.price - price))
        if line.sku not in self.products:
            self.products[line.sku] = WorldProduct(line.sku, line.title or line.sku)
        if line.customer:
            bought = _Bought(order, len(order.lines) - 1, line.quantity)
            self.bought[line.customer, line.sku, line.price].append(bought)

    def _back(self, line: OrderLine) -> None:
        """Undo the customer's newest purchases of this sku at this price, as far as they reach."""
        open_, (price, _) = -line.quantity, self._rounded(line)
        stack = self.bought[line.customer, line.sku, line.price] if line.customer else []
        while open_ and stack:
            bought = stack[-1]
            taken = min(open_, bought.left)
            self._refund(line, bought, taken, price)
            bought.left -= taken
            open_ -= taken
            if not bought.left:
                stack.pop()
        if open_:
            label = (
                "brought back without a matching purchase" if line.customer else "brought back by guests or stock"
            )
            self.bridge.put(label, -open_ * line.price)

    def _refund(self, line: OrderLine, bought: _Bought, quantity: int, price: Decimal) -> None:
        amount = quantity * price
        refund = self.refunds.get((bought.order.key, line.order))
        if refund is None:
            refund = self.refunds[bought.order.key, line.order] = WorldRefund(line.at, (), "0")
            bought.order.refunds.append(refund)
        pieces = dict(refund.lines)
        pieces[bought.index] = pieces.get(bought.index, 0) + quantity
        refund.lines = tuple(pieces.items())
        refund.amount = str(Decimal(refund.amount) + amount)
        self.bridge.refunds += amount
        if price != line.price:
            self.bridge.put("rounded to the minor unit", quantity * (price - line.price))

    def _order(self, line: OrderLine) -> WorldOrder:
        person = self._person(line) if line.customer else None
        order = WorldOrder(line.order, person.key if person else None, line.at, [], country=_iso(line.country))
        self.orders[line.order] = order
        return order

    def _person(self, line: OrderLine) -> WorldPerson:
        if line.customer not in self.people:
            name = line.customer
            email = name if "@" in name else f"c{name}@example.test"
            self.people[name] = WorldPerson(name, email, country=_iso(line.country), created_at=line.at)
        return self.people[line.customer]

    def _rounded(self, line: OrderLine) -> tuple[Decimal, str]:
        """The price to the minor unit, and as plain text."""
        if line.price not in self.rounded:
            price = line.price.quantize(self.unit, ROUND_HALF_EVEN)
            self.rounded[line.price] = price, f"{price:f}"
        return self.rounded[line.price]


@dataclass(slots=True)
class _Bought:
    order: WorldOrder
    index: int
    left: int


# Names as trade files write them; any other name stays unknown rather than guessed.
_COUNTRIES = {
    "australia": "AU", "austria": "AT", "belgium": "BE", "canada": "CA", "denmark": "DK", "eire": "IE",
    "finland": "FI", "france": "FR", "germany": "DE", "greece": "GR", "iceland": "IS", "ireland": "IE",
    "israel": "IL", "italy": "IT", "japan": "JP", "netherlands": "NL", "norway": "NO", "poland": "PL",
    "portugal": "PT", "spain": "ES", "sweden": "SE", "switzerland": "CH", "united kingdom": "GB",
    "united states": "US", "usa": "US",
}  # fmt: skip


def _iso(country: str) -> str | None:
    if len(country) == 2:
        return country.upper()
    return _COUNTRIES.get(country.lower())


def _text(path: Path) -> str:
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as fault:
        raise ConfigError(f"cannot be read ({fault})", where=str(path)) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _columns(header: list[str], path: Path) -> dict[str, int]:
    at = {name.strip().lower(): place for place, name in enumerate(header)}
    found = {
        column: next(at[name] for name in names if name in at)
        for column, names in _NAMES.items()
        if any(name in at for name in names)
    }
    if missing := [column for column in _NEEDED if column not in found]:
        raise ConfigError(
            f"has no column {missing[0]!r}", where=str(path), hint=f"It needs {', '.join(_NEEDED)}; see --help"
        )
    return found


class _Reader:
    """Cells to order lines. A file has few different dates and prices, so each is understood once."""

    def __init__(self, columns: dict[str, int], zone: ZoneInfo) -> None:
        self._last = max(columns.values())
        self._cells = itemgetter(*(columns.get(column, -1) for column in _NAMES))
        self._zone = zone
        self._moments: dict[str, datetime | None] = {}
        self._prices: dict[str, Decimal | None] = {}

    def order_line(self, number: int, row: list[str]) -> OrderLine | BadRow:
        if len(row) <= self._last:
            row += [""] * (self._last + 1 - len(row))
        row.append("")  # what a column that is missing reads
        order, date, customer, sku, pieces, cost, title, country = map(str.strip, self._cells(row))
        if not order:
            return BadRow(number, "order", "is empty")
        if (at := self._moment(date)) is None:
            return BadRow(number, "date", f"{date!r} is not YYYY-MM-DD HH:MM")
        try:
            quantity = int(pieces)
        except ValueError:
            return BadRow(number, "quantity", f"{pieces!r} is not a whole number")
        if (price := self._price(cost)) is None:
            return BadRow(number, "price", f"{cost!r} is not a decimal number")
        return OrderLine(number, order, at, customer, sku, quantity, price, title, country)

    def _moment(self, text: str) -> datetime | None:
        if text not in self._moments:
            self._moments[text] = _moment(text, self._zone)
        return self._moments[text]

    def _price(self, text: str) -> Decimal | None:
        if text not in self._prices:
            self._prices[text] = _decimal(text)
        return self._prices[text]


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < _LIMIT else None


def describe(bad: list[BadRow], most: int = 10) -> Iterator[str]:
    """The first bad rows, a line each, and how many more there are."""
    yield from (str(row) for row in bad[:most])
    if len(bad) > most:
        yield f"and {len(bad) - most:,} more"
