"""Our namespace in a portal, and our fields as HubSpot's properties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regulars import FieldSpec

FIELD_PREFIX, LIST_PREFIX = "regulars_", "regulars · "
"""Nothing outside it is ever written."""
TYPES = {
    "text": ("string", "text"),
    "number": ("number", "number"),
    "date": ("date", "date"),
    "enumeration": ("enumeration", "select"),
    "boolean": ("bool", "booleancheckbox"),
}
"""Our field types as HubSpot's type and fieldType."""


def to_value(value: str | None) -> str:
    """Our text as HubSpot takes it: the same, and the empty text clears."""
    return "" if value is None else value


def to_definition(spec: FieldSpec, group: str) -> dict[str, Any]:
    """A field of ours as a property to create."""
    kind, field_type = TYPES[spec.type]
    made = {
        "groupName": group,
        "name": spec.name,
        "label": spec.label or spec.name.removeprefix(FIELD_PREFIX).replace("_", " ").capitalize(),
        "type": kind,
        "fieldType": field_type,
        "formField": False,
    }
    if spec.type == "boolean":
        made["options"] = to_options(("true", "false"))
    elif spec.type == "enumeration":
        made["options"] = to_options(spec.options)
    return made


def to_options(values: Sequence[str], first: int = 0) -> list[dict[str, Any]]:
    """Values of an enumeration as HubSpot's options, counted from `first`."""
    return [
        {"label": value.replace("_", " ").capitalize(), "value": value, "displayOrder": place, "hidden": False}
        for place, value in enumerate(values, first)
    ]
