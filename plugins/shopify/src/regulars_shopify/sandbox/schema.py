"""The part of the Admin schema that the simulated shop knows: types, fields, arguments, scopes.

Names, types and arguments are those of Admin GraphQL 2026-10 (a test compares them with the
published introspection where that is at hand). A field's `get` is given the object that it hangs on
and the `Call`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from regulars import exponent

from regulars_shopify.sandbox.collection import within
from regulars_shopify.sandbox.faults import Refused
from regulars_shopify.sandbox.objects import Customer, Line, Order, Product, Refund

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox


@dataclass(frozen=True)
class Call:
    """A field's arguments, and the shop that is asked."""

    args: Mapping[str, Any]
    shop: ShopifySandbox


Get = Callable[[Any, Call], Any]


@dataclass(frozen=True)
class FieldType:
    """A field: its GraphQL type, how it is had, its arguments, the scope it needs, and which protected
    personal data it is (name, email, phone, address)."""

    type: str
    get: Get
    args: Mapping[str, str] = field(default_factory=dict)
    scope: str = ""
    personal: str = ""
    optional: frozenset[str] = frozenset()
    """Arguments that have a default, although their type has none."""

    @property
    def named(self) -> str:
        """The type without list and non-null marks."""
        return self.type.strip("[]!")

    @property
    def is_list(self) -> bool:
        """Whether a plain list comes back."""
        return self.type.startswith("[")

    @property
    def is_connection(self) -> bool:
        """Whether it is paged."""
        return self.named.endswith("Connection")


def plain(type: str, name: str, scope: str = "", personal: str = "") -> FieldType:
    """A field that is an attribute."""
    return FieldType(type, lambda thing, _: getattr(thing, name), {}, scope, personal)


def made(type: str, make: Callable[[Any], Any], scope: str = "", personal: str = "") -> FieldType:
    """A field that is worked out from its object alone."""
    return FieldType(type, lambda thing, _: make(thing), {}, scope, personal)


def gid(type: str, as_type: str = "ID!") -> FieldType:
    """A global id."""
    return made(as_type, lambda thing: f"gid://shopify/{type}/{thing.id}")


@lru_cache(maxsize=100_000)
def instant(second: int | None) -> str | None:
    """As the platform writes instants: UTC, to the second."""
    return None if second is None else f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


@lru_cache(maxsize=100_000)
def amount(minor: int, currency: str) -> str:
    """As the platform writes amounts: no trailing zeros, but one decimal for whole ones."""
    text = f"{Decimal(minor).scaleb(-exponent(currency)):f}"
    return (
        f"{text.rstrip('0')}0"
        if text.rstrip("0").endswith(".")
        else text.rstrip("0")
        if "." in text
        else text + ".0"
    )


@lru_cache(maxsize=1000)
def currencies(money: str) -> tuple[str, str, Decimal]:
    """Shop currency, presentment currency and the rate between their amounts."""
    shop, _, rest = money.partition(">")
    presentment, _, rate = rest.partition("*")
    return shop, presentment or shop, Decimal(rate or 1)


@lru_cache(maxsize=100_000)
def bag(minor: int, money: str) -> Mapping[str, Mapping[str, str]]:
    """An amount in shop and presentment money."""
    shop, presentment, rate = currencies(money)
    seen = Decimal(minor).scaleb(-exponent(shop)) * rate
    shown = int(seen.scaleb(exponent(presentment)).to_integral_value())
    return {
        "shopMoney": {"amount": amount(minor, shop), "currencyCode": shop},
        "presentmentMoney": {"amount": amount(shown, presentment), "currencyCode": presentment},
    }


def money(of: Callable[[Any], int], type: str = "MoneyBag!") -> FieldType:
    """An amount of an object that knows its `money`."""
    return made(type, lambda thing: bag(of(thing), thing.money))


def key(type: str, name: str) -> FieldType:
    """A field that is an entry of a mapping."""
    return made(type, lambda thing: thing[name])


PAGED = {"first": "Int", "after": "String", "reverse": "Boolean"}
SEARCHED = {**PAGED, "query": "String"}
COUNTED = {"query": "String", "limit": "Int"}


def listed(type: str, name: str, sorts: str, default: str, scope: str) -> FieldType:
    """A root connection over a collection."""

    def get(_: Any, call: Call) -> Any:
        return call.shop.listing(name, call.args, default)

    return FieldType(type, get, {**SEARCHED, "sortKey": sorts}, scope)


