"""`POST /lists/{id}`: up to 500 members in one call, always answered with 200 and a list of errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars_mailchimp.sandbox.audience import Member
from regulars_mailchimp.sandbox.members import NEW, Desk, good_address
from regulars_mailchimp.sandbox.problems import Problem, invalid
from regulars_mailchimp.sandbox.views import member_view

_MOST = 500


def take(desk: Desk, body: Mapping[str, Any], skip: bool, base: str, once: bool = False) -> dict[str, Any]:
    """Create the new ones and, with `update_existing`, update the others - their status included. `once`
    passes over an address that comes again; else that is an error."""
    rows = body.get("members")
    if not isinstance(rows, list) or len(rows) > _MOST:
        raise invalid("The resource submitted could not be validated.", ("members", f"At most {_MOST} members."))
    new: list[Member] = []
    updated: list[Member] = []
    errors: list[dict[str, Any]] = []
    seen: set[str] = set()
    for row in rows:
        if once and str(row.get("email_address")).lower() in seen:
            continue
        try:
            member, is_new = _one(desk, row, bool(body.get("update_existing")), skip, seen)
            if body.get("sync_tags"):
                member["tags"] = [desk.audience.tag_id(name) for name in row.get("tags") or []]
            (new if is_new else updated).append(member)
        except Problem as problem:
            errors.append(_error(row, problem))
    return {
        "new_members": [member_view(desk.audience, m, base) for m in new],
        "updated_members": [member_view(desk.audience, m, base) for m in updated],
        "errors": errors,
        "total_created": len(new),
        "total_updated": len(updated),
        "error_count": len(errors),
    }


def _one(desk: Desk, row: Mapping[str, Any], update: bool, skip: bool, seen: set[str]) -> tuple[Member, bool]:
    email = good_address(row.get("email_address"))
    if email.lower() in seen:
        raise invalid("A duplicate of this address is in the batch.")
    seen.add(email.lower())
    member = desk.audience.find(email)
    if member is None:
        return desk.create(row, row.get("status"), skip), True
    if not update:
        raise Problem(400, "Member Exists", f"{email} is already a list member, do you want to update?")
    return desk.update(member, {k: v for k, v in row.items() if k != "tags"}, NEW, skip), False


def _error(row: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    field, message = problem.errors[0] if problem.errors else ("", "")
    code = "ERROR_CONTACT_EXISTS" if problem.title == "Member Exists" else "ERROR_GENERIC"
    return {
        "email_address": row.get("email_address"),
        "error": problem.detail,
        "error_code": code,
        "field": field,
        "field_message": message,
    }
