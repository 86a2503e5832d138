"""The shapes of whole answers, and the readers of those that come page by page."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import AwareDatetime, TypeAdapter
from typing_extensions import TypedDict

from regulars_shopify.models import (
    CompanyNode,
    Connection,
    CustomerNode,
    Found,
    LineNode,
    Metafields,
    Numbered,
    OrderNode,
    ProductNode,
    RefundLineNode,
    RefundNode,
)
from regulars_shopify.pages import Reader

D = TypeVar("D")
N = TypeVar("N")


class Reply(TypedDict, Generic[D]):
    """What comes under `data`."""

    data: D


class Nodes(TypedDict, Generic[N]):
    """A connection of which the first page is enough."""

    nodes: list[N]


class Plan(TypedDict):
    """The shop's plan."""

    publicDisplayName: str


class Shop(TypedDict):
    """Who the shop is."""

    id: str
    name: str
    myshopifyDomain: str
    createdAt: AwareDatetime
    currencyCode: str
    ianaTimezone: str
    plan: Plan


class Scope(TypedDict):
    """A granted scope, such as `read_orders`."""

    handle: str


class Installation(TypedDict):
    """Our app on the shop."""

    accessScopes: list[Scope]


class ShopData(TypedDict):
    """The answer to `shop.graphql`."""

    shop: Shop
    currentAppInstallation: Installation


class Count(TypedDict):
    """A number of objects."""

    count: int


class EarlyCustomer(TypedDict):
    """A customer with what the shop believes to have counted, which is a text."""

    id: str
    createdAt: AwareDatetime
    numberOfOrders: str


class LatestOrder(TypedDict):
    """An order's currencies: its own, and the one the customer saw."""

    currencyCode: str
    presentmentCurrencyCode: str


class CreatedOrder(TypedDict):
    """When an order was made."""

    createdAt: AwareDatetime


class ProbeData(TypedDict):
    """The answer to `probe.graphql`."""

    customersCount: Count
    ordersCount: Count
    testOrders: Count
    recentOrders: Count
    early: Nodes[EarlyCustomer]
    oldest: Nodes[CreatedOrder]
    latest: Nodes[LatestOrder]


class _Address(TypedDict):
    emailAddress: str | None


class _Number(TypedDict):
    phoneNumber: str | None


class _Place(TypedDict):
    countryCodeV2: str | None


class PersonalCustomer(TypedDict, total=False):
    """The personal data of a customer, of which one kind was asked for."""

    firstName: str | None
    lastName: str | None
    defaultEmailAddress: _Address | None
    defaultPhoneNumber: _Number | None
    defaultAddress: _Place | None


class _Personal(TypedDict):
    customers: Nodes[PersonalCustomer]


class SampleCustomer(TypedDict):
    """What is kept on a customer, by whomever."""

    tags: list[str]
    metafields: Metafields


class _Sample(TypedDict):
    customers: Nodes[SampleCustomer]


class DefinitionType(TypedDict):
    """A metafield's type, such as `number_decimal`."""

    name: str


class DefinitionNode(TypedDict):
    """A defined metafield of customers, and how many have a value."""

    namespace: str
    key: str
    name: str
    type: DefinitionType
    metafieldsCount: int


class _Definitions(TypedDict):
    metafieldDefinitions: Connection[DefinitionNode]


class _Products(TypedDict):
    products: Connection[ProductNode]


class _Customers(TypedDict):
    customers: Connection[CustomerNode]


class CustomersCount(TypedDict):
    """The answer to `customers_count.graphql`."""

    customersCount: Count


class OrdersCount(TypedDict):
    """The answer to `orders_count.graphql`."""

    ordersCount: Count


class Opened(TypedDict):
    """When the shop was made."""

    createdAt: AwareDatetime


class Started(TypedDict):
    """A bulk operation that was just begun."""

    id: str
    createdAt: AwareDatetime


class Begun(Started):
    """A bulk operation among others."""

    status: str
    query: str


class Operation(Started):
    """How a bulk operation stands; numbers are texts."""

    status: str
    errorCode: str | None
    objectCount: str
    rootObjectCount: str
    fileSize: str | None
    url: str | None


class Refusal(TypedDict):
    """Why a mutation did nothing."""

    code: str | None
    message: str


class _Run(TypedDict):
    bulkOperation: Started | None
    userErrors: list[Refusal]


class _BulkRun(TypedDict):
    bulkOperationRunQuery: _Run


class _BulkPoll(TypedDict):
    bulkOperation: Operation | None


class _BulkRunning(TypedDict):
    bulkOperations: Nodes[Begun]


class OldestOrder(TypedDict):
    """The answer to `oldest_order.graphql`."""

    shop: Opened
    orders: Nodes[CreatedOrder]


class _StillThere(TypedDict):
    nodes: list[Found | None]


class _CustomerIds(TypedDict):
    customers: Connection[Numbered]


class _OrderIds(TypedDict):
    orders: Connection[Numbered]


class _Companies(TypedDict):
    companies: Connection[CompanyNode]


class _CompaniesCount(TypedDict):
    companiesCount: Count | None


class _Refunds(TypedDict):
    nodes: list[RefundNode | None]


class _Orders(TypedDict):
    orders: Connection[OrderNode]


class _OrderLines(TypedDict):
    lineItems: Connection[LineNode]


class _Order(TypedDict):
    order: _OrderLines


class _RefundLines(TypedDict):
    refundLineItems: Connection[RefundLineNode]


class _Refund(TypedDict):
    refund: _RefundLines


SHOP = TypeAdapter(Reply[ShopData])
PROBE = TypeAdapter(Reply[ProbeData])
PERSONAL = TypeAdapter(Reply[_Personal])
SAMPLE = TypeAdapter(Reply[_Sample])
DEFINITIONS = TypeAdapter(Reply[_Definitions])
BULK_RUN = TypeAdapter(Reply[_BulkRun])
BULK_POLL = TypeAdapter(Reply[_BulkPoll])
BULK_RUNNING = TypeAdapter(Reply[_BulkRunning])
OLDEST_ORDER = TypeAdapter(Reply[OldestOrder])
STILL_THERE = TypeAdapter(Reply[_StillThere])
CUSTOMER_IDS = Reader("person", ("customers",), TypeAdapter(Reply[_CustomerIds]), TypeAdapter(Numbered))
ORDER_IDS = Reader("order", ("orders",), TypeAdapter(Reply[_OrderIds]), TypeAdapter(Numbered))
CUSTOMERS_COUNT = TypeAdapter(Reply[CustomersCount])
ORDERS_COUNT = TypeAdapter(Reply[OrdersCount])
COMPANIES_COUNT = TypeAdapter(Reply[_CompaniesCount])
REFUNDS = TypeAdapter(Reply[_Refunds])
PRODUCTS = Reader("product", ("products",), TypeAdapter(Reply[_Products]), TypeAdapter(ProductNode))
CUSTOMERS = Reader("person", ("customers",), TypeAdapter(Reply[_Customers]), TypeAdapter(CustomerNode))
COMPANIES = Reader("company", ("companies",), TypeAdapter(Reply[_Companies]), TypeAdapter(CompanyNode))
ORDERS = Reader("order", ("orders",), TypeAdapter(Reply[_Orders]), TypeAdapter(OrderNode))
LINES = Reader("line", ("order", "lineItems"), TypeAdapter(Reply[_Order]), TypeAdapter(LineNode))
REFUND_LINES = Reader(
    "refund_line", ("refund", "refundLineItems"), TypeAdapter(Reply[_Refund]), TypeAdapter(RefundLineNode)
)
