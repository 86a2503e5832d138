"""What Shopify is to the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regulars import Clock, Connector, Writes

from regulars_shopify.account import SCOPES, check
from regulars_shopify.destination import BATCH, BULK_BATCH, BULK_FROM, ShopifyDestination
from regulars_shopify.discovery import discover
from regulars_shopify.namespace import FIELD_PREFIX, LIST_PREFIX, MAX_KEY
from regulars_shopify.policy import API_VERSION, policy
from regulars_shopify.settings import ShopifySettings
from regulars_shopify.source import ShopifySource
from regulars_shopify.totals import totals

if TYPE_CHECKING:
    from regulars_shopify.sandbox import ShopifySandbox

WRITES = Writes(
    field_prefix=FIELD_PREFIX,
    list_prefix=LIST_PREFIX,
    field_types=frozenset({"text", "number", "date", "boolean"}),
    batch=BATCH,
    address_change="own_field",
    replaces_email=False,
    repeats_codes=True,
    bulk_from=BULK_FROM,
    bulk_batch=BULK_BATCH,
    max_field_name=len(FIELD_PREFIX) + MAX_KEY,
    default_map=(
        ("stage", f"{FIELD_PREFIX}stage", "text"),
        ("level", f"{FIELD_PREFIX}level", "text"),
        ("clv_12m", f"{FIELD_PREFIX}clv", "number"),
        ("last_order_on", f"{FIELD_PREFIX}last_order_on", "date"),
    ),
)


def connector() -> Connector:
    """A shop: products, customers and orders are read, our metafields, tags and codes are written."""
    return Connector(
        name="shopify",
        title="Shopify",
        role="shop",
        api_version=API_VERSION,
        settings=ShopifySettings,
        policy=policy,
        check=check,
        discover=discover,
        source=ShopifySource,
        destination=ShopifyDestination,
        writes=WRITES,
        sandbox=_sandbox,
        scopes=SCOPES,
        totals=totals,
    )


def _sandbox(clock: Clock, seed: int = 0) -> ShopifySandbox:
    """The simulated shop, imported only where one is wanted."""
    from regulars_shopify.sandbox import ShopifySandbox

    return ShopifySandbox(clock, seed)
