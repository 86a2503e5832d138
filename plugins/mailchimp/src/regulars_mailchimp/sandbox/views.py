"""How members, audiences, merge fields and segments look from outside."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import md5
from typing import Any

from regulars_mailchimp.sandbox import interests, merge_fields
from regulars_mailchimp.sandbox.audience import Audience, Member, hash_of
from regulars_mailchimp.sandbox.paging import links

_SHOWN_TAGS = 50


def member_view(audience: Audience, member: Member, base: str) -> dict[str, Any]:
    """A member as `GET /lists/{id}/members/{hash}` shows it: at most 50 tags, empty texts for empty."""
    email, values = member["email_address"], merge_fields.shown(audience, member)
    key = hash_of(email)
    here = f"{base}/lists/{audience.id}/members"
    groups = {"interests": interests.shown(audience, member)} if audience.categories else {}
    reason = {"unsubscribe_reason": member["unsubscribe_reason"]} if member["status"] == "unsubscribed" else {}
    return {
        "id": key,
        "email_address": email,
        "unique_email_id": md5(f"{audience.seed}:{email}".encode(), usedforsecurity=False).hexdigest()[:10],
        "contact_id": member["contact_id"],
        "full_name": f"{values.get('FNAME', '')} {values.get('LNAME', '')}".strip(),
        "web_id": 400_000_000 + member["number"],
        "email_type": "html",
        "status": member["status"],
        **reason,
        "consents_to_one_to_one_messaging": True,
        "merge_fields": values,
        **groups,
        "stats": {"avg_open_rate": 0, "avg_click_rate": 0},
        "ip_signup": "",
        "timestamp_signup": "",
        "ip_opt": "",
        "timestamp_opt": member["timestamp_opt"],
        "member_rating": 2,
        "last_changed": member["last_changed"],
        "language": "",
        "vip": False,
        "email_client": "",
        "location": {"latitude": 0, "longitude": 0, "country_code": member["country"], "timezone": ""},
        "source": member["source"],
        "tags_count": len(member["tags"]),
        "tags": tags_view(audience, member["tags"][:_SHOWN_TAGS]),
        "list_id": audience.id,
        "_links": links(("self", f"{here}/{key}"), ("parent", here)),
    }


def tags_view(audience: Audience, ids: Iterable[int]) -> list[dict[str, Any]]:
    """Tags as id and name."""
    return [{"id": number, "name": audience.tags[number]} for number in ids]


def field_view(audience: Audience, field: dict[str, Any], base: str) -> dict[str, Any]:
    """A merge field."""
    here = f"{base}/lists/{audience.id}/merge-fields"
    return {**field, "_links": links(("self", f"{here}/{field['merge_id']}"), ("parent", here))}


def audience_view(audience: Audience, base: str) -> dict[str, Any]:
    """An audience with its counts: `member_count` are the subscribed ones."""
    counts = dict.fromkeys(("subscribed", "unsubscribed", "cleaned"), 0)
    for member in audience.members.values():
        counts[member["status"]] = counts.get(member["status"], 0) + 1
    return {
        "id": audience.id,
        "web_id": 1_000_000,
        "name": audience.name,
        "double_optin": audience.double_optin,
        "campaign_defaults": audience.campaign_defaults,
        "marketing_permissions": False,
        "stats": {
            "member_count": counts["subscribed"],
            "unsubscribe_count": counts["unsubscribed"],
            "cleaned_count": counts["cleaned"],
            "merge_field_count": len(audience.fields),
        },
        "_links": links(("self", f"{base}/lists/{audience.id}"), ("parent", f"{base}/lists")),
    }


def segment_view(audience: Audience, number: int) -> dict[str, Any]:
    """A tag as a static segment; `member_count` counts subscribed members only."""
    active = sum(number in m["tags"] and m["status"] == "subscribed" for m in audience.members.values())
    return {
        "id": number,
        "name": audience.tags[number],
        "member_count": active,
        "type": "static",
        "list_id": audience.id,
    }
