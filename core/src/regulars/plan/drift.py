"""Field drift: what a client's maps fill, against what is there on the platform now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from regulars.config import Client
from regulars.connections import Connection
from regulars.connector import Destination, FieldSpec, Finding, Missing
from regulars.errors import ConfigError
from regulars.journal import Journal
from regulars.plan.mapping import rules_of
from regulars.segments import Segment


@dataclass(frozen=True)
class _Wanted:
    """What one connection's maps need there, and what of it we have written before."""

    fields: Sequence[FieldSpec]
    lists: Sequence[str]
    written: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.fields) + len(self.lists)


def drift(
    client: Client, connection: Connection, segments: Sequence[Segment], written: Mapping[str, int]
) -> list[Finding]:
    """What is missing, of another type or without an option among the mapped fields and lists.

    `written` are the fields and lists that we wrote before, with the number of records: what is not
    there any more of these was deleted, archived or renamed by somebody. What was never written is
    made by the first apply. Writes nothing.

    Raises ConfigError for a wrong map entry, and what the platform's look-up raises.
    """
    config = client.config
    entries = [entry for entry in config.map if entry.to == connection.name]
    rules, lists = rules_of(
        entries, connection.connector, segments, config.write.clear_on_null, f"{client.file}: map"
    )
    wanted = _Wanted([rule.spec for rule in rules], [rule.name for rule in lists], written)
    if not len(wanted):
        return [Finding("ok", "fields", f"nothing is mapped to {connection.name}")]
    missing, wrong = _missing(connection.destination(), wanted)
    found = [*wrong, *_gone(wanted, missing, client.id), *_lacking(wanted, missing)]
    names = {spec.name for spec in missing.fields} | set(missing.lists)
    new = len([name for name in names - _partly(wanted, missing) if name not in wanted.written])
    there = len(wanted) - len(names | {f.about for f in wrong}) + len(_partly(wanted, missing))
    text = f"{there} of {len(wanted)} mapped fields and lists are there"
    later = f"; the first apply makes {new} more" if new else ""
    return [*(Finding(f.level, "fields", f.text) for f in found), Finding("ok", "fields", text + later)]


def written(journal: Journal, connection: str) -> dict[str, int]:
    """Fields and lists of a connection that we wrote, with the number of records."""
    rows = journal.rows(
        "SELECT field, count(DISTINCT record_id) FROM ledger WHERE connection = ? AND state = 'confirmed'"
        " GROUP BY field",
        (connection,),
    )
    return dict(rows)


def _missing(destination: Destination, wanted: _Wanted) -> tuple[Missing, list[Finding]]:
    """What is missing, and (about = the field) what is there and cannot be ours. One field of another
    type must not hide the others, so that they are then asked for one by one."""
    try:
        return destination.missing(wanted.fields, wanted.lists), []
    except ConfigError:
        lists = destination.missing((), wanted.lists).lists
    fields: list[FieldSpec] = []
    wrong: list[Finding] = []
    for spec in wanted.fields:
        try:
            fields += destination.missing((spec,), ()).fields
        except ConfigError as fault:
            wrong.append(Finding("error", spec.name, str(fault)))
    return Missing(tuple(fields), lists), wrong


def _partly(wanted: _Wanted, missing: Missing) -> set[str]:
    """Enumerations that are there and lack options: `missing` names them with the lacking ones alone."""
    full = {spec.name: spec.options for spec in wanted.fields}
    return {spec.name for spec in missing.fields if spec.options != full[spec.name]}


def _gone(wanted: _Wanted, missing: Missing, client: str) -> Iterator[Finding]:
    partly = _partly(wanted, missing)
    for name in [*(spec.name for spec in missing.fields if spec.name not in partly), *missing.lists]:
        if count := wanted.written.get(name):
            text = (
                f"{name} is gone: deleted, archived or renamed on the platform; we wrote it on {count:,} records."
                f" The next apply makes it again: regulars run {client}, then regulars plan {client}"
            )
            yield Finding("warning", "fields", text)


def _lacking(wanted: _Wanted, missing: Missing) -> Iterator[Finding]:
    partly = _partly(wanted, missing)
    for spec in missing.fields:
        if spec.name in partly:
            text = f"{spec.name} lacks the options {', '.join(spec.options)}; the next apply adds them"
            yield Finding("warning" if spec.name in wanted.written else "ok", "fields", text)
