"""From TOML text to models, and from everything that can be wrong with it to one line each.

Order, later wins: built-in defaults, `[defaults.*]` of regulars.toml, the client's file. Tables merge
by key, arrays replace. Guards may only become stricter on the way.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from regulars.config.agency import AgencyConfig
from regulars.config.client import ClientConfig
from regulars.config.series import ends_in_time, proposed
from regulars.errors import ConfigError

SCHEMA = 1

STRICTER: Mapping[str, int] = {
    "guards.max_change_pct_per_field": -1,
    "guards.max_clear_pct_per_field": -1,
    "guards.max_segment_shift_pct": -1,
    "guards.max_write_records": -1,
    "guards.min_source_rows_pct": +1,
}
"""Keys of which a client may only be stricter, and the direction of stricter."""
KEPT_ON = ("guards.reconcile_yesterday", "ecoa.four_eyes")
"""Keys that a client may switch on, and not off where its agency has them on."""

_SECRETS = re.compile(
    r"\b(?:pat-[A-Za-z0-9]+-[A-Za-z0-9-]{8,}|shp[a-z]{2}_[A-Za-z0-9]{8,}|[0-9a-fA-F]{32}-[a-z]{2}\d{1,2}\b)"
    r"|\beyJ[A-Za-z0-9_-]{20,}\."
)
_LONG = re.compile(r"(?<![A-Za-z0-9+/=_.-])[A-Za-z0-9+/_-]{40,}={0,2}(?![A-Za-z0-9+/_.-])")

M = TypeVar("M", bound=BaseModel)


class Complaints(ConfigError):
    """What is wrong with one file: it shows the first complaint, `found` holds all."""

    def __init__(self, found: Sequence[ConfigError]) -> None:
        first, more = found[0], len(found) - 1
        hint = f"{first.hint} ({more} more in this file)".strip() if more else first.hint
        super().__init__(first.what, where=first.where, hint=hint)
        self.found = tuple(found)


def read_toml(file: Path, shown: str) -> dict[str, Any]:
    """One file's tables, without its `schema` key. `shown` is the file's name in messages.

    Raises ConfigError as `read_text` and `parse_toml` do.
    """
    return parse_toml(read_text(file, shown), shown)


def read_text(file: Path, shown: str) -> str:
    """A file's text. Raises ConfigError where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError("there is no such file", where=shown) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"cannot be read ({type(fault).__name__})", where=shown) from None


def parse_toml(text: str, shown: str) -> dict[str, Any]:
    """Tables of a text, without its `schema` key.

    Raises ConfigError for bad TOML, an unknown schema, or anything that looks like a secret (comments
    included); the value is never repeated.
    """
    _refuse_secrets(text, shown)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(f"not valid TOML: {fault}", where=shown) from None
    if (schema := tables.pop("schema", None)) != SCHEMA:
        said = "missing" if schema is None else f"{schema!r}"
        raise ConfigError(f"schema is {said}", where=shown, hint=f"Write schema = {SCHEMA} at the top")
    return tables


def agency_config(tables: Mapping[str, Any], shown: str = "regulars.toml") -> AgencyConfig:
    """The agency's file as a model. Raises ConfigError."""
    return validated(AgencyConfig, tables, shown)


