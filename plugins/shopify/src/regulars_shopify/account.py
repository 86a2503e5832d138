"""Who we are on the shop, and what would make its numbers wrong without an error."""

from __future__ import annotations

from collections.abc import Iterator

from regulars import AuthError, CheckReport, Finding, Http

from regulars_shopify.client import ShopifyClient
from regulars_shopify.replies import ProbeData, ShopData
from regulars_shopify.settings import ShopifySettings

SCOPES = {
    "read_customers": "the people, their addresses and their consent",
    "read_orders": "orders, lines, refunds and parcels of the last 60 days",
    "read_all_orders": "orders older than 60 days; without it every customer's history is cut off silently",
    "read_products": "what was sold, and its category",
}


def check(settings: ShopifySettings, http: Http) -> CheckReport:
    """Ask the shop who it is and what we can see. Raises AuthError for a token that is refused."""
    client = ShopifyClient(settings, http)
    told = client.shop()
    shop = told["shop"]
    return CheckReport(
        account_id=shop["id"],
        account_name=shop["name"],
        findings=(*_shop(told, settings), *_scopes(told), *_contents(client, told)),
        currency=shop["currencyCode"],
        timezone=shop["ianaTimezone"],
    )


def _shop(told: ShopData, settings: ShopifySettings) -> Iterator[Finding]:
    shop = told["shop"]
    plan, currency, zone = shop["plan"]["publicDisplayName"], shop["currencyCode"], shop["ianaTimezone"]
    yield Finding("ok", "shop", f"{shop['name']} on plan {plan}, sells in {currency}, time zone {zone}")
    if shop["myshopifyDomain"] != settings.shop:
        text = f"the shop's own domain is {shop['myshopifyDomain']}, the setting says {settings.shop}"
        yield Finding("warning", "domain", text)


def _granted(told: ShopData) -> frozenset[str]:
    """Handles of the granted scopes; a right to write holds the right to read."""
    handles = {scope["handle"] for scope in told["currentAppInstallation"]["accessScopes"]}
    return frozenset(handles | {h.replace("write_", "read_", 1) for h in handles if h.startswith("write_")})


def _scopes(told: ShopData) -> Iterator[Finding]:
    granted = _granted(told)
    for scope, why in SCOPES.items():
        if scope not in granted:
            yield Finding("error", "scopes", f"{scope} is missing: {why}")
    if granted.issuperset(SCOPES):
        yield Finding("ok", "scopes", "all that reading needs is granted")


def _contents(client: ShopifyClient, told: ShopData) -> Iterator[Finding]:
    try:
        seen = client.probe()
    except AuthError as fault:
        yield Finding("error", "access", f"{fault.what}. {fault.hint}")
        return
    yield _personal_data(seen)
    yield _orders(seen, "read_all_orders" in _granted(told))
    if tests := seen["testOrders"]["count"]:
        yield Finding("warning", "test orders", f"{tests} test orders are kept aside and never counted")


def _personal_data(seen: ProbeData) -> Finding:
    customers = seen["customers"]["nodes"]
    addresses = [c["defaultEmailAddress"] for c in customers]
    if any(address and address["emailAddress"] for address in addresses):
        return Finding(
            "ok", "personal data", f"addresses of {seen['customersCount']['count']} customers can be read"
        )
    if not customers:
        return Finding("warning", "personal data", "the shop has no customers yet")
    text = "the first customers have no readable address: ask Shopify for access to protected customer data"
    return Finding("error", "personal data", text)


def _orders(seen: ProbeData, all_of_them: bool) -> Finding:
    count, oldest = seen["ordersCount"]["count"], seen["oldest"]["nodes"]
    since = f", the oldest readable of {oldest[0]['createdAt'][:10]}" if oldest else ""
    if all_of_them:
        return Finding("ok", "orders", f"{count} orders{since}")
    text = f"{count} orders on the platform, only those of the last 60 days can be read{since}"
    return Finding("error", "orders", f"{text}: grant read_all_orders")
