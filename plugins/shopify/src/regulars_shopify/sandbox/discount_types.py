"""The part of the Admin schema that is about discount codes."""

from __future__ import annotations

from typing import Any

from regulars_shopify.sandbox.collection import within
from regulars_shopify.sandbox.discounts import Creation, DiscountCodeBasic, DiscountRedeemCode, Wanted
from regulars_shopify.sandbox.schema import PAGED, Call, FieldType, found, gid, instant, key, made, plain


def _status(one: DiscountCodeBasic, call: Call) -> str:
    now = call.shop.now()
    if one.starts > now:
        return "SCHEDULED"
    return "EXPIRED" if one.ends is not None and one.ends <= now else "ACTIVE"


def _codes(one: DiscountCodeBasic, call: Call) -> Any:
    return within(one.codes, call.args["first"], call.args.get("after"))


class _Placed:
    """An item of a list that hangs on one object, with its place as its id."""

    def __init__(self, at: int, item: Wanted) -> None:
        self.id, self.item = at, item


def _wanted(one: Creation, call: Call) -> Any:
    placed = [_Placed(at, item) for at, item in enumerate(one.codes, 1)]
    return within(placed, call.args["first"], call.args.get("after"))


def _redeem_code(one: _Placed, call: Call) -> DiscountRedeemCode | None:
    return call.shop.discounts.redeem_code(one.item.code) if one.item.made is not None else None


_USER_ERROR = {
    "field": made("[String!]", lambda told: told.get("field")),
    "message": key("String!", "message"),
    "code": made("DiscountErrorCode", lambda told: told.get("code")),
    "extraInfo": made("String", lambda told: told.get("extraInfo")),
}
_ERRORS = key("[DiscountUserError!]!", "userErrors")

DISCOUNTS: dict[str, dict[str, FieldType]] = {
    "QueryRoot": {
        "codeDiscountNodeByCode": FieldType(
            "DiscountCodeNode",
            lambda _, call: call.shop.discounts.by_code(str(call.args["code"])),
            {"code": "String!"},
            "read_discounts",
        ),
        "discountNodes": FieldType(
            "DiscountNodeConnection!",
            lambda _, call: call.shop.discounts.listed(call.args),
            {**PAGED, "query": "String"},
            "read_discounts",
        ),
        "discountRedeemCodeBulkCreation": found(
            "DiscountRedeemCodeBulkCreation",
            lambda shop, number: shop.discounts.creation(number),
            "read_discounts",
        ),
    },
    "Mutation": {
        "discountCodeBasicCreate": FieldType(
            "DiscountCodeBasicCreatePayload",
            lambda shop, call: shop.discounts.create(call.args["basicCodeDiscount"]),
            {"basicCodeDiscount": "DiscountCodeBasicInput!"},
            "write_discounts",
        ),
        "discountRedeemCodeBulkAdd": FieldType(
            "DiscountRedeemCodeBulkAddPayload",
            lambda shop, call: shop.discounts.add(str(call.args["discountId"]), call.args["codes"]),
            {"discountId": "ID!", "codes": "[DiscountRedeemCodeInput!]!"},
            "write_discounts",
        ),
    },
    "DiscountCodeBasicCreatePayload": {
        "codeDiscountNode": key("DiscountCodeNode", "codeDiscountNode"),
        "userErrors": _ERRORS,
    },
    "DiscountUserError": _USER_ERROR,
    "DiscountCodeNode": {
        "id": gid("DiscountCodeNode"),
        "codeDiscount": made("DiscountCode!", lambda one: one),
    },
    "DiscountNode": {
        "id": gid("DiscountCodeNode"),
        "discount": made("Discount!", lambda one: one),
    },
    "DiscountCodeBasic": {
        "title": plain("String!", "title"),
        "status": FieldType("DiscountStatus!", _status),
        "startsAt": made("DateTime!", lambda one: instant(one.starts)),
        "endsAt": made("DateTime", lambda one: instant(one.ends)),
        "usageLimit": plain("Int", "usage_limit"),
        "appliesOncePerCustomer": plain("Boolean!", "once_per_customer"),
        "asyncUsageCount": made("Int!", lambda one: sum(code.used for code in one.codes)),
        "codesCount": made("Count", lambda one: {"count": len(one.codes), "precision": "EXACT"}),
        "codes": FieldType("DiscountRedeemCodeConnection!", _codes, PAGED),
    },
    "DiscountRedeemCode": {
        "id": gid("DiscountRedeemCode"),
        "code": plain("String!", "code"),
        "asyncUsageCount": plain("Int!", "used"),
    },
    "DiscountRedeemCodeBulkAddPayload": {
        "bulkCreation": key("DiscountRedeemCodeBulkCreation", "bulkCreation"),
        "userErrors": _ERRORS,
    },
    "DiscountRedeemCodeBulkCreation": {
        "id": gid("DiscountRedeemCodeBulkCreation"),
        "done": plain("Boolean!", "done"),
        "createdAt": made("DateTime!", lambda one: instant(one.started)),
        "codesCount": made("Int!", lambda one: len(one.codes)),
        "importedCount": plain("Int!", "imported"),
        "failedCount": plain("Int!", "failed"),
        "codes": FieldType("DiscountRedeemCodeBulkCreationCodeConnection!", _wanted, PAGED),
    },
    "DiscountRedeemCodeBulkCreationCode": {
        "code": made("String!", lambda one: one.item.code),
        "errors": made("[DiscountUserError!]!", lambda one: one.item.errors),
        "discountRedeemCode": FieldType("DiscountRedeemCode", _redeem_code),
    },
}
