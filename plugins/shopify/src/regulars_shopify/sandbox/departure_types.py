"""The part of the Admin schema by which customers and orders leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from regulars_shopify.sandbox.schema import Call, FieldType, key, made

_FIELD, _MESSAGE = key("[String!]", "field"), key("String!", "message")


def _does(payload: str, name: str, args: Mapping[str, str], scope: str) -> FieldType:
    """A mutation; one with a single id is given that."""
    given: Callable[[Call], Any] = (lambda call: call.args) if args.keys() != {"customerId"} else _customer
    given = _order if args.keys() == {"orderId"} else given
    return FieldType(payload, lambda _, call: getattr(call.shop.departures, name)(given(call)), args, scope)


def _customer(call: Call) -> str:
    return str(call.args["customerId"])


def _order(call: Call) -> str:
    return str(call.args["orderId"])


def _errors(kind: str) -> FieldType:
    return key(f"[{kind}!]!", "userErrors")


def _coded(code: str) -> dict[str, FieldType]:
    return {"field": _FIELD, "message": _MESSAGE, "code": made(code, lambda error: error.get("code"))}


_TWO = {"customerOneId": "ID!", "customerTwoId": "ID!", "overrideFields": "CustomerMergeOverrideFields"}
_ERASURE = "write_customer_data_erasure"

DEPARTURES: dict[str, dict[str, FieldType]] = {
    "QueryRoot": {
        "customerMergeJobStatus": FieldType(
            "CustomerMergeRequest",
            lambda _, call: call.shop.departures.merge_status(str(call.args["jobId"])),
            {"jobId": "ID!"},
            "read_customer_merge",
        ),
    },
    "Mutation": {
        "customerMerge": _does("CustomerMergePayload", "merge", _TWO, "write_customer_merge"),
        "customerDelete": _does(
            "CustomerDeletePayload", "delete", {"input": "CustomerDeleteInput!"}, "write_customers"
        ),
        "orderDelete": _does("OrderDeletePayload", "delete_order", {"orderId": "ID!"}, "write_orders"),
        "customerRequestDataErasure": _does(
            "CustomerRequestDataErasurePayload", "erase", {"customerId": "ID!"}, _ERASURE
        ),
        "customerCancelDataErasure": _does(
            "CustomerCancelDataErasurePayload", "cancel_erasure", {"customerId": "ID!"}, _ERASURE
        ),
    },
    "Job": {"id": key("ID!", "id"), "done": key("Boolean!", "done")},
    "CustomerMergePayload": {
        "job": key("Job", "job"),
        "resultingCustomerId": key("ID", "resultingCustomerId"),
        "userErrors": _errors("CustomerMergeUserError"),
    },
    "CustomerMergeUserError": _coded("CustomerMergeErrorCode"),
    "CustomerMergeRequest": {
        "jobId": key("ID", "jobId"),
        "resultingCustomerId": key("ID!", "resultingCustomerId"),
        "status": key("CustomerMergeRequestStatus!", "status"),
    },
    "CustomerDeletePayload": {
        "deletedCustomerId": key("ID", "deletedCustomerId"),
        "userErrors": _errors("UserError"),
    },
    "OrderDeletePayload": {"deletedId": key("ID", "deletedId"), "userErrors": _errors("OrderDeleteUserError")},
    "OrderDeleteUserError": _coded("OrderDeleteUserErrorCode"),
    "CustomerRequestDataErasurePayload": {
        "customerId": key("ID", "customerId"),
        "userErrors": _errors("CustomerRequestDataErasureUserError"),
    },
    "CustomerRequestDataErasureUserError": _coded("CustomerRequestDataErasureErrorCode"),
    "CustomerCancelDataErasurePayload": {
        "customerId": key("ID", "customerId"),
        "userErrors": _errors("CustomerCancelDataErasureUserError"),
    },
    "CustomerCancelDataErasureUserError": _coded("CustomerCancelDataErasureErrorCode"),
}
"""To be laid over the rest of the schema."""
