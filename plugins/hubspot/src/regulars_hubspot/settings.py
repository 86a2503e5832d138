"""What a client writes under a HubSpot connection."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from regulars import Secret, Settings


class HubSpotSettings(Settings):
    """One HubSpot account (portal), by a lasting token or as an OAuth app."""

    token: Secret = Field(
        description="A service key or a private app's token; with client_id and client_secret, the refresh token"
        " that HubSpot gave when that OAuth app was installed in the portal"
    )
    client_id: str | None = Field(default=None, description="Client id of an OAuth app installed in the portal")
    client_secret: Secret | None = Field(default=None, description="That app's client secret")
    portal: str | None = Field(
        default=None,
        pattern=r"^\d+$",
        description="Portal id (Hub ID); where it is given, a token of any other portal is refused",
    )
    api: Literal["2026-09", "v3"] = Field(
        default="2026-09",
        description="API version; v3 ends in September 2027 and does not enforce the portal's required fields",
    )
    list_every_days: int = Field(
        default=7,
        ge=1,
        le=90,
        description="How often all records are listed anew, which alone shows who was deleted for privacy reasons",
    )
    orders: bool = Field(
        default=False,
        description="Read HubSpot's own orders: only where no shop is connected, or every sale counts twice",
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> HubSpotSettings:
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("an OAuth app needs client_id and client_secret; a service key needs neither")
        return self
