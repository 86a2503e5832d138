"""Reports on sent campaigns: what recipients did, bounces that come late, and rows in no steady order."""

from __future__ import annotations

from collections import Counter
from typing import Any

from regulars_mailchimp.sandbox.audience import hash_of
from regulars_mailchimp.sandbox.mailings import Campaign, Event, capped, shown
from regulars_mailchimp.sandbox.paging import links, second, window
from regulars_mailchimp.sandbox.problems import not_found
from regulars_mailchimp.sandbox.routing import Call, Reply, route

_STEP = 7  # rows by which the order turns from request to request


@route("GET", "reports")
def reports(call: Call) -> Reply:
    """Reports of all sent campaigns, newest first. Opens and clicks move `last_open` and `last_click`;
    a bounce moves nothing but its count."""
    since, before = second(call.asked, "since_send_time"), second(call.asked, "before_send_time")
    kind = call.asked.param("type")
    rows = [
        campaign
        for campaign in call.box.mailings.campaigns.values()
        if campaign["status"] == "sent"
        and (not since or campaign["send_time"] > since)
        and (not before or campaign["send_time"] <= before)
        and (not kind or campaign["type"] == kind)
    ]
    rows.sort(key=lambda row: (row["send_time"], row["number"]), reverse=True)
    return 200, _paged(call, "reports", [_report(call, row) for row in rows], turning=False)


@route("GET", "reports/*")
def report(call: Call) -> Reply:
    """One report."""
    return 200, _report(call, _sent(call))


@route("GET", "reports/*/email-activity")
def activity(call: Call) -> Reply:
    """Recipients with what they did after `since`; everybody where no `since` is given."""
    campaign, since = _sent(call), second(call.asked, "since")
    by_email: dict[str, list[Event]] = {} if since else {email: [] for email in campaign["deliveries"]}
    for event in shown(campaign, call.box.now()):
        if not since or event["at"] > since:
            by_email.setdefault(event["email"], []).append(event)
    rows = [
        {**_who(campaign, email), "activity": [_action(event) for event in capped(events)]}
        for email, events in by_email.items()
    ]
    return 200, _paged(call, "emails", rows) | {"campaign_id": campaign["id"]}


@route("GET", "reports/*/sent-to")
def sent_to(call: Call) -> Reply:
    """Recipients, and whether the mail came back."""
    campaign = _sent(call)
    bounced = {e["email"]: e["type"] for e in shown(campaign, call.box.now()) if e["action"] == "bounce"}
    opens: dict[str, list[str]] = {}
    for event in campaign["events"]:
        if event["action"] == "open":
            opens.setdefault(event["email"], []).append(event["at"])
    rows = [
        {
            **_who(campaign, email),
            "merge_fields": {},
            "vip": False,
            "status": bounced.get(email, "sent"),
            "open_count": len(opens.get(email, ())),
            "last_open": max(opens.get(email, ()), default=""),
            "gmt_offset": 0,
        }
        for email in campaign["deliveries"]
    ]
    return 200, _paged(call, "sent_to", rows) | {"campaign_id": campaign["id"]}


@route("GET", "reports/*/unsubscribed")
def unsubscribed(call: Call) -> Reply:
    """Who unsubscribed by a link in this campaign, when and why."""
    campaign = _sent(call)
    rows = [
        {
            **_who(campaign, row["email"]),
            "merge_fields": {},
            "vip": False,
            "timestamp": row["at"],
            "reason": row["reason"],
        }
        for row in campaign["unsubscribes"]
    ]
    return 200, _paged(call, "unsubscribes", rows) | {"campaign_id": campaign["id"]}


@route("GET", "reports/*/abuse-reports")
def complaints_of_campaign(call: Call) -> Reply:
    """Complaints about one campaign."""
    campaign = _sent(call)
    rows = [row for row in call.box.mailings.complaints if row["campaign_id"] == campaign["id"]]
    return 200, _paged(call, "abuse_reports", rows, turning=False) | {"campaign_id": campaign["id"]}


@route("GET", "lists/*/abuse-reports")
def complaints(call: Call) -> Reply:
    """Complaints by members of one audience."""
    audience = call.audience
    rows = [row for row in call.box.mailings.complaints if row["list_id"] == audience.id]
    return 200, _paged(call, "abuse_reports", rows) | {"list_id": audience.id}


def _sent(call: Call) -> Campaign:
    campaign = call.box.mailings.campaigns.get(call.args[0])
    if campaign is None or campaign["status"] != "sent":
        raise not_found()
    return campaign


def _paged(call: Call, name: str, rows: list[Any], turning: bool = True) -> dict[str, Any]:
    """One page. Where the order is not steady it turns a little from request to request, so that two
    pages may share rows and miss others."""
    offset, count = window(call.asked)
    if turning and call.box.unsteady_rows and len(rows) > count:
        turn = call.box.answered * _STEP % len(rows)
        rows = rows[turn:] + rows[:turn]
    return {name: rows[offset : offset + count], "total_items": len(rows), "_links": links()}


def _who(campaign: Campaign, email: str) -> dict[str, Any]:
    return {
        "campaign_id": campaign["id"],
        "list_id": campaign["list_id"],
        "list_is_active": True,
        "email_id": hash_of(email),
        "email_address": email,
    }


def _action(event: Event) -> dict[str, Any]:
    told = {"action": event["action"], "timestamp": event["at"]}
    if event["type"]:
        told["type"] = event["type"]
    if event["url"]:
        told["url"] = event["url"]
    return told if event["action"] == "bounce" else {**told, "ip": "203.0.113.7"}


def _latest(campaign: Campaign, action: str) -> str:
    return max((event["at"] for event in campaign["events"] if event["action"] == action), default="")


def _report(call: Call, campaign: Campaign) -> dict[str, Any]:
    now = call.box.now()
    seen = shown(campaign, now)
    counts = Counter((event["action"], event["type"]) for event in seen)
    openers = {event["email"] for event in seen if event["action"] == "open"}
    clickers = {event["email"] for event in seen if event["action"] == "click"}
    settings = campaign["settings"]
    complaints = sum(row["campaign_id"] == campaign["id"] for row in call.box.mailings.complaints)
    return {
        "id": campaign["id"],
        "campaign_title": settings.get("title", ""),
        "type": campaign["type"],
        "list_id": campaign["list_id"],
        "list_is_active": True,
        "list_name": call.box.audiences[campaign["list_id"]].name,
        "subject_line": settings.get("subject_line", ""),
        "preview_text": settings.get("preview_text", ""),
        "emails_sent": len(campaign["deliveries"]),
        "abuse_reports": complaints,
        "unsubscribed": len(campaign["unsubscribes"]),
        "send_time": campaign["send_time"],
        "bounces": {
            "hard_bounces": counts["bounce", "hard"],
            "soft_bounces": counts["bounce", "soft"],
            "syntax_errors": 0,
        },
        "opens": {
            "opens_total": counts["open", ""],
            "unique_opens": len(openers),
            "last_open": _latest(campaign, "open"),
        },
        "clicks": {
            "clicks_total": counts["click", ""],
            "unique_clicks": len(clickers),
            "unique_subscriber_clicks": len(clickers),
            "last_click": _latest(campaign, "click"),
        },
        "_links": links(("self", f"{call.box.base}/reports/{campaign['id']}")),
    }
