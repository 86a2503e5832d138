"""The simulated shop: one endpoint, its tokens, its bucket and what it keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from pydantic import TypeAdapter
from regulars import Clock
from regulars.testing import Answer, Asked, Sandbox, World

from regulars_shopify.namespace import LIST_PREFIX, NAMESPACE
from regulars_shopify.policy import UPLOADS
from regulars_shopify.sandbox import objects
from regulars_shopify.sandbox.collection import BadCursor, Collection, Slice, TooDeep
from regulars_shopify.sandbox.departures import Departures
from regulars_shopify.sandbox.discounts import Discounts
from regulars_shopify.sandbox.execution import Plan
from regulars_shopify.sandbox.faults import Refused
from regulars_shopify.sandbox.filling import Filling
from regulars_shopify.sandbox.language import SyntaxFault, parse
from regulars_shopify.sandbox.metafields import Metafields
from regulars_shopify.sandbox.objects import Company, Customer, Line, Order, Product, Refund, RefundLine
from regulars_shopify.sandbox.operations import FILES, Operations
from regulars_shopify.sandbox.people import People, clean
from regulars_shopify.sandbox.search import Search, Searchable, Unsupported
from regulars_shopify.sandbox.search import parse as parse_search
from regulars_shopify.sandbox.throttle import Bucket
from regulars_shopify.sandbox.tokens import Tokens
from regulars_shopify.sandbox.uploads import Uploads
from regulars_shopify.sandbox.webhooks import Webhooks, customer_payload

_ENDPOINT = re.compile(r"/admin/api/(\d{4}-\d\d|unstable)/graphql\.json")
_GID = re.compile(r"gid://shopify/(\w+)/(\d+)(?:\?.*)?")
_WINDOW = timedelta(days=60)
_SINGLE_QUERY_MAX = 1000
_COUNT_LIMIT = 10_000

_PRODUCTS = TypeAdapter(list[Product])
_CUSTOMERS = TypeAdapter(list[Customer])
_ORDERS = TypeAdapter(list[Order])
_COMPANIES = TypeAdapter(list[Company])
_KNOBS = (
    *("domain", "plan", "name", "currency", "timezone", "country", "taxes_included", "tax_percent", "token"),
    *(
        "client_id",
        "client_secret",
        "blanked",
        "counts_see_all",
        "b2b",
        "opened",
        "index_lag",
        "stale_counts",
    ),
    *("tell_throttle_status", "status", "versions"),
)

_PROTECTED = ("customer", "name", "email", "phone", "address")

_PRODUCT_SEARCH = {
    "id": Searchable("id", lambda p: p.id),
    "sku": Searchable("word", lambda p: p.sku),
    "title": Searchable("word", lambda p: p.title),
    "product_type": Searchable("word", lambda p: p.category),
    "created_at": Searchable("date", lambda p: p.created),
    "updated_at": Searchable("date", lambda p: p.updated),
}
_COMPANY_SEARCH = {
    "id": Searchable("id", lambda c: c.id),
    "updated_at": Searchable("date", lambda c: c.updated),
}
_CUSTOMER_SEARCH = {
    "id": Searchable("id", lambda c: c.id),
    "email": Searchable("word", lambda c: c.email),
    "first_name": Searchable("word", lambda c: c.first_name),
    "last_name": Searchable("word", lambda c: c.last_name),
    "tag": Searchable("tag", lambda c: c.tags),
    "orders_count": Searchable("id", lambda c: c.orders),
    "customer_date": Searchable("date", lambda c: c.created),
    "updated_at": Searchable("date", lambda c: c.updated),
}
_CUSTOMER_COUNT_SEARCH = {
    "id": Searchable("id", lambda c: c.id),
    "created_at": Searchable("date", lambda c: c.created),
    "updated_at": Searchable("date", lambda c: c.updated),
}
_ORDER_SEARCH = {
    "id": Searchable("id", lambda o: o.id),
    "email": Searchable("word", lambda o: o.email),
    "tag": Searchable("tag", lambda o: o.tags),
    "test": Searchable("flag", lambda o: o.test),
    "customer_id": Searchable("id", lambda o: objects.customer_id(o.customer)),
    "created_at": Searchable("date", lambda o: o.created),
    "processed_at": Searchable("date", lambda o: o.created),
    "updated_at": Searchable("date", lambda o: o.updated),
}


class ShopifySandbox(Sandbox):
    """A Shopify shop with the Admin GraphQL API, as far as `schema.TYPES` goes.

    Its knobs are its public attributes. `way_in` says what `credentials()` gives: a lasting token, or an app
    whose tokens last a day or an hour. `index_lag` is in seconds; `scopes` are those of the permanent
    token and of every token issued; `stale_counts` lets `numberOfOrders` stay at 0; `status` other
    than 200 answers every request with that HTTP status (402 frozen, 423 locked). `approved` are the kinds
    of protected data that the app may see (`customer` for any at all); with `blanked` they are null without
    an error; without `counts_see_all`, counts too end at the 60-day window.
    """

    ways_in = ("lasting", "daily", "hourly")

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        super().__init__(clock, seed)
        self.domain, self.plan = "sandbox.myshopify.com", "Basic"
        self.name, self.currency, self.timezone, self.country = "", "EUR", "UTC", ""
        self.taxes_included, self.tax_percent = True, 0
        self.token = f"shpat_{seed:08d}{'5a' * 12}"
        self.client_id, self.client_secret = f"client-{seed:08d}", f"shpss_{seed:08d}{'7b' * 12}"
        self.way_in: Literal["lasting", "daily", "hourly"] = "lasting"
        self.tokens: Tokens = Tokens(self)
        self._granted: set[str] | None = None
        self.scopes = {"read_orders", "read_all_orders", "read_products", "write_customers", "write_discounts"}
        self.scopes |= {scope.replace("write_", "read_") for scope in self.scopes}
        self.approved, self.blanked, self.b2b = set(_PROTECTED), False, False
        self.counts_see_all = True
        self.opened = 1_420_070_400  # 2015-01-01
        self.index_lag = 0
        self.stale_counts = False
        self.nameless_errors = False
        self.tell_throttle_status = True
        self.status = 200
        self.versions: list[str] = ["2026-01", "2026-04", "2026-07", "2026-10"]
        self.bucket = Bucket(clock, restore_rate=100)
        self.finders: dict[str, Callable[[int], Any]] = {
            "Product": self.product,
            "Customer": self.customer,
            "Order": self.order,
            "Refund": self.refund,
        }
        """How an object is found by the type and number in its global id."""
        self.metafields: Metafields = Metafields(self)
        self.people: People = People(self)
        self.discounts: Discounts = Discounts(self)
        self.forbidden: list[str] = []
        """Writes that touched what is never ours: details, consent, foreign metafields and tags."""
        self.operations: Operations = Operations(self)
        self.finders["BulkOperation"] = self.operations.find
        self.uploads: Uploads = Uploads(self)
        self.webhooks: Webhooks = Webhooks(self)
        self.served, self.asked_host = self.versions[-1], ""
        """API version and host of the request that is being answered."""
        self.departures: Departures = Departures(self)
        self._last: dict[int, Order] | None = None
        self._warnings: list[dict[str, Any]] = []
        self._empty()

    @property
    def shop_gid(self) -> str:
        """The shop's own id."""
        return f"gid://shopify/Shop/{60_000_000_000 + self.seed}"

    @property
    def protected_data_approved(self) -> bool:
        """Whether all protected data may be seen; set it to allow all or nothing but ids."""
        return self.approved == set(_PROTECTED)

    @protected_data_approved.setter
    def protected_data_approved(self, approved: bool) -> None:
        self.approved = set(_PROTECTED) if approved else {"customer"}

    @property
    def restore_rate(self) -> float:
        """Points a second; the bucket holds 20 times as many."""
        return self.bucket.restore_rate

    @restore_rate.setter
    def restore_rate(self, rate: float) -> None:
        self.bucket = Bucket(self.clock, rate)

    def now(self) -> int:
        """The present second."""
        return int(self.clock.now().timestamp())

    def may(self, scope: str) -> bool:
        """Whether the token covers a scope; a right to write holds the right to read."""
        if scope == "read_companies" and not self.b2b:
            return False
        scope = "read_customers" if scope == "read_companies" else scope
        held = self.granted
        return scope in held or scope.replace("read_", "write_", 1) in held

    @property
    def granted(self) -> set[str]:
        """Scopes of the token that asks: those of the moment in which it was issued."""
        return self.scopes if self._granted is None else self._granted

    def visible_from(self, updated: int, *, first: bool) -> int | None:
        """From when on searches see a change (None: already)."""
        return None if first or not self.index_lag else updated + self.index_lag

    def touch(self, customer: Customer) -> None:
        """A mutation changed a customer: `updatedAt` moves, and searches see it when the index does."""
        customer.updated = max(self.now(), customer.updated)
        self.customers.put(customer, self.visible_from(customer.updated, first=False))
        self.webhooks.emit("customers/update", customer_payload(customer))

    def note_foreign(self, namespace: str, what: str) -> None:
        """Remember a write outside the namespace that is ours."""
        if namespace != NAMESPACE:
            self.forbidden.append(what)

    def note_foreign_tags(self, tags: Sequence[str], root: str) -> None:
        """Remember a change of tags that are not ours."""
        self.forbidden += [f"{root} {tag}" for tag in clean(tags) if not tag.lower().startswith(LIST_PREFIX)]

    def credentials(self) -> Mapping[str, str]:
        if self.way_in == "lasting":
            return {"shop": self.domain, "access_token": self.token}
        app = {"shop": self.domain, "client_id": self.client_id, "client_secret": self.client_secret}
        return app if self.way_in == "daily" else app | {"refresh_token": self.tokens.first_refresh}

    def populate(self, world: World) -> None:
        with self.lock:
            Filling(self, world).run()

    # --- answering ---------------------------------------------------------------------------------

    def respond(self, asked: Asked) -> Answer:
        self.asked_host = asked.headers.get("host", "")
        if asked.path.startswith(FILES):
            return self.operations.download(asked)
        if asked.method == "POST" and asked.path in ("/", UPLOADS):
            return self.uploads.take(asked)
        if self.status != 200:
            return Answer.of({"errors": "Unavailable Shop"}, self.status)
        if asked.path == "/admin/oauth/access_token" and asked.method == "POST":
            return self.tokens.issue(asked)
        match = _ENDPOINT.fullmatch(asked.path)
        if match is None or asked.method != "POST" or match[1] > self.versions[-1]:
            return Answer.of({"errors": "Not Found"}, 404)
        self.served = match[1] if match[1] in self.versions else self.versions[0]
        answer = self._graphql(asked) if self._known(asked) else _unknown_token()
        answer.headers["x-shopify-api-version"] = self.served
        return answer

    def _known(self, asked: Asked) -> bool:
        self._granted = self.tokens.scopes(asked.headers.get("x-shopify-access-token", ""))
        return self._granted is not None

    def _graphql(self, asked: Asked) -> Answer:
        for kind in (self.products, self.customers, self.orders, self.companies):
            kind.settle(self.now())
        self.departures.settle()
        self._warnings = []
        try:
            told = asked.json()
            document = parse(told["query"])
            plan = Plan(document, document.operations[0], told.get("variables") or {}, self)
        except SyntaxFault as fault:
            places = [{"line": fault.line, "column": fault.column}]
            return _errors({"message": str(fault), "locations": places, "extensions": {"code": "PARSE_ERROR"}})
        except Refused as refusal:
            return _errors(refusal.error)
        except (ValueError, KeyError, TypeError):
            return Answer.of({"errors": {"query": "Required parameter missing or invalid"}}, 400)
        return self._executed(plan)

    def _executed(self, plan: Plan) -> Answer:
        if plan.cost > _SINGLE_QUERY_MAX:
            what = (
                f"Query cost is {plan.cost}, which exceeds the single query max cost limit ({_SINGLE_QUERY_MAX})."
            )
            more = {"cost": plan.cost, "maxCost": _SINGLE_QUERY_MAX}
            return self._answer(plan.cost, None, [_error(what, "MAX_COST_EXCEEDED", **more)])
        if not self.bucket.admit(plan.cost):
            return self._throttled(plan.cost)
        try:
            data = plan.run()
        except Refused as refusal:
            return self._answer(plan.cost, None, [refusal.error])
        actual = plan.actual_cost()
        self.bucket.give_back(plan.cost - actual)
        return self._answer(plan.cost, actual, plan.denied, data=data)

    def _throttled(self, cost: int) -> Answer:
        documentation = "https://shopify.dev/api/usage/rate-limits"
        error = _error("Throttled", "THROTTLED", documentation=documentation)
        if not self.tell_throttle_status:
            return _errors(error)
        return self._answer(cost, None, [error])

    def _answer(self, cost: int, actual: int | None, errors: list[dict[str, Any]], **data: Any) -> Answer:
        spent = {
            "requestedQueryCost": cost,
            "actualQueryCost": actual,
            "throttleStatus": self.bucket.status(),
        }
        extensions: dict[str, Any] = {"cost": spent}
        if self._warnings:
            extensions["search"] = self._warnings
        told = {**data, **({"errors": errors} if errors else {}), "extensions": extensions}
        return Answer.of(told)

    # --- what the schema asks for ------------------------------------------------------------------

    def listing(self, name: str, args: Mapping[str, Any], default: str) -> Slice:
        """A page of a root connection."""
        kind: Collection[Any] = getattr(self, name)
        search = self._search(name, args.get("query"), kind.fields)
        if name == "orders":
            self._hide_old(search)
        sort = str(args.get("sortKey") or default)
        if not kind.sorted_by(sort):
            raise Refused(f"the simulation does not sort {name} by {sort}", "BAD_REQUEST", (name,))
        try:
            return kind.page(search, sort, bool(args.get("reverse")), args["first"], args.get("after"))
        except BadCursor:
            raise Refused(
                f"Invalid cursor for current pagination sort in {name}.", "BAD_REQUEST", (name,)
            ) from None
        except TooDeep:
            raise Refused("Pagination is limited to 25000 objects.", "BAD_REQUEST", (name,)) from None

    def _hide_old(self, search: Search) -> None:
        """Without the right to all orders, those older than 60 days are left out."""
        if not self.may("read_all_orders"):
            since = self.now() - int(_WINDOW.total_seconds())
            search.tests.append(lambda order, _: order.created >= since)

    def counting(self, name: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """A root count; a limit of null counts them all."""
        kind: Collection[Any] = getattr(self, name)
        fields = _CUSTOMER_COUNT_SEARCH if name == "customers" else kind.fields
        search = self._search(f"{name}Count", args.get("query"), fields)
        if name == "orders" and not self.counts_see_all:
            self._hide_old(search)
        count = kind.count(search)
        limit = args.get("limit", _COUNT_LIMIT)
        if limit is not None and count > limit:
            return {"count": limit, "precision": "AT_LEAST"}
        return {"count": count, "precision": "EXACT"}

    def _search(self, name: str, query: str | None, fields: Mapping[str, Searchable]) -> Search:
        try:
            search = parse_search(query, fields)
        except (Unsupported, ValueError) as fault:
            raise Refused(str(fault), "BAD_REQUEST", (name,)) from None
        if search.warnings:
            self._warnings.append({"path": [name], "query": query, "parsed": {}, "warnings": search.warnings})
        return search

    def thing(self, gid: str) -> Any:
        """An object by its global id, whatever it is, past the index; None where there is none."""
        match = _GID.fullmatch(gid)
        if match is None:
            raise Refused(f"Invalid global id '{gid}'", "argumentLiteralsIncompatible")
        look = self.finders.get(match[1])
        return look(int(match[2])) if look else None

    def product(self, id: int) -> Product | None:
        """A product by its id, past the index."""
        return self.products.live.get(objects.product_number(id))

    def customer(self, id: int) -> Customer | None:
        """A customer by its id, past the index."""
        return self.customers.live.get(objects.customer_number(id))

    def order(self, id: int) -> Order | None:
        """An order by its id, past the index; hidden like in lists."""
        order = self.orders.live.get(objects.order_number(id))
        if order and not self.may("read_all_orders") and order.created < self.now() - int(_WINDOW.total_seconds()):
            return None
        return order

    def refund(self, id: int) -> Refund | None:
        """A refund by its id."""
        number, index = objects.order_of_refund(id)
        order = self.orders.live.get(number)
        return order.refunds[index] if order and index < len(order.refunds) else None

    def refunded(self, line: RefundLine) -> Line:
        """The line that a refund line gives back."""
        number, _ = objects.order_of_refund(line.id // 1000)
        return self.orders.live[number].lines[line.line]

    def identified(self, by: Mapping[str, Any]) -> Customer | None:
        """A customer by id, address or number, whatever the case, past the index."""
        if len(by) != 1:
            what = "OneOf Input Object 'CustomerIdentifierInput' must specify exactly one key."
            raise Refused(what, "invalidOneOfInputObject", ("customerByIdentifier", "identifier"))
        match next(iter(by.items())):
            case "id", id:
                return self.customer(int(str(id).rsplit("/", 1)[-1]))
            case "emailAddress", email:
                wanted = "".join(str(email).split()).lower()
                return next((c for c in self.customers.live.values() if (c.email or "").lower() == wanted), None)
            case "phoneNumber", phone:
                return next((c for c in self.customers.live.values() if c.phone == phone), None)
        return None

    def last_order(self, customer: Customer) -> Order | None:
        """A customer's latest order."""
        if self._last is None:
            ordered = sorted(self.orders.live.values(), key=lambda order: order.created)
            self._last = {order.customer: order for order in ordered if order.customer is not None}
        return self._last.get(customer.number)

    def forget_lookups(self) -> None:
        """After a change, what was worked out from orders is worked out anew."""
        self._last = None

    # --- state -------------------------------------------------------------------------------------

    def state(self) -> Any:
        with self.lock:
            return {
                **{name: getattr(self, name) for name in _KNOBS},
                "scopes": sorted(self.scopes),
                "approved": sorted(self.approved),
                "tokens": self.tokens.state(),
                "metafields": self.metafields.state(),
                "discounts": self.discounts.state(),
                "uploads": self.uploads.state(),
                "webhooks": self.webhooks.state(),
                "forbidden": self.forbidden,
                "bulk": self.operations.state(),
                "departures": self.departures.state(),
                "restore_rate": self.restore_rate,
                "products": self.products.state(_PRODUCTS),
                "customers": self.customers.state(_CUSTOMERS),
                "orders": self.orders.state(_ORDERS),
                "companies": self.companies.state(_COMPANIES),
            }

    def restore(self, state: Any) -> None:
        with self.lock:
            for name in _KNOBS:
                setattr(self, name, state[name])
            self.scopes, self.restore_rate = set(state["scopes"]), state["restore_rate"]
            self.approved = set(state["approved"])
            self._empty()
            self.tokens.restore(state["tokens"])
            self.metafields.restore(state["metafields"])
            self.discounts.restore(state["discounts"])
            self.uploads.restore(state["uploads"])
            self.webhooks.restore(state["webhooks"])
            self.forbidden = list(state["forbidden"])
            self.operations.restore(state["bulk"])
            self.departures.restore(state["departures"])
            self.products.restore(state["products"], _PRODUCTS)
            self.customers.restore(state["customers"], _CUSTOMERS)
            self.orders.restore(state["orders"], _ORDERS)
            self.companies.restore(state["companies"], _COMPANIES)

    def _empty(self) -> None:
        self.products: Collection[Product] = Collection({"ID": lambda p: p.id}, _PRODUCT_SEARCH)
        self.customers: Collection[Customer] = Collection(
            {"ID": lambda c: c.id, "CREATED_AT": lambda c: c.created}, _CUSTOMER_SEARCH
        )
        self.companies: Collection[Company] = Collection({"ID": lambda c: c.id}, _COMPANY_SEARCH)
        placed = {"ID": lambda o: o.id, "CREATED_AT": lambda o: o.created, "PROCESSED_AT": lambda o: o.created}
        self.orders: Collection[Order] = Collection(placed, _ORDER_SEARCH)
        self.forget_lookups()


def _error(message: str, code: str, **extensions: Any) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, **extensions}}


def _errors(error: dict[str, Any]) -> Answer:
    return Answer.of({"errors": [error]})


def _unknown_token() -> Answer:
    what = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    return Answer.of({"errors": what}, 401)