def counted(name: str, scope: str) -> FieldType:
    """A root count."""
    return FieldType("Count", lambda _, call: call.shop.counting(name, call.args), COUNTED, scope)


def found(type: str, look: Callable[[ShopifySandbox, int], Any], scope: str) -> FieldType:
    """A root field that finds an object by its id, past the search index."""

    def get(_: Any, call: Call) -> Any:
        try:
            return look(call.shop, int(str(call.args["id"]).rsplit("/", 1)[-1].split("?")[0]))
        except ValueError:
            raise Refused(f"Invalid global id '{call.args['id']}'", "argumentLiteralsIncompatible") from None

    return FieldType(type, get, {"id": "ID!"}, scope)


def _things(_: Any, call: Call) -> list[Any]:
    return [call.shop.thing(str(gid)) for gid in call.args["ids"]]


def hanging(type: str, of: Callable[[Any], Any]) -> FieldType:
    """A connection of what hangs on one object."""

    def get(thing: Any, call: Call) -> Any:
        return within(of(thing), call.args["first"], call.args.get("after"))

    return FieldType(type, get, PAGED)


def _metafields(customer: Customer, call: Call) -> Any:
    """The metafields asked for; with `keys` they come back named in full."""
    wanted, space = call.args.get("keys"), call.args.get("namespace")
    held = call.shop.metafields.held(customer)
    if wanted is not None:
        held = [replace(one, key=one.full) for one in held if one.full in wanted]
    if space is not None:
        held = [one for one in held if one.namespace == space]
    return within(held, call.args["first"], call.args.get("after"))


def _last_order(customer: Customer, call: Call) -> Order | None:
    return call.shop.last_order(customer)


def _orders_of(customer: Customer, call: Call) -> Any:
    mine = [order for order in call.shop.orders.live.values() if order.customer == customer.number]
    return within(mine, call.args["first"], call.args.get("after"))


def _buyer(order: Order, call: Call) -> Customer | None:
    return call.shop.customers.live.get(order.customer) if order.customer is not None else None


def _purchaser(order: Order, call: Call) -> Any:
    return PurchasingCompany(order) if order.company is not None else _buyer(order, call)


def _shipping_back(refund: Refund) -> list[Refund]:
    return [refund] if refund.shipping else []


def _line_product(line: Line, call: Call) -> Product | None:
    return call.shop.products.live.get(line.product) if line.product is not None else None


def _vendor(_: Product, call: Call) -> str:
    return call.shop.name


def _number_of_orders(customer: Customer, call: Call) -> str:
    return "0" if call.shop.stale_counts else str(customer.orders)


def _financial(order: Order) -> str:
    back = sum(refund.amount for refund in order.refunds)
    if back == 0:
        return "PAID"
    return "REFUNDED" if back >= order.total else "PARTIALLY_REFUNDED"


def _discounts(line: Line) -> list[dict[str, Any]]:
    return [{"allocatedAmountSet": bag(line.off, line.money)}] if line.off else []


def _taxes(line: Line) -> list[dict[str, Any]]:
    return [{"title": "VAT", "priceSet": bag(line.tax, line.money)}] if line.tax else []


def _email(customer: Customer) -> Customer | None:
    return customer if customer.email else None


def _phone(customer: Customer) -> Customer | None:
    return customer if customer.phone else None


