"""The connector value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regulars import Connector, Writes

from regulars_hubspot.account import check
from regulars_hubspot.client import BATCH
from regulars_hubspot.destination import HubSpotDestination
from regulars_hubspot.discovery import discover
from regulars_hubspot.fields import FIELD_PREFIX, LIST_PREFIX
from regulars_hubspot.paths import API_VERSION
from regulars_hubspot.policy import policy
from regulars_hubspot.settings import HubSpotSettings
from regulars_hubspot.source import HubSpotSource

if TYPE_CHECKING:
    from regulars_hubspot.sandbox import HubSpotSandbox

SCOPES = {
    "crm.objects.contacts.read": "to read contacts, their consent and their bounces",
    "crm.objects.contacts.write": "to write our own fields, and confirmed new addresses where a client opted in",
    "crm.schemas.contacts.read": "to see which fields of ours exist, and of which type",
    "crm.schemas.contacts.write": "to create our fields in a group of their own",
    "crm.lists.read": "to see our lists; HubSpot also demands it for every change of a membership",
    "crm.lists.write": "to create our lists and to let contacts in and out",
    "crm.objects.companies.read": "optional: to read companies and who belongs to them",
    "crm.objects.orders.read": "optional: to read orders, where the connection says orders = true",
    "content": "optional: to read marketing e-mail events (sent, opened, clicked, came back)",
}
WRITES = Writes(
    field_prefix=FIELD_PREFIX,
    list_prefix=LIST_PREFIX,
    field_types=frozenset(("text", "number", "date", "enumeration", "boolean")),
    batch=BATCH,
    address_change="own_field",
    default_map=(
        ("stage", "regulars_stage", "enumeration"),
        ("level", "regulars_relationship", "enumeration"),
        ("clv_12m", "regulars_clv", "number"),
        ("last_order_on", "regulars_last_order_on", "date"),
        ("rfm_group", "regulars_rfm", "text"),
    ),
)


def connector() -> Connector:
    """`hubspot`: contacts, their consent and bounces; our properties and static lists."""
    return Connector(
        name="hubspot",
        title="HubSpot",
        role="crm",
        api_version=API_VERSION,
        settings=HubSpotSettings,
        policy=policy,
        check=check,
        discover=discover,
        source=HubSpotSource,
        destination=HubSpotDestination,
        writes=WRITES,
        sandbox=_sandbox,
        scopes=SCOPES,
    )


def _sandbox(*args: Any, **kwargs: Any) -> HubSpotSandbox:
    from regulars_hubspot.sandbox import HubSpotSandbox

    return HubSpotSandbox(*args, **kwargs)
