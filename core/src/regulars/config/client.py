"""The models of clients/<id>.toml: one client's whole configuration, agency defaults merged in."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from regulars.config.costs import CostsConfig
from regulars.config.sections import Currency, Section, Sections
from regulars.connector import FieldType

_OURS = ("plugin", "expect_id", "role", "sandbox", "settings")


def _zone(name: Any) -> Any:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, TypeError, LookupError):
        raise ValueError('expected a time zone such as "Europe/London"') from None
    return name


def _id(text: Any) -> Any:
    if not isinstance(text, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text):
        raise ValueError('expected lower-case letters, digits and single hyphens, such as "brightpaw"')
    return text


def _country(code: Any) -> Any:
    if not isinstance(code, str) or not re.fullmatch(r"[A-Z]{2}", code):
        raise ValueError('expected a two-letter country code such as "GB"')
    return code


def _place(text: Any) -> Any:
    if not isinstance(text, str) or not re.fullmatch(r"[^:\s]+:(custom|tag)\..+", text):
        raise ValueError('expected "<connection>:custom.<property>" or "<connection>:tag.<tag>"')
    return text


def _property(text: Any) -> Any:
    if not isinstance(text, str) or not re.fullmatch(r"custom\..+", text):
        raise ValueError('expected "custom.<property>"')
    return text


def _least(value: Any) -> Any:
    text = _text(value)
    if not isinstance(text, str) or not re.fullmatch(r"\d+(\.\d+)?%?", text):
        raise ValueError('expected a number or a share such as "5%"')
    return text


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _connection_name(text: Any) -> Any:
    if not isinstance(text, str) or not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", text):
        raise ValueError('expected a short name of lower-case letters, digits, "_" and "-", such as "shop_us"')
    return text


Zone = Annotated[str, BeforeValidator(_zone)]
ClientId = Annotated[str, BeforeValidator(_id)]
Country = Annotated[str, BeforeValidator(_country)]
ConnectionName = Annotated[str, BeforeValidator(_connection_name)]


class ConnectionConfig(Section):
    """One account on one platform. `settings` are the keys that belong to the plugin's connector.

    `expect_id` is the platform's own account id, compared before every read and write. `sandbox` is
    the state file of a simulated platform that takes the real one's place.
    """

    plugin: str
    expect_id: Annotated[str, BeforeValidator(_text)] | None = None
    role: Literal["source", "target", "both"] = "source"
    sandbox: str | None = None
    settings: dict[str, Any] = Field(default={})

    @model_validator(mode="before")
    @classmethod
    def _set_the_plugins_keys_apart(cls, table: Any) -> Any:
        if not isinstance(table, dict) or "settings" in table:
            return table
        ours = {key: value for key, value in table.items() if key in _OURS}
        return ours | {"settings": {key: value for key, value in table.items() if key not in _OURS}}

    @property
    def reads(self) -> bool:
        """Whether people and orders are read from here."""
        return self.role != "target"

    @property
    def writes(self) -> bool:
        """Whether plans may write here."""
        return self.role != "source"


class MapEntry(Section):
    """One field of ours on connection `to`, filled from a column of the catalogue.

    `from_` "segments" makes one list or tag per segment in use. `write_if_changed_by` is a number
    ("5") or a share ("5%"): smaller changes are not written.
    """

    to: str
    field: str
    from_: str = Field(alias="from")
    type: FieldType = "text"
    label: str = ""
    options: list[str] = Field(default=[])
    write_if_changed_by: Annotated[str, BeforeValidator(_least)] | None = None
    clear_on_null: bool = False


class SignalEntry(Section):
    """What a platform's property or tag means: a signal of `kind` with `value`, when it equals `when`.

    `from_` is "<connection>:custom.<property>" or "<connection>:tag.<tag>"; `at` a property of the same person,
    "custom.<property>", that holds the day of it, such as when they joined a programme.
    """

    from_: Annotated[str, BeforeValidator(_place)] = Field(alias="from")
    kind: str
    value: str | None = None
    when: str | None = None
    at: Annotated[str, BeforeValidator(_property)] | None = None


class ClientConfig(Sections):
    """All that is known of one client before anything is read."""

    id: ClientId
    name: str
    status: Literal["onboarding", "live", "paused"] = "onboarding"
    timezone: Zone
    currency: Currency
    country: Country | None = None
    auto_apply: bool = False
    connections: dict[ConnectionName, ConnectionConfig] = Field(default={})
    map: list[MapEntry] = Field(default=[])
    signal: list[SignalEntry] = Field(default=[])
    costs: CostsConfig = Field(default=CostsConfig())

    def custom_properties(self, connection: str) -> list[str]:
        """Properties of the platform that signals need beside the canonical ones."""
        start = f"{connection}:custom."
        named = {s.from_.removeprefix(start) for s in self.signal if s.from_.startswith(start)}
        dated = {s.at for s in self.signal if s.at and s.from_.startswith(f"{connection}:")}
        return sorted(named | {name.removeprefix("custom.") for name in dated})
