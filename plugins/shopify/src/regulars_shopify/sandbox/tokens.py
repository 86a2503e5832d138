"""Ways into the simulated shop: a permanent token, tokens for a day, and tokens for an hour that rotate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from regulars.testing import Answer, Asked

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox

DAY, HOUR = 86_399, 3_600
_REFRESHABLE = 90 * 86_400
_RECOVERABLE = 30 * 86_400
"""How long after its first use a refresh token still answers, while its replacement was not used."""


@dataclass
class Issued:
    """A token with the second in which it ends and the scopes that it was issued with."""

    ends: int
    scopes: list[str]


@dataclass
class Refresh:
    """A refresh token: what it was exchanged for, and when first."""

    ends: int
    used: int | None = None
    access: str = ""
    replacement: str = ""
    retired: bool = False


class Tokens:
    """All tokens of one app on one shop."""

    def __init__(self, shop: ShopifySandbox) -> None:
        self._shop = shop
        self.issued: dict[str, Issued] = {}
        self.refreshes: dict[str, Refresh] = {}

    @property
    def first_refresh(self) -> str:
        """The refresh token that came with the first install, which is made where there was none."""
        return next(iter(self.refreshes), None) or self.install()

    def install(self) -> str:
        """The merchant installs the app (again): a new refresh token, which alone is good."""
        for held in self.refreshes.values():
            held.retired = True
        return self._refresh_token()

    def scopes(self, token: str) -> set[str] | None:
        """What a token may do; None where it is none, or none any more."""
        if token == self._shop.token:
            return self._shop.scopes
        held = self.issued.get(token)
        return set(held.scopes) if held and held.ends > self._shop.now() else None

    def issue(self, asked: Asked) -> Answer:
        """POST /admin/oauth/access_token."""
        form = {key: values[-1] for key, values in parse_qs(asked.body.decode()).items()}
        shop = self._shop
        if (form.get("client_id"), form.get("client_secret")) != (shop.client_id, shop.client_secret):
            return Answer.of({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
        match form.get("grant_type"):
            case "client_credentials":
                return Answer.of(self._told(self._access(DAY), DAY))
            case "refresh_token":
                return self._refreshed(form.get("refresh_token", ""))
        return Answer.of({"error": "unsupported_grant_type"}, 400)

    def state(self) -> dict[str, Any]:
        """As JSON-able data."""
        return {
            "issued": {token: asdict(one) for token, one in self.issued.items()},
            "refreshes": {token: asdict(one) for token, one in self.refreshes.items()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become what `state` gave."""
        self.issued = {token: Issued(**told) for token, told in state["issued"].items()}
        self.refreshes = {token: Refresh(**told) for token, told in state["refreshes"].items()}

    def _refreshed(self, token: str) -> Answer:
        """A used token answers the same pair again, until its replacement is used."""
        held, now = self.refreshes.get(token), self._shop.now()
        late = held is not None and held.used is not None and now > held.used + _RECOVERABLE
        if held is None or held.retired or late or now >= held.ends:
            what = "The refresh token is invalid, expired or was used already"
            return Answer.of({"error": "invalid_grant", "error_description": what}, 400)
        for before in self.refreshes.values():
            before.retired |= before.replacement == token
        if held.used is None:
            held.used, held.access, held.replacement = now, self._access(HOUR), self._refresh_token()
        lasting = {
            "refresh_token": held.replacement,
            "refresh_token_expires_in": self.refreshes[held.replacement].ends - now,
        }
        return Answer.of({**self._told(held.access, self.issued[held.access].ends - now), **lasting})

    def _told(self, token: str, seconds: int) -> dict[str, Any]:
        return {"access_token": token, "scope": ",".join(self.issued[token].scopes), "expires_in": seconds}

    def _access(self, life: int) -> str:
        token = f"shpat_issued{self._shop.seed:04d}{len(self.issued):04d}{'9c' * 8}"
        self.issued[token] = Issued(self._shop.now() + life, sorted(self._shop.scopes))
        return token

    def _refresh_token(self) -> str:
        token = f"shprt_{self._shop.seed:04d}{len(self.refreshes):06d}{'4e' * 10}"
        self.refreshes[token] = Refresh(self._shop.now() + _REFRESHABLE)
        return token
