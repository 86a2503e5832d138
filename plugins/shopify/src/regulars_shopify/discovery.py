"""What the shop holds that a mapping could use: metafields, tags, and what there is to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from regulars import Discovery, FoundField, FoundList, Http

from regulars_shopify.client import ShopifyClient
from regulars_shopify.namespace import NAMESPACE
from regulars_shopify.settings import ShopifySettings
from regulars_shopify.writers import Sample, is_ours

_WINDOW = timedelta(days=60)


def discover(settings: ShopifySettings, http: Http) -> Discovery:
    """Ask the shop. Writes nothing. Raises AuthError where customers or orders cannot be read."""
    client = ShopifyClient(settings, http)
    sample, people = Sample.of(client), client.count("customers")
    return Discovery(
        lists=tuple(
            FoundList(tag, tag, "tag", number if sample.people == people else None, is_ours(tag))
            for tag, number in sorted(sample.tags.items())
        ),
        fields=tuple(_fields(client, sample, people)),
        facts=tuple(_facts(client, http)),
        sampled=sample.people,
    )


def _fields(client: ShopifyClient, sample: Sample, people: int) -> Iterator[FoundField]:
    """Defined metafields with exact fill rates, then those that only occur."""
    defined = set()
    for one in client.definitions():
        full = f"{one['namespace']}.{one['key']}"
        defined.add(full)
        share = min(1.0, one["metafieldsCount"] / people) if people else None
        yield FoundField(full, one["type"]["name"], one["name"], filled=share, ours=one["namespace"] == NAMESPACE)
    for full, number in sorted(sample.fields.items()):
        if full not in defined:
            ours = full.partition(".")[0] == NAMESPACE
            yield FoundField(full, "", filled=number / sample.people, ours=ours, note="has no definition")


def _facts(client: ShopifyClient, http: Http) -> Iterator[tuple[str, str]]:
    shop = client.shop()["shop"]
    seen = client.probe(http.clock.now() - _WINDOW)
    latest = seen["latest"]["nodes"]
    shown = Counter(order["presentmentCurrencyCode"] for order in latest)
    yield "zone", shop["ianaTimezone"]
    yield "currency of the shop", shop["currencyCode"]
    if latest:
        text = ", ".join(f"{code} {number:,}" for code, number in shown.most_common())
        yield "currencies", f"{text} of the latest {len(latest):,} orders"
    oldest = seen["oldest"]["nodes"]
    since = f", the oldest of {oldest[0]['createdAt']:%Y-%m-%d}" if oldest else ""
    yield "orders", f"{seen['ordersCount']['count']:,}{since}"
    yield "test orders", f"{seen['testOrders']['count']:,}"
    yield "customers", f"{seen['customersCount']['count']:,}"
    yield "sells to companies", "yes" if client.has_companies() else "no"
