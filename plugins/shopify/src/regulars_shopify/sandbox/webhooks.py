"""Webhooks of the simulated shop: signed, repeated, out of order, lost now and then, given up in the end.

Deliveries go to a callable that stands for the receiver: it is given the headers and the raw body and
answers a status and the seconds that it took. `deliver` sends what is due by the clock.
"""

from __future__ import annotations

import base64
import hmac
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox

Receiver = Callable[[Mapping[str, str], bytes], tuple[int, float]]
"""(headers, raw body) -> HTTP status, seconds taken."""

LIMIT = 5.0
RETRIES = 8
_AFTER = (60, 120, 300, 600, 1200, 2400, 3600, 6120)  # seconds before each retry: four hours in all
PRIVACY = ("customers/data_request", "customers/redact", "shop/redact")


@dataclass
class Subscription:
    """Where a topic goes to. Those on privacy belong to the app and are never removed."""

    id: int
    topic: str
    uri: str


@dataclass
class Delivery:
    """One delivery on its way."""

    subscription: int
    topic: str
    uri: str
    body: bytes
    webhook_id: str
    event_id: str
    at: int
    due: int
    tries: int = 0


@dataclass
class Webhooks:
    """Subscriptions and deliveries. `lose`, `repeat` are how many of a hundred are lost or sent twice."""

    shop: ShopifySandbox
    lose: int = 0
    repeat: int = 0
    shuffle: bool = True
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    waiting: list[Delivery] = field(default_factory=list)
    events: int = 0
    made: int = 0

    def subscribe(self, topic: str, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """webhookSubscriptionCreate; `topic` as the enumeration has it: CUSTOMERS_UPDATE."""
        uri = (told.get("uri") or "").strip()
        error = self._refusal(topic, uri)
        if error:
            fault = {"field": ["webhookSubscription", "callbackUrl"], "message": error}
            return {"webhookSubscription": None, "userErrors": [fault]}
        self.made += 1
        made = Subscription(1_928_000_000_000 + self.made, topic, uri)
        self.subscriptions[made.id] = made
        return {"webhookSubscription": made, "userErrors": []}

    def emit(self, topic: str, payload: Mapping[str, Any], uri: str = "") -> None:
        """Something happened. `uri` is where the app takes topics on privacy, which need no subscription."""
        self.events += 1
        name = topic.replace("/", "_").upper()
        to = [(one.id, one.uri) for one in self.subscriptions.values() if one.topic == name]
        if topic in PRIVACY:
            to = [(0, uri)]
        for number, address in to:
            for copy in range(2 if self._chance(self.repeat, "repeat") else 1):
                if not self._chance(self.lose, f"lose{copy}"):
                    self._queue(number, topic, address, payload)

    def deliver(self, receiver: Receiver) -> int:
        """Send what is due, in no order. How many deliveries were tried."""
        now = self.shop.now()
        due = [one for one in self.waiting if one.due <= now]
        if self.shuffle:
            random.Random(self.shop.seed + self.events).shuffle(due)
        for one in due:
            self.waiting.remove(one)
            status, seconds = receiver(self._headers(one), one.body)
            if not (200 <= status < 300 and seconds <= LIMIT):
                self._again(one, now)
        return len(due)

    def state(self) -> dict[str, Any]:
        """As JSON-able data."""
        waiting = [{**vars(one), "body": one.body.decode()} for one in self.waiting]
        counts = {name: getattr(self, name) for name in ("lose", "repeat", "shuffle", "events", "made")}
        return {**counts, "subscriptions": [vars(one) for one in self.subscriptions.values()], "waiting": waiting}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become what `state` gave."""
        for name in ("lose", "repeat", "shuffle", "events", "made"):
            setattr(self, name, state[name])
        self.subscriptions = {told["id"]: Subscription(**told) for told in state["subscriptions"]}
        self.waiting = [Delivery(**{**told, "body": told["body"].encode()}) for told in state["waiting"]]

    def _again(self, one: Delivery, now: int) -> None:
        """Eight retries over four hours; then a subscription that was made by the API is removed."""
        if one.tries < RETRIES:
            one.due, one.tries = now + _AFTER[one.tries], one.tries + 1
            self.waiting.append(one)
            return
        self.subscriptions.pop(one.subscription, None)
        self.waiting = [
            other for other in self.waiting if other.subscription != one.subscription or not one.subscription
        ]

    def _queue(self, number: int, topic: str, uri: str, payload: Mapping[str, Any]) -> None:
        now, count = self.shop.now(), len(self.waiting)
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
        webhook = sha256(f"{self.shop.seed}{self.events}{count}".encode()).hexdigest()[:32]
        event = sha256(f"event{self.shop.seed}{self.events}".encode()).hexdigest()[:32]
        self.waiting.append(Delivery(number, topic, uri, body, webhook, event, now, now))

    def _headers(self, one: Delivery) -> dict[str, str]:
        signature = hmac.new(self.shop.client_secret.encode(), one.body, sha256).digest()
        return {
            "Content-Type": "application/json",
            "X-Shopify-Topic": one.topic,
            "X-Shopify-Hmac-Sha256": base64.b64encode(signature).decode(),
            "X-Shopify-Shop-Domain": self.shop.domain,
            "X-Shopify-API-Version": self.shop.versions[-1],
            "X-Shopify-Webhook-Id": one.webhook_id,
            "X-Shopify-Event-Id": one.event_id,
            "X-Shopify-Triggered-At": datetime.fromtimestamp(one.at, UTC).isoformat(),
        }

    def _refusal(self, topic: str, uri: str) -> str:
        if not uri:
            return "Address can't be blank"
        if not uri.startswith("https://"):
            return f"Address protocol {uri.partition('://')[0]}:// is not supported"
        taken = any((one.topic, one.uri) == (topic, uri) for one in self.subscriptions.values())
        return "Address for this topic has already been taken" if taken else ""

    def _chance(self, percent: int, what: str) -> bool:
        return random.Random(f"{self.shop.seed}{self.events}{what}").randrange(100) < percent


def customer_payload(customer: Any) -> dict[str, Any]:
    """A customer as webhooks show it."""
    return {
        "id": customer.id,
        "admin_graphql_api_id": f"gid://shopify/Customer/{customer.id}",
        "email": customer.email,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "tags": ", ".join(customer.tags),
        "updated_at": datetime.fromtimestamp(customer.updated, UTC).isoformat(),
    }


def privacy_payload(shop: Any, customer: Mapping[str, Any], orders: Sequence[int], name: str) -> dict[str, Any]:
    """The exact form of customers/data_request (`orders_requested`) and customers/redact (`orders_to_redact`)."""
    number = int(shop.shop_gid.rsplit("/", 1)[-1])
    told: dict[str, Any] = {"shop_id": number, "shop_domain": shop.domain, "customer": dict(customer)}
    told[name] = list(orders)
    if name == "orders_requested":
        told["data_request"] = {"id": 9999}
    return told
