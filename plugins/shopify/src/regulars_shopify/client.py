"""Shopify's Admin GraphQL endpoint, a method a question. No rules live here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError
from regulars import AuthError, Http, PlatformError, Response, UnknownOutcomeError

from regulars_shopify import cost, replies
from regulars_shopify.access import Access
from regulars_shopify.models import (
    CompanyNode,
    CustomerNode,
    LineNode,
    Numbered,
    OrderNode,
    ProductNode,
    RefundLineNode,
    RefundNode,
)
from regulars_shopify.pages import Listing
from regulars_shopify.policy import ENDPOINT, FileGoneError
from regulars_shopify.settings import ShopifySettings

D = TypeVar("D")

_FEWEST_ORDERS = 10
PERSONAL = ("name", "email", "phone", "address")
"""Kinds of protected customer data."""
LINES_A_PAGE, MANY_LINES_A_PAGE = 50, 250
"""Lines that come with an order: enough for most shops, and for one where many orders have more."""


@cache
def document(name: str) -> str:
    """A query's text."""
    return files("regulars_shopify").joinpath("queries", f"{name}.graphql").read_text("utf-8")


class ShopifyClient:
    """The questions we ask. All are reads. Raises AuthError, ConfigError, PlatformError, QuotaError."""

    def __init__(self, settings: ShopifySettings, http: Http) -> None:
        self.http = http
        self.access = Access(settings, http)
        self._orders_a_page = cost.LARGEST_PAGE

    def shop(self) -> replies.ShopData:
        """Who the shop is and what we may do there."""
        return _data(replies.SHOP, self._ask("shop", {}, cost.SHOP))

    def opened(self) -> datetime:
        """When the shop was made: nothing in it is older."""
        return self.shop()["shop"]["createdAt"]

    def probe(self, since: datetime) -> replies.ProbeData:
        """How much there is, how far back it goes, and how many orders were made since an instant."""
        asked = {"recently": f"created_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"}
        return _data(replies.PROBE, self._ask("probe", asked, cost.PROBE))

    def personal(self, kind: str) -> list[replies.PersonalCustomer]:
        """The latest customers with one kind of `PERSONAL` data ("": none). Raises AuthError where refused."""
        asked = {name: name == kind for name in PERSONAL}
        return _data(replies.PERSONAL, self._ask("personal_data", asked, cost.PERSONAL))["customers"]["nodes"]

    def sample(self) -> list[replies.SampleCustomer]:
        """Tags and metafields of the latest customers."""
        return _data(replies.SAMPLE, self._ask("sample", {}, cost.SAMPLE))["customers"]["nodes"]

    def definitions(self) -> Iterator[replies.DefinitionNode]:
        """All defined metafields of customers."""
        after = None
        while True:
            told = _data(replies.DEFINITIONS, self._ask("discovery", {"after": after}, cost.DEFINITIONS))
            page = told["metafieldDefinitions"]
            yield from page["nodes"]
            if not page["hasNextPage"]:
                return
            after = page["endCursor"]

    def count(self, kind: Literal["customers", "orders"], where: str | None = None) -> int:
        """How many objects match a search; of customers only by id, created_at and updated_at."""
        answer = self._ask(f"{kind}_count", {"filter": where}, cost.COUNT)
        if kind == "customers":
            return _data(replies.CUSTOMERS_COUNT, answer)["customersCount"]["count"]
        return _data(replies.ORDERS_COUNT, answer)["ordersCount"]["count"]

    def customer_ids(self, where: str | None, after: str | None) -> Listing[Numbered]:
        """Ids of the customers that match a search, the least first, each with its latest order's."""
        asked = {"first": cost.LARGEST_PAGE, "after": after, "filter": where}
        answer = self._ask("customer_ids", asked, cost.CUSTOMER_IDS)
        return replies.CUSTOMER_IDS.read(answer.body, answer.url)

    def order_ids(self, where: str | None, after: str | None) -> Listing[Numbered]:
        """Ids of the orders that match a search, the least first."""
        asked = {"first": cost.LARGEST_PAGE, "after": after, "filter": where}
        answer = self._ask("order_ids", asked, cost.ORDER_IDS)
        return replies.ORDER_IDS.read(answer.body, answer.url)

    def still_there(self, ids: Sequence[str]) -> dict[str, str | None]:
        """Those of some ids that something has, each with the customer of an order; past the search index."""
        found: dict[str, str | None] = {}
        most = cost.fitting(cost.still_there)
        for at in range(0, len(ids), most):
            some = list(ids[at : at + most])
            told = _data(replies.STILL_THERE, self._ask("still_there", {"ids": some}, cost.still_there(len(some))))
            for node in filter(None, told["nodes"]):
                customer = node.get("customer")
                found[node["id"]] = customer["id"] if customer else None
        return found

    def oldest_order(self) -> tuple[datetime, datetime | None]:
        """When the shop was made, and its oldest order that we may see."""
        told = _data(replies.OLDEST_ORDER, self._ask("oldest_order", {}, cost.OLDEST_ORDER))
        orders = told["orders"]["nodes"]
        return told["shop"]["createdAt"], orders[0]["createdAt"] if orders else None

    def products(self, where: str | None, after: str | None) -> Listing[ProductNode]:
        """Products that match a search, the least recently changed first."""
        first = cost.fitting(cost.products)
        answer = self._ask("products", {"first": first, "after": after, "filter": where}, cost.products(first))
        return replies.PRODUCTS.read(answer.body, answer.url)

    def customers(self, where: str | None, after: str | None, metafields: Sequence[str]) -> Listing[CustomerNode]:
        """Customers that match a search, the least recently changed first.

        `metafields` are `namespace.key` names to read with them, at most 250.
        """
        first = cost.fitting(lambda size: cost.customers(size, len(metafields)))
        asked = {
            "first": first,
            "after": after,
            "filter": where,
            "withMetafields": bool(metafields),
            "metafields": max(1, len(metafields)),
            "keys": list(metafields),
        }
        answer = self._ask("customers", asked, cost.customers(first, len(metafields)))
        return replies.CUSTOMERS.read(answer.body, answer.url)

    def companies(self, where: str | None, after: str | None) -> Listing[CompanyNode]:
        """Companies that match a search, the least recently changed first."""
        first = cost.fitting(cost.companies)
        answer = self._ask("companies", {"first": first, "after": after, "filter": where}, cost.companies(first))
        return replies.COMPANIES.read(answer.body, answer.url)

    def has_companies(self) -> bool:
        """Whether the shop sells to companies and we may see them. Most shops do not, and say so by a refusal."""
        try:
            answer = self._ask("companies_count", {}, cost.COUNT)
        except AuthError:
            return False
        counted = _data(replies.COMPANIES_COUNT, answer)["companiesCount"]
        return bool(counted and counted["count"])

    def orders(
        self, where: str | None, after: str | None, lines: int = LINES_A_PAGE, companies: bool = False
    ) -> Listing[OrderNode]:
        """Orders that match a search, the least recently changed first, each with its first `lines` lines."""
        first = min(self._orders_a_page, cost.fitting(lambda size: cost.orders(size, lines, companies)))
        asked = {"first": first, "after": after, "filter": where, "lines": lines, "companies": companies}
        try:
            answer = self._ask("orders", asked, cost.orders(first, lines, companies))
        except PlatformError:
            # What Shopify cannot gather within its time limit, it can in smaller pieces.
            if first <= _FEWEST_ORDERS:
                raise
            self._orders_a_page = first // 5
            return self.orders(where, after, lines, companies)
        return replies.ORDERS.read(answer.body, answer.url)

    def refunds(self, ids: Sequence[str]) -> list[RefundNode | None]:
        """Refunds by their ids, None for one that is not there; any number of them."""
        found: list[RefundNode | None] = []
        most = cost.fitting(cost.refunds)
        for at in range(0, len(ids), most):
            some = list(ids[at : at + most])
            found += _data(replies.REFUNDS, self._ask("refunds", {"ids": some}, cost.refunds(len(some))))["nodes"]
        return found

    def order_lines(self, order_id: str, after: str | None) -> Listing[LineNode]:
        """Further lines of an order."""
        answer = self._ask("order_lines", {"id": order_id, "after": after}, cost.ORDER_LINES)
        return replies.LINES.read(answer.body, answer.url)

    def refund_lines(self, refund_id: str, after: str | None) -> Listing[RefundLineNode]:
        """Further lines of a refund."""
        answer = self._ask("refund_lines", {"id": refund_id, "after": after}, cost.REFUND_LINES)
        return replies.REFUND_LINES.read(answer.body, answer.url)

    def bulk_run(self, query: str) -> tuple[replies.Started | None, Sequence[replies.Refusal]]:
        """Begin a bulk operation; None with the reasons where Shopify does not.

        Raises UnknownOutcomeError where nobody knows whether it began.
        """
        answer = self._ask("bulk_run", {"query": query}, cost.MUTATION, reads=False)
        try:
            run = replies.BULK_RUN.validate_json(answer.body)["data"]["bulkOperationRunQuery"]
        except ValidationError:
            raise UnknownOutcomeError("the answer cannot be understood", where=answer.url) from None
        return run["bulkOperation"], run["userErrors"]

    def bulk_poll(self, id: str) -> replies.Operation | None:
        """How a bulk operation stands, None where Shopify knows none of that id."""
        return _data(replies.BULK_POLL, self._ask("bulk_poll", {"id": id}, cost.BULK_POLL))["bulkOperation"]

    def bulk_running(self) -> list[replies.Begun]:
        """The app's latest bulk operations, the newest first."""
        told = _data(replies.BULK_RUNNING, self._ask("bulk_running", {}, cost.BULK_RUNNING))
        return told["bulkOperations"]["nodes"]

    def part(self, url: str, first: int, last: int) -> bytes | None:
        """Bytes of a file on the storage host, which gets no token of ours. None where it is no longer there."""
        self.http.conceal(urlsplit(url).query)  # its signature opens the file to anybody
        asked = {"range": f"bytes={first}-{last}", "accept-encoding": "identity"}
        try:
            answer = self.http.request("GET", url, headers=asked, bucket="files")
        except FileGoneError:
            return None
        return answer.body if answer.status == 206 else answer.body[first : last + 1]

    def _ask(self, name: str, variables: Mapping[str, Any], points: int, *, reads: bool = True) -> Response:
        return self.access.using(
            lambda token: self.http.request(
                "POST",
                ENDPOINT,
                json={"query": document(name), "variables": variables},
                headers={"X-Shopify-Access-Token": token},
                reads=reads,
                cost=points,
            )
        )


def _data(reply: TypeAdapter[replies.Reply[D]], answer: Response) -> D:
    """What stands under `data`. Raises PlatformError where it is not what was asked for."""
    try:
        return reply.validate_python(answer.json())["data"]
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise PlatformError(what, where=answer.url, hint="Try again later") from None
