"""The provider's JSON, as models. What does not fit is refused where it arrives."""

from __future__ import annotations

from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from regulars import Money, MoneyError


class _Wire(BaseModel):
    """New keys of the provider are ignored; a value of another type is an error."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Amount(_Wire):
    """Money as decimal text and an ISO 4217 code; a JSON number has no place here."""

    amount: str = Field(strict=True)
    currency: str | None = Field(default=None, strict=True)

    def money(self, currency: str | None = None) -> Money:
        """Exact money; `currency` where the answer names none. Raises MoneyError (also below zero)."""
        money = Money.parse(self.amount, self.currency or currency or "")
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
    bounce_credit_days: int | None = None
    retention_days: int | None = None


class Quote(_Wire):
    """POST quotes."""

    quote_ref: str
    records: int
    gross_matches: int | None = None
    net_matches: int | None = None
    price: Amount
    expires_at: AwareDatetime | None = None


class Refused(_Wire):
    """A record that was not taken."""

    record_key: str
    reason: str = "no reason given"


class Job(_Wire):
    """POST jobs, GET jobs/{ref}. `state` may be a word that the settings translate."""

    job_ref: str
    state: str
    charged: Amount | None = None
    counts: dict[str, int] = Field(default_factory=dict)
    next_poll_after: AwareDatetime | None = None
    rejected: tuple[Refused, ...] = ()


class Permission(_Wire):
    """What came of the message to the new address. `status` may be a word we do not know."""

    status: str
    at: AwareDatetime | None = None
    sent_at: AwareDatetime | None = None


class Checked(_Wire):
    """The provider's own check of the new address."""

    status: str
    code: str = ""
    checked_at: AwareDatetime | None = None


class ResultRow(_Wire):
    """One row of GET jobs/{ref}/results."""

    record_key: str
    old_email: str | None = None
    new_email: str | None = None
    code: str = ""
    match_level: str = "individual"
    matched_on: date | None = None
    permission: Permission | None = None
    deliverability: Checked | None = None
    flags: tuple[str, ...] = ()
    price: Amount | None = None
    expires_at: AwareDatetime | None = None


class ResultPage(_Wire):
    """GET jobs/{ref}/results: the rows stay raw here, so that one bad row does not spoil the page."""

    rows: list[dict[str, object]]
    next_cursor: str | None = None


class Credit(_Wire):
    """POST jobs/{ref}/bounces."""

    granted: Amount
    waiting: int = 0
    refused: tuple[Refused, ...] = ()


def first_fault(fault: ValidationError) -> str:
    """Where a model did not fit, without the value: values are people's data."""
    error = fault.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(str(x) for x in error['loc']) or 'body'}: {error['type']}"
