"""Metafields of the simulated shop's customers, and their definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from regulars_shopify.sandbox.collection import Slice, within
from regulars_shopify.sandbox.faults import Refused
from regulars_shopify.sandbox.objects import Customer

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox

MOST, DEFINITIONS, FILTERABLE = 25, 256, 50
_NUMBER = re.compile(r"-?\d{1,13}(\.\d{1,9})?")
_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_STALE = "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value."
_TYPES = ("single_line_text_field", "multi_line_text_field", "number_decimal", "number_integer", "date", "boolean")


@dataclass
class Definition:
    """What a metafield of customers is called and holds."""

    id: int
    namespace: str
    key: str
    name: str
    type: str
    filterable: bool = False


@dataclass(frozen=True)
class Metafield:
    """A value as it is read, with the digest that a compare-and-set goes by."""

    id: int
    namespace: str
    key: str
    value: str
    type: str

    @property
    def full(self) -> str:
        """Namespace and key."""
        return f"{self.namespace}.{self.key}"

    @property
    def digest(self) -> str:
        """Another one as soon as the value is; the same however the key is spelled in an answer."""
        return sha256(f"{self.type}\0{self.value}".encode()).hexdigest()


class Metafields:
    """Set and deleted by mutations, all of a call or nothing; values are kept on the customers."""

    def __init__(self, shop: ShopifySandbox) -> None:
        self._shop = shop
        self.definitions: dict[str, Definition] = {}
        self.types: dict[str, str] = {}
        """Types of values that have no definition, by full name."""

    def held(self, customer: Customer) -> list[Metafield]:
        """All metafields of a customer."""
        return [
            Metafield(customer.id * 100 + at, *full.partition(".")[::2], value, self._type(full))
            for at, (full, value) in enumerate(customer.metafields.items())
        ]

    def listed(self, args: Mapping[str, Any]) -> Slice:
        """Definitions of customers, one namespace's or all."""
        space = args.get("namespace")
        found = [one for one in self.definitions.values() if space in (None, one.namespace)]
        if args["ownerType"] != "CUSTOMER":
            found = []
        return within(found, args["first"], args.get("after"))

    def filled(self, definition: Definition) -> int:
        """How many customers have a value."""
        full = f"{definition.namespace}.{definition.key}"
        return sum(full in customer.metafields for customer in self._shop.customers.live.values())

    def define(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """metafieldDefinitionCreate."""
        error = self._undefinable(told)
        if error:
            return {"createdDefinition": None, "userErrors": [error]}
        number = 230_000_000_000 + len(self.definitions)
        made = Definition(number, told["namespace"], told["key"], told["name"], told["type"], _filterable(told))
        self.definitions[f"{made.namespace}.{made.key}"] = made
        return {"createdDefinition": made, "userErrors": []}

    def set(self, inputs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """metafieldsSet: all of them, or none and why."""
        if len(inputs) > MOST:
            what = f"Exceeded the maximum metafields input limit of {MOST}."
            return {"metafields": [], "userErrors": [_error(["metafields"], what, "LESS_THAN_OR_EQUAL_TO")]}
        errors = [
            _error(["metafields", str(at), *where], what, code)
            for at, told in enumerate(inputs)
            if (problem := self._problem(told))
            for where, what, code in [problem]
        ]
        if errors and self._shop.nameless_errors:
            errors = [{**error, "field": None} for error in errors]
        if errors:
            return {"metafields": [], "userErrors": errors}
        return {"metafields": [self._put(told) for told in inputs], "userErrors": []}

    def delete(self, inputs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """metafieldsDelete; what is not there leaves a null in the answer."""
        gone: list[Any] = []
        for told in inputs:
            customer = self._owner(told["ownerId"])
            full = f"{told['namespace']}.{told['key']}"
            self._shop.note_foreign(told["namespace"], f"metafieldsDelete {full}")
            if customer is None or full not in customer.metafields:
                gone.append(None)
                continue
            del customer.metafields[full]
            self._shop.touch(customer)
            gone.append(dict(told))
        return {"deletedMetafields": gone, "userErrors": []}

    def state(self) -> dict[str, Any]:
        """As JSON-able data."""
        return {"definitions": [vars(one) for one in self.definitions.values()], "types": self.types}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become what `state` gave."""
        made = [Definition(**told) for told in state["definitions"]]
        self.definitions = {f"{one.namespace}.{one.key}": one for one in made}
        self.types = dict(state["types"])

    def _type(self, full: str) -> str:
        known = self.definitions.get(full)
        return known.type if known else self.types.get(full, "single_line_text_field")

    def _owner(self, gid: str) -> Customer | None:
        found = self._shop.thing(gid)
        return found if isinstance(found, Customer) else None

    def _put(self, told: Mapping[str, Any]) -> Metafield:
        customer, full = self._owner(told["ownerId"]), f"{told['namespace']}.{told['key']}"
        if customer is None:
            raise Refused("invalid id", "RESOURCE_NOT_FOUND", ("metafieldsSet",))
        self._shop.note_foreign(told["namespace"], f"metafieldsSet {full}")
        if told.get("type"):
            self.types[full] = told["type"]
        if customer.metafields.get(full) != told["value"]:
            customer.metafields[full] = told["value"]
            self._shop.touch(customer)
        return next(one for one in self.held(customer) if one.full == full)

    def _problem(self, told: Mapping[str, Any]) -> tuple[list[str], str, str] | None:
        customer, full = self._owner(told["ownerId"]), f"{told['namespace']}.{told['key']}"
        if customer is None:
            return ["ownerId"], "Owner does not exist.", "INVALID_VALUE"
        for name, least, most in (("namespace", 3, 255), ("key", 2, 64)):
            if problem := _length(told[name], name, least, most):
                return [name], *problem
        known = self.definitions.get(full)
        kind = known.type if known else told.get("type")
        if not kind:
            return ["type"], "Type can't be blank", "BLANK"
        if known and told.get("type") not in (None, known.type):
            return ["type"], f"Type must be {known.type}.", "INVALID_TYPE"
        if what := _unfit(kind, told["value"]):
            return ["value"], what, "INVALID_VALUE"
        return self._conflict(customer, full, told)

    def _conflict(
        self, customer: Customer, full: str, told: Mapping[str, Any]
    ) -> tuple[list[str], str, str] | None:
        """`compareDigest`: left out, the last write wins; null means only where nothing is yet."""
        if "compareDigest" not in told:
            return None
        digests = {one.full: one.digest for one in self.held(customer)}
        given, there = told["compareDigest"], digests.get(full)
        if given == there:
            return None
        if there is None:
            return [], "Invalid `compareDigest` value.", "INVALID_COMPARE_DIGEST"
        return [], _STALE, "STALE_OBJECT"

    def _undefinable(self, told: Mapping[str, Any]) -> dict[str, Any] | None:
        def error(name: str, what: str, code: str) -> dict[str, Any]:
            return {"field": ["definition", name] if name else ["definition"], "message": what, "code": code}

        space, name = told["namespace"], told["key"]
        for part, text, least, most in (("namespace", space, 3, 255), ("key", name, 2, 64)):
            if problem := _length(text, part, least, most):
                return error(part, *problem)
            if not _NAME.fullmatch(text):
                return error(
                    part, f"{part.capitalize()} contains one or more invalid characters.", "INVALID_CHARACTER"
                )
        if told["type"] not in _TYPES:
            return error("type", f"Type name {told['type']} is not a valid type.", "INCLUSION")
        if f"{space}.{name}" in self.definitions:
            what = f"Key is in use for Customer metafields on the '{space}' namespace."
            return error("key", what, "TAKEN")
        full = self._no_room(told)
        return error("", *full) if full else None

    def _no_room(self, told: Mapping[str, Any]) -> tuple[str, str] | None:
        if len(self.definitions) >= DEFINITIONS:
            what = f"Stores can only have {DEFINITIONS} definitions for each store resource."
            return what, "RESOURCE_TYPE_LIMIT_EXCEEDED"
        if _filterable(told) and sum(one.filterable for one in self.definitions.values()) >= FILTERABLE:
            what = f"Only {FILTERABLE} definitions can be used as admin filters."
            return what, "OWNER_TYPE_LIMIT_EXCEEDED_FOR_USE_AS_ADMIN_FILTERS"
        return None


def _filterable(told: Mapping[str, Any]) -> bool:
    return bool(((told.get("capabilities") or {}).get("adminFilterable") or {}).get("enabled"))


def _error(field: list[str], message: str, code: str) -> dict[str, Any]:
    return {"field": field, "message": message, "code": code, "elementIndex": None}


def _length(text: str, name: str, least: int, most: int) -> tuple[str, str] | None:
    if len(text) < least:
        return f"{name.capitalize()} is too short (minimum is {least} characters)", "TOO_SHORT"
    if len(text) > most:
        return f"{name.capitalize()} is too long (maximum is {most} characters)", "TOO_LONG"
    return None


def _unfit(kind: str, value: str) -> str:
    """Why a value is none of a type; "" where it is."""
    return next(_complaints(kind, value), "")


def _complaints(kind: str, value: str) -> Iterator[str]:
    if not value.strip():
        yield "Value can't be blank."
    match kind:
        case "single_line_text_field" if "\n" in value:
            yield "Value must be a single line text string."
        case "number_decimal" if not _NUMBER.fullmatch(value):
            yield "Value must be a decimal."
        case "date" if not _DAY.fullmatch(value):
            yield "Value must be in YYYY-MM-DD format."
        case "boolean" if value not in ("true", "false"):
            yield "Value must be true or false."
