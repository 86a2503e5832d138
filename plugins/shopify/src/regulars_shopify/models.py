"""Shopify's JSON as it is. Amounts stay texts. Field meanings are those of the Admin GraphQL schema 2026-10."""

from __future__ import annotations

from typing import Generic, Required, TypeVar

from pydantic import AwareDatetime
from typing_extensions import TypedDict

N = TypeVar("N")


class PageInfo(TypedDict):
    """Where a connection goes on."""

    hasNextPage: bool
    endCursor: str | None


class Connection(TypedDict, Generic[N]):
    """A page of objects."""

    nodes: list[N]
    pageInfo: PageInfo


class Reference(TypedDict):
    """An object of which only the id was asked for."""

    id: str


class Numbered(Reference, total=False):
    """An object of which little more than the id was asked for: of a customer `lastOrder`, of an order
    `createdAt`."""

    lastOrder: Reference | None
    createdAt: AwareDatetime


class Found(Reference, total=False):
    """An object that is there; `customer` only of an order."""

    customer: Reference | None


class Money(TypedDict):
    """An amount as plain decimal text, such as "12.5"."""

    amount: str
    currencyCode: str


class Amount(TypedDict):
    """An amount in the order's own currency, which is not repeated."""

    amount: str


class ShopBag(TypedDict):
    """An amount in the shop's currency."""

    shopMoney: Amount


class Bag(TypedDict):
    """An amount in the shop's currency and in the one the customer saw."""

    shopMoney: Money
    presentmentMoney: Money


class Address(TypedDict):
    """The part of an address that we read."""

    countryCodeV2: str | None


class ProductNode(TypedDict):
    """A product."""

    id: str
    updatedAt: AwareDatetime
    title: str
    productType: str
    vendor: str
    status: str
    tags: list[str]


class EmailAddress(TypedDict):
    """A customer's default address with its consent."""

    emailAddress: str
    marketingState: str
    marketingUpdatedAt: AwareDatetime | None


class SmsConsent(TypedDict):
    """Consent to text messages."""

    state: str
    updatedAt: AwareDatetime | None


class PhoneNumber(TypedDict):
    """A customer's default number with its consent."""

    phoneNumber: str
    smsMarketingConsent: SmsConsent


class CustomerAddress(Address):
    """A customer's default postal address."""

    company: str | None


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
    createdAt: AwareDatetime
    updatedAt: AwareDatetime
    firstName: str | None
    lastName: str | None
    tags: list[str]
    defaultEmailAddress: EmailAddress | None
    defaultPhoneNumber: PhoneNumber | None
    defaultAddress: CustomerAddress | None
    ours: Metafields


class CustomerNode(_Customer, total=False):
    """A customer; `ours` are the metafields of our namespace, `metafields` others that were asked for."""

    metafields: Metafields


class LineProduct(TypedDict):
    """The product of a line, gone (None) where it was deleted since."""

    id: str
    productType: str


class Allocation(TypedDict):
    """A discount's share on one line, order-level discounts included."""

    allocatedAmountSet: ShopBag


class TaxLine(TypedDict):
    """One tax on one line."""

    priceSet: ShopBag


class LineNode(TypedDict):
    """A line item."""

    id: str
    sku: str | None
    title: str
    isGiftCard: bool
    quantity: int
    currentQuantity: int
    product: LineProduct | None
    originalTotalSet: ShopBag
    discountAllocations: list[Allocation]
    taxLines: list[TaxLine]


class RefundLineNode(TypedDict):
    """A refunded line; its `id` may be missing."""

    id: str | None
    quantity: int
    lineItem: Reference
    subtotalSet: ShopBag
    totalTaxSet: ShopBag


class Duty(TypedDict):
    """A customs duty that was paid back."""

    amountSet: ShopBag


class RefundedShipping(TypedDict):
    """Shipping that was paid back."""

    subtotalAmountSet: ShopBag
    taxAmountSet: ShopBag


class RefundedShippings(TypedDict):
    """Shipping that a refund pays back; five lines are more than an order has."""

    nodes: list[RefundedShipping]


class RefundHead(TypedDict):
    """A refund without what hangs on it: all that a bulk operation can say of one."""

    id: str


class RefundNode(RefundHead):
    """A refund."""

    processedAt: AwareDatetime
    totalRefundedSet: ShopBag
    duties: list[Duty] | None
    refundShippingLines: RefundedShippings
    refundLineItems: Connection[RefundLineNode]


class FulfilmentNode(TypedDict):
    """A shipment."""

    id: str
    createdAt: AwareDatetime
    deliveredAt: AwareDatetime | None
    status: str
    displayStatus: str | None


class ShippingLine(TypedDict):
    """What sending an order costs after discounts on it."""

    discountedPriceSet: ShopBag


class CompanyNode(TypedDict):
    """A buying company."""

    id: str
    name: str
    updatedAt: AwareDatetime


class Purchaser(TypedDict, total=False):
    """Who buys: `company` only where a company does."""

    company: Reference


class _Order(TypedDict):
    id: str
    name: str
    processedAt: AwareDatetime
    updatedAt: AwareDatetime
    cancelledAt: AwareDatetime | None
    test: bool
    displayFinancialStatus: str | None
    sourceName: str | None
    email: str | None
    tags: list[str]
    discountCodes: list[str]
    taxesIncluded: bool
    customer: Reference | None
    displayAddress: Address | None
    shippingLine: ShippingLine | None
    subtotalPriceSet: ShopBag | None
    totalDiscountsSet: ShopBag | None
    totalShippingPriceSet: ShopBag
    totalTaxSet: ShopBag | None
    totalPriceSet: Bag
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
