"""The access token: the permanent one, or one that is issued for a day and renewed in time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter, ValidationError
from regulars import Http, PlatformError, Secret
from typing_extensions import TypedDict

from regulars_shopify.policy import TOKEN_ENDPOINT
from regulars_shopify.settings import ShopifySettings

_EARLY = timedelta(minutes=10)  # a request must never leave with a token that dies on the way


class _Issued(TypedDict):
    access_token: str
    expires_in: int  # seconds


_ISSUED = TypeAdapter(_Issued)


class Access:
    """Hands out a token that is good now. Safe to share between threads."""

    def __init__(self, settings: ShopifySettings, http: Http) -> None:
        self._settings, self._http = settings, http
        self._token, self._until = settings.access_token, datetime.max.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def token(self) -> Secret:
        """The token for one request. Raises AuthError where none is issued."""
        with self._lock:
            if self._token is None or self._http.clock.now() >= self._until:
                self._token = self._renew()
            return self._token

    def _renew(self) -> Secret:
        """Client credentials grant (shopify.dev, "Using the client credentials grant")."""
        asked_at = self._http.clock.now()
        form = {"grant_type": "client_credentials"}
        for name in ("client_id", "client_secret"):
            form[name] = getattr(self._settings, name).reveal()
        answer = self._http.request("POST", TOKEN_ENDPOINT, form=form, reads=True, bucket="oauth")
        try:
            issued = _ISSUED.validate_json(answer.body)
        except ValidationError:
            raise PlatformError("Shopify's token answer cannot be understood", where=answer.url) from None
        self._http.conceal(issued["access_token"])
        self._until = asked_at + timedelta(seconds=issued["expires_in"]) - _EARLY
        return Secret("shopify access token", issued["access_token"])
