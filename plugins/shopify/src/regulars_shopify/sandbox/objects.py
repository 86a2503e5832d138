"""What the simulated shop keeps: small records with instants as epoch seconds and money as minor units.

`money` names an order's currencies: "EUR", or "EUR>USD*1.08" where the customer saw another one.
`updated` takes no part in comparing: it is what a difference changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_PRODUCT, _CUSTOMER, _ORDER = 8_000_000_000_000, 7_000_000_000_000, 5_000_000_000_000
_COMPANY = 3_000_000_000
_LINES_AN_ORDER, _REFUNDS_AN_ORDER = 10_000, 100


@dataclass(slots=True)
class Product:
    """A product with its one variant."""

    number: int
    sku: str
    title: str
    category: str
    created: int
    updated: int = field(compare=False)

    @property
    def id(self) -> int:
        return _PRODUCT + self.number


@dataclass(slots=True)
class Customer:
    """A customer. `consent` is the platform's own word; `orders` is what it believes to have counted."""

    number: int
    email: str | None
    first_name: str
    last_name: str
    phone: str | None
    country: str | None
    tags: list[str]
    consent: str
    consent_at: int | None = field(compare=False)
    metafields: dict[str, str]
    orders: int
    created: int
    updated: int = field(compare=False)
    added: list[str] = field(default_factory=list)
    """Tags that were added through the API, which the world knows nothing of."""

    @property
    def id(self) -> int:
        return _CUSTOMER + self.number


@dataclass(slots=True)
class Company:
    """A buying company."""

    number: int
    name: str
    updated: int = field(compare=False)

    @property
    def id(self) -> int:
        return _COMPANY + self.number


@dataclass(slots=True)
class Line:
    """A line: `total` before any discount, `off` its share of discounts, `tax` in or on top of the rest."""

    id: int
    money: str
    sku: str
    title: str
    product: int | None
    quantity: int
    current: int
    total: int
    off: int
    tax: int
    gift_card: bool = False


@dataclass(slots=True)
class RefundLine:
    """A line given back, by its index in the order."""

    id: int
    money: str
    line: int
    quantity: int
    subtotal: int
    tax: int


@dataclass(slots=True)
class Refund:
    """A refund; `amount` is all that was paid back, `shipping` and `duties` their part of it."""

    id: int
    money: str
    at: int
    amount: int
    lines: list[RefundLine]
    shipping: int = 0
    duties: int = 0


@dataclass(slots=True)
class Parcel:
    """A fulfilment."""

    id: int
    created: int
    delivered: int | None


@dataclass(slots=True)
class Order:
    """An order; `customer` and `company` are numbers, `shipping` is before `shipping_off`, the discount on it."""

    number: int
    money: str
    customer: int | None
    email: str | None
    created: int
    test: bool
    cancelled: int | None
    country: str | None
    tags: list[str]
    codes: list[str]
    taxes_included: bool
    shipping: int
    lines: list[Line]
    refunds: list[Refund]
    parcels: list[Parcel]
    updated: int = field(compare=False)
    shipping_off: int = 0
    company: int | None = None

    @property
    def id(self) -> int:
        return _ORDER + self.number

    @property
    def subtotal(self) -> int:
        """Goods after all discounts."""
        return sum(line.total - line.off for line in self.lines)

    @property
    def tax(self) -> int:
        """Tax on the goods."""
        return sum(line.tax for line in self.lines)

    @property
    def total(self) -> int:
        """What the customer was charged."""
        return self.subtotal + self.shipping - self.shipping_off + (0 if self.taxes_included else self.tax)


def customer_id(number: int | None) -> int:
    """The id of a customer's number, 0 for nobody."""
    return _CUSTOMER + number if number is not None else 0


def customer_number(id: int) -> int:
    """The number behind a customer's id."""
    return id - _CUSTOMER


def line_id(order: int, index: int) -> int:
    """Id of an order's line."""
    return 15_000_000_000_000 + order * _LINES_AN_ORDER + index


def refund_id(order: int, index: int) -> int:
    """Id of an order's refund."""
    return 900_000_000_000 + order * _REFUNDS_AN_ORDER + index


def order_of_refund(id: int) -> tuple[int, int]:
    """Number of the order, and which of its refunds an id names."""
    return divmod(id - 900_000_000_000, _REFUNDS_AN_ORDER)


def order_number(id: int) -> int:
    """The number behind an order's id."""
    return id - _ORDER


def product_number(id: int) -> int:
    """The number behind a product's id."""
    return id - _PRODUCT
