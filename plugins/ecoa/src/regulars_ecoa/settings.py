"""What a client writes under its ECOA connection."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from regulars import Secret, Settings

OWN_FIELDS = frozenset({"record_key", "old_email"})


class Paths(BaseModel):
    """Where the provider keeps its resources, below `endpoint`. `{ref}` stands for the job."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str = Field(default="/v1/account", description="Who we are")
    quotes: str = Field(default="/v1/quotes", description="Price of a batch")
    jobs: str = Field(default="/v1/jobs", description="Submit a job, or find one by its idempotency key")
    job: str = Field(default="/v1/jobs/{ref}", description="State of a job")
    results: str = Field(default="/v1/jobs/{ref}/results", description="Results of a job")

    @model_validator(mode="after")
    def _jobs_are_named(self) -> Self:
        for name in ("job", "results"):
            if "{ref}" not in getattr(self, name):
                raise ValueError(f"paths.{name} must contain {{ref}}")
        return self


class EcoaSettings(Settings):
    """Connection to a provider that speaks the two-phase API described in the README."""

    endpoint: str = Field(description="Base URL of the provider's API, https; its host is the only one called")
    token: Secret = Field(description="Bearer token of the account")
    paths: Paths = Field(default=Paths(), description="Paths, where the provider's differ")
    needs: tuple[str, ...] = Field(
        default=(), description="Further fields the provider must have, e.g. postal_code"
    )
    regions: tuple[str, ...] = Field(
        default=("US",), description="Countries the provider serves (ISO 3166-1 alpha-2)"
    )
    min_records: int = Field(default=1, ge=1, description="Smallest batch the provider takes")
    max_records: int = Field(default=1_000_000, ge=1, description="Largest batch the provider takes")
    permission_pass: bool = Field(default=True, description="The provider asks people at the new address first")

    @field_validator("endpoint")
    @classmethod
    def _https_only(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ValueError("endpoint must be a plain https URL without user, query or fragment")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if taken := OWN_FIELDS & set(self.needs):
            raise ValueError(f"needs may not name {', '.join(sorted(taken))}: they are always sent")
        if self.min_records > self.max_records:
            raise ValueError("min_records is above max_records")
        return self
