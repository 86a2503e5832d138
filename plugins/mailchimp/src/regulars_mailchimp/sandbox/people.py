"""Looking for people: search over all audiences, and one member's activity."""

from __future__ import annotations

from typing import Any

from regulars_mailchimp.sandbox.audience import hash_of
from regulars_mailchimp.sandbox.mailings import capped, shown
from regulars_mailchimp.sandbox.paging import links, window
from regulars_mailchimp.sandbox.problems import invalid
from regulars_mailchimp.sandbox.routing import Call, Reply, route
from regulars_mailchimp.sandbox.views import member_view

_LAST = 50
"""How many activities the old list shows; the feed shows all."""


@route("GET", "search-members")
def search(call: Call) -> Reply:
    """Members whose address or name is, or contains, the query."""
    query, only = call.asked.param("query").lower(), call.asked.param("list_id")
    if not query:
        raise invalid(
            "The resource submitted could not be validated.", ("query", "This value should not be blank.")
        )
    exact: list[dict[str, Any]] = []
    partly: list[dict[str, Any]] = []
    for audience in call.box.audiences.values():
        if only in ("", audience.id):
            for member in audience.members.values():
                view = member_view(audience, member, call.box.base)
                if query == member["email_address"].lower():
                    exact.append(view)
                elif query in f"{member['email_address']} {view['full_name']}".lower():
                    partly.append(view)
    found = {"exact_matches": exact, "full_search": exact + partly}
    told = {name: {"members": rows[:30], "total_items": len(rows)} for name, rows in found.items()}
    return 200, {**told, "_links": links()}


@route("GET", "lists/*/members/*/activity-feed")
def feed(call: Call) -> Reply:
    """All that a member did, newest first, page by page."""
    offset, count = window(call.asked)
    wanted = {name for name in call.asked.param("activity_filters").split(",") if name}
    rows = [row for row in _activity(call) if not wanted or row["activity_type"] in wanted]
    return 200, _about(call, rows[offset : offset + count]) | {"total_items": len(rows)}


@route("GET", "lists/*/members/*/activity")
def activity(call: Call) -> Reply:
    """The last 50 things that a member did."""
    rows = [
        {"action": row["activity_type"], "timestamp": row["created_at_timestamp"], **_mail(row)}
        for row in _activity(call)[:_LAST]
    ]
    return 200, _about(call, rows) | {"total_items": len(rows)}


def _activity(call: Call) -> list[dict[str, Any]]:
    email = call.member["email_address"]
    rows: list[dict[str, Any]] = []
    for campaign in call.box.mailings.campaigns.values():
        if campaign["list_id"] != call.audience.id:
            continue
        told = {"campaign_id": campaign["id"], "campaign_title": campaign["settings"].get("title", "")}
        if email in campaign["deliveries"]:
            rows.append({"activity_type": "sent", "created_at_timestamp": campaign["send_time"], **told})
        for event in capped(e for e in shown(campaign, call.box.now()) if e["email"] == email):
            row = {"activity_type": event["action"], "created_at_timestamp": event["at"], **told}
            if event["action"] == "bounce":
                row |= {"bounce_type": event["type"], "bounce_has_open_activity": False}
            if event["action"] == "click":
                row["link_clicked"] = event["url"]
            rows.append(row)
        for gone in campaign["unsubscribes"]:
            if gone["email"] == email:
                said = {"is_admin_unsubscribed": False, "unsubscribe_reason": gone["reason"]}
                rows.append({"activity_type": "unsub", "created_at_timestamp": gone["at"], **told, **said})
    return sorted(rows, key=lambda row: str(row["created_at_timestamp"]), reverse=True)


def _mail(row: dict[str, Any]) -> dict[str, Any]:
    return {"campaign_id": row["campaign_id"], "title": row["campaign_title"]}


def _about(call: Call, rows: list[dict[str, Any]]) -> dict[str, Any]:
    email = call.member["email_address"]
    return {
        "activity": rows,
        "email_id": hash_of(email),
        "contact_id": call.member["contact_id"],
        "list_id": call.audience.id,
        "_links": links(),
    }
