"""The simulated Shopify shop: for the demo, for tests and for trying things without an account."""

from regulars_shopify.sandbox.shop import ShopifySandbox

__all__ = ["ShopifySandbox"]
