"""What a client writes under a HubSpot connection."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from regulars import Secret, Settings


class HubSpotSettings(Settings):
    """One HubSpot account (portal)."""

    token: Secret = Field(description="Access token: a service key, or the token of an existing private app")
    portal: str | None = Field(
        default=None,
        pattern=r"^\d+$",
        description="Portal id (Hub ID); where it is given, a token of any other portal is refused",
    )
    api: Literal["2026-09", "v3"] = Field(
        default="2026-09",
        description="API version; v3 ends in September 2027 and does not enforce the portal's required fields",
    )
