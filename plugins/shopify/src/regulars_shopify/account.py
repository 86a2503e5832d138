"""Who we are on the shop, and what would make its numbers wrong without an error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

from regulars import AuthError, CheckReport, Finding, Http

from regulars_shopify.client import ShopifyClient
from regulars_shopify.policy import API_VERSION, FellForwardError
from regulars_shopify.protected import personal_data
from regulars_shopify.replies import SHOP, ProbeData, ShopData
from regulars_shopify.settings import ShopifySettings
from regulars_shopify.writers import other_writers

SCOPES = {
    "read_customers": "the people, their addresses and their consent",
    "read_orders": "orders, lines, refunds and parcels of the last 60 days",
    "read_all_orders": "orders older than 60 days; without it every customer's history is cut off silently",
    "read_products": "what was sold, and its category",
}
WRITE_SCOPES = {
    "write_customers": "our metafields and tags",
    "read_discounts": "whether a discount code is taken",
    "write_discounts": "single-use discount codes",
}
_ALSO_USED = frozenset({"read_companies", "read_customer_merge", "read_customer_data_erasure"})
WINDOW = timedelta(days=60)
"""What of the orders can be seen without read_all_orders."""


def check(settings: ShopifySettings, http: Http) -> CheckReport:
    """Ask the shop who it is and what we can see. Raises AuthError for a token that is refused."""
    client = ShopifyClient(settings, http)
    told, version = _told(client)
    shop = told["shop"]
    behind = version.level == "error"
    found = () if behind else (*_scopes(client, told), *personal_data(client), *_contents(client, told, http))
    return CheckReport(
        account_id=shop["id"],
        account_name=shop["name"],
        findings=(*_shop(told, settings), version, *found),
        currency=shop["currencyCode"],
        timezone=shop["ianaTimezone"],
    )


def _told(client: ShopifyClient) -> tuple[ShopData, Finding]:
    """Who the shop is, even where it answers in another version than we speak."""
    try:
        return client.shop(), Finding("ok", "version", f"{API_VERSION}, as asked for")
    except FellForwardError as fault:
        return SHOP.validate_json(fault.body)["data"], Finding("error", "version", f"{fault.what}. {fault.hint}")


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


def _scopes(client: ShopifyClient, told: ShopData) -> Iterator[Finding]:
    granted = _granted(told)
    missing = [scope for scope in SCOPES if scope not in granted]
    for scope in missing:
        yield Finding("error", "scopes", f"{scope} is missing: {SCOPES[scope]}")
    for scope, fault in _refused(client, granted):
        yield Finding("error", "scopes", f"{scope} is granted by name and refused all the same: {fault}")
    if not missing:
        more = sorted(granted - {*SCOPES, *WRITE_SCOPES, *_ALSO_USED})
        text = f"{len(SCOPES)} of {len(SCOPES)} to read; more than we use: {', '.join(more) or 'none'}"
        yield Finding("warning" if more else "ok", "scopes", text)
    without = [f"{scope} ({why})" for scope, why in WRITE_SCOPES.items() if scope not in granted]
    if without:
        yield Finding("ok", "writing", f"reads only; to write, grant {', '.join(without)}")


def _refused(client: ShopifyClient, granted: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Scopes that are there by name but open nothing."""
    probes: dict[str, Callable[[], object]] = {
        "read_customers": lambda: client.count("customers"),
        "read_orders": lambda: client.count("orders"),
        "read_products": lambda: client.products(None, None),
    }
    for scope, ask in probes.items():
        if scope in granted:
            try:
                ask()
            except AuthError as fault:
                yield scope, fault.what


def _contents(client: ShopifyClient, told: ShopData, http: Http) -> Iterator[Finding]:
    edge = http.clock.now() - WINDOW
    try:
        seen = client.probe(edge)
    except AuthError as fault:
        yield Finding("error", "access", f"{fault.what}. {fault.hint}")
        return
    yield _history(client, seen, told, http)
    yield _currencies(seen, told)
    if tests := seen["testOrders"]["count"]:
        yield Finding("warning", "test orders", f"{tests} test orders are kept aside and never counted")
    yield from other_writers(client)
    left = http.quota.left().get("default", 0.0)
    yield Finding("ok", "quota", f"{left:,.0f} points left just now; other apps have their own")


def _history(client: ShopifyClient, seen: ProbeData, told: ShopData, http: Http) -> Finding:
    """Whether old orders are left out, which Shopify does without an error."""
    count, recent = seen["ordersCount"]["count"], seen["recentOrders"]["count"]
    oldest = seen["oldest"]["nodes"]
    edge = http.clock.now() - WINDOW
    since = f", the oldest of {oldest[0]['createdAt']:%Y-%m-%d}" if oldest else ""
    cut = not oldest or oldest[0]["createdAt"] >= edge
    if "read_all_orders" not in _granted(told):
        text = f"{count} orders on the platform, only those of the last 60 days can be read{since}"
        return Finding("error", "orders", f"{text}: grant read_all_orders")
    if cut and count and (count > recent or _bought_before(client, seen, http)):
        text = f"the shop says {count:,} orders, we can read {min(count, recent):,}{since}"
        hint = "read_all_orders is granted but not approved: Dev Dashboard, API access, all orders"
        return Finding("error", "orders", f"{text}; {hint}")
    return Finding("ok", "orders", f"{count:,} orders{since}")


def _bought_before(client: ShopifyClient, seen: ProbeData, http: Http) -> bool:
    """Whether early customers have more orders by their own count than can be found."""
    edge = http.clock.now() - WINDOW
    early = (one for one in seen["early"]["nodes"] if one["createdAt"] < edge)
    numbers = ((one["id"].rpartition("/")[2], int(one["numberOfOrders"])) for one in early)
    return any(client.count("orders", f"customer_id:{number}") < orders for number, orders in numbers)


def _currencies(seen: ProbeData, told: ShopData) -> Finding:
    latest, home = seen["latest"]["nodes"], told["shop"]["currencyCode"]
    shown = Counter(order["presentmentCurrencyCode"] for order in latest)
    others = [f"{number} in {code}" for code, number in shown.most_common() if code != home]
    strange = Counter(order["currencyCode"] for order in latest if order["currencyCode"] != home)
    if strange:
        text = ", ".join(f"{number} in {code}" for code, number in strange.items())
        return Finding(
            "warning", "currency", f"the shop sells in {home}, but of the latest orders {text} are kept"
        )
    presented = f"; of the latest {len(latest)} orders {', '.join(others)} were presented" if others else ""
    return Finding("ok", "currency", f"{home}{presented} (the shop's own money is used)")
