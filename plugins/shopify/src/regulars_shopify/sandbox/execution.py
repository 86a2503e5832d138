"""A parsed operation is checked, priced and turned into a chain of functions that build the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, log
from typing import TYPE_CHECKING, Any

from regulars_shopify.sandbox.api import ABSTRACT, TYPES
from regulars_shopify.sandbox.collection import Slice
from regulars_shopify.sandbox.faults import Refused
from regulars_shopify.sandbox.inputs import INPUTS, problem
from regulars_shopify.sandbox.language import Document, Operation, Selection, Variable
from regulars_shopify.sandbox.schema import FREE, Call, FieldType, node_type, type_of

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox

Run = Callable[[Any], Any]
MOST = 250

_SCALARS: dict[str, type | tuple[type, ...]] = {"Int": int, "String": str, "ID": (str, int), "Boolean": bool}


class Plan:
    """One operation, ready to run. `cost` is what it may cost; `denied` are errors beside the data."""

    def __init__(
        self, document: Document, operation: Operation, given: Mapping[str, Any], shop: ShopifySandbox
    ) -> None:
        self._document, self._operation, self._shop = document, operation, shop
        self._used: set[str] = set()
        self._variables = {name: _variable(operation, name, given) for name in operation.variables}
        self.denied: list[dict[str, Any]] = []
        self._emptied = False
        self._paged: list[tuple[str, int, int]] = []  # root connections: key, cost, first
        root = "Mutation" if operation.kind == "mutation" else "QueryRoot"
        self._run, self.cost = self._object(root, operation.inside, (operation.title,))
        if unused := set(operation.variables) - self._used:
            name = sorted(unused)[0]
            what = f"Variable ${name} is declared by {operation.name or 'anonymous query'} but not used"
            raise Refused(what, "variableNotUsed", (operation.title,), variableName=name)
        self._returned: dict[str, int] = {}

    def run(self) -> dict[str, Any] | None:
        """The data; None where a field that must be there was denied."""
        if self._emptied:
            return None
        data: dict[str, Any] = self._run(self._shop)
        return data

    def actual_cost(self) -> int:
        """What it did cost: root connections count for what they returned."""
        saved = 0
        for key, cost, first in self._paged:
            used = 2 + ceil((cost - 2) * min(1.0, self._returned.get(key, 0) / first))
            saved += cost - used
        return self.cost - saved

    def _object(self, type: str, selections: Sequence[Selection], path: tuple[str, ...]) -> tuple[Run, int]:
        if type in ABSTRACT:
            return self._abstract(type, selections, path)
        parts, total = [], 0
        for key, group in self._collected(type, selections, path).items():
            run, cost = self._field(type, group, (*path, key))
            parts.append((key, run))
            total += cost
        return lambda thing: {key: run(thing) for key, run in parts}, total

    def _abstract(self, type: str, selections: Sequence[Selection], path: tuple[str, ...]) -> tuple[Run, int]:
        """An interface or union: what an object is decides what is selected; the dearest is paid for."""
        plans = {known: self._object(known, selections, path) for known in ABSTRACT[type]}

        def run(thing: Any) -> Any:
            return plans[type_of(thing)][0](thing) if type_of(thing) in plans else {}

        return run, max((cost for _, cost in plans.values()), default=0)

    def _collected(
        self, type: str, selections: Sequence[Selection], path: tuple[str, ...]
    ) -> dict[str, list[Selection]]:
        """Fields by their key in the answer, fragments opened."""
        fields: dict[str, list[Selection]] = {}
        for selection in selections:
            if not self._wanted(selection):
                self._mention(selection)
                continue
            if selection.kind == "field":
                fields.setdefault(selection.key, []).append(selection)
                continue
            on, inside = selection.on, selection.inside
            if selection.kind == "spread":
                if selection.name not in self._document.fragments:
                    what = f"Fragment {selection.name} was used, but not defined"
                    raise Refused(what, "useAndDefineFragment", path, fragmentName=selection.name)
                fragment = self._document.fragments[selection.name]
                on, inside = fragment.on, fragment.inside
            if on in (None, type) or type in ABSTRACT.get(on, ()):
                for key, group in self._collected(type, inside, path).items():
                    fields.setdefault(key, []).extend(group)
            elif on not in TYPES and on not in ABSTRACT:
                what = f"No such type {on}, so it can't be a fragment condition"
                raise Refused(what, "undefinedType", path, typeName=on)
        return fields

    def _wanted(self, selection: Selection) -> bool:
        skip = selection.directives.get("skip", {}).get("if", False)
        include = selection.directives.get("include", {}).get("if", True)
        return bool(self._value(include)) and not self._value(skip)

    def _mention(self, selection: Selection) -> None:
        """A variable counts as used also where a directive leaves its field out."""
        self._value(dict(selection.args))
        for inside in selection.inside:
            self._mention(inside)

    def _field(self, type: str, group: Sequence[Selection], path: tuple[str, ...]) -> tuple[Run, int]:
        name = group[0].name
        if name == "__typename":
            return lambda _: type, 0
        known = TYPES[type].get(name)
        if known is None:
            what = f"Field '{name}' doesn't exist on type '{type}'"
            raise Refused(what, "undefinedField", path, typeName=type, fieldName=name)
        inside = [s for selection in group for s in selection.inside]
        composite = known.named in TYPES or known.named in ABSTRACT or known.is_connection
        if composite != bool(inside):
            verb = "has no selections" if composite else "can't have selections"
            what = f"Field must have selections (field '{name}' returns {known.named} but {verb})"
            raise Refused(what, "selectionMismatch", path, nodeName=f"field '{name}'", typeName=known.named)
        call = Call(self._arguments(known, group[0], path), self._shop)
        run, cost = self._composite(known, inside, call, path) if composite else (_scalar(known, call), 0)
        if known.personal and self._shop.blanked:
            return lambda _: None, cost
        if error := self._denial(known, name, path):
            self.denied.append(error)
            self._emptied |= type in ("QueryRoot", "Mutation") and known.type.endswith("!")
            return lambda _: None, cost
        return run, cost

    def _composite(
        self, known: FieldType, inside: Sequence[Selection], call: Call, path: tuple[str, ...]
    ) -> tuple[Run, int]:
        if known.is_connection:
            return self._connection(known, inside, call, path)
        sub, points = self._object(known.named, inside, path)
        own = 0 if known.named in FREE or self._in_payload(path) else 1
        if len(path) == 2 and (known.named == "Count" or self._operation.kind == "mutation"):
            own = 10
        get = known.get
        if known.is_list:
            return lambda thing: _each(sub, get(thing, call)), own + points

        def one(thing: Any) -> Any:
            found = get(thing, call)
            return None if found is None else sub(found)

        return one, own + points

    def _in_payload(self, path: tuple[str, ...]) -> bool:
        """Whether a field stands directly in a mutation's payload, where objects cost nothing."""
        return len(path) == 3 and self._operation.kind == "mutation"

    def _connection(
        self, known: FieldType, inside: Sequence[Selection], call: Call, path: tuple[str, ...]
    ) -> tuple[Run, int]:
        parts: list[tuple[str, Run]] = []
        child = 0
        for key, group in self._collected(known.named, inside, path).items():
            run, points = self._part(known, group, (*path, key))
            parts.append((key, run))
            child += points
        first = call.args["first"]
        cost = 2 + child * floor(2 * log(max(2, first)))
        root = path[-1] if len(path) == 2 else ""
        if root:
            self._paged.append((root, cost, first))
        get = known.get

        def page(thing: Any) -> Any:
            found: Slice = get(thing, call)
            if root:
                self._returned[root] = len(found.nodes)
            return {key: run(found) for key, run in parts}

        return page, cost

    def _part(self, known: FieldType, group: Sequence[Selection], path: tuple[str, ...]) -> tuple[Run, int]:
        """`nodes`, `edges` or `pageInfo` of a connection."""
        name, inside = group[0].name, [s for selection in group for s in selection.inside]
        if name == "pageInfo":
            return self._object("PageInfo", inside, path)
        if name == "nodes":
            sub, points = self._object(node_type(known.named), inside, path)
            return lambda page: [sub(node) for node in page.nodes], 1 + points
        if name == "edges":
            return self._edges(node_type(known.named), inside, path)
        what = f"Field '{name}' doesn't exist on type '{known.named}'"
        raise Refused(what, "undefinedField", path, typeName=known.named, fieldName=name)

    def _edges(self, node: str, inside: Sequence[Selection], path: tuple[str, ...]) -> tuple[Run, int]:
        parts: list[tuple[str, Callable[[Slice, int], Any]]] = []
        total = 0
        for key, group in self._collected(f"{node}Edge", inside, path).items():
            if group[0].name == "cursor":
                parts.append((key, lambda page, at: page.cursor(at)))
                continue
            sub, points = self._object(node, [s for g in group for s in g.inside], (*path, key))
            parts.append((key, _node_at(sub)))
            total += 1 + points
        return lambda page: [{key: run(page, at) for key, run in parts} for at in range(len(page.nodes))], total

    def _arguments(self, known: FieldType, selection: Selection, path: tuple[str, ...]) -> dict[str, Any]:
        name = selection.name
        for given in selection.args:
            if given not in known.args:
                what = f"Field '{name}' doesn't accept argument '{given}'"
                raise Refused(what, "argumentNotAccepted", path, name=name, argumentName=given)
        values = {key: self._value(value) for key, value in selection.args.items()}
        for value in values.values():
            _array_size(value, path)
        needed = (key for key, kind in known.args.items() if kind.endswith("!") and key not in known.optional)
        missing = [key for key in needed if values.get(key) is None]
        if missing:
            what = f"Field '{name}' is missing required arguments: {', '.join(missing)}"
            raise Refused(what, "missingRequiredArguments", path, className="Field", name=name)
        if known.is_connection:
            self._page_size(values, name, path)
        return values

    def _page_size(self, values: dict[str, Any], name: str, path: tuple[str, ...]) -> None:
        """Refuse a page that is none, or too large."""
        first = values.get("first")
        if first is None:
            what = f"you must provide one of first or last for {name}"
            raise Refused(what, "BAD_REQUEST", path)
        if not 0 < first <= MOST:
            what = f"first must be between 1 and {MOST} for {name}"
            raise Refused(what, "INVALID_FIELD_ARGUMENTS", path)

    def _value(self, value: Any) -> Any:
        if isinstance(value, Variable):
            if value.name not in self._variables:
                what = f"Variable ${value.name} is used by {self._operation.name} but not declared"
                raise Refused(what, "variableNotDefined", (self._operation.title,), variableName=value.name)
            self._used.add(value.name)
            return self._variables[value.name]
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if isinstance(value, dict):
            return {key: self._value(item) for key, item in value.items()}
        return value

    def _denial(self, known: FieldType, name: str, path: tuple[str, ...]) -> dict[str, Any] | None:
        where = list(path[1:])
        if known.scope and not self._shop.may(known.scope):
            needed = f"`{known.scope}` access scope."
            return _access_denied(f"Access denied for {name} field. Required access: {needed}", where, needed)
        people = known.named in ("Customer", "CustomerConnection")
        if (kind := "customer" if people else known.personal) and kind not in self._shop.approved:
            what = "access the Customer object" if people else f"use the {name} field"
            more = "https://shopify.dev/docs/apps/launch/protected-customer-data for more details."
            return _access_denied(f"This app is not approved to {what}. See {more}", where, None)
        return None


