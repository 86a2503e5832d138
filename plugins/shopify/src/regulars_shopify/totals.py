"""What the shop itself says of a span: its own count of orders, and each order read anew.

Shopify's reports (ShopifyQL) are not asked: they need a scope of their own, leave test orders out and date
cancellations in a way that is not documented to the penny. An order's own amounts are what they are made of.
"""

from __future__ import annotations

from datetime import datetime

from regulars import Http, Totals

from regulars_shopify.settings import ShopifySettings
from regulars_shopify.source import ShopifySource


def totals(settings: ShopifySettings, http: Http, since: datetime, until: datetime) -> Totals:
    """Count the orders placed in a span, and read all that were placed or given back in part in it.

    A refund changes its order, so that an order which has not changed since the span began has nothing in it.
    """
    source = ShopifySource(settings, http)
    return Totals(source.placed_in(since, until), source.orders_of(since, until))
