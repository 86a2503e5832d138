"""Merge fields: their definitions and what a value may be.

A tag nobody defined is ignored without a word; a value of the wrong type is refused with `errors`; an
empty value is an empty text; a number comes back as a number, a date as YYYY-MM-DD.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from regulars_mailchimp.sandbox.audience import Audience, Member
from regulars_mailchimp.sandbox.problems import Problem, invalid, not_found

_TYPES = ["text", "number", "address", "phone", "date", "url", "imageurl", "radio", "dropdown", "birthday", "zip"]
_TAG = re.compile(r"[A-Z][A-Z0-9_]{0,9}")
_MANNERS = ("required", "public", "default_value", "options", "help_text")
_WANTED_ADDRESS = ("addr1", "city", "state", "zip")


def define(audience: Audience, given: Mapping[str, Any], most: int) -> dict[str, Any]:
    """A new merge field; `most` is how many the plan allows."""
    label, kind = given.get("name"), given.get("type")
    tag = given.get("tag") or f"MMERGE{len(audience.fields) + 1}"
    if not label or kind not in _TYPES:
        raise invalid("The resource submitted could not be validated.", ("type", "name and type are required."))
    if not _TAG.fullmatch(tag):
        raise invalid(
            "The resource submitted could not be validated.", ("tag", f"{tag} is not a valid merge tag.")
        )
    if tag == "EMAIL" or any(field["tag"] == tag for field in audience.fields):
        raise invalid(f'A Merge Field with the tag "{tag}" already exists for this list.')
    if len(audience.fields) >= most:
        raise Problem(400, "Merge Max Limit Exceeded", f"This list has {most} merge fields, which is the limit.")
    return audience.add_field(
        {"tag": tag, "name": label, "type": kind, **{k: given[k] for k in _MANNERS if k in given}}
    )


def found(audience: Audience, number: str) -> dict[str, Any]:
    """A merge field by its id."""
    for field in audience.fields:
        if str(field["merge_id"]) == number:
            return field
    raise not_found()


def change(audience: Audience, number: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Change a merge field's name and manners; `type` is no part of such a request, `name` must be."""
    field = found(audience, number)
    if not given.get("name"):
        raise invalid(
            "The resource submitted could not be validated.", ("name", "This value should not be blank.")
        )
    field |= {name: given[name] for name in (*_MANNERS, "name", "tag") if name in given}
    return field


def remove(audience: Audience, number: str) -> None:
    """Delete a merge field with everybody's values."""
    field = found(audience, number)
    audience.fields.remove(field)
    for member in audience.members.values():
        member["merge_fields"].pop(field["tag"], None)


def accept(audience: Audience, member: Member | None, given: Mapping[str, Any], skip: bool) -> dict[str, Any]:
    """The known ones among the values given, as they will be kept; a member's further values stay.

    `skip` leaves out the check that every required field has a value. Refuses everything when one value
    is wrong.
    """
    kinds = {field["tag"]: field for field in audience.fields}
    taken, wrong = {}, []
    for tag, value in given.items():
        if tag in kinds and value is not None:
            try:
                taken[tag] = _read(kinds[tag], value)
            except ValueError as fault:
                wrong.append((tag, str(fault)))
    after = {**(member["merge_fields"] if member else {}), **taken}
    if not skip:
        wrong += [
            (t, "Please enter a value") for t, f in kinds.items() if f["required"] and after.get(t, "") == ""
        ]
    if wrong:
        raise invalid("Your merge fields were invalid.", *wrong)
    return taken


def shown(audience: Audience, member: Member) -> dict[str, Any]:
    """All merge fields of a member, empty ones as empty texts."""
    return {field["tag"]: member["merge_fields"].get(field["tag"], "") for field in audience.fields}


def _read(field: Mapping[str, Any], value: Any) -> Any:
    if value == "":
        return ""
    match field["type"]:
        case "number":
            return _number(value)
        case "date":
            return _date(str(value))
        case "address":
            return _address(value)
        case "dropdown" | "radio":
            if value not in field["options"].get("choices", []):
                raise ValueError("Please enter a valid choice")
    if len(str(value)) > 255:
        raise ValueError("Please enter at most 255 characters")
    return str(value)


def _number(value: Any) -> int | float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError("Please enter a number") from None
    return int(number) if number.is_integer() else number


def _date(text: str) -> str:
    for spelling in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(text, spelling).date().isoformat()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValueError("Please enter a valid date")


def _address(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(value.get(part) for part in _WANTED_ADDRESS):
        raise ValueError("Please enter a complete address")
    return dict(value)
