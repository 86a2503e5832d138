"""What our queries cost in points, computed before they are sent.

Shopify refuses a query of more than 1000 points and admits it only while the bucket holds them. The
rule is Shopify's published one (shopify.dev, API usage limits): an object 1, a scalar or a value
object (money, address, page info) 0, a connection `2 + nodes * floor(2 ln(first))`, a root count 10,
a mutation 10. So a large page is cheap and a nested connection is dear.
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor, log

SINGLE_QUERY_MAX = 1000
LARGEST_PAGE = 250


def connection(first: int, *inside: int) -> int:
    """Points of a connection of `first` objects, each holding objects of `inside` points."""
    return 2 + (1 + sum(inside)) * floor(2 * log(max(2, first)))


def fitting(cost: Callable[[int], int], most: int = LARGEST_PAGE) -> int:
    """The largest page, or number of ids, up to `most` whose cost one query may have; at least 1."""
    return next((size for size in range(most, 1, -1) if cost(size) <= SINGLE_QUERY_MAX), 1)


_LINE = (1, 1, 1)  # product, discountAllocations, taxLines
_REFUND_LINE = (1,)  # lineItem
_REFUND = (connection(10, *_REFUND_LINE), connection(5), 1)  # refundLineItems, refundShippingLines, duties
_PURCHASER = (1, 1)  # purchasingEntity, company

SHOP = 1 + 1 + 1 + 1  # shop, plan, currentAppInstallation, accessScopes
PROBE = 4 * 10 + connection(3) + connection(1) + connection(250)
PERSONAL = connection(50, 1)
SAMPLE = connection(50, connection(50))
DEFINITIONS = connection(250, 1)
COUNT = 10
OLDEST_ORDER = 1 + connection(1)
CUSTOMER_IDS = connection(LARGEST_PAGE, 1)
ORDER_IDS = connection(LARGEST_PAGE)
MUTATION = 10  # where its payload holds nothing but ids and errors
BULK_POLL = 1
BULK_RUNNING = connection(25)
ORDER_LINES = 1 + connection(LARGEST_PAGE, *_LINE)
REFUND_LINES = 1 + connection(LARGEST_PAGE, *_REFUND_LINE)


def products(first: int) -> int:
    """Points of `products.graphql`."""
    return connection(first)


def customers(first: int, metafields: int) -> int:
    """Points of `customers.graphql` with so many metafields each (0: not asked for)."""
    address, phone, sms = 1, 1, 1
    ours = connection(50)
    return connection(first, address, phone, sms, ours, connection(metafields) if metafields else 0)


def companies(first: int) -> int:
    """Points of `companies.graphql`."""
    return connection(first)


def orders(first: int, lines: int, companies: bool = False) -> int:
    """Points of `orders.graphql` with so many lines each."""
    customer, shipping, refunds, fulfilments = 1, 1, 1 + sum(_REFUND), 1
    purchaser = sum(_PURCHASER) if companies else 0
    return connection(first, customer, purchaser, shipping, connection(lines, *_LINE), refunds, fulfilments)


def still_there(ids: int) -> int:
    """Points of `still_there.graphql`."""
    return ids * 2


def refunds(ids: int) -> int:
    """Points of `refunds.graphql`: each id costs what it holds."""
    return ids * (1 + sum(_REFUND))
