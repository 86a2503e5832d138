"""The part of the Admin schema that is about files for bulk mutations."""

from __future__ import annotations

from regulars_shopify.sandbox.schema import FieldType, key, made

UPLOAD_TYPES: dict[str, dict[str, FieldType]] = {
    "Mutation": {
        "stagedUploadsCreate": FieldType(
            "StagedUploadsCreatePayload",
            lambda shop, call: shop.uploads.stage(call.args["input"]),
            {"input": "[StagedUploadInput!]!"},
        ),
        "bulkOperationRunMutation": FieldType(
            "BulkOperationRunMutationPayload",
            lambda shop, call: shop.uploads.run(
                str(call.args["mutation"]), str(call.args["stagedUploadPath"]), call.args.get("clientIdentifier")
            ),
            {"mutation": "String!", "stagedUploadPath": "String!", "clientIdentifier": "String"},
        ),
    },
    "StagedUploadsCreatePayload": {
        "stagedTargets": key("[StagedMediaUploadTarget!]", "stagedTargets"),
        "userErrors": key("[UserError!]!", "userErrors"),
    },
    "StagedMediaUploadTarget": {
        "url": key("URL", "url"),
        "resourceUrl": key("URL", "resourceUrl"),
        "parameters": key("[StagedUploadParameter!]!", "parameters"),
    },
    "StagedUploadParameter": {"name": key("String!", "name"), "value": key("String!", "value")},
    "BulkOperationRunMutationPayload": {
        "bulkOperation": key("BulkOperation", "bulkOperation"),
        "userErrors": key("[BulkMutationUserError!]!", "userErrors"),
    },
    "BulkMutationUserError": {
        "field": made("[String!]", lambda told: told.get("field")),
        "message": key("String!", "message"),
        "code": made("BulkMutationErrorCode", lambda told: told.get("code")),
    },
}
"""To be laid over the rest of the schema."""
