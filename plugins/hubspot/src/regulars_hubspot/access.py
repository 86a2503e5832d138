"""The way in: a lasting token, or access tokens of an OAuth app that live half an hour.

Source: HubSpot's OAuth reference (`/oauth/2026-03/token`, `/oauth/v3/token`): form-encoded, access tokens
live 1,800 seconds, the refresh token stays the same.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any, Protocol

from regulars import AuthError, Http, PlatformError, Secret

from regulars_hubspot.settings import HubSpotSettings

EARLY = timedelta(minutes=3)
"""How long before its end a token is renewed: longer than the longest wait between two attempts."""
_AGAIN = "Install the app in the portal again and store the new refresh token under this connection"


class Access(Protocol):
    """Gives the header that opens the account."""

    def header(self) -> Secret:
        """`Authorization`, good for the next minutes. Raises AuthError where there is none to be had."""

    def renew(self, refused: Secret) -> bool:
        """The platform said that `refused` is over; whether there is another one now."""


def access_of(settings: HubSpotSettings, http: Http, path: str) -> Access:
    """The way in that the settings give; `path` is where an OAuth app gets its tokens."""
    if settings.client_id is None or settings.client_secret is None:
        return Lasting(settings.token)
    return Renewed(settings.client_id, settings.client_secret, settings.token, http, path)


class Lasting:
    """A service key, or a private app's token."""

    def __init__(self, token: Secret) -> None:
        self._header = Secret(token.name, f"Bearer {token.reveal()}")

    def header(self) -> Secret:
        return self._header

    def renew(self, refused: Secret) -> bool:  # noqa: ARG002 - there is no other
        return False


class Renewed:
    """An OAuth app's access token, renewed before it ends; shared by all threads that use this account."""

    def __init__(
        self, client_id: str, client_secret: Secret, refresh_token: Secret, http: Http, path: str
    ) -> None:
        self._client_id, self._client_secret, self._refresh_token = client_id, client_secret, refresh_token
        self._http, self._path = http, path
        self._lock = threading.Lock()
        self._header: Secret | None = None
        self._until: datetime = http.clock.now()

    def header(self) -> Secret:
        with self._lock:
            if self._header is None or self._http.clock.now() >= self._until:
                self._header = self._fetch()
            return self._header

    def renew(self, refused: Secret) -> bool:
        with self._lock:
            # Another thread may have been told so first.
            if self._header is refused:
                self._header = self._fetch()
        return True

    def _fetch(self) -> Secret:
        form = {
            "grant_type": "refresh_token",
            "client_id": self._client_id,
            "client_secret": self._client_secret.reveal(),
            "refresh_token": self._refresh_token.reveal(),
        }
        begun = self._http.clock.now()
        try:
            # Asking twice does no harm: HubSpot gives a second token and the refresh token stays.
            answer = self._http.request("POST", self._path, form=form, reads=True)
        except AuthError as fault:
            raise AuthError(fault.what, where=fault.where, hint=_AGAIN) from None
        if answer.status >= 400:
            raise AuthError("HubSpot does not take the app's refresh token", where=answer.url, hint=_AGAIN)
        body = answer.json()
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token:
            raise PlatformError("HubSpot answered without an access token", where=answer.url)
        self._http.conceal(token)
        self._keep(body.get("refresh_token"))
        lives = body.get("expires_in")
        self._until = begun + timedelta(seconds=lives if isinstance(lives, int) else 1_800) - EARLY
        return Secret("access_token", f"Bearer {token}")

    def _keep(self, refresh_token: Any) -> None:
        """HubSpot gives the same refresh token again; were it another, the old one would be of no use."""
        if isinstance(refresh_token, str) and refresh_token not in ("", self._refresh_token.reveal()):
            self._http.conceal(refresh_token)
            self._refresh_token.replace(refresh_token)