def client_config(
    own: Mapping[str, Any], agency: AgencyConfig, agency_tables: Mapping[str, Any], shown: str
) -> ClientConfig:
    """A client's file over the agency's defaults. Raises ConfigError."""
    merged = merge(agency_tables.get("defaults", {}), own)
    config = validated(ClientConfig, merged, shown)
    if f"{config.id}.toml" != Path(shown).name:
        raise ConfigError(f"id is {config.id!r}", where=shown, hint="It must be the file's name")
    _refuse_looser(config, agency, shown)
    _refuse_unknown_connections(config, shown)
    _refuse_unfunded_ecoa(config, shown)
    _refuse_wrong_lines(config, shown)
    _refuse_foreign_costs(config, shown)
    return config


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Tables merged by key; everything else of `above` replaces what is below."""
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        both = isinstance(value, Mapping) and isinstance(under, Mapping)
        result[key] = merge(under, value) if both else value  # type: ignore[arg-type]
    return result


def validated(model: type[M], tables: Mapping[str, Any], shown: str, below: str = "") -> M:
    """The tables as a model. Raises Complaints, which show the first and say how many more there are.

    `below` is put before keys ("connections.crm").
    """
    try:
        return model.model_validate(dict(tables))
    except ValidationError as fault:
        raise Complaints(complaints(fault, model, shown, below)) from None


def complaints(fault: ValidationError, model: type[BaseModel], shown: str, below: str = "") -> list[ConfigError]:
    """Every complaint of pydantic as a line with file, key and what was expected; no value is shown."""
    errors = fault.errors(include_url=False, include_input=False, include_context=False)
    errors.sort(key=lambda error: error["type"] == "missing")  # a misspelt key explains the missing one
    return [_complaint(error, model, shown, below) for error in errors]


def _complaint(error: Any, model: type[BaseModel], shown: str, below: str) -> ConfigError:
    loc: tuple[str | int, ...] = error["loc"]
    key = ".".join(part for part in (below, *map(str, loc)) if part)
    if error["type"] == "extra_forbidden":
        known = _keys(model, loc[:-1])
        return ConfigError(f"unknown key {key!r}", where=shown, hint=nearest(str(loc[-1]), known))
    if error["type"] == "missing":
        return ConfigError(f"{key!r} is missing", where=shown, hint="Add it")
    text = error["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    return ConfigError(f"{key!r}: {text}" if key else text, where=shown)


def nearest(word: str, known: Iterable[str], none: str = "Remove it") -> str:
    """A hint with the known name that is nearest to a misspelt one; `none` where no name is known."""
    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(names)}" if names else none


def _keys(model: type[BaseModel], loc: Sequence[str | int]) -> set[str]:
    """The names that a table may hold, found by walking the model along a location."""
    for part in loc:
        field = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        inner = _model_in(field.annotation) if field else None
        model = inner or model
    return {field.alias or name for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner))), None)


def _refuse_secrets(text: str, shown: str) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        long = any(_mixed(found[0]) for found in _LONG.finditer(line))
        if long or _SECRETS.search(line):
            raise ConfigError(
                "this looks like a secret",
                where=f"{shown}, line {number}",
                hint='Replace it now, then write "secret:NAME" here and put the value into secrets/<client>/NAME',
            )


def _mixed(token: str) -> bool:
    """Lower case, upper case and digits: long names and paths of people seldom have all three."""
    return all(re.search(kind, token) for kind in ("[a-z]", "[A-Z]", "[0-9]"))


def _refuse_looser(config: ClientConfig, agency: AgencyConfig, shown: str) -> None:
    for key, stricter in STRICTER.items():
        section, name = key.split(".")
        own, floor = (getattr(getattr(x, section), name) for x in (config, agency.defaults))
        if (own - floor) * stricter < 0:
            bound = "at most" if stricter < 0 else "at least"
            raise ConfigError(
                f"{key} = {own:g} is looser than the agency's {floor:g}",
                where=shown,
                hint=f"A client may only be stricter: {bound} {floor:g}",
            )
    for key in KEPT_ON:
        section, name = key.split(".")
        own, floor = (getattr(getattr(x, section), name) for x in (config, agency.defaults))
        if floor and not own:
            raise ConfigError(
                f"{key} = false is looser than the agency's true",
                where=shown,
                hint="A client may only be stricter: leave the line out",
            )


def _refuse_unknown_connections(config: ClientConfig, shown: str) -> None:
    named = [(f"map.{n}.to", entry.to) for n, entry in enumerate(config.map)]
    named += [(f"signal.{n}.from", entry.from_.split(":")[0]) for n, entry in enumerate(config.signal)]
    named += [(f"consent.legal_basis.{n}.source", x.source) for n, x in enumerate(config.consent.legal_basis)]
    named += [(f"costs.platforms.{n}.connection", x.connection) for n, x in enumerate(config.costs.platforms)]
    named += [("ecoa.connection", config.ecoa.connection)] if config.ecoa.connection else []
    for key, name in named:
        if name not in config.connections:
            raise ConfigError(
                f"{key!r} names no connection: {name!r}", where=shown, hint=nearest(name, config.connections)
            )


def _refuse_wrong_lines(config: ClientConfig, shown: str) -> None:
    """Lines that a person stated: at risk comes before lapsed, and a series ends before it is too late."""
    lines = config.lifecycle
    if lines.at_risk_quantile >= lines.lapsed_quantile:
        raise ConfigError("lifecycle.at_risk_quantile is not below lifecycle.lapsed_quantile", where=shown)
    stated: list[tuple[str, timedelta | None, timedelta, timedelta]] = []
    if "lapsed" in lines.model_fields_set and not lines.is_learned:
        stated.append(("lifecycle", lines.at_risk, lines.lapsed, lines.act_before))
    for name, said in lines.categories.items():
        if said.lapsed is not None:
            before = said.act_before or lines.act_before
            stated.append((f'lifecycle.categories."{name}"', said.at_risk, said.lapsed, before))
    for key, at_risk, lapsed, act_before in stated:
        if at_risk is not None and at_risk >= lapsed:
            raise ConfigError(f"{key}.at_risk is not before lapsed = {lapsed.days}d", where=shown)
        if not ends_in_time(lapsed.days, lines.series.days, act_before.days):
            raise ConfigError(
                f"{key}: lapsed = {lapsed.days}d and a series of {lines.series.days}d do not end before"
                f" act_before = {act_before.days}d",
                where=shown,
                hint=f'Write act_before = "{proposed(lapsed.days, lines.series.days)}d" there (1.3 x lapsed), or'
                " a shorter lapsed",
            )


def _refuse_unfunded_ecoa(config: ClientConfig, shown: str) -> None:
    ecoa = config.ecoa
    if not ecoa.enabled:
        return
    needed = {
        "connection": ecoa.connection,
        "jurisdictions": ecoa.jurisdictions,
        "unit_cost": ecoa.unit_cost and ecoa.unit_cost.amount > 0,
        "max_per_run": ecoa.max_per_run.records and ecoa.max_per_run.cost,
        "max_per_month": ecoa.max_per_month.records and ecoa.max_per_month.cost,
    }
    for key, given in needed.items():
        if not given:
            raise ConfigError(
                f"ecoa is enabled without 'ecoa.{key}'",
                where=shown,
                hint="Give it a value, or set ecoa.enabled = false",
            )


def _refuse_foreign_costs(config: ClientConfig, shown: str) -> None:
    for key, amount in config.costs.amounts():
        if amount.currency != config.currency:
            raise ConfigError(
                f"'costs.{key}.amount' is in {amount.currency}, the books are in {config.currency}",
                where=shown,
                hint=f"Write what it was in {config.currency} on its day",
            )
