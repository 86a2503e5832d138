"""`discover`: what the account holds, for whoever maps it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from regulars import Discovery, FoundField, FoundList, Http

from regulars_mailchimp import fields, groups
from regulars_mailchimp.account import audiences, sources, stores
from regulars_mailchimp.client import PAGE, MailchimpClient
from regulars_mailchimp.models import FIELD_PREFIX, LIST_PREFIX
from regulars_mailchimp.settings import MailchimpSettings


def discover(settings: MailchimpSettings, http: Http) -> Discovery:
    """Audiences, tags, segments, interest groups and templates; merge fields with how many have a value, in a
    sample of the members who changed last. Writes nothing."""
    client = MailchimpClient(settings, http)
    sample = _sample(client)
    return Discovery(
        lists=(*_audiences(client), *_segments(client), *_groups(client), *_templates(client)),
        fields=tuple(_fields(client, sample)),
        facts=tuple(_facts(client)),
        sampled=len(sample),
    )


def _sample(client: MailchimpClient) -> list[dict[str, Any]]:
    rows = client.get(
        f"{client.list}/members",
        count=PAGE,
        sort_field="last_changed",
        sort_dir="DESC",
        fields="members.merge_fields",
    )
    return [row.get("merge_fields") or {} for row in rows.get("members") or ()]


def _audiences(client: MailchimpClient) -> Iterator[FoundList]:
    for row in audiences(client):
        yield FoundList(row["name"], row["id"], "audience", (row.get("stats") or {}).get("member_count"))


def _segments(client: MailchimpClient) -> Iterator[FoundList]:
    asked = "segments.id,segments.name,segments.type,segments.member_count"
    for row in client.get(f"{client.list}/segments", count=PAGE, fields=asked).get("segments") or ():
        name = str(row["name"])
        kind = "tag" if row.get("type") == "static" else "segment"
        yield FoundList(name, str(row["id"]), kind, row.get("member_count"), name.startswith(LIST_PREFIX))


def _groups(client: MailchimpClient) -> Iterator[FoundList]:
    for interest in groups.interests(client):
        name = f"{interest.category}: {interest.name}"
        yield FoundList(name, interest.id, "interest", interest.members)


def _templates(client: MailchimpClient) -> Iterator[FoundList]:
    asked = "templates.id,templates.name"
    for row in client.get("templates", type="user", count=PAGE, fields=asked).get("templates") or ():
        yield FoundList(str(row["name"]), str(row["id"]), "template")


def _fields(client: MailchimpClient, sample: list[dict[str, Any]]) -> Iterator[FoundField]:
    filled = Counter(tag for values in sample for tag, value in values.items() if value not in ("", None))
    for tag, field in fields.defined(client).items():
        share = filled[tag] / len(sample) if sample else None
        note = "required" if field.required else ""
        yield FoundField(tag, field.type, field.name, filled=share, ours=tag.startswith(FIELD_PREFIX), note=note)
    for category in dict.fromkeys(interest.category for interest in groups.interests(client)):
        yield FoundField(f"interests.{category}", "interest group", category)


def _facts(client: MailchimpClient) -> Iterator[tuple[str, str]]:
    zone = client.get("", fields="account_timezone").get("account_timezone")
    if zone:
        yield "zone", str(zone)
    for row in stores(client):
        yield "store", f"{row['name']} ({row['id']}, {row.get('platform') or 'no platform'})"
    if currencies := sorted({str(row.get("currency_code")) for row in stores(client)}):
        yield "currencies", ", ".join(currencies)
    found, looked = sources(client)
    told = ", ".join(f"{source} {count:,}" for source, count in found.most_common())
    if told:
        yield "other writers", f"of the {looked:,} members changed last: {told}"
