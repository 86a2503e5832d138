"""One question or change at a time, for the writing half. A change is sent once.

All failures of transport and of GraphQL itself are raised by the policy's judge; what comes back here
is the `data` of an answer, in which a mutation may still say no (`userErrors`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars import Http, PlatformError, Response, UnknownOutcomeError

from regulars_shopify.client import ShopifyClient, document
from regulars_shopify.policy import ENDPOINT
from regulars_shopify.settings import ShopifySettings

MUTATION = 10  # points of a mutation whose payload holds nothing but ids and errors


@dataclass(frozen=True, slots=True)
class UserError:
    """Why a mutation did nothing. `index` is the place in the list that was sent, None where the error
    is about the whole; `code` is empty where the payload's error type has none, `field` is the last
    name on the way to what is wrong."""

    message: str
    code: str = ""
    index: int | None = None
    field: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> UserError:
        """From `userErrors`, where list places stand as text: `["metafields", "3", "value"]`."""
        path = [str(step) for step in told.get("field") or ()]
        index = next((int(step) for step in path if step.isdigit()), None)
        message = str(told.get("message") or "no reason given")
        return cls(message, told.get("code") or "", index, path[-1] if path else "")


@dataclass(frozen=True, slots=True)
class Done:
    """A mutation's payload and its errors."""

    payload: Mapping[str, Any]
    errors: Sequence[UserError]


class Endpoint:
    """The Admin API of one shop. Raises AuthError, ConfigError, PlatformError, QuotaError."""

    def __init__(self, settings: ShopifySettings, http: Http) -> None:
        self.http = http
        self.client = ShopifyClient(settings, http)

    def ask(self, name: str, variables: Mapping[str, Any], points: int) -> Mapping[str, Any]:
        """The data of a query. Raises PlatformError where the answer holds none."""
        answer = self._send(name, variables, points, reads=True)
        try:
            return dict(answer.json()["data"])
        except (KeyError, TypeError, ValueError):
            raise PlatformError("the answer holds no data", where=answer.url, hint="Try again later") from None

    def change(self, name: str, variables: Mapping[str, Any], points: int = MUTATION) -> Done:
        """Do a mutation. Raises UnknownOutcomeError where nobody knows whether it was done."""
        answer = self._send(name, variables, points, reads=False)
        try:
            (payload,) = answer.json()["data"].values()
            return done(payload)
        except (PlatformError, KeyError, TypeError, ValueError, AttributeError):
            raise UnknownOutcomeError("the answer to a change cannot be read", where=answer.url) from None

    def _send(self, name: str, variables: Mapping[str, Any], points: int, *, reads: bool) -> Response:
        return self.client.access.using(
            lambda token: self.http.request(
                "POST",
                ENDPOINT,
                json={"query": document(name), "variables": variables},
                headers={"X-Shopify-Access-Token": token},
                reads=reads,
                cost=points,
            )
        )


def done(payload: Mapping[str, Any]) -> Done:
    """A payload with its errors. Raises KeyError or TypeError where it is none."""
    return Done(payload, [UserError.of(told) for told in payload["userErrors"]])
