"""What a client writes under an ECOA connection that exchanges files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator
from regulars import EcoaCapabilities, Money, MoneyError

from regulars_ecoa.settings import ABILITIES, Words
from regulars_ecoa.table import Encoding
from regulars_ecoa.terms import Terms

COLUMNS = {
    "record_key": "UNIQUE-ID",
    "old_email": "EMAIL ADDRESS",
    "first_name": "FIRST",
    "last_name": "LAST",
    "country": "COUNTRY",
    "bounced_on": "BOUNCED",
    "code": "CODE",
    "new_email": "NEWEMAIL",
    "match_level": "MATCH TYPE",
    "matched_on": "LAST SEEN",
    "permission": "PERMISSION",
    "permission_at": "PERMISSION DATE",
    "permission_sent_at": "ASKED DATE",
    "deliverability": "STATUS",
    "flags": "FLAGS",
    "price": "PRICE",
    "expires_at": "EXPIRES",
    "hash": "SHA256",
    "bounced_at": "BOUNCED",
    "credit": "CREDIT",
    "reason": "REASON",
}
"""Our names of columns and the usual headings (those of AtData's managed service where it names them)."""

NAMES = {
    "results": "{job}_results_*.txt",
    "partial": "{job}_partial_*.txt",
    "failed": "{job}_failed*.txt",
    "credit": "{job}_credit_*.txt",
}
"""How incoming files are called; the last number in a name is the count of its rows."""


class EcoaFileSettings(Terms):
    """Connection to a provider that takes and returns files, such as a managed service over SFTP. The
    directories are mounted or synced by somebody else; nothing here speaks a network protocol."""

    account: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$",
        description="Our name at the provider; every file's name begins with it, so it is this client's alone",
    )
    outbox: Path = Field(description="Directory from which the provider takes files; absolute")
    inbox: Path = Field(description="Directory into which the provider puts files; absolute")
    archive: Path = Field(description="Directory of our own for receipts and unreadable rows; not shared")
    unit_price: str = Field(description='What a delivered match costs by contract, such as "0.15"')
    currency: str = Field(default="USD", description="Currency of the contract")
    job_cap: str | None = Field(default=None, description='What a job costs at most by contract, such as "250.00"')
    columns: dict[str, str] = Field(default={}, description="Headings, where the provider's differ")
    names: dict[str, str] = Field(default={}, description="Names of incoming files, where they differ")
    words: Words = Field(default=Words(), description="Words for codes and permissions, where they differ")
    delimiter: Literal["tab", "comma"] = Field(default="tab", description="What separates fields")
    encoding: Literal["utf-8", "cp1252"] = Field(default="utf-8", description="Encoding of outgoing files")
    results_encoding: Encoding = Field(default="auto", description="Encoding of incoming files")
    date_format: str = Field(default="", description='Dates that are not ISO, such as "%m/%d/%Y"')
    timezone: str = Field(default="UTC", description="Zone of dates and times that name none")

    @property
    def separator(self) -> str:
        """The character between fields."""
        return "\t" if self.delimiter == "tab" else ","

    @property
    def unit(self) -> Money:
        """Price of a delivered match."""
        return Money.parse(self.unit_price, self.currency)

    def cost(self, matches: int) -> Money:
        """What so many delivered matches cost, the contract's cap kept."""
        full = Money.of_minor(self.unit.minor * matches, self.currency)
        cap = Money.parse(self.job_cap, self.currency) if self.job_cap else full
        return min(full, cap, key=lambda money: money.amount)

    def heading(self, name: str) -> str:
        """The provider's heading of a column of ours."""
        return self.columns.get(name, COLUMNS[name])

    def pattern(self, kind: str, job: str) -> str:
        """How files of a kind are called that belong to a job."""
        return self.names.get(kind, NAMES[kind]).replace("{job}", job)

    def capabilities(self) -> EcoaCapabilities:
        """What the core is told: the terms, and all that files can carry."""
        return replace(super().capabilities(), does=frozenset(ABILITIES))

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("expected a zone such as Europe/London") from None
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        folders = (self.outbox, self.inbox, self.archive)
        if not all(path.is_absolute() for path in folders) or len(set(folders)) < 3:
            raise ValueError("outbox, inbox and archive are three absolute paths")
        if strange := sorted({*self.needs, *self.columns} - COLUMNS.keys()) or sorted(
            self.names.keys() - NAMES.keys()
        ):
            raise ValueError(f"{strange[0]!r} is nothing we know")
        if lost := [name for name, text in self.names.items() if "{job}" not in text or "/" in text]:
            raise ValueError(f"names.{lost[0]} must contain {{job}} and no directory")
        try:
            if self.cost(1).amount <= 0:
                raise ValueError("unit_price and job_cap must be above zero")
        except MoneyError as fault:
            raise ValueError(fault.what) from None
        return self
