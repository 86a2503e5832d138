"""OAuth: refresh tokens that stay, access tokens that live half an hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from regulars.testing import Answer, Asked

from regulars_hubspot.sandbox.problem import Body, Problem

LIVES = 1_800  # seconds


class OAuth:
    """One app, installed in one portal. Free to change: `revoked`, `rotates` (the real one does not)."""

    def __init__(self, seed: int, portal: int) -> None:
        self.portal = portal
        self.client_id = f"app-{seed:08d}-4e1c-9b5d"
        self.client_secret = f"app-secret-{seed:08d}-77aa"
        self.refresh_token = f"eu1-refresh-{seed:08d}-c0de"
        self.code = f"code-{seed:08d}"
        self.revoked = self.rotates = False
        self.issued: dict[str, float] = {}  # access token -> when it ends

    def ended(self, token: str, now: datetime) -> float | None:
        """Seconds since an access token of ours ended (negative: it lives); None for one that is not ours."""
        end = self.issued.get(token)
        return None if end is None or self.revoked else now.timestamp() - end

    def answer(self, asked: Asked, version: str, scopes: list[str], now: datetime) -> Answer:
        """`POST .../token`: form-encoded; since v3 nothing may stand in the URL."""
        if not asked.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise Problem(415, "VALIDATION_ERROR", "Content-Type must be application/x-www-form-urlencoded")
        form = dict(parse_qsl(asked.body.decode()))
        if version == "v1":
            form = {**dict(asked.query), **form}
        grant = form.get("grant_type")
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            raise _refused("BAD_CLIENT_ID", "missing or invalid client id or client secret")
        if grant == "refresh_token" and (form.get("refresh_token") != self.refresh_token or self.revoked):
            raise _refused("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        if grant == "authorization_code" and form.get("code") != self.code:
            raise _refused("BAD_AUTH_CODE", "missing or unknown auth code")
        if grant not in ("refresh_token", "authorization_code"):
            raise _refused("BAD_GRANT_TYPE", "missing or unknown grant type")
        return Answer.of(self._issue(scopes, now))

    def told(self, token: str, scopes: list[str], now: datetime) -> Body:
        """What is known of an access token. Raises 404."""
        ended = self.ended(token, now)
        if ended is None:
            raise Problem(404, "OBJECT_NOT_FOUND", "access token not found")
        return {
            "token": token,
            "token_type": "access",
            "user": "agency@tea.example.test",
            "hub_domain": "sandbox",
            "hub_id": self.portal,
            "user_id": 1,
            "app_id": 1,
            "scopes": scopes,
            "expires_in": max(0, round(-ended)),
            "active": ended < 0,
        }

    def state(self) -> Any:
        """JSON-able."""
        return self.issued

    def restore(self, state: Any) -> None:
        """Become what `state` gave."""
        self.issued = state

    def _issue(self, scopes: list[str], now: datetime) -> Body:
        token = f"{self.refresh_token[:4]}access-{self.portal}-{len(self.issued):06d}-b7f3"
        if self.rotates:
            self.refresh_token += f"-{len(self.issued)}"
        self.issued[token] = (now + timedelta(seconds=LIVES)).timestamp()
        return {
            "token_type": "bearer",
            "access_token": token,
            "refresh_token": self.refresh_token,
            "expires_in": LIVES,
            "hub_id": self.portal,
            "user_id": 1,
            "scopes": scopes,
        }


def _refused(status: str, message: str) -> Problem:
    found = Problem(400, "VALIDATION_ERROR", message, error="invalid_grant")
    found.body["status"] = status
    return found
