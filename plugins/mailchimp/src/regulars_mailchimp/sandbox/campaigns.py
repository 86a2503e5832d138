"""Campaign drafts and templates. A draft can be made, filled and looked over; nothing is ever sent."""

from __future__ import annotations

from typing import Any

from regulars_mailchimp.sandbox.mailings import Campaign
from regulars_mailchimp.sandbox.paging import choice, links, second, window
from regulars_mailchimp.sandbox.problems import Problem, invalid, not_found
from regulars_mailchimp.sandbox.routing import Call, Reply, route

_TYPES = ("regular", "plaintext", "absplit", "rss", "variate")
_STATUSES = ("save", "paused", "schedule", "sending", "sent")


@route("GET", "campaigns")
def campaigns(call: Call) -> Reply:
    """Campaigns, oldest first unless asked otherwise."""
    offset, count = window(call.asked)
    status, kind = choice(call.asked, "status", _STATUSES), choice(call.asked, "type", _TYPES)
    since = second(call.asked, "since_create_time")
    list_id = call.asked.param("list_id")
    rows = [
        campaign
        for campaign in call.box.mailings.campaigns.values()
        if (not status or campaign["status"] == status)
        and (not kind or campaign["type"] == kind)
        and (not since or campaign["create_time"] > since)
        and (not list_id or campaign["list_id"] == list_id)
    ]
    order = choice(call.asked, "sort_field", ("create_time", "send_time"), "create_time")
    rows.sort(key=lambda row: (row[order], row["number"]))
    if choice(call.asked, "sort_dir", ("ASC", "DESC"), "ASC") == "DESC":
        rows.reverse()
    page = [_view(call, row) for row in rows[offset : offset + count]]
    return 200, {"campaigns": page, "total_items": len(rows), "_links": links()}


@route("POST", "campaigns")
def new_campaign(call: Call) -> Reply:
    """A new draft; asked for twice, there are two."""
    body = call.body
    kind = body.get("type")
    if kind not in _TYPES:
        raise invalid(
            "The resource submitted could not be validated.", ("type", "This value should not be blank.")
        )
    list_id, segment = _recipients(call, body.get("recipients") or {})
    given = {"type": kind, "list_id": list_id, "segment": segment, "settings": dict(body.get("settings") or {})}
    made = call.box.mailings.draft(given, call.box.now())
    if template := made["settings"].get("template_id"):
        _fill(call, made, template)
    return 200, _view(call, made)


@route("GET", "campaigns/*")
def campaign(call: Call) -> Reply:
    """One campaign."""
    return 200, _view(call, _found(call))


@route("PATCH", "campaigns/*")
def change_campaign(call: Call) -> Reply:
    """Change a draft; `settings` must be there."""
    found, body = _draft(call), call.body
    if not isinstance(body.get("settings"), dict):
        raise invalid("The resource submitted could not be validated.", ("settings", "This value is required."))
    if body.get("recipients"):
        found["list_id"], found["segment"] = _recipients(call, body["recipients"])
    found["settings"] |= body["settings"]
    return 200, _view(call, found)


@route("DELETE", "campaigns/*")
def remove_campaign(call: Call) -> Reply:
    """Remove a draft."""
    del call.box.mailings.campaigns[_draft(call)["id"]]
    return 204, None


@route("GET", "campaigns/*/content")
def content(call: Call) -> Reply:
    """What would be mailed."""
    return 200, _content(_found(call))


@route("PUT", "campaigns/*/content")
def set_content(call: Call) -> Reply:
    """Fill a draft, from a template or with HTML."""
    found, body = _draft(call), call.body
    template = body.get("template")
    if isinstance(template, dict):
        _fill(call, found, template.get("id"))
    elif isinstance(body.get("html"), str):
        found["html"], found["template"] = body["html"], None
    else:
        raise invalid("The resource submitted could not be validated.", ("html", "Content is required."))
    return 200, _content(found)


