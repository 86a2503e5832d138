"""The part of the Admin schema that changes the simulated shop: mutations, payloads, what they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from regulars_shopify.sandbox.schema import PAGED, Call, FieldType, gid, key, made, plain

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox

Does = Callable[["ShopifySandbox", Mapping[str, Any]], Mapping[str, Any]]


def _does(payload: str, does: Does, args: Mapping[str, str], scope: str = "write_customers") -> FieldType:
    """A mutation: what it does, with its arguments."""
    return FieldType(payload, lambda shop, call: does(shop, call.args), args, scope)


def _errors(kind: str = "UserError") -> FieldType:
    return key(f"[{kind}!]!", "userErrors")


def _definitions(shop: ShopifySandbox, call: Call) -> Any:
    return shop.metafields.listed(call.args)


def _text(name: str, kind: str = "String") -> FieldType:
    return made(kind, lambda thing: thing.get(name))


_ERROR = {"field": _text("field", "[String!]"), "message": key("String!", "message")}


def _coded(code: str, **more: str) -> dict[str, FieldType]:
    return {**_ERROR, "code": _text("code", code), **{name: _text(name, kind) for name, kind in more.items()}}


CHANGES: dict[str, dict[str, FieldType]] = {
    "QueryRoot": {
        "metafieldDefinitions": FieldType(
            "MetafieldDefinitionConnection!",
            _definitions,
            {**PAGED, "ownerType": "MetafieldOwnerType!", "namespace": "String"},
        ),
    },
    "Mutation": {
        "metafieldsSet": _does(
            "MetafieldsSetPayload",
            lambda shop, args: shop.metafields.set(args["metafields"]),
            {"metafields": "[MetafieldsSetInput!]!"},
        ),
        "metafieldsDelete": _does(
            "MetafieldsDeletePayload",
            lambda shop, args: shop.metafields.delete(args["metafields"]),
            {"metafields": "[MetafieldIdentifierInput!]!"},
        ),
        "metafieldDefinitionCreate": _does(
            "MetafieldDefinitionCreatePayload",
            lambda shop, args: shop.metafields.define(args["definition"]),
            {"definition": "MetafieldDefinitionInput!"},
        ),
        "tagsAdd": _does(
            "TagsAddPayload",
            lambda shop, args: shop.people.add_tags(args["id"], args["tags"]),
            {"id": "ID!", "tags": "[String!]!"},
        ),
        "tagsRemove": _does(
            "TagsRemovePayload",
            lambda shop, args: shop.people.remove_tags(args["id"], args["tags"]),
            {"id": "ID!", "tags": "[String!]!"},
        ),
        "customerUpdate": _does(
            "CustomerUpdatePayload",
            lambda shop, args: shop.people.update(args["input"]),
            {"input": "CustomerInput!"},
        ),
        "customerEmailMarketingConsentUpdate": _does(
            "CustomerEmailMarketingConsentUpdatePayload",
            lambda shop, args: shop.people.consent(args["input"]),
            {"input": "CustomerEmailMarketingConsentUpdateInput!"},
        ),
    },
    "Metafield": {
        "type": plain("String!", "type"),
        "compareDigest": plain("String!", "digest"),
    },
    "MetafieldsSetPayload": {
        "metafields": key("[Metafield!]", "metafields"),
        "userErrors": _errors("MetafieldsSetUserError"),
    },
    "MetafieldsSetUserError": _coded("MetafieldsSetUserErrorCode", elementIndex="Int"),
    "MetafieldsDeletePayload": {
        "deletedMetafields": key("[MetafieldIdentifier]", "deletedMetafields"),
        "userErrors": _errors(),
    },
    "MetafieldIdentifier": {
        "ownerId": key("ID!", "ownerId"),
        "namespace": key("String!", "namespace"),
        "key": key("String!", "key"),
    },
    "UserError": _ERROR,
    "MetafieldDefinitionCreatePayload": {
        "createdDefinition": key("MetafieldDefinition", "createdDefinition"),
        "userErrors": _errors("MetafieldDefinitionCreateUserError"),
    },
    "MetafieldDefinitionCreateUserError": _coded("MetafieldDefinitionCreateUserErrorCode"),
    "MetafieldDefinition": {
        "id": gid("MetafieldDefinition"),
        "namespace": plain("String!", "namespace"),
        "key": plain("String!", "key"),
        "name": plain("String!", "name"),
        "metafieldsCount": FieldType("Int!", lambda one, call: call.shop.metafields.filled(one)),
        "type": FieldType("MetafieldDefinitionType!", lambda one, _: {"name": one.type}),
        "capabilities": FieldType("MetafieldCapabilities!", lambda one, _: one),
    },
    "MetafieldDefinitionType": {"name": key("String!", "name")},
    "MetafieldCapabilities": {
        "adminFilterable": FieldType("MetafieldCapabilityAdminFilterable!", lambda one, _: one),
    },
    "MetafieldCapabilityAdminFilterable": {"enabled": plain("Boolean!", "filterable")},
    "TagsAddPayload": {"node": key("Node", "node"), "userErrors": _errors()},
    "TagsRemovePayload": {"node": key("Node", "node"), "userErrors": _errors()},
    "CustomerUpdatePayload": {"customer": key("Customer", "customer"), "userErrors": _errors()},
    "CustomerEmailMarketingConsentUpdatePayload": {
        "customer": key("Customer", "customer"),
        "userErrors": _errors("CustomerEmailMarketingConsentUpdateUserError"),
    },
    "CustomerEmailMarketingConsentUpdateUserError": _coded("CustomerEmailMarketingConsentUpdateUserErrorCode"),
}
