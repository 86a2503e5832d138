"""The portal's own rules: what its admins require of every record, and under which conditions."""

from __future__ import annotations

from dataclasses import dataclass, field

from regulars_hubspot.sandbox.problem import Body, invalid


@dataclass
class Rules:
    """Free to change: `required` properties of every record; `conditional`: (property, its value, property
    that is then required). Enforced by API writes since version 2026-09."""

    singular: str
    required: tuple[str, ...] = ()
    conditional: tuple[tuple[str, str, str], ...] = field(default=())

    def enforce(self, held: dict[str, str] | None, values: dict[str, str]) -> None:
        """Raise 400 where a record that `held` this would then break a rule."""
        after = {**(held or {}), **values}
        faults = [
            _fault("MISSING_REQUIRED_PROPERTY", name, f"{name} is required to create or update a {self.singular}")
            for name in self.required
            if not after.get(name)
        ]
        faults += [
            _fault("MISSING_CONDITIONAL_REQUIRED_PROPERTY", then, f"{then} is required when {when} is {value}")
            for when, value, then in self.conditional
            if after.get(when) == value and not after.get(then)
        ]
        if faults:
            raise invalid("One or more required properties are missing", errors=faults)


def _fault(code: str, name: str, message: str) -> Body:
    return {"message": message, "code": code, "context": {"propertyName": [name]}}
