"""Deliveries from Shopify, checked and understood, and the three topics on privacy that every app must answer.

A receiver reads the raw body, calls `receive`, answers 401 where that raises AuthError and 200 otherwise,
within five seconds: what is to be done is done afterwards. Deliveries come more than once, in no order,
and sometimes not at all: `event_id` is the same for repeats, and the nightly reading finds what was lost.

Sources (shopify.dev): "Deliver webhooks through HTTPS", "Verify webhooks", "Privacy law compliance".
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from regulars import AuthError, PlatformError, Secret

from regulars_shopify.models import instant

_WHERE = "shopify webhook"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A delivery that Shopify signed.

    `topic` is written like `customers/update`; `shop` is the shop's own domain. `webhook_id` names this
    delivery, `event_id` what happened ("" where Shopify sent none); `triggered_at` is when it happened,
    None where Shopify does not say (or not in which zone). `payload` is in the REST form: snake_case, ids as
    numbers.
    """

    topic: str
    shop: str
    webhook_id: str
    event_id: str
    triggered_at: datetime | None
    api_version: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a request on privacy is about. Any of the three may be None: Shopify may know the address only.

    `id` is the customer's global id, as `Person.id` has it.
    """

    id: str | None
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class DataRequest:
    """customers/data_request: a customer wants to see what is stored, within 30 days. `orders` are global ids."""

    shop_id: str
    shop: str
    customer: Subject
    orders: tuple[str, ...]
    request_id: str


@dataclass(frozen=True, slots=True)
class CustomerRedact:
    """customers/redact: a customer's data must be erased within 30 days. `orders` are global ids."""

    shop_id: str
    shop: str
    customer: Subject
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShopRedact:
    """shop/redact: the app was removed 48 hours ago; all of this shop's data must be erased."""

    shop_id: str
    shop: str


Privacy = DataRequest | CustomerRedact | ShopRedact


def verify(body: bytes, signature: str | None, secrets: Sequence[Secret]) -> bool:
    """Whether one of the app's client secrets signed these bytes.

    `signature` is the header X-Shopify-Hmac-Sha256: base64 of HMAC-SHA256 over the raw body. For up to an
    hour after a secret was changed, Shopify may go on signing with the old one: give both. Compared in
    constant time.
    """
    try:
        given = base64.b64decode((signature or "").strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    made = [hmac.new(secret.reveal().encode(), body, sha256).digest() for secret in secrets]
    return sum(hmac.compare_digest(one, given) for one in made) > 0  # every secret takes its time


def receive(body: bytes, headers: Mapping[str, str], secrets: Sequence[Secret]) -> Webhook:
    """A delivery as it arrived. Header names may be of any case.

    Raises AuthError where nobody who knows a secret signed it (answer 401 and do nothing), PlatformError
    where it is signed and still cannot be understood.
    """
    told = {name.lower(): value for name, value in headers.items()}
    if not verify(body, told.get("x-shopify-hmac-sha256"), secrets):
        raise AuthError("the signature is wrong", where=_WHERE, hint="Answer 401; check the app's client secret")
    try:
        payload = json.loads(body)
        return Webhook(
            topic=told["x-shopify-topic"],
            shop=told["x-shopify-shop-domain"],
            webhook_id=told["x-shopify-webhook-id"],
            event_id=told.get("x-shopify-event-id", ""),
            triggered_at=_triggered(told.get("x-shopify-triggered-at", "")),
            api_version=told.get("x-shopify-api-version", ""),
            payload=payload if isinstance(payload, dict) else {},
        )
    except (ValueError, KeyError) as fault:
        raise PlatformError(f"a signed delivery cannot be understood ({fault!r})", where=_WHERE) from None


def _triggered(text: str) -> datetime | None:
    try:
        return instant(text)
    except ValueError:
        return None  # nothing rests on it, and what somebody asked for must not be lost over it


def privacy(webhook: Webhook) -> Privacy | None:
    """The request on privacy that a delivery holds; None for any other topic.

    Raises PlatformError where it does not say whom it is about: answer 500, so that it comes again.
    """
    told = webhook.payload
    try:
        match webhook.topic:
            case "customers/data_request":
                orders = _orders(told["orders_requested"])
                return DataRequest(*_shop(told), _subject(told), orders, str(told["data_request"]["id"]))
            case "customers/redact":
                return CustomerRedact(*_shop(told), _subject(told), _orders(told["orders_to_redact"]))
            case "shop/redact":
                return ShopRedact(*_shop(told))
            case _:
                return None
    except (KeyError, TypeError) as fault:
        raise PlatformError(f"{webhook.topic} does not say {fault}", where=_WHERE) from None


def _shop(told: Mapping[str, Any]) -> tuple[str, str]:
    return f"gid://shopify/Shop/{told['shop_id']}", str(told["shop_domain"])


def _subject(told: Mapping[str, Any]) -> Subject:
    customer = told["customer"]
    number, email, phone = (customer.get(name) for name in ("id", "email", "phone"))
    if not (number or email or phone):
        raise KeyError("who the customer is")
    return Subject(f"gid://shopify/Customer/{number}" if number else None, email or None, phone or None)


def _orders(numbers: Sequence[Any] | None) -> tuple[str, ...]:
    return tuple(f"gid://shopify/Order/{number}" for number in numbers or ())
