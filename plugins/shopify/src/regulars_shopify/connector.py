"""What Shopify is to the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regulars import Clock, Connector

from regulars_shopify.account import SCOPES, check
from regulars_shopify.policy import API_VERSION, policy
from regulars_shopify.settings import ShopifySettings
from regulars_shopify.source import ShopifySource

if TYPE_CHECKING:
    from regulars_shopify.sandbox import ShopifySandbox


def connector() -> Connector:
    """A shop that is read and not yet written to."""
    return Connector(
        name="shopify",
        title="Shopify",
        role="shop",
        api_version=API_VERSION,
        settings=ShopifySettings,
        policy=policy,
        check=check,
        source=ShopifySource,
        sandbox=_sandbox,
        scopes=SCOPES,
    )


def _sandbox(clock: Clock, seed: int = 0) -> ShopifySandbox:
    """The simulated shop, imported only where one is wanted."""
    from regulars_shopify.sandbox import ShopifySandbox

    return ShopifySandbox(clock, seed)
