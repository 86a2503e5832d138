"""What we read of Shopify's JSON, flat: what lies deep in an answer stands at the top of its node here.

Most of an answer is objects that hold one thing each (`subtotalPriceSet { shopMoney { amount } }`). They are
taken off while the answer is validated, so that a page of orders becomes a third as many containers. Amounts
stay texts. Field meanings are those of the Admin GraphQL schema 2026-10.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Required, TypeVar

from pydantic import AliasChoices, AliasPath, Field, PlainValidator
from typing_extensions import TypedDict

N = TypeVar("N")


def at(*path: str) -> Any:
    """Where a field lies in the answer."""
    return Field(validation_alias=AliasPath(*path))


def instant(text: Any) -> datetime:
    """An instant in UTC. Raises ValueError for anything but a text that says one with its time zone."""
    # Asked three times of a customer: what is nearly always so comes first.
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is UTC:
            return found
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (OverflowError, TypeError):
        pass
    raise ValueError("this is no instant with a time zone")


Instant = Annotated[datetime, PlainValidator(instant)]
"""An instant in UTC. Pydantic's own come each with a zone object, which makes comparing and storing them slow."""


def maybe_at(*path: str) -> Any:
    """Where a field lies that is null where the object around it is.

    Only a null there is taken for one: what is missing, or is an object without the field, is wrong.
    """
    return Field(validation_alias=AliasChoices(AliasPath(*path), path[0]))


SHOP = ("shopMoney", "amount")
"""Inside an amount: the shop's side of it, in the order's own currency."""


class Connection(TypedDict, Generic[N]):
    """A page of objects, and where it goes on."""

    nodes: list[N]
    hasNextPage: Annotated[bool, at("pageInfo", "hasNextPage")]
    endCursor: Annotated[str | None, at("pageInfo", "endCursor")]


class Reference(TypedDict):
    """An object of which only the id was asked for."""

    id: str


class Numbered(Reference, total=False):
    """An object of which little more than the id was asked for: of a customer `lastOrder`, of an order
    `createdAt`."""

    lastOrder: Reference | None
    createdAt: Instant


class Found(Reference, total=False):
    """An object that is there; `customer` only of an order."""

    customer: Reference | None


class ProductNode(TypedDict):
    """A product."""

    id: str
    updatedAt: Instant
    title: str
    productType: str
    vendor: str
    status: str
    tags: list[str]


class EmailAddress(TypedDict):
    """A customer's default address with its consent."""

    emailAddress: str
    marketingState: str
    marketingUpdatedAt: Instant | None


class PhoneNumber(TypedDict):
    """A customer's default number with its consent."""

    phoneNumber: str
    state: Annotated[str, at("smsMarketingConsent", "state")]
    updatedAt: Annotated[Instant | None, at("smsMarketingConsent", "updatedAt")]


class Metafield(TypedDict):
    """A custom field. With `keys` asked for, `key` may come as `namespace.key`."""

    namespace: str
    key: str
    value: str


class Metafields(TypedDict):
    """The custom fields that were asked for; all of them fit on one page."""

    nodes: list[Metafield]


class _Customer(TypedDict):
    id: str
    createdAt: Instant
    updatedAt: Instant
    firstName: str | None
    lastName: str | None
    tags: list[str]
    defaultEmailAddress: EmailAddress | None
    defaultPhoneNumber: PhoneNumber | None
    country: Annotated[str | None, maybe_at("defaultAddress", "countryCodeV2")]
    company: Annotated[str | None, maybe_at("defaultAddress", "company")]
    ours: Annotated[list[Metafield], at("ours", "nodes")]


class CustomerNode(_Customer, total=False):
    """A customer; `ours` are the metafields of our namespace, `metafields` others that were asked for."""

    metafields: Annotated[list[Metafield], maybe_at("metafields", "nodes")]


class Allocation(TypedDict):
    """A discount's share on one line, order-level discounts included."""

    amount: Annotated[str, at("allocatedAmountSet", *SHOP)]