TYPES: dict[str, dict[str, FieldType]] = {
    "QueryRoot": {
        "shop": FieldType("Shop!", lambda _, call: call.shop),
        "publicApiVersions": FieldType(
            "[ApiVersion!]!", lambda _, call: [{"handle": handle} for handle in call.shop.versions]
        ),
        "currentAppInstallation": FieldType("AppInstallation!", lambda _, call: call.shop),
        "products": listed("ProductConnection!", "products", "ProductSortKeys", "ID", "read_products"),
        "customers": listed("CustomerConnection!", "customers", "CustomerSortKeys", "ID", "read_customers"),
        "orders": listed("OrderConnection!", "orders", "OrderSortKeys", "PROCESSED_AT", "read_orders"),
        "companies": listed("CompanyConnection!", "companies", "CompanySortKeys", "ID", "read_companies"),
        "companiesCount": FieldType(
            "Count", lambda _, call: call.shop.counting("companies", call.args), {"limit": "Int"}, "read_companies"
        ),
        "productsCount": counted("products", "read_products"),
        "customersCount": counted("customers", "read_customers"),
        "ordersCount": counted("orders", "read_orders"),
        "product": found("Product", lambda shop, number: shop.product(number), "read_products"),
        "customer": found("Customer", lambda shop, number: shop.customer(number), "read_customers"),
        "order": found("Order", lambda shop, number: shop.order(number), "read_orders"),
        "refund": found("Refund", lambda shop, number: shop.refund(number), "read_orders"),
        "customerByIdentifier": FieldType(
            "Customer",
            lambda _, call: call.shop.identified(call.args["identifier"]),
            {"identifier": "CustomerIdentifierInput!"},
            "read_customers",
        ),
        "node": FieldType("Node", lambda _, call: call.shop.thing(str(call.args["id"])), {"id": "ID!"}),
        "nodes": FieldType("[Node]!", _things, {"ids": "[ID!]!"}),
    },
    "Mutation": {},
    "Shop": {
        "id": made("ID!", lambda shop: shop.shop_gid),
        "name": plain("String!", "name"),
        "myshopifyDomain": plain("String!", "domain"),
        "createdAt": made("DateTime!", lambda shop: instant(shop.opened)),
        "currencyCode": plain("CurrencyCode!", "currency"),
        "ianaTimezone": plain("String!", "timezone"),
        "taxesIncluded": plain("Boolean!", "taxes_included"),
        "plan": FieldType("ShopPlan!", lambda shop, _: shop),
    },
    "ShopPlan": {
        "publicDisplayName": plain("String!", "plan"),
        "shopifyPlus": made("Boolean!", lambda shop: shop.plan == "Shopify Plus"),
        "partnerDevelopment": made("Boolean!", lambda _: False),
    },
    "AppInstallation": {
        "id": made("ID!", lambda _: "gid://shopify/AppInstallation/1"),
        "accessScopes": FieldType(
            "[AccessScope!]!", lambda shop, _: [{"handle": s} for s in sorted(shop.granted)]
        ),
    },
    "ApiVersion": {"handle": key("String!", "handle"), "supported": made("Boolean!", lambda _: True)},
    "AccessScope": {"handle": key("String!", "handle")},
    "Count": {"count": key("Int!", "count"), "precision": key("CountPrecision!", "precision")},
    "PageInfo": {
        "hasNextPage": plain("Boolean!", "more"),
        "hasPreviousPage": plain("Boolean!", "earlier"),
        "startCursor": made("String", lambda page: page.cursor(0) if page.nodes else None),
        "endCursor": made("String", lambda page: page.cursor(len(page.nodes) - 1) if page.nodes else None),
    },
    "MoneyBag": {
        "shopMoney": key("MoneyV2!", "shopMoney"),
        "presentmentMoney": key("MoneyV2!", "presentmentMoney"),
    },
    "MoneyV2": {"amount": key("Decimal!", "amount"), "currencyCode": key("CurrencyCode!", "currencyCode")},
    "Product": {
        "id": gid("Product"),
        "legacyResourceId": made("UnsignedInt64!", lambda p: str(p.id)),
        "createdAt": made("DateTime!", lambda p: instant(p.created)),
        "updatedAt": made("DateTime!", lambda p: instant(p.updated)),
        "title": plain("String!", "title"),
        "productType": plain("String!", "category"),
        "vendor": FieldType("String!", _vendor),
        "status": made("ProductStatus!", lambda _: "ACTIVE"),
        "tags": made("[String!]!", lambda _: []),
        "variants": hanging("ProductVariantConnection!", lambda p: [p]),
    },
    "ProductVariant": {
        "id": gid("ProductVariant"),
        "sku": plain("String", "sku"),
        "title": made("String!", lambda _: "Default Title"),
    },
    "Customer": {
        "id": gid("Customer"),
        "legacyResourceId": made("UnsignedInt64!", lambda c: str(c.id)),
        "createdAt": made("DateTime!", lambda c: instant(c.created)),
        "updatedAt": made("DateTime!", lambda c: instant(c.updated)),
        "firstName": made("String", lambda c: c.first_name or None, personal="name"),
        "lastName": made("String", lambda c: c.last_name or None, personal="name"),
        "displayName": made(
            "String!", lambda c: f"{c.first_name} {c.last_name}".strip() or c.email or "", personal="name"
        ),
        "tags": plain("[String!]!", "tags"),
        "state": made("CustomerState!", lambda _: "DISABLED"),
        "locale": made("String!", lambda _: "en"),
        "verifiedEmail": made("Boolean!", lambda c: c.email is not None),
        "numberOfOrders": FieldType("UnsignedInt64!", _number_of_orders),
        "lastOrder": FieldType("Order", _last_order, {}, "read_orders"),
        "orders": FieldType("OrderConnection!", _orders_of, PAGED, "read_orders"),
        "defaultEmailAddress": made("CustomerEmailAddress", _email, personal="email"),
        "defaultPhoneNumber": made("CustomerPhoneNumber", _phone, personal="phone"),
        "defaultAddress": made("MailingAddress", lambda c: c if c.country else None, personal="address"),
        "metafields": FieldType(
            "MetafieldConnection!", _metafields, {**PAGED, "keys": "[String!]", "namespace": "String"}
        ),
    },
    "CustomerEmailAddress": {
        "emailAddress": plain("String!", "email"),
        "marketingState": plain("CustomerEmailAddressMarketingState!", "consent"),
        "marketingOptInLevel": made("CustomerMarketingOptInLevel", lambda _: "SINGLE_OPT_IN"),
        "marketingUpdatedAt": made("DateTime", lambda c: instant(c.consent_at)),
        "validFormat": made("Boolean!", lambda c: "@" in c.email),
    },
    "CustomerPhoneNumber": {
        "phoneNumber": plain("String!", "phone"),
        "smsMarketingConsent": made("CustomerSmsMarketingConsent!", lambda c: c),
    },
    "CustomerSmsMarketingConsent": {
        "state": made("CustomerMarketingConsentState!", lambda _: "NEVER_SUBSCRIBED"),
        "updatedAt": made("DateTime", lambda _: None),
    },
    "MailingAddress": {
        "countryCodeV2": plain("CountryCode", "country"),
        "company": made("String", lambda _: None),
    },
    "Metafield": {
        "id": gid("Metafield"),
        "namespace": plain("String!", "namespace"),
        "key": plain("String!", "key"),
        "value": plain("String!", "value"),
    },
    "Order": {
        "id": gid("Order"),
        "legacyResourceId": made("UnsignedInt64!", lambda o: str(o.id)),
        "name": made("String!", lambda o: f"#{1000 + o.number}"),
        "createdAt": made("DateTime!", lambda o: instant(o.created)),
        "processedAt": made("DateTime!", lambda o: instant(o.created)),
        "updatedAt": made("DateTime!", lambda o: instant(o.updated)),
        "cancelledAt": made("DateTime", lambda o: instant(o.cancelled)),
        "test": plain("Boolean!", "test"),
        "displayFinancialStatus": made("OrderDisplayFinancialStatus", _financial),
        "sourceName": made("String", lambda _: "web"),
        "email": plain("String", "email", personal="email"),
        "tags": plain("[String!]!", "tags"),
        "discountCodes": plain("[String!]!", "codes"),
        "taxesIncluded": plain("Boolean!", "taxes_included"),
        "currencyCode": made("CurrencyCode!", lambda o: currencies(o.money)[0]),
        "presentmentCurrencyCode": made("CurrencyCode!", lambda o: currencies(o.money)[1]),
        "customer": FieldType("Customer", _buyer, {}, "read_customers"),
        "purchasingEntity": FieldType("PurchasingEntity", _purchaser),
        "displayAddress": made("MailingAddress", lambda o: o if o.country else None, personal="address"),
        "subtotalPriceSet": money(lambda o: o.subtotal, "MoneyBag"),
        "totalDiscountsSet": money(lambda o: sum(line.off for line in o.lines), "MoneyBag"),
        "totalShippingPriceSet": money(lambda o: o.shipping),
        "totalTaxSet": money(lambda o: o.tax, "MoneyBag"),
        "totalPriceSet": money(lambda o: o.total),
        "originalTotalPriceSet": money(lambda o: o.total),
        "totalRefundedSet": money(lambda o: sum(refund.amount for refund in o.refunds)),
        "shippingLine": made("ShippingLine", lambda o: o if o.shipping else None),
        "lineItems": hanging("LineItemConnection!", lambda o: o.lines),
        "refunds": FieldType("[Refund!]!", lambda o, call: o.refunds[: call.args.get("first")], {"first": "Int"}),
        "fulfillments": FieldType(
            "[Fulfillment!]!", lambda o, call: o.parcels[: call.args.get("first")], {"first": "Int"}
        ),
    },
    "LineItem": {
        "id": gid("LineItem"),
        "sku": plain("String", "sku"),
        "title": plain("String!", "title"),
        "isGiftCard": plain("Boolean!", "gift_card"),
        "quantity": plain("Int!", "quantity"),
        "currentQuantity": plain("Int!", "current"),
        "product": FieldType("Product", _line_product, {}, "read_products"),
        "originalTotalSet": money(lambda line: line.total),
        "discountAllocations": made("[DiscountAllocation!]!", _discounts),
        "taxLines": made("[TaxLine!]!", _taxes),
    },
    "DiscountAllocation": {"allocatedAmountSet": key("MoneyBag!", "allocatedAmountSet")},
    "TaxLine": {"title": key("String!", "title"), "priceSet": key("MoneyBag!", "priceSet")},
    "Refund": {
        "id": gid("Refund"),
        "createdAt": made("DateTime", lambda r: instant(r.at)),
        "processedAt": made("DateTime!", lambda r: instant(r.at)),
        "totalRefundedSet": money(lambda r: r.amount),
        "duties": made("[RefundDuty!]", lambda r: [{"amountSet": bag(r.duties, r.money)}] if r.duties else []),
        "refundShippingLines": hanging("RefundShippingLineConnection!", _shipping_back),
        "refundLineItems": hanging("RefundLineItemConnection!", lambda r: r.lines),
    },
    "RefundDuty": {"amountSet": key("MoneyBag!", "amountSet")},
    "RefundShippingLine": {
        "id": gid("RefundShippingLine"),
        "subtotalAmountSet": money(lambda r: r.shipping),
        "taxAmountSet": money(lambda _: 0),
    },
    "ShippingLine": {
        "originalPriceSet": money(lambda o: o.shipping),
        "discountedPriceSet": money(lambda o: o.shipping - o.shipping_off),
    },
    "Company": {
        "id": gid("Company"),
        "name": plain("String!", "name"),
        "updatedAt": made("DateTime!", lambda c: instant(c.updated)),
    },
    "PurchasingCompany": {
        "company": FieldType("Company!", lambda buyer, call: call.shop.companies.live[buyer.order.company])
    },
    "RefundLineItem": {
        "id": gid("RefundLineItem", "ID"),
        "quantity": plain("Int!", "quantity"),
        "lineItem": FieldType("LineItem!", lambda line, call: call.shop.refunded(line)),
        "subtotalSet": money(lambda line: line.subtotal),
        "totalTaxSet": money(lambda line: line.tax),
    },
    "Fulfillment": {
        "id": gid("Fulfillment"),
        "createdAt": made("DateTime!", lambda p: instant(p.created)),
        "deliveredAt": made("DateTime", lambda p: instant(p.delivered)),
        "status": made("FulfillmentStatus!", lambda _: "SUCCESS"),
        "displayStatus": made("FulfillmentDisplayStatus", lambda p: "DELIVERED" if p.delivered else "IN_TRANSIT"),
    },
}

ABSTRACT: dict[str, tuple[str, ...]] = {
    "PurchasingEntity": ("Customer", "PurchasingCompany"),
    "Node": ("BulkOperation", "Customer", "Order", "Product", "ProductVariant", "Refund", "LineItem", "Metafield"),
}
"""Interfaces and unions, with those of their types that are known here."""

_CLASS = {"Line": "LineItem", "Parcel": "Fulfillment", "Operation": "BulkOperation"}


@dataclass(frozen=True)
class PurchasingCompany:
    """A company as the buyer of an order."""

    order: Order


def type_of(thing: Any) -> str:
    """The GraphQL type of an object that stands where an interface or a union is."""
    name = type(thing).__name__
    return _CLASS.get(name, name)


FREE = {"MoneyBag", "MoneyV2", "MailingAddress", "PageInfo", "Count"}
"""Value objects, which cost nothing."""


def node_type(connection: str) -> str:
    """The type of a connection's nodes."""
    return connection.removesuffix("Connection")
