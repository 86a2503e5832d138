"""What a client writes under its ECOA connection over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from regulars import Ability, EcoaCapabilities, EcoaCode, JobState, Permission, Secret

from regulars_ecoa.terms import Terms

ABILITIES: tuple[Ability, ...] = ("return_bounces", "suppress", "erase", "cancel")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Paths(_Table):
    """Where the provider keeps its resources, below `endpoint`. `{ref}` stands for the job; an empty
    path says that the provider cannot do it."""

    account: str = Field(default="/v1/account", description="Who we are")
    quotes: str = Field(default="/v1/quotes", description="Price of a batch")
    jobs: str = Field(default="/v1/jobs", description="Submit a job, or find one by its idempotency key")
    job: str = Field(default="/v1/jobs/{ref}", description="State of a job")
    results: str = Field(default="/v1/jobs/{ref}/results", description="Results of a job")
    return_bounces: str = Field(default="/v1/jobs/{ref}/bounces", description="Give back bounced addresses")
    cancel: str = Field(default="/v1/jobs/{ref}/cancel", description="End a job")
    suppress: str = Field(default="/v1/suppressions", description="Never return these addresses")
    erase: str = Field(default="/v1/erasures", description="Forget these records")

    @model_validator(mode="after")
    def _jobs_are_named(self) -> Self:
        for name in ("job", "results", "return_bounces", "cancel"):
            if (path := getattr(self, name)) and "{ref}" not in path:
                raise ValueError(f"paths.{name} must contain {{ref}}")
        if empty := [name for name in ("account", "quotes", "jobs", "job", "results") if not getattr(self, name)]:
            raise ValueError(f"paths.{empty[0]} must not be empty")
        return self


class Headers(_Table):
    """Names of the headers that carry the token and the idempotency key."""

    token: str = Field(default="Authorization", description="Header of the token")
    scheme: str = Field(default="Bearer", description="Word before the token; empty for none")
    key: str = Field(default="Idempotency-Key", description="Header of the idempotency key")


class Fields(_Table):
    """The provider's names where they differ: ours = "theirs". In answers a name may be a path such as
    "result.email"; names inside ours are written with a point as well ("permission.status")."""

    batch: dict[str, str] = Field(default={}, description="records, suppress, quote_ref, sender (sent if named)")
    row: dict[str, str] = Field(default={}, description="record_key, old_email and what `needs` names")
    bounce: dict[str, str] = Field(default={}, description="bounces, record_key, new_email, bounced_at")
    account: dict[str, str] = Field(default={}, description="account_id, name, min_records, max_records, ...")
    quote: dict[str, str] = Field(default={}, description="quote_ref, records, gross_matches, price.amount, ...")
    job: dict[str, str] = Field(default={}, description="job_ref, state, charged.amount, counts, rejected, ...")
    page: dict[str, str] = Field(default={}, description="rows, next_cursor")
    result: dict[str, str] = Field(default={}, description="record_key, new_email, code, permission.status, ...")
    credit: dict[str, str] = Field(default={}, description="granted.amount, granted.currency, waiting, refused")
    lists: dict[str, str] = Field(default={}, description="hashes (suppress), record_keys (erase), jobs (find)")


class Words(_Table):
    """The provider's words where they differ: "theirs" = "ours". Upper and lower case are the same."""

    states: dict[str, JobState] = Field(default={}, description="States of a job")
    codes: dict[str, EcoaCode] = Field(default={}, description="What became of a record")
    permissions: dict[str, Permission] = Field(default={}, description="What came of the permission message")


class EcoaSettings(Terms):
    """Connection to a provider that speaks the two-phase API described in the README."""

    endpoint: str = Field(description="Base URL of the provider's API, https; its host is the only one called")
    token: Secret = Field(description="Bearer token of the account")
    paths: Paths = Field(default=Paths(), description="Paths, where the provider's differ")
    headers: Headers = Field(default=Headers(), description="Header names, where the provider's differ")
    fields: Fields = Field(default=Fields(), description="Field names, where the provider's differ")
    words: Words = Field(default=Words(), description="Words for states, codes and permissions")
    currency: str | None = Field(default=None, description="Currency of amounts that come without one")
    mode: Literal["realtime", "batch"] = Field(default="batch", description="Whether it answers at once")
    two_phase: bool = Field(default=True, description="The quote already says how many match")
    callback: bool = Field(default=False, description="It can call back; jobs are asked after anyway")

    @field_validator("endpoint")
    @classmethod
    def _https_only(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ValueError("endpoint must be a plain https URL without user, query or fragment")
        return value.rstrip("/")

    def capabilities(self) -> EcoaCapabilities:
        """What the core is told: the settings, and an ability for every optional path that is not empty."""
        return replace(
            super().capabilities(),
            mode=self.mode,
            two_phase=self.two_phase,
            callback=self.callback,
            does=frozenset(name for name in ABILITIES if getattr(self.paths, name)),
            bounce_credit_days=self.bounce_credit_days if self.paths.return_bounces else 0,
        )
