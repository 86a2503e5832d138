"""Shopify's Admin GraphQL endpoint, a method a question. No rules live here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import ValidationError
from regulars import Http, PlatformError, Response

from regulars_shopify import cost, replies
from regulars_shopify.access import Access
from regulars_shopify.models import CustomerNode, LineNode, OrderNode, ProductNode, RefundLineNode
from regulars_shopify.pages import Listing
from regulars_shopify.policy import ENDPOINT
from regulars_shopify.settings import ShopifySettings

PRODUCTS_A_PAGE = 250
CUSTOMERS_A_PAGE = 250
ORDERS_A_PAGE = 100  # a page of orders comes with all their lines; larger ones risk the platform's time limit


@cache
def document(name: str) -> str:
    """A query's text."""
    return files("regulars_shopify").joinpath("queries", f"{name}.graphql").read_text("utf-8")


class ShopifyClient:
    """The questions we ask. All are reads. Raises AuthError, ConfigError, PlatformError, QuotaError."""

    def __init__(self, settings: ShopifySettings, http: Http) -> None:
        self.http = http
        self._access = Access(settings, http)

    def shop(self) -> replies.ShopData:
        """Who the shop is and what we may do there."""
        answer = self._ask("shop", {}, cost.SHOP)
        try:
            return replies.SHOP.validate_json(answer.body)["data"]
        except ValidationError as fault:
            raise _nonsense(answer, fault) from None

    def probe(self) -> replies.ProbeData:
        """How much there is, and whether personal data comes through."""
        answer = self._ask("probe", {}, cost.PROBE)
        try:
            return replies.PROBE.validate_json(answer.body)["data"]
        except ValidationError as fault:
            raise _nonsense(answer, fault) from None

    def products(self, where: str | None, after: str | None) -> Listing[ProductNode]:
        """Products that match a search, the least recently changed first."""
        asked = {"first": PRODUCTS_A_PAGE, "after": after, "filter": where}
        answer = self._ask("products", asked, cost.products(PRODUCTS_A_PAGE))
        return replies.PRODUCTS.read(answer.body, answer.url)

    def customers(self, where: str | None, after: str | None, metafields: Sequence[str]) -> Listing[CustomerNode]:
        """Customers that match a search, the least recently changed first.

        `metafields` are `namespace.key` names to read with them, at most 250.
        """
        asked = {
            "first": CUSTOMERS_A_PAGE,
            "after": after,
            "filter": where,
            "withMetafields": bool(metafields),
            "metafields": max(1, len(metafields)),
            "keys": list(metafields),
        }
        answer = self._ask("customers", asked, cost.customers(CUSTOMERS_A_PAGE, len(metafields)))
        return replies.CUSTOMERS.read(answer.body, answer.url)

    def orders(self, where: str | None, after: str | None) -> Listing[OrderNode]:
        """Orders that match a search, the least recently changed first, each with its first lines."""
        asked = {"first": ORDERS_A_PAGE, "after": after, "filter": where}
        answer = self._ask("orders", asked, cost.orders(ORDERS_A_PAGE))
        return replies.ORDERS.read(answer.body, answer.url)

    def order_lines(self, order_id: str, after: str | None) -> Listing[LineNode]:
        """Further lines of an order."""
        answer = self._ask("order_lines", {"id": order_id, "after": after}, cost.ORDER_LINES)
        return replies.LINES.read(answer.body, answer.url)

    def refund_lines(self, refund_id: str, after: str | None) -> Listing[RefundLineNode]:
        """Further lines of a refund."""
        answer = self._ask("refund_lines", {"id": refund_id, "after": after}, cost.REFUND_LINES)
        return replies.REFUND_LINES.read(answer.body, answer.url)

    def _ask(self, name: str, variables: Mapping[str, Any], points: int) -> Response:
        return self.http.request(
            "POST",
            ENDPOINT,
            json={"query": document(name), "variables": variables},
            headers={"X-Shopify-Access-Token": self._access.token()},
            reads=True,
            cost=points,
        )


def _nonsense(answer: Response, fault: ValidationError) -> PlatformError:
    first = fault.errors(include_url=False, include_input=False)[0]
    path = ".".join(map(str, first["loc"])) or "the answer"
    return PlatformError(f"{path}: {first['msg']}", where=answer.url, hint="Try again later")
