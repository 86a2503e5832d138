"""What the other tools ask for, as plain values: this is read in their environments as well.

What differs from one account to the next (paths, headers, the Shopify queries) is the product's own first
request, handed over as JSON, so that every client asks for the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

PROPERTIES = (
    "email,hs_email_optout,hs_email_hard_bounce_reason_enum,hs_email_bad_address,hs_email_quarantined,"
    "hs_email_quarantined_reason,country,lifecyclestage,hs_email_bounce,hs_email_last_send_date,"
    "hs_email_last_open_date,hs_email_last_click_date,hs_additional_emails,firstname,lastname,phone,company,"
    "createdate,lastmodifieddate,hs_merged_object_ids,regulars_clv,regulars_rfm,regulars_stage"
)


@dataclass(frozen=True)
class Endpoint:
    """One endpoint. `rows`, `key` and `changed` say where an answer holds the rows, their ids and when
    they changed (JSON paths). The `cursor` of an answer goes to the parameter or body field `after`;
    without one, pages are asked for by offset."""

    method: str
    rows: str
    changed: str
    path: str = ""
    key: str = "id"
    params: dict[str, Any] = field(default_factory=dict)
    json: dict[str, Any] | None = None
    cursor: str | None = None
    after: str = "after"
    page: int = 100
    warm: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict)


def _nodes(name: str) -> Endpoint:
    where = f"data.{name}"
    return Endpoint(
        "POST", f"{where}.nodes", "updatedAt", cursor=f"{where}.pageInfo.endCursor", after="variables.after",
    )  # fmt: skip


_SEARCH = {
    "filterGroups": [
        {"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": "1735689600000"}]}
    ],
    "sorts": [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}],
    "properties": PROPERTIES.split(","),
    "limit": 200,
}
ENDPOINTS = {
    "hubspot-contacts": Endpoint(
        "GET", "results", "updatedAt", "crm/v3/objects/contacts",
        params={"limit": 100, "archived": "false", "properties": PROPERTIES}, cursor="paging.next.after",
    ),
    "hubspot-changed": Endpoint(
        "POST", "results", "updatedAt", "crm/v3/objects/contacts/search",
        json=_SEARCH, cursor="paging.next.after",
    ),
    "mailchimp-members": Endpoint(
        "GET", "members", "last_changed", key="contact_id",
        params={"sort_field": "last_changed", "sort_dir": "ASC"},
    ),
    "shopify-customers": _nodes("customers"),
    "shopify-orders": _nodes("orders"),
}  # fmt: skip


def endpoint(name: str, handed: str) -> Endpoint:
    """The endpoint with what is handed over: {"path", "params", "json", "headers",
    "credentials", "page", "warm"}."""
    at, given = ENDPOINTS[name], json.loads(handed)
    return replace(
        at,
        path=at.path or given["path"],
        json=at.json or given["json"],
        params={**at.params, **given["params"]},
        headers=given["headers"],
        credentials=given["credentials"],
        page=given["page"],
        warm=given["warm"],
    )
