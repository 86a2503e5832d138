"""A neutral invented shop: people, products and orders from which every sandbox fills itself.

The same world populates a shop's, a CRM's and a mail platform's sandbox, so that one person exists
on all of them under different ids. Populating twice with a changed world is how time goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class WorldPerson:
    """Somebody. `key` is stable and never leaves the world; `consent` is the e-mail consent.

    `on` says on which roles' platforms the person exists (shop, crm, mail). `bounced`: None, hard,
    soft. `spelling` gives the address as another platform spells it, by role.
    """

    key: str
    email: str | None
    first_name: str = ""
    last_name: str = ""
    country: str | None = None
    phone: str | None = None
    created_at: datetime | None = None
    on: tuple[str, ...] = ("shop", "crm", "mail")
    consent: str = "subscribed"
    bounced: str | None = None
    other_emails: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    spelling: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)


@dataclass
class WorldProduct:
    """A product; `category` is its type."""

    sku: str
    title: str
    category: str = ""


@dataclass
class WorldLine:
    """A line: `price` is the unit price as plain decimal text in the shop's currency."""

    sku: str
    quantity: int
    price: str


@dataclass
class WorldRefund:
    """Goods of an order given back: (line index, quantity) pairs.

    `amount` is what is given back for these goods after discounts, as plain decimal text.
    """

    at: datetime
    lines: tuple[tuple[int, int], ...]
    amount: str


@dataclass
class WorldOrder:
    """An order. `person` is a WorldPerson.key, None for a guest (who may give an `email`).

    `discount` is an amount off the whole order, `shipping` what is charged for sending it, both as
    plain decimal text.
    """

    key: str
    person: str | None
    at: datetime
    lines: list[WorldLine]
    email: str | None = None
    discount: str = "0"
    shipping: str = "0"
    currency: str | None = None  # None: the shop's; else an order kept in another currency
    test: bool = False
    cancelled_at: datetime | None = None
    refunds: list[WorldRefund] = field(default_factory=list)
    tags: tuple[str, ...] = ()
    delivered_at: datetime | None = None
    country: str | None = None


@dataclass
class World:
    """A whole shop. `slow_work_days`: how long platforms that take weeks take here (None: as ever)."""

    name: str
    currency: str
    timezone: str
    country: str
    people: list[WorldPerson] = field(default_factory=list)
    products: list[WorldProduct] = field(default_factory=list)
    orders: list[WorldOrder] = field(default_factory=list)
    slow_work_days: float | None = None
