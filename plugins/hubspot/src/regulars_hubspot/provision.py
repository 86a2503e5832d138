"""Making what the plan needs: our property group, our properties, our static lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from regulars import ConfigError, FieldSpec, Missing

from regulars_hubspot.client import HubSpot
from regulars_hubspot.fields import TYPES, to_definition, to_options
from regulars_hubspot.lists import Lists
from regulars_hubspot.wire import Body

GROUP, GROUP_LABEL = "regulars", "Regulars"


class Provisioner:
    """Compares what should be there with what is, and makes the difference. Nothing is ever removed."""

    def __init__(self, client: HubSpot, lists: Lists) -> None:
        self._client, self._lists = client, lists

    def missing(self, fields: Sequence[FieldSpec], lists: Sequence[str]) -> Missing:
        """Fields and lists that are not there; an enumeration that lacks options comes with those alone."""
        there = self._client.properties() if fields else {}
        lacking = [need for spec in fields if (need := _lacking(spec, there.get(spec.name)))]
        return Missing(tuple(lacking), tuple(name for name in lists if self._lists.named(name) is None))

    def provision(self, missing: Missing) -> None:
        """Make them. Raises ConfigError where a name is taken by another type."""
        if missing.fields:
            self._client.create_group(GROUP, GROUP_LABEL)
            self._fields(missing.fields)
        for name in missing.lists:
            if self._lists.named(name) is None:
                self._lists.create(name)

    def _fields(self, fields: Sequence[FieldSpec]) -> None:
        there = self._client.properties()
        for spec in fields:
            found: Mapping[str, Body] = there
            if spec.name not in found:
                made = self._client.create_property(to_definition(spec, GROUP))
                # Made by somebody else meanwhile, or restored from the archive: it may be of another kind.
                found = self._client.properties() if made is None else {spec.name: made}
            self._add_options(spec, found[spec.name])

    def _add_options(self, spec: FieldSpec, found: Body) -> None:
        lacking = _lacking(spec, found)
        if lacking is not None:
            # The options sent replace the whole list, so that those there go along.
            held = found.get("options") or []
            self._client.set_options(spec.name, [*held, *to_options(lacking.options, len(held))])


def _lacking(spec: FieldSpec, found: Body | None) -> FieldSpec | None:
    if found is None:
        return spec
    kind, field_type = TYPES[spec.type]
    multiple = spec.type == "enumeration" and found.get("fieldType") == "checkbox"
    if found.get("type") != kind or multiple:
        raise ConfigError(
            f"it exists as {found.get('type')}/{found.get('fieldType')}, we need {kind}/{field_type}",
            where=f"HubSpot property {spec.name}",
            hint="Map the value to another field, or delete that property in HubSpot",
        )
    there = {option["value"] for option in found.get("options") or ()}
    more = tuple(value for value in spec.options if value not in there)
    return replace(spec, options=more) if more and spec.type == "enumeration" else None
