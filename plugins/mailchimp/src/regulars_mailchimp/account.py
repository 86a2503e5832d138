"""`check`: whose account it is, what the audience holds, and what stands in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from regulars import CheckReport, Finding, Http

from regulars_mailchimp import fields
from regulars_mailchimp.client import PAGE, MailchimpClient
from regulars_mailchimp.models import FIELD_PREFIX, LIST_PREFIX
from regulars_mailchimp.settings import MailchimpSettings

CONNECTIONS = 10
"""How many requests at a time an account allows to all of its integrations together."""
_STATUSES = ("subscribed", "unsubscribed", "pending", "cleaned", "transactional", "archived")
_COMPARED = 100_000
"""Audiences with more than so many members to compare are not compared: that would take minutes."""


def check(settings: MailchimpSettings, http: Http) -> CheckReport:
    """Asks for the account, its audiences and counts; writes nothing."""
    client = MailchimpClient(settings, http)
    client.metadata()
    root = client.get("", exclude_fields="_links")
    rows = {row["id"]: row for row in audiences(client)}
    chosen = rows.pop(settings.audience, None)
    found = list(_chosen(client, settings, chosen)) if chosen else [_unknown(settings.audience, rows)]
    found += [_other(client, settings.audience, row) if chosen else _unread(row) for row in rows.values()]
    found.append(_key(settings, root))
    currencies = {str(row.get("currency_code") or "") for row in stores(client)} - {""}
    return CheckReport(
        account_id=str(root.get("account_id", "")),
        account_name=str(root.get("account_name", "")),
        findings=tuple(found),
        currency=currencies.pop() if len(currencies) == 1 else None,
        timezone=root.get("account_timezone") or None,
    )


def audiences(client: MailchimpClient) -> list[dict[str, Any]]:
    """All audiences of the account, with their numbers."""
    listed = "lists.id,lists.name,lists.stats,lists.double_optin,lists.campaign_defaults"
    return list(client.get("lists", count=PAGE, fields=listed).get("lists") or ())


def stores(client: MailchimpClient) -> list[dict[str, Any]]:
    """All e-commerce stores of the account."""
    listed = "stores.id,stores.list_id,stores.name,stores.platform,stores.currency_code"
    return list(client.get("ecommerce/stores", count=PAGE, fields=listed).get("stores") or ())


def sources(client: MailchimpClient) -> tuple[Counter[str], int]:
    """Where the members who changed last came from, and how many were looked at."""
    rows = client.get(
        f"{client.list}/members", count=PAGE, sort_field="last_changed", sort_dir="DESC", fields="members.source"
    )
    found = Counter(str(row.get("source") or "unknown") for row in rows.get("members") or ())
    return found, found.total()


def _chosen(client: MailchimpClient, settings: MailchimpSettings, row: dict[str, Any]) -> Iterator[Finding]:
    counts = dict(zip(_STATUSES, client.parallel(lambda one: _count(client, one), _STATUSES), strict=True))
    told = ", ".join(f"{count:,} {status}" for status, count in counts.items() if count)
    yield Finding("ok", "audience", f'{settings.audience} "{row["name"]}": {told or "nobody yet"}')
    yield _fields(client)
    yield _tags(client)
    if required := [tag for tag, field in fields.defined(client).items() if field.required]:
        text = f"{', '.join(required)} must have a value; our writes skip that check, forms and others do not"
        yield Finding("warning", "required fields", f"{text}. Make them optional if a sync of others breaks")
    yield _opt_in(row)
    yield _history(client, settings)
    found, looked = sources(client)
    told = ", ".join(f"{source} {count:,}" for source, count in found.most_common(5))
    yield Finding("ok", "other writers", f"of the {looked:,} members changed last: {told}" if told else "none yet")
    share = f"up to {settings.concurrency} of the account's {CONNECTIONS} connections; others share them"
    yield Finding("ok", "quota", share)


def _count(client: MailchimpClient, status: str) -> int:
    return int(client.get(f"{client.list}/members", status=status, count=1, fields="total_items")["total_items"])


def _fields(client: MailchimpClient) -> Finding:
    there = fields.defined(client)
    ours = sum(tag.startswith(FIELD_PREFIX) for tag in there)
    text = f"{len(there)} in use, {ours} of them ours; how many there may be depends on the plan"
    return Finding("ok", "merge fields", text)


def _tags(client: MailchimpClient) -> Finding:
    body = client.get(f"{client.list}/segments", type="static", count=PAGE, fields="total_items,segments.name")
    ours = sum(str(row.get("name", "")).startswith(LIST_PREFIX) for row in body.get("segments") or ())
    return Finding("ok", "tags", f"{int(body.get('total_items') or 0):,} in use, {ours} of them ours")


def _opt_in(row: dict[str, Any]) -> Finding:
    if row.get("double_optin"):
        return Finding("ok", "double opt-in", "on: whoever signs up is asked once more")
    return Finding("ok", "double opt-in", "off; a new address after a bounce is asked in any case")


def _history(client: MailchimpClient, settings: MailchimpSettings) -> Finding:
    if not settings.reports_days:
        return Finding("warning", "history", "campaign reports are not read: reports_days is 0")
    since = client.clock.now() - timedelta(days=settings.reports_days)
    asked = "reports.list_id,reports.send_time"
    rows = client.get("reports", count=PAGE, since_send_time=since.isoformat(timespec="seconds"), fields=asked)
    mine = [row for row in rows.get("reports") or () if row.get("list_id") == settings.audience]
    oldest = min((str(row["send_time"])[:10] for row in mine), default="")
    text = f"{len(mine):,} campaigns of the last {settings.reports_days} days are read"
    return Finding("ok", "history", f"{text}, the oldest of {oldest}" if oldest else text)


def _key(settings: MailchimpSettings, root: dict[str, Any]) -> Finding:
    what = "an OAuth token" if settings.data_centre else "an API key"
    role = f" (here: {root['role']})" if root.get("role") else ""
    return Finding(
        "warning", "key", f"{what} is full access to the whole account{role}; Mailchimp offers no smaller one"
    )


def _unknown(audience: str, rows: dict[str, Any]) -> Finding:
    known = ", ".join(f"{key} ({row['name']})" for key, row in rows.items()) or "none"
    return Finding("error", "audience", f"{audience} is not in this account, which has: {known}")


def _unread(row: dict[str, Any]) -> Finding:
    count = (row.get("stats") or {}).get("member_count", "?")
    return Finding("warning", "other audience", f"{row['name']} ({row['id']}, {count} subscribed) is not read")


def _other(client: MailchimpClient, mine: str, row: dict[str, Any]) -> Finding:
    """Another audience, and who said no there and is subscribed here."""
    stats = row.get("stats") or {}
    there = int(stats.get("unsubscribe_count") or 0)
    subscribed = int(stats.get("member_count") or 0)
    text = f'"{row["name"]}" ({row["id"]}): {subscribed:,} subscribed, {there:,} unsubscribed'
    if not there:
        return Finding("ok", "other audience", f"{text}; it is not read")
    if there > _COMPARED or _count(client, "subscribed") > _COMPARED:
        return Finding(
            "warning", "other audience", f"{text}; too many to compare with this one. Connect it as well"
        )
    both = _hashes(client, row["id"], "unsubscribed") & _hashes(client, mine, "subscribed")
    if not both:
        return Finding("ok", "other audience", f"{text}; none of these is subscribed here")
    hint = f"Connect it as well (audience = {row['id']!r}), so that their no is heard"
    return Finding("warning", "other audience", f"{text}; {len(both):,} of these are subscribed here. {hint}")


def _hashes(client: MailchimpClient, audience: str, status: str) -> set[str]:
    """Hashes of all members of a status: the same address has the same hash in every audience."""
    found: set[str] = set()
    rows: list[Any] = [None] * PAGE
    offset = 0
    while len(rows) == PAGE:
        page = client.get(
            f"lists/{audience}/members", status=status, count=PAGE, offset=offset, fields="members.id"
        )
        rows = page.get("members") or []
        found |= {str(row["id"]) for row in rows}
        offset += PAGE
    return found
