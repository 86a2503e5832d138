"""A client's map entries as checked rules: which column fills which field, which segment which list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from regulars.changes import JoinList, SetField
from regulars.config import MapEntry
from regulars.connector import Connector, FieldSpec, FieldType
from regulars.consent import firewall
from regulars.errors import ConfigError, RefusedError
from regulars.segments import Segment
from regulars.segments.columns import COLUMNS

_FROM = {"number": ("number",), "date": ("date",), "boolean": ("boolean",), "enumeration": ("text",)}


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Column `column` of the catalogue fills the field `spec`. `threshold`: smaller changes are left."""

    column: str
    spec: FieldSpec
    threshold: str | None = None
    clear: bool = False

    @property
    def type(self) -> FieldType:
        """The field's type."""
        return self.spec.type


@dataclass(frozen=True, slots=True)
class ListRule:
    """Segment `segment` feeds the list `name`. `mailed`: only people who may be mailed get in; `channels`: those
    on which its rule wants people's consent."""

    segment: str
    name: str
    title: str
    mailed: bool
    channels: frozenset[str] = frozenset()


def field_rule(entry: MapEntry, connector: Connector, clear_on_null: bool, where: str) -> FieldRule:
    """The rule of one map entry.

    Raises ConfigError for an unknown column, a type that does not fit it or the platform, and
    RefusedError for a field outside our namespace.
    """
    column = COLUMNS.get(entry.from_)
    if column is None:
        near = get_close_matches(entry.from_, [*COLUMNS, "segments"], n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "See: regulars segment columns"
        raise ConfigError(f"no column {entry.from_!r} for {entry.field}", where=where, hint=hint)
    if column.type == "list" or (entry.type != "text" and column.type not in _FROM[entry.type]):
        raise ConfigError(f"{entry.from_} is a {column.type}, {entry.field} a {entry.type}", where=where)
    if connector.writes is None or entry.type not in connector.writes.field_types:
        raise ConfigError(f"{connector.title} has no {entry.type} fields for {entry.field}", where=where)
    options = tuple(entry.options or column.words)
    if entry.type == "enumeration" and not options:
        raise ConfigError(f"{entry.field} is an enumeration without options", where=where)
    firewall.check(SetField("-", entry.field, None), connector.writes, where)
    spec = FieldSpec(entry.field, entry.type, entry.label, options if entry.type == "enumeration" else ())
    return FieldRule(entry.from_, spec, entry.write_if_changed_by, entry.clear_on_null or clear_on_null)


def list_rules(entry: MapEntry, connector: Connector, segments: Sequence[Segment], where: str) -> list[ListRule]:
    """A list for every segment in use; `{segment}` in the entry's field stands for its name.

    Raises RefusedError for a list outside our namespace.
    """
    rules = []
    for segment in segments:
        name = entry.field.replace("{segment}", segment.name)
        if name == entry.field and len(segments) > 1:
            raise ConfigError(f"{entry.field!r} is one list for {len(segments)} segments", where=where)
        firewall.check(JoinList("-", name), connector.writes, where)
        mailed = segment.channel == "email" or connector.role == "mail"
        rules.append(ListRule(segment.name, name, segment.title, mailed, segment.rule().channels))
    return rules


def rules_of(
    entries: Sequence[MapEntry], connector: Connector, segments: Sequence[Segment], clear: bool, where: str
) -> tuple[list[FieldRule], list[ListRule]]:
    """All rules of one connection. Raises ConfigError where two write the same field."""
    fields: list[FieldRule] = []
    lists: list[ListRule] = []
    for entry in entries:
        try:
            if entry.from_ == "segments":
                lists += list_rules(entry, connector, segments, where)
            else:
                fields.append(field_rule(entry, connector, clear, where))
        except RefusedError as fault:
            raise ConfigError(fault.what, where=where, hint=fault.hint) from None
    names = [rule.spec.name for rule in fields] + [rule.name for rule in lists]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConfigError(f"{twice[0]!r} is filled twice", where=where, hint="One field has one owner")
    return fields, lists
