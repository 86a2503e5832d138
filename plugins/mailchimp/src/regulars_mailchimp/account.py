"""`check`: whose account it is, what the audience holds, and what the key can do."""

from __future__ import annotations

from typing import Any

from regulars import CheckReport, Finding, Http

from regulars_mailchimp import fields
from regulars_mailchimp.client import MailchimpClient
from regulars_mailchimp.models import FIELD_PREFIX
from regulars_mailchimp.settings import MailchimpSettings

_STATUSES = ("subscribed", "unsubscribed", "pending", "cleaned", "transactional", "archived")


def check(settings: MailchimpSettings, http: Http) -> CheckReport:
    """Asks for the account, the audience and its counts; writes nothing."""
    client = MailchimpClient(settings, http)
    root = client.get("", exclude_fields="_links")
    listed = "lists.id,lists.name,lists.stats.member_count"
    rows = {row["id"]: row for row in client.get("lists", count=1000, fields=listed).get("lists", [])}
    chosen = rows.pop(settings.audience, None)
    found = [_chosen(client, chosen), *_room(client)] if chosen else [_unknown(settings.audience, rows)]
    found += [_other(row) for row in rows.values()]
    found.append(Finding("warning", "key", "A Mailchimp key opens the whole account; keep it as a secret"))
    return CheckReport(
        account_id=str(root.get("account_id", "")),
        account_name=str(root.get("account_name", "")),
        findings=tuple(found),
        timezone=root.get("account_timezone") or None,
    )


def _chosen(client: MailchimpClient, row: dict[str, Any]) -> Finding:
    counts = {status: _count(client, status) for status in _STATUSES}
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return Finding("ok", "audience", f"{row['name']}: {told or 'nobody yet'}")


def _count(client: MailchimpClient, status: str) -> int:
    return int(client.get(f"{client.list}/members", status=status, count=1, fields="total_items")["total_items"])


def _room(client: MailchimpClient) -> list[Finding]:
    there = fields.defined(client)
    ours = sum(tag.startswith(FIELD_PREFIX) for tag in there)
    text = f"{len(there)} in use, {ours} of them ours; how many there may be depends on the plan"
    return [Finding("ok", "merge fields", text)]


def _unknown(audience: str, rows: dict[str, Any]) -> Finding:
    known = ", ".join(f"{key} ({row['name']})" for key, row in rows.items()) or "none"
    return Finding("error", "audience", f"{audience} is not in this account, which has: {known}")


def _other(row: dict[str, Any]) -> Finding:
    count = row.get("stats", {}).get("member_count", "?")
    return Finding("warning", "other audience", f"{row['name']} ({row['id']}, {count} subscribed) is not read")
