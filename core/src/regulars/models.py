"""What the core knows of one person and of one number: values that can say where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from regulars.money import Money

Stage = Literal["acquisition", "retention", "expansion", "reactivation"]
Level = Literal["exploratory", "basic", "collaborated", "interconnected"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: connection, the platform's record id, and when it was true there."""

    connection: str
    record_id: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Field:
    """A value of a customer with its origin."""

    value: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Profile:
    """One platform's profile that belongs to a customer, and why it was joined."""

    connection: str
    record_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Customer:
    """One person over all platforms. `fields` holds each field with its origin; `profiles` the
    platform profiles that are this person, each with the reason of its join."""

    id: str
    fields: Mapping[str, Field]
    profiles: tuple[Profile, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """From `old` to `new` on a client's calendar day; `old` is None for the first."""

    on: date
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Where a customer stands: stage and relationship level, with the dated moves that led there."""

    customer_id: str
    stage: Stage
    level: Level
    stage_moves: tuple[Move, ...] = ()
    level_moves: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that explains itself.

    `value` is None where it is not defined (then `note` says why). `unit` is %, days, years, orders,
    a currency code ... `inputs` are the numbers that go into `formula`; `as_of` is the client's day.
    """

    name: str
    value: Decimal | Money | int | None
    unit: str
    window: str
    formula: str
    inputs: Mapping[str, Any]
    as_of: date
    note: str = ""
