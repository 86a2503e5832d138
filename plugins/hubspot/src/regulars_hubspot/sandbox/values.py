"""The properties of a request's body, as texts."""

from __future__ import annotations

from typing import Any

from regulars_hubspot.sandbox.problem import invalid


def values_of(asked: Any) -> dict[str, str]:
    """Values by name; null says nothing. Raises 400 for what is no object."""
    properties = asked.get("properties") if isinstance(asked, dict) else None
    if not isinstance(properties, dict):
        raise invalid("Invalid input JSON: properties must be an object")
    return {name: _text(value) for name, value in properties.items() if value is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
