"""What a client writes of its provider whichever way the two speak."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator
from regulars import EcoaCapabilities, MatchLevel, Settings

OWN_FIELDS = frozenset({"record_key", "old_email"})


class Terms(Settings):
    """What the provider needs, serves, takes and promises."""

    needs: tuple[str, ...] = Field(
        default=(), description="Further fields the provider must have: first_name, last_name, country, bounced_on"
    )
    regions: tuple[str, ...] = Field(
        default=("US",), description="Countries the provider serves (ISO 3166-1 alpha-2)"
    )
    min_records: int = Field(default=1, ge=1, description="Smallest batch the provider takes")
    max_records: int = Field(default=1_000_000, ge=1, description="Largest batch the provider takes")
    hashes_only: bool = Field(default=False, description="It takes SHA-256 hashes instead of addresses")
    match_levels: tuple[MatchLevel, ...] = Field(default=("individual",), description="What a match may be about")
    permission_pass: bool = Field(default=True, description="The provider asks people at the new address first")
    bounce_credit_days: int = Field(
        default=14, ge=0, description="Days after its results in which bounced addresses are credited"
    )
    turnaround_days: float = Field(default=18.0, ge=0, description="How long a job usually takes")
    retention_days: int | None = Field(
        default=None, ge=0, description="Days it keeps a batch by contract; empty: until asked to erase"
    )

    def capabilities(self) -> EcoaCapabilities:
        """What the core is told."""
        return EcoaCapabilities(**{name: getattr(self, name) for name in Terms.model_fields})

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if taken := OWN_FIELDS & set(self.needs):
            raise ValueError(f"needs may not name {', '.join(sorted(taken))}: they are always sent")
        if self.min_records > self.max_records:
            raise ValueError("min_records is above max_records")
        return self
