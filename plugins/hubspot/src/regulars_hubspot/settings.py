"""What a client writes under a HubSpot connection."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from regulars import Secret, Settings


class HubSpotSettings(Settings):
    """One HubSpot account (portal) and one way in: a token, or an OAuth app's refresh token."""

    token: Secret | None = Field(
        default=None, description="Access token: a service key, or the token of an existing private app"
    )
    client_id: str | None = Field(default=None, description="Client id of an OAuth app installed in the portal")
    client_secret: Secret | None = Field(default=None, description="That app's client secret")
    refresh_token: Secret | None = Field(
        default=None, description="Refresh token that HubSpot gave when that app was installed in this portal"
    )
    portal: str | None = Field(
        default=None,
        pattern=r"^\d+$",
        description="Portal id (Hub ID); where it is given, a token of any other portal is refused",
    )
    api: Literal["2026-09", "v3"] = Field(
        default="2026-09",
        description="API version; v3 ends in September 2027 and does not enforce the portal's required fields",
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> HubSpotSettings:
        app = [self.client_id is not None, self.client_secret is not None, self.refresh_token is not None]
        if (self.token is not None) == any(app) or any(app) != all(app):
            raise ValueError("give either token, or client_id, client_secret and refresh_token")
        return self
