"""The provider's JSON, as models. What does not fit is refused where it arrives."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from regulars import Money, MoneyError

PermissionWord = Literal["not_sent", "sent", "no_response", "opted_out", "confirmed", "wrong_person"]


class _Wire(BaseModel):
    """New keys of the provider are ignored; a value of another type is an error."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Amount(_Wire):
    """Money as decimal text and an ISO 4217 code; a JSON number has no place here."""

    amount: str = Field(strict=True)
    currency: str = Field(strict=True)

    def money(self) -> Money:
        """Exact money. Raises MoneyError (also for a negative amount)."""
        money = Money.parse(self.amount, self.currency)
        if money.amount < 0:
            raise MoneyError(f"{self.amount!r} is below zero")
        return money


class Account(_Wire):
    """GET account."""

    account_id: str
    name: str = ""
    min_records: int | None = None
    max_records: int | None = None
    needs: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None


class Quote(_Wire):
    """POST quotes."""

    quote_ref: str
    records: int
    gross_matches: int
    price: Amount
    expires_at: AwareDatetime | None = None


class Job(_Wire):
    """POST jobs, GET jobs/{ref}."""

    job_ref: str
    state: Literal[
        "queued", "matching", "awaiting_purchase", "permission_pass", "completed", "partial", "failed", "cancelled"
    ]
    charged: Amount | None = None
    counts: dict[str, int] = Field(default_factory=dict)
    next_poll_after: AwareDatetime | None = None


class JobList(_Wire):
    """GET jobs?key=..."""

    jobs: tuple[Job, ...] = ()


class Permission(_Wire):
    """What came of the message to the new address. `status` may be a word we do not know."""

    status: str
    at: AwareDatetime | None = None


class ResultRow(_Wire):
    """One row of GET jobs/{ref}/results."""

    record_key: str
    new_email: str | None = None
    code: str = ""
    permission: Permission | None = None
    flags: tuple[str, ...] = ()


class ResultPage(_Wire):
    """GET jobs/{ref}/results: the rows stay raw here, so that one bad row does not spoil the page."""

    rows: list[dict[str, object]]
    next_cursor: str | None = None


def first_fault(fault: ValidationError) -> str:
    """Where a model did not fit, without the value: values are people's data."""
    error = fault.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(str(x) for x in error['loc']) or 'body'}: {error['type']}"
