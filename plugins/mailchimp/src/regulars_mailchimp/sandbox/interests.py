"""Interest groups: categories, their interests, and who chose what."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5
from typing import Any

from regulars_mailchimp.sandbox.audience import Audience, Member
from regulars_mailchimp.sandbox.paging import links, window
from regulars_mailchimp.sandbox.problems import invalid, not_found
from regulars_mailchimp.sandbox.routing import Call, Reply, route

_TYPES = ("checkboxes", "dropdown", "radio", "hidden")


def add_category(audience: Audience, title: str, names: tuple[str, ...] = (), kind: str = "checkboxes") -> str:
    """A category with interests, as a marketer makes it; its id."""
    key = _id(audience, f"category:{len(audience.categories)}")
    audience.categories[key] = {"id": key, "title": title, "type": kind, "interests": {}}
    for name in names:
        add_interest(audience, key, name)
    return key


def add_interest(audience: Audience, category: str, name: str) -> str:
    """One more interest; its id."""
    held = audience.categories[category]["interests"]
    key = _id(audience, f"interest:{category}:{len(held)}")
    held[key] = name
    return key


def accept(audience: Audience, given: Any) -> dict[str, bool]:
    """What a request says of interests. Unknown ids are refused."""
    if not isinstance(given, Mapping):
        return {}
    known = {key for category in audience.categories.values() for key in category["interests"]}
    for key in given:
        if key not in known:
            raise invalid(f"Invalid interest ID: '{key}'.")
    return {key: bool(value) for key, value in given.items()}


def shown(audience: Audience, member: Member) -> dict[str, bool]:
    """Every interest of the audience with whether the member has it."""
    known = (key for category in audience.categories.values() for key in category["interests"])
    return {key: key in member["interests"] for key in known}


@route("GET", "lists/*/interest-categories")
def categories(call: Call) -> Reply:
    """All categories."""
    offset, count = window(call.asked)
    rows = [_category(call.audience, row) for row in call.audience.categories.values()]
    body = {"categories": rows[offset : offset + count], "list_id": call.audience.id, "total_items": len(rows)}
    return 200, {**body, "_links": links()}


@route("POST", "lists/*/interest-categories")
def new_category(call: Call) -> Reply:
    """A new category."""
    title, kind = call.body.get("title"), call.body.get("type")
    if not title or kind not in _TYPES:
        raise invalid("The resource submitted could not be validated.", ("title", "Title and type are required."))
    key = add_category(call.audience, title, (), kind)
    return 200, _category(call.audience, call.audience.categories[key])


@route("GET", "lists/*/interest-categories/*")
def category(call: Call) -> Reply:
    """One category."""
    return 200, _category(call.audience, _found(call))


@route("GET", "lists/*/interest-categories/*/interests")
def interests(call: Call) -> Reply:
    """The interests of a category."""
    offset, count = window(call.asked)
    found = _found(call)
    rows = [_interest(call.audience, found["id"], key, name) for key, name in found["interests"].items()]
    body = {"interests": rows[offset : offset + count], "list_id": call.audience.id, "total_items": len(rows)}
    return 200, {**body, "category_id": found["id"], "_links": links()}


@route("POST", "lists/*/interest-categories/*/interests")
def new_interest(call: Call) -> Reply:
    """A new interest."""
    found, name = _found(call), call.body.get("name")
    if not name:
        raise invalid(
            "The resource submitted could not be validated.", ("name", "This value should not be blank.")
        )
    return 200, _interest(call.audience, found["id"], add_interest(call.audience, found["id"], name), name)


def _found(call: Call) -> dict[str, Any]:
    if call.args[1] not in call.audience.categories:
        raise not_found()
    return call.audience.categories[call.args[1]]


def _category(audience: Audience, row: Mapping[str, Any]) -> dict[str, Any]:
    told = {"id": row["id"], "title": row["title"], "type": row["type"]}
    return {"list_id": audience.id, **told, "display_order": 0, "_links": links()}


def _interest(audience: Audience, category: str, key: str, name: str) -> dict[str, Any]:
    members = sum(key in member["interests"] for member in audience.members.values())
    told = {"id": key, "name": name, "subscriber_count": str(members)}
    return {"category_id": category, "list_id": audience.id, **told, "display_order": 1, "_links": links()}


def _id(audience: Audience, what: str) -> str:
    return md5(f"{audience.seed}:{audience.id}:{what}".encode(), usedforsecurity=False).hexdigest()[:10]