class TaxLine(TypedDict):
    """One tax on one line."""

    amount: Annotated[str, at("priceSet", *SHOP)]


class LineNode(TypedDict):
    """A line item. The product of a line is gone (None) where it was deleted since."""

    id: str
    sku: str | None
    title: str
    isGiftCard: bool
    quantity: int
    currentQuantity: int
    product: Annotated[str | None, maybe_at("product", "id")]
    category: Annotated[str | None, maybe_at("product", "productType")]
    total: Annotated[str, at("originalTotalSet", *SHOP)]
    discountAllocations: list[Allocation]
    taxLines: list[TaxLine]


class RefundLineNode(TypedDict):
    """A refunded line; its `id` may be missing."""

    id: str | None
    quantity: int
    line: Annotated[str, at("lineItem", "id")]
    subtotal: Annotated[str, at("subtotalSet", *SHOP)]
    tax: Annotated[str, at("totalTaxSet", *SHOP)]


class Duty(TypedDict):
    """A customs duty that was paid back."""

    amount: Annotated[str, at("amountSet", *SHOP)]


class RefundedShipping(TypedDict):
    """Shipping that was paid back."""

    subtotal: Annotated[str, at("subtotalAmountSet", *SHOP)]
    tax: Annotated[str, at("taxAmountSet", *SHOP)]


class RefundHead(TypedDict):
    """A refund without what hangs on it: all that a bulk operation can say of one."""

    id: str


class RefundNode(RefundHead):
    """A refund; five lines of shipping are more than an order has."""

    processedAt: Instant
    total: Annotated[str, at("totalRefundedSet", *SHOP)]
    duties: list[Duty] | None
    shipping: Annotated[list[RefundedShipping], at("refundShippingLines", "nodes")]
    refundLineItems: Connection[RefundLineNode]


class FulfilmentNode(TypedDict):
    """A shipment."""

    id: str
    createdAt: Instant
    deliveredAt: Instant | None
    status: str
    displayStatus: str | None


class CompanyNode(TypedDict):
    """A buying company."""

    id: str
    name: str
    updatedAt: Instant


class Purchaser(TypedDict, total=False):
    """Who buys: `company` only where a company does."""

    company: Reference


class _Order(TypedDict):
    id: str
    name: str
    processedAt: Instant
    updatedAt: Instant
    cancelledAt: Instant | None
    test: bool
    displayFinancialStatus: str | None
    sourceName: str | None
    email: str | None
    tags: list[str]
    discountCodes: list[str]
    taxesIncluded: bool
    customer: Annotated[str | None, maybe_at("customer", "id")]
    country: Annotated[str | None, maybe_at("displayAddress", "countryCodeV2")]
    sending: Annotated[str | None, maybe_at("shippingLine", "discountedPriceSet", *SHOP)]
    subtotal: Annotated[str | None, maybe_at("subtotalPriceSet", *SHOP)]
    discounts: Annotated[str | None, maybe_at("totalDiscountsSet", *SHOP)]
    shipping: Annotated[str, at("totalShippingPriceSet", *SHOP)]
    tax: Annotated[str | None, maybe_at("totalTaxSet", *SHOP)]
    total: Annotated[str, at("totalPriceSet", *SHOP)]
    currency: Annotated[str, at("totalPriceSet", "shopMoney", "currencyCode")]
    seen_total: Annotated[str, at("totalPriceSet", "presentmentMoney", "amount")]
    seen_currency: Annotated[str, at("totalPriceSet", "presentmentMoney", "currencyCode")]
    lineItems: Connection[LineNode]
    fulfillments: list[FulfilmentNode]


class OrderHead(_Order, total=False):
    """An order as a bulk operation gives it: what hangs on its refunds must be asked for."""

    refunds: Required[list[RefundHead]]
    purchasingEntity: Purchaser | None


class OrderNode(_Order, total=False):
    """An order with the first page of its lines; `purchasingEntity` only where it was asked for."""

    refunds: Required[list[RefundNode]]
    purchasingEntity: Purchaser | None