def _each(sub: Run, items: Sequence[Any] | None) -> list[Any] | None:
    """A list's items; an id that names nothing leaves a gap."""
    return None if items is None else [None if item is None else sub(item) for item in items]


def _array_size(value: Any, path: tuple[str, ...]) -> None:
    if isinstance(value, list) and len(value) > MOST:
        what = f"The input array size of {len(value)} is greater than the maximum allowed of {MOST}."
        raise Refused(what, "MAX_INPUT_SIZE_EXCEEDED", path[1:])


def _node_at(sub: Run) -> Callable[[Slice, int], Any]:
    return lambda page, at: sub(page.nodes[at])


def _scalar(known: FieldType, call: Call) -> Run:
    get = known.get
    return lambda thing: get(thing, call)


def _access_denied(message: str, path: list[str], needed: str | None) -> dict[str, Any]:
    extensions = {"code": "ACCESS_DENIED", "documentation": "https://shopify.dev/api/usage/access-scopes"}
    if needed:
        extensions["requiredAccess"] = needed
    return {"message": message, "extensions": extensions, "path": path}


def _variable(operation: Operation, name: str, given: Mapping[str, Any]) -> Any:
    declared = operation.variables[name]
    value = given.get(name, declared.default)
    if value is None and declared.type.endswith("!"):
        raise _invalid_variable(name, declared.type, value, "Expected value to not be null")
    kind = _SCALARS.get(declared.type.strip("!"))
    fits = kind is None or (isinstance(value, kind) and (kind is bool or not isinstance(value, bool)))
    if value is not None and not fits:
        raise _invalid_variable(name, declared.type, value, f"Could not coerce value {value!r}")
    if declared.type.strip("[]!") in INPUTS and (found := problem(declared.type, value)):
        raise _invalid_variable(name, declared.type, value, found[1], found[0])
    return value


def _invalid_variable(name: str, type: str, value: Any, why: str, at: Sequence[str | int] = ()) -> Refused:
    where = f" for {'.'.join(map(str, at))} ({why})" if at else ""
    what = f"Variable ${name} of type {type} was provided invalid value{where}"
    return Refused(what, "INVALID_VARIABLE", value=value, problems=[{"path": list(at), "explanation": why}])
