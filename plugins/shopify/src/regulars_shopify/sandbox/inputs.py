"""Input objects of the mutations that the simulated shop knows, and whether a value is one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Problem = tuple[tuple[str | int, ...], str]
"""Where in a value, and what is wrong there."""

INPUTS: Mapping[str, Mapping[str, str]] = {
    "CustomerDeleteInput": {"id": "ID!"},
    "CustomerMergeOverrideFields": {
        "customerIdOfEmailToKeep": "ID",
        "customerIdOfFirstNameToKeep": "ID",
        "customerIdOfLastNameToKeep": "ID",
        "customerIdOfPhoneNumberToKeep": "ID",
        "customerIdOfDefaultAddressToKeep": "ID",
        "note": "String",
        "tags": "[String!]",
    },
    "MetafieldsSetInput": {
        "ownerId": "ID!",
        "namespace": "String",
        "key": "String!",
        "type": "String",
        "value": "String!",
        "compareDigest": "String",
    },
    "MetafieldIdentifierInput": {"ownerId": "ID!", "namespace": "String!", "key": "String!"},
    "MetafieldDefinitionInput": {
        "name": "String!",
        "namespace": "String",
        "key": "String!",
        "type": "String!",
        "description": "String",
        "ownerType": "MetafieldOwnerType!",
        "capabilities": "MetafieldCapabilityCreateInput",
        "pin": "Boolean",
    },
    "MetafieldCapabilityCreateInput": {"adminFilterable": "MetafieldCapabilityAdminFilterableInput"},
    "MetafieldCapabilityAdminFilterableInput": {"enabled": "Boolean!"},
    "CustomerEmailMarketingConsentUpdateInput": {
        "customerId": "ID!",
        "emailMarketingConsent": "CustomerEmailMarketingConsentInput!",
    },
    "CustomerEmailMarketingConsentInput": {
        "marketingState": "CustomerEmailMarketingState!",
        "marketingOptInLevel": "CustomerMarketingOptInLevel",
        "consentUpdatedAt": "DateTime",
    },
    "CustomerInput": {
        "id": "ID",
        "email": "String",
        "firstName": "String",
        "lastName": "String",
        "phone": "String",
        "note": "String",
        "tags": "[String!]",
        "emailMarketingConsent": "CustomerEmailMarketingConsentInput",
    },
    "DiscountCodeBasicInput": {
        "title": "String",
        "code": "String",
        "startsAt": "DateTime",
        "endsAt": "DateTime",
        "usageLimit": "Int",
        "appliesOncePerCustomer": "Boolean",
        "context": "DiscountContextInput",
        "customerGets": "DiscountCustomerGetsInput",
        "combinesWith": "DiscountCombinesWithInput",
    },
    "DiscountContextInput": {"all": "DiscountBuyerSelection"},
    "DiscountCustomerGetsInput": {"value": "DiscountCustomerGetsValueInput", "items": "DiscountItemsInput"},
    "DiscountCustomerGetsValueInput": {"percentage": "Float", "discountAmount": "DiscountAmountInput"},
    "DiscountAmountInput": {"amount": "Decimal", "appliesOnEachItem": "Boolean"},
    "DiscountItemsInput": {"all": "Boolean"},
    "DiscountCombinesWithInput": {
        "orderDiscounts": "Boolean",
        "productDiscounts": "Boolean",
        "shippingDiscounts": "Boolean",
    },
    "DiscountRedeemCodeInput": {"code": "String!"},
    "StagedUploadInput": {
        "resource": "StagedUploadTargetGenerateUploadResource!",
        "filename": "String!",
        "mimeType": "String!",
        "httpMethod": "StagedUploadHttpMethodType",
        "fileSize": "UnsignedInt64",
    },
    "WebhookSubscriptionInput": {"uri": "String", "format": "WebhookSubscriptionFormat"},
}
_TEXTS = ("String", "ID")


def problem(kind: str, value: Any) -> Problem | None:
    """The first thing that keeps a value from being of a type; None where it is."""
    if value is None:
        return ((), "Expected value to not be null") if kind.endswith("!") else None
    kind = kind.removesuffix("!")
    if kind.startswith("["):
        return _item(kind[1:-1], value if isinstance(value, list) else [value])
    if kind in INPUTS:
        return _entry(kind, value)
    if kind in _TEXTS and not isinstance(value, str):
        return (), f"Could not coerce value {value!r} to {kind}"
    if kind == "Boolean" and not isinstance(value, bool):
        return (), f"Could not coerce value {value!r} to Boolean"
    return None


def _item(kind: str, values: list[Any]) -> Problem | None:
    for at, value in enumerate(values):
        if found := problem(kind, value):
            return (at, *found[0]), found[1]
    return None


def _entry(kind: str, value: Any) -> Problem | None:
    known = INPUTS[kind]
    if not isinstance(value, dict):
        return (), f"Expected {value!r} to be a key-value object."
    for name in value:
        if name not in known:
            return (name,), f"Field is not defined on {kind}"
    for name, inner in known.items():
        if found := problem(inner, value.get(name)):
            return (name, *found[0]), found[1]
    return None
