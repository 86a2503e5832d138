"""The access token: permanent, issued for a day, or issued for an hour against a refresh token that rotates.

Sources (shopify.dev): "Using the client credentials grant"; "About offline access tokens"; changelog
2026-08-28, "More resilient refreshes": a refresh token that was used answers again until its replacement
is used, so that an answer that was lost, or two processes that renew at once, lock nobody out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NotRequired

from pydantic import TypeAdapter, ValidationError
from regulars import AuthError, Http, PlatformError, Response, Secret
from typing_extensions import TypedDict

from regulars_shopify.policy import TOKEN_ENDPOINT, TokenRefusedError
from regulars_shopify.settings import ShopifySettings

_EARLY = timedelta(minutes=10)  # a request must never leave with a token that dies on the way
_NEVER = datetime.max.replace(tzinfo=UTC)


class _Issued(TypedDict):
    access_token: str
    expires_in: int  # seconds
    refresh_token: NotRequired[str]


_ISSUED = TypeAdapter(_Issued)


class Access:
    """Hands out a token that is good now. Safe to share between threads."""

    def __init__(self, settings: ShopifySettings, http: Http) -> None:
        self._settings, self._http = settings, http
        self._token, self._until = settings.access_token, _NEVER
        self._lock = threading.Lock()

    def token(self) -> Secret:
        """The token for one request. Raises AuthError where none is issued."""
        with self._lock:
            if self._token is None or self._http.clock.now() >= self._until:
                self._token = self._renew()
            return self._token

    def using(self, send: Callable[[Secret], Response]) -> Response:
        """Send with a token; with another one where Shopify refuses it before its time, as after another
        process had it renewed. A refused request did nothing, so that a write too may be sent again."""
        token = self.token()
        try:
            return send(token)
        except TokenRefusedError:
            if self._settings.access_token is not None:
                raise
            return send(self._instead_of(token))

    def _instead_of(self, refused: Secret) -> Secret:
        with self._lock:
            if self._token is None or self._token is refused:
                self._token = self._renew()
            return self._token

    def _renew(self) -> Secret:
        if self._settings.refresh_token is None:
            return self._issue({"grant_type": "client_credentials"})
        return self._refresh(self._settings.refresh_token)

    def _refresh(self, kept: Secret) -> Secret:
        """Another process may have renewed the refresh token: what it stored is what is used."""
        kept.reload()
        try:
            return self._exchange(kept)
        except AuthError as fault:
            if kept.reload():
                return self._exchange(kept)
            raise AuthError(
                fault.what,
                where=fault.where,
                hint="The refresh token is spent (90 days without a run, or the app was installed again):"
                " let the merchant open the app, then store the new refresh token",
            ) from None

    def _exchange(self, kept: Secret) -> Secret:
        return self._issue({"grant_type": "refresh_token", "refresh_token": kept.reveal()}, kept)

    def _issue(self, form: dict[str, str], kept: Secret | None = None) -> Secret:
        """Ask for a token. A new refresh token is stored before the access token is used: with the first
        use of what it stands for, the old one is gone for good."""
        asked_at = self._http.clock.now()
        for name in ("client_id", "client_secret"):
            form[name] = getattr(self._settings, name).reveal()
        answer = self._http.request("POST", TOKEN_ENDPOINT, form=form, reads=True, bucket="oauth")
        try:
            issued = _ISSUED.validate_json(answer.body)
        except ValidationError:
            raise PlatformError("Shopify's token answer cannot be understood", where=answer.url) from None
        self._http.conceal(issued["access_token"])
        if kept is not None and (renewed := issued.get("refresh_token")) and renewed != kept.reveal():
            self._http.conceal(renewed)
            kept.replace(renewed)
        self._until = asked_at + timedelta(seconds=issued["expires_in"]) - _EARLY
        return Secret("shopify access token", issued["access_token"])
