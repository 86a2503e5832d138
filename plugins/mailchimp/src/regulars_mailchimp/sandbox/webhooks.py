"""Webhooks: a probe when they are made, and form-encoded deliveries that are retried.

The sandbox opens no connection of its own: `deliver` gives it to whoever stands for the receiver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import md5
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from regulars_mailchimp.sandbox import merge_fields
from regulars_mailchimp.sandbox.paging import links
from regulars_mailchimp.sandbox.problems import invalid, not_found
from regulars_mailchimp.sandbox.routing import Call, Reply, route

if TYPE_CHECKING:
    from regulars_mailchimp.sandbox.account import Account
    from regulars_mailchimp.sandbox.audience import Audience, Member

EVENTS = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")
SOURCES = ("user", "admin", "api")
RETRIES = (0.0, 300.0, 900.0, 1800.0, 4500.0)
"""Seconds after the event at which a delivery is tried, the last after 75 minutes."""

Receiver = Callable[[str, str, Mapping[str, str], bytes], int]
"""(method, url, headers, body) -> status; an answer after more than ten seconds counts as 0."""


@route("GET", "lists/*/webhooks")
def webhooks(call: Call) -> Reply:
    """All webhooks of an audience."""
    rows = [_view(call.audience, row) for row in call.audience.webhooks.values()]
    return 200, {"webhooks": rows, "list_id": call.audience.id, "total_items": len(rows), "_links": links()}


@route("POST", "lists/*/webhooks")
def new_webhook(call: Call) -> Reply:
    """A new one. Mailchimp asks the address with GET first, which must answer 200."""
    audience, body = call.audience, call.body
    url = str(body.get("url") or "")
    if not url.startswith(("http://", "https://")):
        raise invalid("The resource submitted could not be validated.", ("url", "This is no URL."))
    if any(row["url"] == url for row in audience.webhooks.values()):
        raise invalid("Sorry, you can't set up multiple WebHooks for one URL")
    if call.box.receiver is not None and call.box.receiver("GET", url, {}, b"") != 200:
        raise invalid("We couldn't connect to the WebHook's URL")
    key = md5(f"webhook:{audience.id}:{len(audience.webhooks)}".encode(), usedforsecurity=False).hexdigest()[:10]
    row = {"id": key, "url": url, "events": _flags(EVENTS, body), "sources": _flags(SOURCES, body), "queue": []}
    audience.webhooks[key] = row
    return 200, _view(audience, row)


@route("GET", "lists/*/webhooks/*")
def webhook(call: Call) -> Reply:
    """One of them."""
    if call.args[1] not in call.audience.webhooks:
        raise not_found()
    return 200, _view(call.audience, call.audience.webhooks[call.args[1]])


@route("DELETE", "lists/*/webhooks/*")
def remove_webhook(call: Call) -> Reply:
    """Remove one."""
    if call.args[1] not in call.audience.webhooks:
        raise not_found()
    del call.audience.webhooks[call.args[1]]
    return 204, None


def note(audience: Audience, at: datetime, kind: str, source: str, data: Mapping[str, str]) -> None:
    """Something happened: queue it for every webhook that wants this event from this source."""
    if not audience.webhooks:
        return
    # fired_at has no zone; it is UTC.
    form = {"type": kind, "fired_at": f"{at:%Y-%m-%d %H:%M:%S}"}
    form |= {f"data{name}": value for name, value in data.items()}
    for row in audience.webhooks.values():
        if row["events"].get(kind) and row["sources"].get(source):
            row["queue"].append({"at": at.isoformat(), "tries": 0, "body": urlencode(form)})


def deliver(box: Account) -> None:
    """Try all deliveries that are due."""
    if box.receiver is None:
        return
    for audience in box.audiences.values():
        for row in audience.webhooks.values():
            row["queue"] = [one for one in row["queue"] if not _try(box, row["url"], one)]


def about(audience: Audience, member: Member) -> dict[str, str]:
    """What a delivery says about a member."""
    merges = merge_fields.shown(audience, member)
    told = {
        "[id]": member["contact_id"][:10],
        "[email]": member["email_address"],
        "[email_type]": "html",
        "[web_id]": str(400_000_000 + member["number"]),
        "[list_id]": audience.id,
        "[merges][EMAIL]": member["email_address"],
    }
    return told | {f"[merges][{tag}]": str(value) for tag, value in merges.items()}


def _try(box: Account, url: str, one: dict[str, Any]) -> bool:
    """Whether a delivery is over: taken, or given up."""
    age = (box.clock.now() - datetime.fromisoformat(one["at"])).total_seconds()
    while one["tries"] < len(RETRIES) and RETRIES[one["tries"]] <= age:
        one["tries"] += 1
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if box.receiver is not None and 200 <= box.receiver("POST", url, headers, one["body"].encode()) < 300:
            return True
    return bool(one["tries"] >= len(RETRIES))


def _flags(names: tuple[str, ...], body: Mapping[str, Any]) -> dict[str, bool]:
    given = body.get("events" if names is EVENTS else "sources") or {}
    return {name: bool(given.get(name)) for name in names}


def _view(audience: Audience, row: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: row[name] for name in ("id", "url", "events", "sources")}
    return {**told, "list_id": audience.id, "_links": links()}
