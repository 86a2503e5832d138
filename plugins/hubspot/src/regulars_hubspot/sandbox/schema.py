"""Property definitions of contacts: those HubSpot brings, those made by API, and what a value may be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from regulars_hubspot.sandbox.problem import Body, Problem, fault, invalid, not_found

STAGES = [
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
]
_BOUNCES = ["CONTENT", "MAILBOX_FULL", "OTHER", "POLICY", "SPAM", "UNKNOWN_USER"]
_YES_NO = ["true", "false"]
_FIELD_TYPES = {
    "bool": {"booleancheckbox", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date"},
    "enumeration": {"booleancheckbox", "checkbox", "radio", "select", "calculation_equation"},
    "number": {"number", "calculation_equation"},
    "phone_number": {"phonenumber"},
    "string": {"text", "textarea", "file", "html", "phonenumber", "calculation_equation"},
}
# Each name with its type, its field type, whether it is read-only, and its options.
_BUILT_IN: dict[str, tuple[str, str, bool, list[str]]] = {
    "email": ("string", "text", False, []),
    "firstname": ("string", "text", False, []),
    "lastname": ("string", "text", False, []),
    "phone": ("string", "text", False, []),
    "company": ("string", "text", False, []),
    "country": ("string", "text", False, []),
    "lifecyclestage": ("enumeration", "radio", False, STAGES),
    "hs_object_id": ("number", "number", True, []),
    "createdate": ("datetime", "date", True, []),
    "lastmodifieddate": ("datetime", "date", True, []),
    "hs_additional_emails": ("enumeration", "select", True, []),
    "hs_merged_object_ids": ("enumeration", "checkbox", True, []),
    "hs_marketable_status": ("enumeration", "booleancheckbox", True, _YES_NO),
    "hs_email_bounce": ("number", "number", True, []),
    "hs_email_delivered": ("number", "number", True, []),
    "hs_email_open": ("number", "number", True, []),
    "hs_email_click": ("number", "number", True, []),
    "hs_email_last_send_date": ("datetime", "date", True, []),
    "hs_email_last_open_date": ("datetime", "date", True, []),
    "hs_email_last_click_date": ("datetime", "date", True, []),
    "hs_email_hard_bounce_reason_enum": ("enumeration", "radio", True, _BOUNCES),
    "hs_email_bad_address": ("bool", "booleancheckbox", True, _YES_NO),
    "hs_email_optout": ("bool", "booleancheckbox", True, _YES_NO),
    "hs_email_quarantined": ("bool", "booleancheckbox", True, _YES_NO),
    "hs_email_quarantined_reason": ("enumeration", "radio", True, []),
}
_EMAIL = re.compile(r"[^@\s;,]+@[^@\s;,]+\.[^@\s;,.]+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Schema:
    """All definitions by name, live and archived, and the property groups."""

    def __init__(self) -> None:
        self.groups: dict[str, Body] = {
            name: {"name": name, "label": name, "displayOrder": -1, "archived": False}
            for name in ("contactinformation", "emailinformation")
        }
        self.live: dict[str, Body] = {}
        self.archived: dict[str, Body] = {}
        for name, (kind, field_type, read_only, options) in _BUILT_IN.items():
            self.live[name] = _definition(name, kind, field_type, read_only, options)

    def add_text(self, name: str) -> None:
        """A plain text property, as a person in the portal would make it."""
        self.live.setdefault(name, _definition(name, "string", "text", False, []))

    def get(self, name: str) -> Body:
        """A live definition. Raises 404."""
        if name not in self.live:
            raise not_found(f'Unable to infer object type from: property "{name}" does not exist')
        return self.live[name]

    def create(self, asked: Body) -> Body:
        """A new property; an archived one of the same name is restored as it was."""
        for key in ("name", "label", "type", "fieldType", "groupName"):
            if not asked.get(key):
                raise invalid(f"Invalid input JSON: required field {key!r} is missing")
        name = asked["name"]
        if name in self.live:
            raise Problem(
                409,
                "OBJECT_ALREADY_EXISTS",
                f"A property named '{name}' already exists.",
                subCategory="Properties.PROPERTY_WITH_NAME_EXISTS",
            )
        if name in self.archived:
            self.live[name] = {**self.archived.pop(name), "archived": False}
            return self.live[name]
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name):
            raise invalid(f"Property name {name!r} is not valid")
        if asked["fieldType"] not in _FIELD_TYPES.get(asked["type"], ()):
            raise invalid(f"Field type {asked['fieldType']} does not fit type {asked['type']}")
        if asked["groupName"] not in self.groups:
            raise invalid(f"Property group '{asked['groupName']}' does not exist")
        made = _definition(name, asked["type"], asked["fieldType"], False, [])
        made |= {k: asked[k] for k in ("label", "groupName", "description", "options") if k in asked}
        made["hubspotDefined"] = False
        self.live[name] = made
        return made

    def update(self, name: str, asked: Body) -> Body:
        """Change a definition. `options` replaces the whole list."""
        found = self.get(name)
        if found["hubspotDefined"] and "options" in asked:
            raise invalid(f"The options of '{name}' cannot be changed")
        found |= {k: asked[k] for k in ("label", "groupName", "description", "options") if k in asked}
        return found

    def archive(self, name: str) -> None:
        """Put a definition into the recycle bin."""
        self.archived[name] = {**self.get(name), "archived": True}
        del self.live[name]

    def create_group(self, asked: Body) -> Body:
        """A new property group. Raises 409."""
        name = asked.get("name")
        if not name or not asked.get("label"):
            raise invalid("Invalid input JSON: a group needs a name and a label")
        if name in self.groups:
            raise Problem(409, "OBJECT_ALREADY_EXISTS", f"A property group named '{name}' already exists.")
        self.groups[name] = {"displayOrder": -1, **asked, "archived": False}
        return self.groups[name]

    def faults(self, values: dict[str, str]) -> list[Body]:
        """What is wrong with these values; empty where all are good."""
        return [found for name, value in values.items() if (found := self._fault(name, value))]

    def _fault(self, name: str, value: str) -> Body | None:
        definition = self.live.get(name)
        if definition is None:
            return fault(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
        if definition["modificationMetadata"]["readOnlyValue"]:
            return fault(name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set')
        if value == "":
            return None
        if name == "email" and not _EMAIL.fullmatch(value):
            return fault(name, "INVALID_EMAIL", f"Email address {value} is invalid")
        check = _CHECKS.get(definition["type"])
        return check(definition, value) if check else None


def millis(value: str) -> int | None:
    """Epoch milliseconds of a date, an ISO instant or a number of milliseconds; None where it is none."""
    if re.fullmatch(r"-?\d{5,}", value):
        return int(value)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def _number(definition: Body, value: str) -> Body | None:
    if _NUMBER.fullmatch(value):
        return None
    return fault(definition["name"], "INVALID_INTEGER", f"{value} was not a valid number.")


def _date(definition: Body, value: str) -> Body | None:
    at = millis(value)
    if at is not None and (definition["type"] == "datetime" or at % 86_400_000 == 0):
        return None
    return fault(definition["name"], "INVALID_DATE", f"{value} is not at midnight UTC or no date.")


def _option(definition: Body, value: str) -> Body | None:
    allowed = [option["value"] for option in definition["options"]]
    given = value.split(";") if definition["fieldType"] == "checkbox" else [value]
    if all(one in allowed for one in given):
        return None
    text = f"{value} was not one of the allowed options: {allowed}"
    return fault(definition["name"], "INVALID_OPTION", text)


_CHECKS: dict[str, Callable[[Body, str], Body | None]] = {
    "number": _number,
    "date": _date,
    "datetime": _date,
    "enumeration": _option,
    "bool": _option,
}


def stored(definition: Body, value: str) -> str:
    """A good value as HubSpot keeps it: dates as YYYY-MM-DD, addresses in lower case."""
    if definition["name"] == "email":
        return value.strip().lower()
    if definition["type"] == "date" and not _DATE.fullmatch(value):
        at = millis(value) or 0
        return datetime.fromtimestamp(at / 1000, UTC).date().isoformat()
    return value


def _definition(name: str, kind: str, field_type: str, read_only: bool, options: list[str]) -> Body:
    choices: list[dict[str, Any]] = [
        {"label": value, "value": value, "displayOrder": place, "hidden": False}
        for place, value in enumerate(options)
    ]
    return {
        "name": name,
        "label": name,
        "type": kind,
        "fieldType": field_type,
        "groupName": "emailinformation" if name.startswith("hs_email") else "contactinformation",
        "description": "",
        "options": choices,
        "hasUniqueValue": False,
        "hubspotDefined": name in _BUILT_IN,
        "archived": False,
        "modificationMetadata": {"archivable": True, "readOnlyDefinition": False, "readOnlyValue": read_only},
    }
