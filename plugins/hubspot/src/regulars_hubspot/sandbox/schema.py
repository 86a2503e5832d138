"""Property definitions of a kind: those HubSpot brings, those made by API, and what a value may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from regulars_hubspot.sandbox.kinds import Kind
from regulars_hubspot.sandbox.problem import Body, Problem, fault, invalid, not_found

_FIELD_TYPES = {
    "bool": {"booleancheckbox", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date"},
    "enumeration": {"booleancheckbox", "checkbox", "radio", "select", "calculation_equation"},
    "number": {"number", "calculation_equation"},
    "phone_number": {"phonenumber"},
    "string": {"text", "textarea", "file", "html", "phonenumber", "calculation_equation"},
}
_EMAIL = re.compile(r"[^@\s;,]+@[^@\s;,]+\.[^@\s;,.]+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


MOST_UNIQUE = 10


class Schema:
    """All definitions of one kind by name, live and archived, and the property groups."""

    def __init__(self, kind: Kind) -> None:
        self._group = f"{kind.singular}information"
        self.groups: dict[str, Body] = {
            name: {"name": name, "label": name, "displayOrder": -1, "archived": False}
            for name in (self._group, "emailinformation")
        }
        self.live: dict[str, Body] = {}
        self.archived: dict[str, Body] = {}
        for name, (type_, field_type, read_only, options) in kind.given.items():
            group = "emailinformation" if name.startswith("hs_email") else self._group
            self.live[name] = _definition(name, type_, field_type, read_only, options, group)
            self.live[name]["hubspotDefined"] = True

    def add_text(self, name: str) -> None:
        """A plain text property, as a person in the portal would make it."""
        self.live.setdefault(name, _definition(name, "string", "text", False, [], self._group))

    def unique(self, name: str) -> bool:
        """Whether no two records may have the same value of this property."""
        return bool(self.live.get(name, {}).get("hasUniqueValue"))

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
        if asked.get("hasUniqueValue") and sum(map(self.unique, self.live)) >= MOST_UNIQUE:
            raise invalid(f"At most {MOST_UNIQUE} properties of an object may have unique values")
        made = _definition(name, asked["type"], asked["fieldType"], False, [], asked["groupName"])
        made |= {
            k: asked[k] for k in ("label", "description", "options", "hasUniqueValue", "formField") if k in asked
        }
        self.live[name] = made
        return made

    def update(self, name: str, asked: Body) -> Body:
        """Change a definition. `options` replaces the whole list."""
        found = self.get(name)
        if asked.get("groupName", found["groupName"]) not in self.groups:
            raise invalid(f"Property group '{asked['groupName']}' does not exist")
        if found["hubspotDefined"] and "options" in asked:
            raise invalid(f"The options of '{name}' cannot be changed")
        found |= {k: asked[k] for k in ("label", "groupName", "description", "options") if k in asked}
        return found

    def archive(self, name: str) -> None:
        """Put a definition into the recycle bin. Raises 400 for one of HubSpot's own."""
        if self.get(name)["hubspotDefined"]:
            raise invalid(f"Property '{name}' is HubSpot's own and cannot be archived")
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

    def group(self, name: str) -> Body:
        """A property group. Raises 404."""
        if name not in self.groups:
            raise not_found(f"Property group '{name}' does not exist")
        return self.groups[name]

    def update_group(self, name: str, asked: Body) -> Body:
        """Change a group's label or place."""
        self.group(name).update({k: asked[k] for k in ("label", "displayOrder") if k in asked})
        return self.group(name)

    def archive_group(self, name: str) -> None:
        """Take a group away; one that holds properties stays."""
        self.group(name)
        if any(found["groupName"] == name for found in self.live.values()):
            raise invalid(f"Property group '{name}' still holds properties")
        del self.groups[name]

    def state(self) -> Any:
        """JSON-able."""
        return {"live": self.live, "archived": self.archived, "groups": self.groups}

    def restore(self, state: Any) -> None:
        """Become what `state` gave."""
        self.live, self.archived, self.groups = state["live"], state["archived"], state["groups"]

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


def _definition(
    name: str, kind: str, field_type: str, read_only: bool, options: Sequence[str], group: str
) -> Body:
    choices: list[dict[str, Any]] = [
        {"label": value, "value": value, "displayOrder": place, "hidden": False}
        for place, value in enumerate(options)
    ]
    return {
        "name": name,
        "label": name,
        "type": kind,
        "fieldType": field_type,
        "groupName": group,
        "description": "",
        "options": choices,
        "hasUniqueValue": False,
        "hubspotDefined": False,
        "calculated": False,
        "externalOptions": False,
        "formField": False,
        "displayOrder": -1,
        "hidden": False,
        "archived": False,
        "modificationMetadata": {
            "archivable": True,
            "readOnlyDefinition": False,
            "readOnlyOptions": False,
            "readOnlyValue": read_only,
        },
    }
