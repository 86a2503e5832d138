"""Webhooks as HubSpot delivers them: arrays of events, signed, repeated, in no order.

Nothing is sent over a network from here: `deliver` calls a function as HubSpot would call an address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from regulars import Clock

from regulars_hubspot.sandbox.problem import Body

Receiver = Callable[[str, str, Mapping[str, str], bytes], int]
"""Takes method, URL, headers and body, and answers a status; 0 where it does not answer in time."""
MOST, ATTEMPTS = 100, 10


class Webhooks:
    """What happened in the portal since somebody subscribed. Free to change: `secret`, `types` (none: nobody
    subscribed), `repeats` (share of events that come twice)."""

    def __init__(self, clock: Clock, portal: int) -> None:
        self._clock, self._portal, self._dice = clock, portal, random.Random(portal)
        self.secret = f"webhook-secret-{portal}"
        self.types: frozenset[str] = frozenset()
        self.repeats = 0.2
        self.waiting: list[Body] = []
        self.given_up: list[Body] = []
        self._count = 0

    def happened(self, kind: str, what: str, row: Body, more: Mapping[str, Any]) -> None:
        """Note an event where somebody subscribed to its type ("contact.merge")."""
        name = f"{kind}.{what}"
        if name not in self.types:
            return
        self._count += 1
        event = {
            "eventId": self._count,
            "subscriptionId": 1,
            "portalId": self._portal,
            "appId": 1,
            "occurredAt": round(self._clock.now().timestamp() * 1000),
            "subscriptionType": name,
            "attemptNumber": 0,
            "objectId": int(row["id"]),
            "changeSource": "CRM_UI",
            **more,
        }
        # An event's number is not unique on the real platform either: a repeat is the same event again.
        self.waiting += [event] * (2 if self._dice.random() < self.repeats else 1)

    def deliver(self, url: str, receive: Receiver, version: str = "v3") -> int:
        """Deliver all that waits, in any order, at most 100 a call. What is not answered with 2xx comes again
        with the next `deliver`, ten times in all. Returns how many calls were made."""
        batch, self.waiting = self.waiting, []
        self._dice.shuffle(batch)
        calls = 0
        for start in range(0, len(batch), MOST):
            events = batch[start : start + MOST]
            body = json.dumps(events, separators=(",", ":")).encode()
            calls += 1
            if 200 <= receive("POST", url, self.sign(url, body, version), body) < 300:
                continue
            for event in events:
                again = {**event, "attemptNumber": event["attemptNumber"] + 1}
                (self.waiting if again["attemptNumber"] <= ATTEMPTS else self.given_up).append(again)
        return calls

    def sign(self, url: str, body: bytes, version: str = "v3") -> dict[str, str]:
        """The headers of a delivery, signed in version v1, v2 or v3."""
        key, headers = self.secret.encode(), {"Content-Type": "application/json"}
        if version == "v3":
            at = str(round(self._clock.now().timestamp() * 1000))
            digest = hmac.new(key, b"POST" + url.encode() + body + at.encode(), hashlib.sha256).digest()
            return headers | {
                "X-HubSpot-Signature-v3": base64.b64encode(digest).decode(),
                "X-HubSpot-Request-Timestamp": at,
            }
        text = key + (b"POST" + url.encode() if version == "v2" else b"") + body
        return headers | {
            "X-HubSpot-Signature": hashlib.sha256(text).hexdigest(),
            "X-HubSpot-Signature-Version": version,
        }
