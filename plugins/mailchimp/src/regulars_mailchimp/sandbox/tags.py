"""Tags and static segments, which are one thing: a tag is a static segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from regulars.testing import Asked

from regulars_mailchimp.sandbox.audience import Audience, Member
from regulars_mailchimp.sandbox.paging import window
from regulars_mailchimp.sandbox.problems import invalid, not_found
from regulars_mailchimp.sandbox.views import member_view, segment_view, tags_view

_BATCH = 500
_HIDDEN = {
    "cleaned": "include_cleaned",
    "unsubscribed": "include_unsubscribed",
    "transactional": "include_transactional",
}


def tag(audience: Audience, member: Member, body: Any) -> bool:
    """Set and take away tags by name. A body of another shape does nothing, and is not refused either.

    True where something changed.
    """
    wanted = body.get("tags") if isinstance(body, Mapping) else None
    changed = False
    for item in wanted if isinstance(wanted, list) else []:
        if not isinstance(item, Mapping) or not item.get("name"):
            continue
        changed |= put(member, audience.tag_id(item["name"]), item.get("status") == "active")
    return changed


def put(member: Member, number: int, active: bool) -> bool:
    """Give a member a tag or take it away; True where that changed something."""
    if (number in member["tags"]) == active:
        return False
    member["tags"].append(number) if active else member["tags"].remove(number)
    return True


def search(audience: Audience, asked: Asked) -> dict[str, Any]:
    """Tags whose name begins with `name`."""
    prefix = asked.param("name").lower()
    found = [number for number, name in audience.tags.items() if name.lower().startswith(prefix)]
    return {"tags": tags_view(audience, found), "total_items": len(found)}


def segments(audience: Audience, asked: Asked) -> dict[str, Any]:
    """All static segments, page by page; there are no saved ones."""
    offset, count = window(asked)
    if asked.param("type") not in ("", "static"):
        return {"segments": [], "list_id": audience.id, "total_items": 0}
    rows = [segment_view(audience, number) for number in list(audience.tags)[offset : offset + count]]
    return {"segments": rows, "list_id": audience.id, "total_items": len(audience.tags)}


def create(audience: Audience, body: Mapping[str, Any]) -> dict[str, Any]:
    """A static segment with the members named in `static_segment`."""
    if not body.get("name"):
        raise invalid(
            "The resource submitted could not be validated.", ("name", "This value should not be blank.")
        )
    number = audience.tag_id(body["name"])
    _move(audience, number, body.get("static_segment") or [], True)
    return segment_view(audience, number)


def batch(audience: Audience, number: int, body: Mapping[str, Any], base: str) -> dict[str, Any]:
    """Add and remove members by address, 500 each at most. Unknown addresses are passed over; members
    who were put away are told among the errors."""
    _known(audience, number)
    add, remove = body.get("members_to_add") or [], body.get("members_to_remove") or []
    for name, emails in (("members_to_add", add), ("members_to_remove", remove)):
        if not isinstance(emails, list) or len(emails) > _BATCH:
            raise invalid("The resource submitted could not be validated.", (name, f"At most {_BATCH} members."))
    away = [email for email in add if (m := audience.find(email)) and m["status"] == "archived"]
    added = _move(audience, number, [email for email in add if email not in away], True)
    removed = _move(audience, number, remove, False)
    errors = [{"email_addresses": away, "error": "Email addresses are archived"}] if away else []
    return {
        "members_added": [member_view(audience, member, base) for member in added],
        "members_removed": [member_view(audience, member, base) for member in removed],
        "errors": errors,
        "total_added": len(added),
        "total_removed": len(removed),
        "error_count": len(errors),
    }


def replace(audience: Audience, number: int, emails: Iterable[str]) -> None:
    """Give a segment these members and no others."""
    wanted = {member["contact_id"] for email in emails if (member := audience.find(email))}
    for member in audience.members.values():
        put(member, number, member["contact_id"] in wanted)


def of_segment(audience: Audience, number: int, asked: Asked, base: str) -> dict[str, Any]:
    """The members of a segment; only the active ones unless more is asked for."""
    _known(audience, number)
    offset, count = window(asked)
    rows = [m for m in audience.members.values() if number in m["tags"] and _visible(m, asked)]
    page = [member_view(audience, member, base) for member in rows[offset : offset + count]]
    return {"members": page, "total_items": len(rows)}


def _visible(member: Member, asked: Asked) -> bool:
    status = member["status"]
    return status == "subscribed" or (status in _HIDDEN and asked.param(_HIDDEN[status]) == "true")


def _known(audience: Audience, number: int) -> None:
    if number not in audience.tags:
        raise not_found()


def _move(audience: Audience, number: int, emails: Iterable[str], active: bool) -> list[Member]:
    members = (audience.find(email) for email in emails)
    return [member for member in members if member and put(member, number, active)]
