"""regulars discover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from regulars.cli.call import Call, pass_call, shared, table

if TYPE_CHECKING:
    from regulars.connector import Discovery, FoundField


@shared
@click.command("discover")
@click.argument("target", metavar="CLIENT.CONNECTION")
@click.option("--field", "pattern", metavar="GLOB", default="*", help='Only fields of such a name: "*birth*".')
@pass_call
def command(call: Call, target: str, pattern: str) -> None:
    """What an account holds: lists with sizes, fields with fill rates, currencies, zones, other writers.

    Nothing is written to any platform, and nothing of anybody is shown.
    """
    from regulars.cli.call import connection_of

    with connection_of(call, target) as connection:
        found = connection.discover()
        report, connector = connection.check(), connection.connector
    fields = sorted(_named(found, pattern), key=lambda f: (f.of, -(f.filled or 0), f.name))
    head = {
        "connection": connection.where,
        "plugin": f"{connector.name} {connector.api_version}",
        "account_id": report.account_id,
        "account_name": report.account_name,
    }
    data = head | {
        "facts": [{"about": about, "text": text} for about, text in found.facts],
        "lists": [asdict(one) for one in found.lists],
        "fields": [asdict(one) for one in fields],
        "sampled": found.sampled,
    }
    call.show(data, ["  ".join(head.values()), *_facts(found), *_lists(found), *_fields(found, fields, pattern)])


def _named(found: Discovery, pattern: str) -> Iterator[FoundField]:
    from fnmatch import fnmatchcase

    return (one for one in found.fields if fnmatchcase(one.name.lower(), pattern.lower()))


def _facts(found: Discovery) -> list[str]:
    wide = max((len(about) for about, _ in found.facts), default=0) + 2
    return [f"  {about:<{wide}}{text}" for about, text in found.facts]


def _lists(found: Discovery) -> list[str]:
    if not found.lists:
        return ["", "no lists"]
    ordered = sorted(found.lists, key=lambda x: (x.kind, -(x.members or 0), x.name))
    rows = [(x.name, x.kind, "" if x.members is None else f"{x.members:,}", x.id, _ours(x.ours)) for x in ordered]
    return ["", *table(rows, ("list", "kind", "members", "id", ""))]


def _fields(found: Discovery, fields: list[FoundField], pattern: str) -> list[str]:
    if not fields:
        return ["", "no fields" if pattern == "*" else f"no field is named like {pattern!r}"]
    rows = [
        (f.name, f.of, f.type, "" if f.filled is None else f"{f.filled * 100:.0f} %", f.label, _note(f))
        for f in fields
    ]
    counted = f"filled: of {found.sampled:,} records looked at" if found.sampled else "nobody counted how full"
    return ["", *table(rows, ("field", "of", "type", "filled", "label", "")), counted]


def _note(field: FoundField) -> str:
    return ", ".join(part for part in (_ours(field.ours), field.note) if part)


def _ours(is_ours: bool) -> str:
    return "ours" if is_ours else ""
