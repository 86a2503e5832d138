"""What a client writes under its Shopify connection."""

from __future__ import annotations

import re
from datetime import date

from pydantic import Field, field_validator, model_validator
from regulars import Secret, Settings

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")


class ShopifySettings(Settings):
    """One shop and one way in: a client id with its secret (and a refresh token, where the app's tokens
    last an hour), or a permanent access token."""

    shop: str = Field(description="The shop's own domain, such as `acme.myshopify.com`")
    client_id: Secret | None = Field(None, description="Client id of a Dev Dashboard app installed on the shop")
    refresh_token: Secret | None = Field(
        None, description="Refresh token of an app whose tokens last an hour; an app of one's own shop has none"
    )
    client_secret: Secret | None = Field(None, description="That app's client secret")
    access_token: Secret | None = Field(
        None, description="Permanent Admin API token (`shpat_...`) of a custom app made before 2026"
    )
    since: date | None = Field(None, description="Leave out orders placed before this day (UTC); default: all")

    bulk_above: int = Field(
        10_000,
        ge=0,
        description="First readings of more customers or orders than this are made by a bulk operation; 0: always",
    )

    @field_validator("shop")
    @classmethod
    def _own_domain(cls, value: str) -> str:
        if not _DOMAIN.fullmatch(value):
            raise ValueError("write the domain that ends in .myshopify.com, without https://")
        return value

    @model_validator(mode="after")
    def _one_way_in(self) -> ShopifySettings:
        pair = (self.client_id is not None, self.client_secret is not None)
        if (self.access_token is not None) == all(pair) or pair in {(True, False), (False, True)}:
            raise ValueError("give client_id and client_secret, or access_token alone")
        if self.refresh_token is not None and not all(pair):
            raise ValueError("a refresh_token needs client_id and client_secret")
        return self
