"""The account, its audiences and what is in them: which request does what."""

from __future__ import annotations

from copy import deepcopy

from regulars_mailchimp.sandbox import batch, listing, merge_fields, tags, webhooks
from regulars_mailchimp.sandbox.audience import Member
from regulars_mailchimp.sandbox.members import NEW, PATCHED, Desk
from regulars_mailchimp.sandbox.paging import links, window
from regulars_mailchimp.sandbox.routing import Call, Reply, route
from regulars_mailchimp.sandbox.views import audience_view, field_view, member_view, tags_view


@route("GET", "")
def root(call: Call) -> Reply:
    """The account."""
    subscribed = sum(m["status"] == "subscribed" for a in call.box.audiences.values() for m in a.members.values())
    return 200, {
        "account_id": call.box.account_id,
        "account_name": call.box.account_name,
        "role": "owner",
        "account_timezone": call.box.timezone,
        "total_subscribers": subscribed,
        "_links": links(("self", call.box.base)),
    }


@route("GET", "ping")
def ping(_: Call) -> Reply:
    """Are you there?"""
    return 200, {"health_status": "Everything's Chimpy!"}


@route("GET", "lists")
def audiences(call: Call) -> Reply:
    """All audiences."""
    offset, count = window(call.asked)
    rows = [audience_view(a, call.box.base) for a in call.box.audiences.values()]
    return 200, {"lists": rows[offset : offset + count], "total_items": len(rows), "_links": links()}


@route("GET", "lists/*")
def audience(call: Call) -> Reply:
    """One audience."""
    return 200, audience_view(call.audience, call.box.base)


@route("POST", "lists/*")
def members_batch(call: Call) -> Reply:
    """Up to 500 members at once."""
    once = call.asked.param("skip_duplicate_check").lower() == "true"
    return 200, batch.take(_desk(call), call.body, call.skip, call.box.base, once)


@route("GET", "lists/*/members")
def members(call: Call) -> Reply:
    """Members, page by page."""
    return 200, listing.members(call.audience, call.asked, call.box.base)


@route("POST", "lists/*/members")
def new_member(call: Call) -> Reply:
    """A new member; a known address is refused."""
    audience, body = call.audience, call.body
    made = _desk(call).create(body, body.get("status"), call.skip)
    _tell(call, made, None)
    return 200, member_view(audience, made, call.box.base)


@route("GET", "lists/*/members/*")
def member(call: Call) -> Reply:
    """One member, an archived one too."""
    return 200, member_view(call.audience, call.member, call.box.base)


@route("PUT", "lists/*/members/*")
def put_member(call: Call) -> Reply:
    """Update a known member (its `status_if_new` is ignored) or make a new one."""
    audience, body = call.audience, call.body
    desk, known = _desk(call), audience.find(call.args[1])
    before = deepcopy(known)
    if known is None:
        made = desk.create(body, body.get("status_if_new") or body.get("status"), call.skip)
    else:
        made = desk.update(known, body, NEW, call.skip)
    _tell(call, made, before)
    return 200, member_view(audience, made, call.box.base)


@route("PATCH", "lists/*/members/*")
def patch_member(call: Call) -> Reply:
    """Update a known member."""
    audience, known = call.audience, call.member
    before = deepcopy(known)
    made = _desk(call).update(known, call.body, PATCHED, call.skip)
    _tell(call, made, before)
    return 200, member_view(audience, made, call.box.base)


@route("DELETE", "lists/*/members/*")
def archive_member(call: Call) -> Reply:
    """Archive a member."""
    _desk(call).archive(call.member)
    return 204, None


@route("POST", "lists/*/members/*/actions/delete-permanent")
def delete_member(call: Call) -> Reply:
    """Delete a member for good; by hash alone."""
    audience = call.audience
    audience.remove(call.member_by_hash)
    return 204, None


@route("GET", "lists/*/members/*/tags")
def member_tags(call: Call) -> Reply:
    """All tags of a member, page by page."""
    offset, count = window(call.asked)
    ids = call.member["tags"]
    rows = tags_view(call.audience, ids[offset : offset + count])
    return 200, {"tags": rows, "total_items": len(ids), "_links": links()}


@route("POST", "lists/*/members/*/tags")
def tag_member(call: Call) -> Reply:
    """Give and take tags; by hash alone, and silent about a useless body."""
    audience = call.audience
    known = call.member_by_hash
    if tags.tag(audience, known, call.body) and call.box.tags_move_last_changed:
        audience.touch(known, call.box.now())
    return 204, None


@route("GET", "lists/*/tag-search")
def search_tags(call: Call) -> Reply:
    """Tags by the beginning of their name."""
    return 200, tags.search(call.audience, call.asked)


@route("GET", "lists/*/merge-fields")
def fields(call: Call) -> Reply:
    """Merge fields, page by page."""
    audience = call.audience
    offset, count = window(call.asked)
    rows = [field_view(audience, field, call.box.base) for field in audience.fields[offset : offset + count]]
    return 200, {"merge_fields": rows, "list_id": audience.id, "total_items": len(audience.fields)}


@route("POST", "lists/*/merge-fields")
def new_field(call: Call) -> Reply:
    """A new merge field."""
    audience = call.audience
    made = merge_fields.define(audience, call.body, call.box.merge_field_limit)
    return 200, field_view(audience, made, call.box.base)


@route("GET", "lists/*/merge-fields/*")
def field(call: Call) -> Reply:
    """One merge field."""
    return 200, field_view(call.audience, merge_fields.found(call.audience, call.args[1]), call.box.base)


@route("PATCH", "lists/*/merge-fields/*")
def change_field(call: Call) -> Reply:
    """Change a merge field; its type cannot be changed."""
    changed = merge_fields.change(call.audience, call.args[1], call.body)
    return 200, field_view(call.audience, changed, call.box.base)


@route("DELETE", "lists/*/merge-fields/*")
def remove_field(call: Call) -> Reply:
    """Delete a merge field with everybody's values."""
    merge_fields.remove(call.audience, call.args[1])
    return 204, None


def _desk(call: Call) -> Desk:
    """Who may change the audience's members."""
    return Desk(call.audience, call.box.witness, call.box.now(), call.box.tired)


def _tell(call: Call, member: Member, before: Member | None) -> None:
    """Webhooks hear of what the API did, those that want to."""
    if not call.audience.webhooks:
        return
    audience, at = call.audience, call.box.clock.now()
    told = webhooks.about(audience, member)
    was, now = before["status"] if before else None, member["status"]
    if before and before["email_address"] != member["email_address"]:
        moved = {"[new_email]": member["email_address"], "[old_email]": before["email_address"]}
        webhooks.note(audience, at, "upemail", "api", told | {"[new_id]": told["[id]"]} | moved)
    if now != was and now in ("subscribed", "unsubscribed"):
        more = {} if now == "subscribed" else {"[action]": "unsub", "[reason]": "manual"}
        webhooks.note(audience, at, now.removesuffix("d"), "api", told | more)
    elif before and before != member:
        webhooks.note(audience, at, "profile", "api", told)
