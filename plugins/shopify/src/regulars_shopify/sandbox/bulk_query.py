"""bulkOperationRunQuery: what it refuses, and the lines it writes.

Messages and codes are the recorded ones. Children are lines of their own, named after their parent by
`__parentId` alone, and without `groupObjects` they stand anywhere, before their parent too.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regulars_shopify.sandbox.api import TYPES
from regulars_shopify.sandbox.execution import Plan, Run
from regulars_shopify.sandbox.faults import Refused
from regulars_shopify.sandbox.language import Document, Selection, SyntaxFault, parse
from regulars_shopify.sandbox.schema import Call, FieldType, node_type

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox

_LARGEST, _CONNECTIONS, _DEPTH = 65_535, 5, 2
_APART = 40  # lines that a child may stand away from where it belongs
_ALL = 1 << 40


class _Children(list[Any]):
    """The nodes of a connection, which become lines of their own."""


class BulkPlan(Plan):
    """A plan in which connections have no pages."""

    def _connection(
        self, known: FieldType, inside: Sequence[Selection], call: Call, path: tuple[str, ...]
    ) -> tuple[Run, int]:
        node = node_type(known.named)
        chosen = [s for edges in inside for field in edges.inside if field.name == "node" for s in field.inside]
        sub, _ = self._object(node, chosen, (*path, "edges", "node"))
        whole = Call({**call.args, "first": _ALL, "after": None}, call.shop)
        get = known.get
        return lambda thing: _Children(sub(item) for item in get(thing, whole).nodes), 0

    def _page_size(self, values: dict[str, Any], name: str, path: tuple[str, ...]) -> None:
        """Page arguments are ignored."""


def run_query(shop: ShopifySandbox, query: str, grouped: bool | None) -> Mapping[str, Any]:
    """The payload of bulkOperationRunQuery. `grouped` None: what the API version does on its own."""
    try:
        plan = _plan(shop, query)
    except _Invalid as refusal:
        errors = [{"field": ["query"], "message": what, "code": "INVALID"} for what in refusal.messages]
        return {"bulkOperation": None, "userErrors": errors}
    if running := shop.operations.crowded("QUERY"):
        ids = ", ".join(f"gid://shopify/BulkOperation/{one.id}" for one in running)
        what = f"A bulk query operation for this app and shop is already in progress: {ids}."
        return {
            "bulkOperation": None,
            "userErrors": [{"field": None, "message": what, "code": "OPERATION_IN_PROGRESS"}],
        }
    lines = list(_lines(plan))
    if not (shop.served < "2026-01" if grouped is None else grouped):
        lines = _strewn(lines, shop.seed)
    result = b"".join(_written(line) for line in lines)
    roots = sum("__parentId" not in line for line in lines)
    operation = shop.operations.start("QUERY", query, result, len(lines), roots)
    if plan.denied:
        operation.error = "ACCESS_DENIED"
    return {"bulkOperation": operation, "userErrors": []}


class _Invalid(Exception):
    def __init__(self, *messages: str) -> None:
        super().__init__(messages)
        self.messages = messages


def _plan(shop: ShopifySandbox, query: str) -> BulkPlan:
    size = len(query.encode())
    if size > _LARGEST:
        raise _Invalid(f"Query is too large ({size} bytes; maximum is {_LARGEST} bytes)")
    try:
        document = parse(query)
    except SyntaxFault as fault:
        raise _Invalid(f"Invalid bulk query: {str(fault).rpartition(' at [')[0]}") from None
    if document.operations[0].kind != "query":
        raise _Invalid("Invalid operation type. Only `query` operations are supported.")
    if wrong := list(_Rules(document).broken()):
        raise _Invalid(*wrong)
    try:
        return BulkPlan(document, document.operations[0], {}, shop)
    except Refused as refusal:
        raise _Invalid(f"Invalid bulk query: {refusal}") from None


class _Rules:
    """What a bulk query must not contain."""

    def __init__(self, document: Document) -> None:
        self._document, self._top = document, document.operations[0].inside
        self._connections, self._deepest, self._in_list = 0, 0, False
        self._by_nodes: list[str] = []
        self._nameless: list[str] = []

    def broken(self) -> Iterator[str]:
        for field in self._top:
            if field.name in ("node", "nodes"):
                yield f"Bulk queries cannot contain a top level `{field.name}` field."
        self._walk("QueryRoot", self._top, -1, False)
        if self._connections == 0:
            yield "Bulk queries must contain at least one connection."
        if self._connections > _CONNECTIONS:
            yield f"Bulk queries cannot contain more than {_CONNECTIONS} connections."
        if self._deepest > _DEPTH:
            yield f"Bulk queries cannot contain connections with a nesting depth greater than {_DEPTH}."
        if self._in_list:
            yield "Queries that contain a connection field within a list field are not currently supported."
        if self._by_nodes:
            yield (
                "All connection fields in a bulk query must select their contents using 'edges' > 'node',"
                f" e.g: '{self._by_nodes[0]} {{ edges {{ node {{'. Selecting via 'nodes' is not supported."
                f" Invalid connection fields: '{', '.join(self._by_nodes)}'."
            )
        if self._nameless:
            yield (
                "The parent 'node' field for a nested connection must select the 'id' field without an alias and"
                f" must be of 'ID' return type. Connection fields without 'id': {', '.join(self._nameless)}."
            )

    def _walk(self, type: str, selections: Sequence[Selection], depth: int, in_list: bool) -> int:
        """Look at everything below; returns how many connections hang on this object directly."""
        hanging = 0
        for field in self._opened(selections):
            known = TYPES.get(type, {}).get(field.name)
            if known is None or not field.inside:
                continue
            if known.is_connection:
                hanging += 1
                self._connection(field, known, depth + 1, in_list)
            else:
                hanging += self._walk(known.named, field.inside, depth, in_list or known.is_list)
        return hanging

    def _connection(self, field: Selection, known: FieldType, depth: int, in_list: bool) -> None:
        self._connections += 1
        self._deepest = max(self._deepest, depth)
        self._in_list = self._in_list or in_list
        if any(part.name == "nodes" for part in self._opened(field.inside)):
            self._by_nodes.append(field.name)
        nodes = [part for edges in self._opened(field.inside) for part in self._opened(edges.inside)]
        chosen = [one for part in nodes if part.name == "node" for one in self._opened(part.inside)]
        if self._walk(node_type(known.named), chosen, depth, False) and not any(
            one.name == "id" and one.key == "id" for one in chosen
        ):
            self._nameless.append(field.name)

    def _opened(self, selections: Sequence[Selection]) -> Iterator[Selection]:
        """The fields, fragments opened."""
        for one in selections:
            if one.kind == "field":
                yield one
            elif one.kind == "inline":
                yield from self._opened(one.inside)
            elif one.name in self._document.fragments:
                yield from self._opened(self._document.fragments[one.name].inside)


def _lines(plan: BulkPlan) -> Iterator[dict[str, Any]]:
    for value in (plan.run() or {}).values():
        if isinstance(value, _Children):
            for node in value:
                yield from _family(node, None)


def _family(node: Mapping[str, Any], parent: str | None) -> Iterator[dict[str, Any]]:
    """An object and all that hangs on it, each a line."""
    own = {name: value for name, value in node.items() if not isinstance(value, _Children)}
    yield own | ({"__parentId": parent} if parent else {})
    for value in node.values():
        if isinstance(value, _Children):
            for child in value:
                yield from _family(child, node["id"])


def _strewn(lines: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """Children moved some lines away, before their parent too; parents keep their order."""
    chance = random.Random(seed)
    places = [
        at + (chance.uniform(-_APART, _APART) if "__parentId" in line else 0) for at, line in enumerate(lines)
    ]
    return [lines[at] for at in sorted(range(len(lines)), key=places.__getitem__)]


def _written(line: Mapping[str, Any]) -> bytes:
    """As the platform writes a line: no spaces, slashes escaped."""
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).replace("/", "\\/").encode() + b"\n"
