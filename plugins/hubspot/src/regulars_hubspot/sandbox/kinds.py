"""The kinds of objects a portal holds, and the properties that HubSpot itself gives each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STAGES = [
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
]
Given = tuple[str, str, bool, Sequence[str]]
"""Type, field type, whether the value is read-only, and the options of a property."""
_BOUNCES = ["CONTENT", "MAILBOX_FULL", "OTHER", "POLICY", "SPAM", "UNKNOWN_USER"]
_YES_NO = ["true", "false"]
_TEXT: Given = ("string", "text", False, [])
_TEXT_KEPT: Given = ("string", "text", True, [])
_COUNT: Given = ("number", "number", True, [])
_AMOUNT: Given = ("number", "number", False, [])
_WHEN: Given = ("datetime", "date", True, [])
_WHEN_FREE: Given = ("datetime", "date", False, [])
_FLAG: Given = ("bool", "booleancheckbox", True, _YES_NO)
_EVERYWHERE: Mapping[str, Given] = {
    "hs_object_id": _COUNT,
    "hs_object_source": _TEXT_KEPT,
    "hs_object_source_label": _TEXT_KEPT,
    "hs_merged_object_ids": ("enumeration", "checkbox", True, []),
}


@dataclass(frozen=True)
class Kind:
    """One kind of object. `defaults` come back where no properties were asked for; `searched` is where
    the free text of a search looks."""

    name: str
    singular: str
    type_id: str
    created: str
    modified: str
    defaults: Sequence[str]
    searched: Sequence[str]
    first_id: int
    given: Mapping[str, Given]


_CONTACT: Mapping[str, Given] = {
    **dict.fromkeys(("email", "firstname", "lastname", "phone", "company", "country", "website"), _TEXT),
    "lifecyclestage": ("enumeration", "radio", False, STAGES),
    "hs_lead_status": ("enumeration", "radio", False, ["NEW", "OPEN", "IN_PROGRESS", "CONNECTED"]),
    **dict.fromkeys(("createdate", "lastmodifieddate"), _WHEN),
    "associatedcompanyid": _COUNT,
    "hs_additional_emails": ("enumeration", "select", True, []),
    "hs_marketable_status": ("enumeration", "booleancheckbox", True, _YES_NO),
    "hs_legal_basis": ("enumeration", "checkbox", False, ["Freely given consent from contact", "Not applicable"]),
    **dict.fromkeys(
        ("hs_email_bounce", "hs_email_delivered", "hs_email_open", "hs_email_click", "hs_email_replied"), _COUNT
    ),
    **dict.fromkeys(("hs_email_last_send_date", "hs_email_last_open_date", "hs_email_last_click_date"), _WHEN),
    "hs_email_hard_bounce_reason_enum": ("enumeration", "radio", True, _BOUNCES),
    **dict.fromkeys(("hs_email_bad_address", "hs_email_optout", "hs_email_quarantined"), _FLAG),
    "hs_email_quarantined_reason": ("enumeration", "radio", True, []),
}
_COMPANY: Mapping[str, Given] = {
    **dict.fromkeys(("name", "domain", "phone", "city", "country", "website", "description"), _TEXT),
    "industry": ("enumeration", "select", False, ["RETAIL", "HOSPITALITY", "WHOLESALE", "FOOD_BEVERAGES"]),
    "numberofemployees": _AMOUNT,
    "annualrevenue": _AMOUNT,
    "lifecyclestage": ("enumeration", "radio", False, STAGES),
    **dict.fromkeys(("createdate", "hs_lastmodifieddate"), _WHEN),
}
_DEAL: Mapping[str, Given] = {
    **dict.fromkeys(("dealname", "dealstage", "pipeline"), _TEXT),
    "amount": _AMOUNT,
    "closedate": _WHEN_FREE,
    **dict.fromkeys(("createdate", "hs_lastmodifieddate"), _WHEN),
}
_ORDER: Mapping[str, Given] = {
    **dict.fromkeys(
        (
            *("hs_order_name", "hs_external_order_id", "hs_external_order_status", "hs_fulfillment_status"),
            *("hs_payment_status", "hs_currency_code", "hs_source_store", "hs_billing_address_email"),
            *("hs_billing_address_country", "hs_shipping_address_country", "hs_tags", "hs_pipeline_stage"),
        ),
        _TEXT,
    ),
    **dict.fromkeys(
        (
            "hs_total_price",
            "hs_subtotal_price",
            "hs_order_discount",
            "hs_shipping_cost",
            "hs_tax",
            "hs_refund_amount",
        ),
        _AMOUNT,
    ),
    **dict.fromkeys(("hs_external_created_date", "hs_processed_date", "hs_cancelled_date"), _WHEN_FREE),
    **dict.fromkeys(("hs_createdate", "hs_lastmodifieddate"), _WHEN),
}

CONTACT = Kind(
    name="contacts",
    singular="contact",
    type_id="0-1",
    created="createdate",
    modified="lastmodifieddate",
    defaults=("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    searched=("email", "firstname", "lastname", "phone", "company", "hs_additional_emails"),
    first_id=101,
    given={**_CONTACT, **_EVERYWHERE},
)
COMPANY = Kind(
    name="companies",
    singular="company",
    type_id="0-2",
    created="createdate",
    modified="hs_lastmodifieddate",
    defaults=("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    searched=("name", "domain", "phone", "website"),
    first_id=40_001,
    given={**_COMPANY, **_EVERYWHERE},
)
DEAL = Kind(
    name="deals",
    singular="deal",
    type_id="0-3",
    created="createdate",
    modified="hs_lastmodifieddate",
    defaults=(
        *("amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate", "hs_object_id"),
        "pipeline",
    ),
    searched=("dealname",),
    first_id=60_001,
    given={**_DEAL, **_EVERYWHERE},
)
ORDER = Kind(
    name="orders",
    singular="order",
    type_id="0-123",
    created="hs_createdate",
    modified="hs_lastmodifieddate",
    defaults=("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
    searched=("hs_order_name", "hs_external_order_id"),
    first_id=80_001,
    given={**_ORDER, **_EVERYWHERE},
)
KINDS = (CONTACT, COMPANY, DEAL, ORDER)
NAMED = {alias.lower(): kind for kind in KINDS for alias in (kind.name, kind.singular, kind.type_id)}
"""Every name under which a path may call a kind."""
