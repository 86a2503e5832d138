"""What a portal holds, for whoever maps it: properties with how full they are, lists with their sizes, who else
writes to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from regulars import Discovery, FoundField, FoundList, Http

from regulars_hubspot.account import account_of
from regulars_hubspot.client import BATCH, HubSpot
from regulars_hubspot.fields import FIELD_PREFIX, LIST_PREFIX
from regulars_hubspot.lists import Lists
from regulars_hubspot.models import id_of
from regulars_hubspot.refusals import ScopeError
from regulars_hubspot.settings import HubSpotSettings
from regulars_hubspot.wire import Body

KINDS = {"contacts": "person", "companies": "company", "orders": "order"}
Definitions = Mapping[str, Body]
Sample = Sequence[Mapping[str, Any]]
_SOURCE = "hs_object_source_label"


def discover(settings: HubSpotSettings, http: Http) -> Discovery:
    """Ask for definitions and lists, and look at a hundred of the oldest and of the newest contacts.

    Raises AuthError where contacts, their properties or lists cannot be read.
    """
    client = HubSpot(settings, http)
    account = account_of(client.account(), settings)
    definitions = client.properties()
    sample = _sample(client, list(definitions))
    fields = [*_fields(definitions, "person", sample), *_others(client)]
    lists = Lists(client.wire).find("", ("MANUAL", "SNAPSHOT", "DYNAMIC"))
    facts = tuple(_facts(account, client, definitions, sample))
    return Discovery(tuple(_list(row) for row in lists), tuple(fields), facts, len(sample))


def _sample(client: HubSpot, names: Sequence[str]) -> Sample:
    """Properties of a hundred of the oldest and of the newest contacts, all of them."""
    oldest, _ = client.page("contacts", None, (), limit=BATCH)
    told = map(id_of, (*oldest, *client.newest("contacts", BATCH)))
    ids = list(dict.fromkeys(filter(None, told)))
    batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    rows = [row for batch in batches for row in client.read("contacts", batch, names)]
    return [row.get("properties") or {} for row in rows]


def _fields(definitions: Definitions, kind: str, sample: Sample) -> Iterator[FoundField]:
    """HubSpot's own properties only where somebody has a value: there are hundreds."""
    for name, found in sorted(definitions.items()):
        filled = sum(bool(row.get(name)) for row in sample) / len(sample) if sample else None
        if found.get("hubspotDefined") and not filled:
            continue
        yield FoundField(
            name,
            f"{found.get('type')}/{found.get('fieldType')}",
            str(found.get("label") or ""),
            kind,
            filled,
            name.startswith(FIELD_PREFIX),
            ", ".join(_notes(found)),
        )


def _notes(found: Body) -> Iterator[str]:
    if (found.get("modificationMetadata") or {}).get("readOnlyValue"):
        yield "read-only"
    if found.get("hasUniqueValue"):
        yield "unique"
    if found.get("calculated"):
        yield "calculated"


def _others(client: HubSpot) -> Iterator[FoundField]:
    """Properties of other kinds that people made, where the token may see them."""
    for kind in ("companies", "orders"):
        try:
            definitions = client.properties(kind)
        except ScopeError:
            continue
        made = {name: found for name, found in definitions.items() if not found.get("hubspotDefined")}
        yield from _fields(made, KINDS[kind], ())


def _list(row: Body) -> FoundList:
    size = row.get("size", (row.get("additionalProperties") or {}).get("hs_list_size"))
    name = str(row["name"])
    members = int(str(size)) if str(size).isdigit() else None
    kind = f"{str(row.get('processingType') or 'list').lower()} list"
    return FoundList(name, str(row["listId"]), kind, members, name.startswith(LIST_PREFIX))


def _facts(
    account: Mapping[str, Any],
    client: HubSpot,
    definitions: Definitions,
    sample: Sample,
) -> Iterator[tuple[str, str]]:
    others = account.get("additionalCurrencies") or ()
    yield "currencies", ", ".join([str(account.get("companyCurrency") or "not set"), *map(str, others)])
    yield "zone", str(account.get("timeZone") or "not set")
    yield "contacts", f"{client.total('contacts'):,}"
    if (usage := client.wire.usage) is not None:
        yield "calls a day", f"{usage.daily:,}, of which {usage.left:,} are left today"
    if sources := _counted(row.get(_SOURCE) for row in sample):
        yield "other writers", f"the contacts looked at came from {sources}"
    foreign = (
        str(found.get("groupName"))
        for name, found in definitions.items()
        if not found.get("hubspotDefined") and not name.startswith(FIELD_PREFIX)
    )
    if groups := _counted(foreign):
        yield "properties of others", groups


def _counted(values: Iterable[str | None]) -> str:
    """How often each value is there, the most frequent first."""
    return ", ".join(f"{value} {count:,}" for value, count in Counter(filter(None, values)).most_common(8))