@route("GET", "campaigns/*/send-checklist")
def checklist(call: Call) -> Reply:
    """What stands between a draft and its sending."""
    found = _found(call)
    settings, people = found["settings"], _count(call, found)
    items = [
        _item(101, "List", bool(people), f"{people} recipients", "There are no recipients to send to."),
        _item(102, "Subject", bool(settings.get("subject_line")), "Set", "There is no subject."),
        _item(103, "From", bool(settings.get("reply_to")), "Set", "There is no reply-to address."),
        _item(104, "Content", bool(found["html"]), "Set", "There is no content."),
    ]
    return 200, {"is_ready": all(item["type"] != "error" for item in items), "items": items, "_links": links()}


@route("POST", "campaigns/*/actions/*")
def act(call: Call) -> Reply:
    """Nothing is ever sent from here."""
    raise Problem(403, "Forbidden", f"This simulated platform does not {call.args[1]} campaigns.")


@route("GET", "templates")
def templates(call: Call) -> Reply:
    """Templates that somebody made."""
    offset, count = window(call.asked)
    rows = [_template(row) for row in call.box.mailings.templates.values()]
    return 200, {"templates": rows[offset : offset + count], "total_items": len(rows), "_links": links()}


@route("GET", "templates/*")
def template(call: Call) -> Reply:
    """One template."""
    number = int(call.args[0]) if call.args[0].isdigit() else 0
    if number not in call.box.mailings.templates:
        raise not_found()
    return 200, _template(call.box.mailings.templates[number])


def _found(call: Call) -> Campaign:
    if call.args[0] not in call.box.mailings.campaigns:
        raise not_found()
    return call.box.mailings.campaigns[call.args[0]]


def _draft(call: Call) -> Campaign:
    found = _found(call)
    if found["status"] != "save":
        raise Problem(400, "Bad Request", "This campaign has been sent and cannot be changed.")
    return found


def _recipients(call: Call, given: dict[str, Any]) -> tuple[str, int | None]:
    list_id = str(given.get("list_id") or "")
    if not list_id:
        return "", None
    if list_id not in call.box.audiences:
        raise invalid("The resource submitted could not be validated.", ("recipients.list_id", "Unknown list."))
    segment = (given.get("segment_opts") or {}).get("saved_segment_id")
    if segment is None:
        return list_id, None
    if not isinstance(segment, int) or segment not in call.box.audiences[list_id].tags:
        wrong = ("recipients.segment_opts.saved_segment_id", "This segment does not exist.")
        raise invalid("The resource submitted could not be validated.", wrong)
    return list_id, segment


def _fill(call: Call, found: Campaign, template: Any) -> None:
    if template not in call.box.mailings.templates:
        raise invalid("The resource submitted could not be validated.", ("template.id", "Unknown template."))
    found["html"], found["template"] = call.box.mailings.templates[template]["html"], template


def _count(call: Call, found: Campaign) -> int:
    if found["list_id"] not in call.box.audiences:
        return 0
    members = call.box.audiences[found["list_id"]].members.values()
    reachable = (member for member in members if member["status"] == "subscribed")
    return sum(found["segment"] in (None, *member["tags"]) for member in reachable)


def _item(number: int, heading: str, fine: bool, yes: str, no: str) -> dict[str, Any]:
    return {
        "type": "success" if fine else "error",
        "id": number,
        "heading": heading,
        "details": yes if fine else no,
    }


def _content(found: Campaign) -> dict[str, Any]:
    return {"html": found["html"], "plain_text": "", "archive_html": found["html"], "_links": links()}


def _template(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "type": row["type"],
        "name": row["name"],
        "drag_and_drop": False,
        "active": row["active"],
        "content_type": "html",
    }


def _view(call: Call, found: Campaign) -> dict[str, Any]:
    recipients: dict[str, Any] = {"list_id": found["list_id"], "recipient_count": _count(call, found)}
    if found["segment"] is not None:
        recipients["segment_opts"] = {"saved_segment_id": found["segment"], "match": "any", "conditions": []}
    return {
        "id": found["id"],
        "web_id": 7_000_000 + found["number"],
        "type": found["type"],
        "create_time": found["create_time"],
        "archive_url": "",
        "status": found["status"],
        "emails_sent": len(found["deliveries"]),
        "send_time": found["send_time"],
        "content_type": "template" if found["template"] else "html",
        "recipients": recipients,
        "settings": {"title": "", "subject_line": "", "preview_text": "", **found["settings"]},
        "_links": links(("self", f"{call.box.base}/campaigns/{found['id']}")),
    }
