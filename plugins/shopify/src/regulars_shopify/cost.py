"""What our queries cost in points, computed before they are sent.

Shopify refuses a query of more than 1000 points and admits it only while the bucket holds them. The
rule is Shopify's published one (shopify.dev, API usage limits): an object 1, a scalar or a value
object (money, address, page info) 0, a connection `2 + nodes * floor(2 ln(first))`, a root count 10.
"""

from __future__ import annotations

from math import floor, log

SINGLE_QUERY_MAX = 1000


def connection(first: int, *inside: int) -> int:
    """Points of a connection of `first` objects, each holding objects of `inside` points."""
    return 2 + (1 + sum(inside)) * floor(2 * log(max(2, first)))


_LINE = (1, 1, 1)  # product, discountAllocations, taxLines
_REFUND_LINE = (1,)  # lineItem

SHOP = 1 + 1 + 1 + 1  # shop, plan, currentAppInstallation, accessScopes
PROBE = connection(10, 1) + 3 * 10 + connection(1)
ORDER_LINES = 1 + connection(250, *_LINE)
REFUND_LINES = 1 + connection(250, *_REFUND_LINE)


def products(first: int) -> int:
    """Points of `products.graphql`."""
    return connection(first)


def customers(first: int, metafields: int) -> int:
    """Points of `customers.graphql` with so many metafields each (0: not asked for)."""
    address, phone, sms = 1, 1, 1
    return connection(first, address, phone, sms, connection(metafields) if metafields else 0)


def orders(first: int) -> int:
    """Points of `orders.graphql`."""
    customer, refunds, fulfilments = 1, 1, 1
    return connection(first, customer, connection(20, *_LINE), refunds, connection(10, *_REFUND_LINE), fulfilments)
