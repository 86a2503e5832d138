"""Segments: static ones, which are the tags, and saved ones with conditions."""

from __future__ import annotations

from regulars_mailchimp.sandbox import tags
from regulars_mailchimp.sandbox.problems import invalid, not_found
from regulars_mailchimp.sandbox.routing import Call, Reply, route
from regulars_mailchimp.sandbox.views import member_view, segment_view


def _number(call: Call) -> int:
    """The id of the segment in the path."""
    text = call.args[1]
    if not text.isdigit() or int(text) not in call.audience.tags:
        raise not_found()
    return int(text)


@route("GET", "lists/*/segments")
def segments(call: Call) -> Reply:
    """All segments, page by page."""
    return 200, tags.segments(call.audience, call.asked)


@route("POST", "lists/*/segments")
def new_segment(call: Call) -> Reply:
    """A new static segment."""
    return 200, tags.create(call.audience, call.body)


@route("GET", "lists/*/segments/*")
def segment(call: Call) -> Reply:
    """One segment."""
    return 200, segment_view(call.audience, _number(call))


@route("POST", "lists/*/segments/*")
def batch(call: Call) -> Reply:
    """Add and remove members of a static segment by address."""
    return 200, tags.batch(call.audience, _number(call), call.body, call.box.base)


@route("PATCH", "lists/*/segments/*")
def change(call: Call) -> Reply:
    """Rename a segment or give it other members altogether; an empty list empties it."""
    audience, number, body = call.audience, _number(call), call.body
    if not body.get("name"):
        raise invalid(
            "The resource submitted could not be validated.", ("name", "This value should not be blank.")
        )
    audience.tags[number] = body["name"]
    if isinstance(body.get("static_segment"), list):
        tags.replace(audience, number, body["static_segment"])
    return 200, segment_view(audience, number)


@route("DELETE", "lists/*/segments/*")
def remove(call: Call) -> Reply:
    """Delete a segment: its tag is gone from everybody."""
    audience, number = call.audience, _number(call)
    tags.replace(audience, number, [])
    del audience.tags[number]
    return 204, None


@route("GET", "lists/*/segments/*/members")
def members(call: Call) -> Reply:
    """The members of a segment."""
    return 200, tags.of_segment(call.audience, _number(call), call.asked, call.box.base)


@route("POST", "lists/*/segments/*/members")
def add_member(call: Call) -> Reply:
    """Add one member by address."""
    audience, number = call.audience, _number(call)
    member = audience.find(str(call.body.get("email_address") or ""))
    if member is None:
        raise not_found()
    tags.put(member, number, True)
    return 200, member_view(audience, member, call.box.base)


@route("DELETE", "lists/*/segments/*/members/*")
def remove_member(call: Call) -> Reply:
    """Take one member out."""
    number = _number(call)
    member = call.audience.find_by_hash(call.args[2])
    if member is None:
        raise not_found()
    tags.put(member, number, False)
    return 204, None
