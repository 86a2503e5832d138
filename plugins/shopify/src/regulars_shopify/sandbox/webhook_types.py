"""The part of the Admin schema that is about webhooks."""

from __future__ import annotations

from regulars_shopify.sandbox.schema import FieldType, gid, key, plain

WEBHOOK_TYPES: dict[str, dict[str, FieldType]] = {
    "Mutation": {
        "webhookSubscriptionCreate": FieldType(
            "WebhookSubscriptionCreatePayload",
            lambda shop, call: shop.webhooks.subscribe(str(call.args["topic"]), call.args["webhookSubscription"]),
            {"topic": "WebhookSubscriptionTopic!", "webhookSubscription": "WebhookSubscriptionInput!"},
            "read_customers",
        ),
    },
    "WebhookSubscriptionCreatePayload": {
        "webhookSubscription": key("WebhookSubscription", "webhookSubscription"),
        "userErrors": key("[UserError!]!", "userErrors"),
    },
    "WebhookSubscription": {
        "id": gid("WebhookSubscription"),
        "topic": plain("WebhookSubscriptionTopic!", "topic"),
        "uri": plain("String!", "uri"),
    },
}
"""To be laid over the rest of the schema."""
