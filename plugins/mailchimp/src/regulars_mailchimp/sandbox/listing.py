"""`GET /lists/{id}/members`: filters, order, pages."""

from __future__ import annotations

from typing import Any

from regulars.testing import Asked

from regulars_mailchimp.sandbox.audience import Audience, Member
from regulars_mailchimp.sandbox.members import STATUSES
from regulars_mailchimp.sandbox.paging import choice, links, second, window
from regulars_mailchimp.sandbox.views import member_view

_ORDERS = ("timestamp_opt", "timestamp_signup", "last_changed")


def members(audience: Audience, asked: Asked, base: str) -> dict[str, Any]:
    """One page. Archived members only with `status=archived`; `since_last_changed` is exclusive and
    `before_last_changed` inclusive, both to the second; `total_items` counts what the filters leave,
    whatever the offset."""
    offset, count = window(asked)
    status = choice(asked, "status", STATUSES)
    order = choice(asked, "sort_field", _ORDERS)
    changed = audience.changed(second(asked, "since_last_changed"), second(asked, "before_last_changed"))
    rows = [m for m in changed if (m["status"] == status if status else m["status"] != "archived")]
    if order != "last_changed":
        rows.sort(key=lambda m: (_key(m, order), m["number"]))
    if choice(asked, "sort_dir", ("ASC", "DESC"), "ASC") == "DESC":
        rows.reverse()
    here = f"{base}/lists/{audience.id}"
    return {
        "members": [member_view(audience, m, base) for m in rows[offset : offset + count]],
        "list_id": audience.id,
        "total_items": len(rows),
        "_links": links(("self", f"{here}/members"), ("parent", here)),
    }


def _key(member: Member, order: str) -> str:
    return str(member["timestamp_opt"]) if order == "timestamp_opt" else ""
