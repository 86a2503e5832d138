"""What bulk operations are asked for, and how their lines become the nodes that pages hold.

A page of the API nests what hangs on an object; a bulk result has it in lines of its own. They are put
back where a page has them, so that one model and one mapping serve both ways.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter
from regulars import Rejected

from regulars_shopify.client import ShopifyClient, document
from regulars_shopify.models import CustomerNode, OrderHead, OrderNode
from regulars_shopify.namespace import NAMESPACE
from regulars_shopify.pages import Lines, Listing
from regulars_shopify.spool import Family

_ONLY = "# only with "
_CUSTOMERS = Lines("person", TypeAdapter(list[CustomerNode]), TypeAdapter(CustomerNode))
_ORDERS = Lines("order", TypeAdapter(list[OrderHead]), TypeAdapter(OrderHead))


def customers_query(where: str | None, metafields: Sequence[str]) -> str:
    """The inner query for customers, with the metafields that the client mapped."""
    kept = _with("bulk_customers", {"KEYS"} if metafields else set())
    return kept.replace("$FILTER", where or "").replace("$KEYS", '", "'.join(metafields))


def orders_query(where: str | None, companies: bool) -> str:
    """The inner query for orders."""
    return _with("bulk_orders", {"COMPANIES"} if companies else set()).replace("$FILTER", where or "")


def _with(name: str, wanted: set[str]) -> str:
    """A document without the lines that are meant for other cases."""
    lines = (line.partition(_ONLY) for line in document(name).splitlines())
    return "\n".join(text.rstrip() for text, _, case in lines if not case or case in wanted)


def customers(families: Sequence[Family], metafields: Sequence[str]) -> Listing[CustomerNode]:
    """Customers with their metafields."""
    return _CUSTOMERS.read([_customer(family, bool(metafields)) for family in families])


def _customer(family: Family, mapped: bool) -> bytes:
    root, children = family
    ours = b",".join(line for space, line in children if space == NAMESPACE)
    whole = b'%b,"ours":{"nodes":[%b]}' % (root[:-1], ours)
    if mapped:
        others = b",".join(line for space, line in children if space != NAMESPACE)
        whole = b'%b,"metafields":{"nodes":[%b]}' % (whole, others)
    return whole + b"}"


def orders(families: Sequence[Family], client: ShopifyClient) -> Listing[OrderNode]:
    """Orders with all their lines, and with their refunds, which a bulk operation cannot carry whole."""
    found = _ORDERS.read([_order(family) for family in families])
    ids = [refund["id"] for node in found.nodes for refund in node["refunds"]]
    refunds = {refund["id"]: refund for refund in client.refunds(ids) if refund} if ids else {}
    whole: list[OrderNode] = []
    rejected = [*found.rejected]
    for node in found.nodes:
        try:
            theirs = [refunds[refund["id"]] for refund in node["refunds"]]
        except KeyError as lost:
            rejected.append(Rejected("order", node["id"], f"its refund {lost} is not to be had"))
            continue
        whole.append({**node, "refunds": theirs})
    return Listing(whole, rejected, None)


def _order(family: Family) -> bytes:
    root, children = family
    lines = b",".join(line for _, line in children)
    end = b'"pageInfo":{"hasNextPage":false,"endCursor":null}'
    return b'%b,"lineItems":{"nodes":[%b],%b}}' % (root[:-1], lines, end)
