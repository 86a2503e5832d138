"""All that may ever be written to a platform: a closed union.

There is no change here that could subscribe anyone, clear an opt-out, delete a contact or touch a
field outside our namespace, and a destination is never asked for anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SetField:
    """Set one field of ours on one record. `value` is the platform-neutral text (numbers with a
    point, dates as YYYY-MM-DD of the client's calendar day); None clears the field."""

    id: str
    field: str
    value: str | None


@dataclass(frozen=True, slots=True)
class JoinList:
    """Put a record into one of our lists (a static list, or a tag)."""

    id: str
    list: str


@dataclass(frozen=True, slots=True)
class LeaveList:
    """Take a record out of one of our lists."""

    id: str
    list: str


@dataclass(frozen=True, slots=True)
class AddressChange:
    """The one way for a new address: `new` was confirmed by the person in place of `old`.

    `proof` refers to the stored confirmation (provider, job, record key; no address). Platforms that
    cannot carry a consent over must create the new address as *pending*, so that the platform itself
    asks the person; never as subscribed.
    """

    id: str
    old: str
    new: str
    proof: str


@dataclass(frozen=True, slots=True)
class IssueCode:
    """Create one single-use discount code for a person."""

    id: str
    code: str
    amount_minor: int
    currency: str
    expires_on: str


Change = SetField | JoinList | LeaveList | AddressChange | IssueCode
Status = Literal["written", "unchanged", "rejected", "drifted", "unknown"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change. `unknown` is settled by reading back, never by sending again."""

    change: Change
    status: Status
    reason: str = ""
