"""How customers and orders leave the simulated shop: merged, deleted, erased. Nobody lists them then.

Who is kept in a merge: the one whose address is to be kept, else the only one with an address, else
the one who agreed to mail, else the second. The loser's orders move; nothing is left under its id. An
erasure shows nothing until it ripens; then the customer is gone and the orders have nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from regulars_shopify.sandbox.faults import Refused
from regulars_shopify.sandbox.objects import Customer

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox

_DAY = 86_400
_MOST_TAGS = 250
_AGREED = ("SUBSCRIBED", "PENDING")


@dataclass
class Merging:
    """A merge under way: numbers of the two customers, and when it is done."""

    job: str
    kept: int
    lost: int
    due: int


class Departures:
    """All leaving. `merge_seconds` is how long a merge takes; an erasure can be cancelled for
    `cancel_days` and waits until the last order is `held_days` old."""

    def __init__(self, shop: ShopifySandbox) -> None:
        self._shop = shop
        self.merge_seconds, self.cancel_days, self.held_days = 2, 10, 180
        self.mergings: list[Merging] = []
        self.erasures: dict[int, int] = {}
        """Customer number -> second of the request."""

    # --- merging -----------------------------------------------------------------------------------

    def merge(self, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """customerMerge: a job that is done a little later."""
        one, two = (self._shop.thing(str(args[name])) for name in ("customerOneId", "customerTwoId"))
        if args["customerOneId"] == args["customerTwoId"]:
            return _refused(None, "Customers IDs should not match", "INVALID_CUSTOMER_ID")
        for name, customer in (("customerOneId", one), ("customerTwoId", two)):
            if not isinstance(customer, Customer):
                what = f"Customer does not exist with ID {str(args[name]).rsplit('/', 1)[-1]}"
                return _refused([name], what, "INVALID_CUSTOMER_ID")
            if len(customer.tags) > _MOST_TAGS:
                return _refused([name], "Customers must have 250 tags or less.", "INVALID_CUSTOMER")
        wanted = (args.get("overrideFields") or {}).get("customerIdOfEmailToKeep")
        kept = _survivor(one, two, str(wanted or ""))
        lost = one if kept is two else two
        job = f"gid://shopify/Job/{len(self.mergings) + 1:08d}-merge"
        self.mergings.append(Merging(job, kept.number, lost.number, self._shop.now() + self.merge_seconds))
        return {
            "job": {"id": job, "done": False},
            "resultingCustomerId": f"gid://shopify/Customer/{kept.id}",
            "userErrors": [],
        }

    def merge_status(self, job: str) -> Mapping[str, Any] | None:
        """customerMergeJobStatus."""
        found = next((one for one in self.mergings if one.job == job), None)
        if found is None:
            return None
        kept = self._shop.customers.live[self._standing(found.kept)].id
        status = "IN_PROGRESS" if found.lost in self._shop.customers.live else "COMPLETED"
        return {"jobId": job, "resultingCustomerId": f"gid://shopify/Customer/{kept}", "status": status}

    def _standing(self, number: int) -> int:
        return self._shop.customers.standing(number) or number

    def _merged(self, merging: Merging) -> None:
        customers = self._shop.customers
        kept, lost = customers.live[merging.kept], customers.live[merging.lost]
        kept.added = [*kept.added, *(tag for tag in lost.tags if tag not in kept.tags)]
        kept.tags = sorted({*kept.tags, *lost.tags}, key=str.lower)[:_MOST_TAGS]
        kept.metafields = {**lost.metafields, **kept.metafields}
        kept.created = min(kept.created, lost.created)
        for order in self._shop.orders.live.values():
            if order.customer == lost.number:
                order.customer = kept.number  # its updatedAt stays, and so do the numbers of both
        customers.remove(lost.number, kept.number)
        self._shop.touch(kept)

    # --- deleting ----------------------------------------------------------------------------------

    def delete(self, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """customerDelete: refused for somebody with orders."""
        gid = str(args["input"]["id"])
        customer = self._shop.thing(gid)
        if not isinstance(customer, Customer):
            return {"deletedCustomerId": None, "userErrors": [_error(["id"], "Customer can't be found")]}
        if any(order.customer == customer.number for order in self._shop.orders.live.values()):
            what = "Customer can’t be deleted because they have associated orders"  # noqa: RUF001 - as recorded
            return {"deletedCustomerId": None, "userErrors": [_error(["id"], what)]}
        self._shop.customers.remove(customer.number)
        return {"deletedCustomerId": gid, "userErrors": []}

    def delete_order(self, gid: str) -> Mapping[str, Any]:
        """orderDelete: it just vanishes."""
        order = self._shop.thing(gid)
        if order is None:
            error = _error(["orderId"], "Order does not exist") | {"code": "NOT_FOUND"}
            return {"deletedId": None, "userErrors": [error]}
        self._shop.orders.remove(order.number)
        self._shop.forget_lookups()
        return {"deletedId": gid, "userErrors": []}

    # --- erasing -----------------------------------------------------------------------------------

    def erase(self, gid: str) -> Mapping[str, Any]:
        """customerRequestDataErasure: nothing is seen of it yet."""
        customer = self._shop.thing(gid)
        if not isinstance(customer, Customer):
            error = _error(["customerId"], "Customer does not exist") | {"code": "DOES_NOT_EXIST"}
            return {"customerId": None, "userErrors": [error]}
        self.erasures.setdefault(customer.number, self._shop.now())
        return {"customerId": gid, "userErrors": []}

    def cancel_erasure(self, gid: str) -> Mapping[str, Any]:
        """customerCancelDataErasure."""
        customer = self._shop.thing(gid)
        if not isinstance(customer, Customer):
            error = _error(["customerId"], "Customer does not exist") | {"code": "DOES_NOT_EXIST"}
            return {"customerId": None, "userErrors": [error]}
        if self.erasures.pop(customer.number, None) is None:
            error = _error(["customerId"], "Customer's data is not scheduled for erasure")
            return {"customerId": None, "userErrors": [error | {"code": "NOT_BEING_ERASED"}]}
        return {"customerId": gid, "userErrors": []}

    def _ripe(self, number: int, asked: int) -> bool:
        orders = (o.created for o in self._shop.orders.live.values() if o.customer == number)
        held_until = max(orders, default=0) + self.held_days * _DAY
        return self._shop.now() >= max(asked + self.cancel_days * _DAY, held_until)

    def _erased(self, number: int) -> None:
        for order in self._shop.orders.live.values():
            if order.customer == number:
                order.customer = order.email = order.country = None
                order.updated = self._shop.now()
                self._shop.orders.put(order, self._shop.visible_from(order.updated, first=False))
        self._shop.customers.remove(number)

    # --- time --------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Let happen what is due by now."""
        live = self._shop.customers.live
        for merging in self.mergings:
            if merging.due <= self._shop.now() and merging.lost in live and merging.kept in live:
                self._merged(merging)
        for number, asked in list(self.erasures.items()):
            if number not in live:
                del self.erasures[number]
            elif self._ripe(number, asked):
                del self.erasures[number]
                self._erased(number)

    def state(self) -> Any:
        """Everything, as JSON-able data."""
        knobs = {name: getattr(self, name) for name in ("merge_seconds", "cancel_days", "held_days")}
        return {
            **knobs,
            "mergings": [asdict(one) for one in self.mergings],
            "erasures": list(self.erasures.items()),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become what `state` gave."""
        for name in ("merge_seconds", "cancel_days", "held_days"):
            setattr(self, name, state[name])
        self.mergings = TypeAdapter(list[Merging]).validate_python(state["mergings"])
        self.erasures = dict(state["erasures"])


def _survivor(one: Customer, two: Customer, wanted: str) -> Customer:
    for customer in (one, two):
        if wanted.endswith(f"/{customer.id}"):
            if not customer.email:
                raise Refused(
                    "The selected customer must have an email address", "BAD_REQUEST", ("customerMerge",)
                )
            return customer
    if bool(one.email) != bool(two.email):
        return one if one.email else two
    if (one.consent in _AGREED) != (two.consent in _AGREED):
        return one if one.consent in _AGREED else two
    return two


def _error(field: list[str] | None, message: str) -> dict[str, Any]:
    return {"field": field, "message": message}


def _refused(field: list[str] | None, message: str, code: str) -> Mapping[str, Any]:
    return {"job": None, "resultingCustomerId": None, "userErrors": [_error(field, message) | {"code": code}]}
