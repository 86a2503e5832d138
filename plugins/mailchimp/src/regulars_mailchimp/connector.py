"""The connector value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regulars import Connector, Writes

from regulars_mailchimp.account import check
from regulars_mailchimp.client import API, policy
from regulars_mailchimp.destination import MailchimpDestination
from regulars_mailchimp.discovery import discover
from regulars_mailchimp.drafts import MailchimpDrafts
from regulars_mailchimp.models import FIELD_PREFIX, LIST_PREFIX
from regulars_mailchimp.settings import MailchimpSettings
from regulars_mailchimp.source import MailchimpSource

if TYPE_CHECKING:
    from regulars_mailchimp.sandbox import MailchimpSandbox

WRITES = Writes(
    field_prefix=FIELD_PREFIX,
    list_prefix=LIST_PREFIX,
    field_types=frozenset({"text", "number", "date"}),
    batch=500,
    bulk_from=2000,
    bulk_batch=5000,
    address_change="pending_member",
    max_field_name=10,
    default_map=(
        ("stage", "RG_STAGE", "text"),
        ("level", "RG_LEVEL", "text"),
        ("clv_12m", "RG_CLV", "number"),
        ("last_order_on", "RG_LAST", "date"),
    ),
)


def connector() -> Connector:
    """`mailchimp`: one audience of one Mailchimp account."""
    return Connector(
        name="mailchimp",
        title="Mailchimp",
        role="mail",
        api_version=API,
        settings=MailchimpSettings,
        policy=policy,
        check=check,
        source=MailchimpSource,
        destination=MailchimpDestination,
        writes=WRITES,
        discover=discover,
        drafts=MailchimpDrafts,
        sandbox=_sandbox,
        scopes={
            "API key or OAuth token": "reads the audience and writes our own fields and tags, and makes drafts of"
            " campaigns; Mailchimp has no smaller access"
        },
    )


def _sandbox(*args: Any, **kwargs: Any) -> MailchimpSandbox:
    from regulars_mailchimp.sandbox import MailchimpSandbox

    return MailchimpSandbox(*args, **kwargs)
