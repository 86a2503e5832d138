"""The part of the Admin schema that is about bulk operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regulars_shopify.sandbox.collection import within
from regulars_shopify.sandbox.operations import Operation
from regulars_shopify.sandbox.schema import PAGED, Call, FieldType, found, gid, instant, key, made, plain

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox


def _of(type: str, name: str) -> FieldType:
    """A field that the registry works out from the time of day."""
    return FieldType(type, lambda one, call: getattr(call.shop.operations, name)(one))


def _counter(name: str) -> FieldType:
    return FieldType("UnsignedInt64!", lambda one, call: call.shop.operations.progress(one, getattr(one, name)))


def _operation(shop: ShopifySandbox, number: int) -> Operation | None:
    return shop.operations.find(number)


def _cancel(_: Any, call: Call) -> Any:
    return call.shop.operations.cancel(str(call.args["id"]))


def _error(one: Operation, call: Call) -> str | None:
    return one.error if call.shop.operations.status(one) == "FAILED" else None


def _completed(one: Operation, call: Call) -> str | None:
    return instant(call.shop.operations.completed(one))


def _size(one: Operation, call: Call) -> str | None:
    return str(len(one.result)) if call.shop.operations.url(one) else None


def _listed(_: Any, call: Call) -> Any:
    """Newest first unless asked otherwise; `status:` and `operation_type:` are understood."""
    newest = sorted(call.shop.operations.all, key=lambda one: one.number, reverse=True)
    kept = [one for one in newest if _matches(one, call)]
    return within(kept, call.args["first"], call.args.get("after"))


def _matches(one: Operation, call: Call) -> bool:
    for term in str(call.args.get("query") or "").replace(" AND ", " ").split():
        name, _, value = term.partition(":")
        told = {"status": call.shop.operations.status(one), "operation_type": one.type}.get(name)
        if told is not None and told.lower() != value.strip("'\"").lower():
            return False
    return True


def _run(_: Any, call: Call) -> Any:
    from regulars_shopify.sandbox.bulk_query import run_query

    return run_query(call.shop, call.args["query"], call.args.get("groupObjects"))


_LIST = {**PAGED, "query": "String", "sortKey": "BulkOperationsSortKeys"}

OPERATIONS: dict[str, dict[str, FieldType]] = {
    "QueryRoot": {
        "bulkOperation": found("BulkOperation", _operation, ""),
        "bulkOperations": FieldType("BulkOperationConnection!", _listed, _LIST),
    },
    "Mutation": {
        "bulkOperationRunQuery": FieldType(
            "BulkOperationRunQueryPayload",
            _run,
            {"query": "String!", "groupObjects": "Boolean!"},
            optional=frozenset({"groupObjects"}),
        ),
        "bulkOperationCancel": FieldType(
            "BulkOperationCancelPayload",
            _cancel,
            {"id": "ID!"},
        ),
    },
    "BulkOperation": {
        "id": gid("BulkOperation"),
        "type": plain("BulkOperationType!", "type"),
        "query": plain("String!", "query"),
        "createdAt": made("DateTime!", lambda one: instant(one.created)),
        "status": _of("BulkOperationStatus!", "status"),
        "errorCode": FieldType("BulkOperationErrorCode", _error),
        "completedAt": FieldType("DateTime", _completed),
        "objectCount": _counter("objects"),
        "rootObjectCount": _counter("roots"),
        "fileSize": FieldType("UnsignedInt64", _size),
        "url": _of("URL", "url"),
        "partialDataUrl": _of("URL", "partial_url"),
    },
    "BulkOperationRunQueryPayload": {
        "bulkOperation": key("BulkOperation", "bulkOperation"),
        "userErrors": key("[BulkOperationUserError!]!", "userErrors"),
    },
    "BulkOperationUserError": {
        "field": key("[String!]", "field"),
        "message": key("String!", "message"),
        "code": key("BulkOperationUserErrorCode", "code"),
    },
    "BulkOperationCancelPayload": {
        "bulkOperation": key("BulkOperation", "bulkOperation"),
        "userErrors": key("[UserError!]!", "userErrors"),
    },
}
"""To be laid over the rest of the schema."""
