"""HubSpot's JSON as it is, and what it means to us."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from regulars import Bounce, Consent, Deletion, FieldSpec, Membership, Merge, Page, Person, Record, Rejected

FIELD_PREFIX, LIST_PREFIX = "regulars_", "regulars · "
"""Our namespace in a portal: nothing outside it is ever written."""
CUSTOM = (
    "country",
    "lifecyclestage",
    "hs_email_bounce",
    "hs_email_last_send_date",
    "hs_email_last_open_date",
    "hs_email_last_click_date",
    "hs_email_quarantined_reason",
)
"""Properties kept as they are beside those a client maps."""
MAILABLE = (
    "email",
    "hs_email_optout",
    "hs_email_hard_bounce_reason_enum",
    "hs_email_bad_address",
    "hs_email_quarantined",
    "hs_email_quarantined_reason",
)
"""Properties that say whether a contact's address may be written to."""
READ = (
    *MAILABLE,
    *CUSTOM,
    "hs_additional_emails",
    "firstname",
    "lastname",
    "phone",
    "company",
    "createdate",
    "lastmodifieddate",
    "hs_merged_object_ids",
)
_BOUNCES = {
    "UNKNOWN_USER": "hard",
    "OTHER": "hard",
    "POLICY": "block",
    "SPAM": "block",
    "CONTENT": "block",
    "MAILBOX_FULL": "soft",
}
TYPES = {
    "text": ("string", "text"),
    "number": ("number", "number"),
    "date": ("date", "date"),
    "enumeration": ("enumeration", "select"),
    "boolean": ("bool", "booleancheckbox"),
}
"""Our field types as HubSpot's type and fieldType."""


class Row(BaseModel):
    """A contact. All property values are texts; None is a known property without a value."""

    model_config = ConfigDict(frozen=True)

    id: str
    properties: dict[str, str | None]
    created_at: datetime | None = Field(default=None, alias="createdAt")
    updated_at: datetime = Field(alias="updatedAt")
    archived_at: datetime | None = Field(default=None, alias="archivedAt")

    def get(self, name: str) -> str | None:
        """A property's value, None where it is empty or was not read."""
        return self.properties.get(name) or None

    def many(self, name: str) -> list[str]:
        """The values of a property that holds several."""
        return [one for one in (self.get(name) or "").split(";") if one]


class Member(BaseModel):
    """Who is in a list."""

    record_id: str = Field(alias="recordId", coerce_numbers_to_str=True)
    joined_at: datetime | None = Field(default=None, alias="membershipTimestamp")


def to_page(raws: Sequence[Any], extra: Sequence[str]) -> Page:
    """Contacts as records; one that cannot be understood is kept aside."""
    rows, rejected = _parsed(raws)
    found: dict[str, Sequence[Record]] = {
        "person": [to_person(row, extra) for row in rows],
        "consent": [to_consent(row) for row in rows],
        "bounce": [bounce for row in rows if (bounce := to_bounce(row))],
        "merge": [merge for row in rows for merge in to_merges(row)],
    }
    return Page({kind: records for kind, records in found.items() if records}, rejected=rejected)


def to_deletions(raws: Sequence[Any]) -> Page:
    """Archived contacts as deletions."""
    rows, rejected = _parsed(raws)
    gone = [Deletion(id=row.id, updated_at=row.archived_at or row.updated_at, entity="person") for row in rows]
    return Page({"deletion": gone} if gone else {}, rejected=rejected)


def to_memberships(raws: Sequence[Any], name: str, now: datetime) -> Page:
    """Members of the list `name`."""
    members = [Member.model_validate(raw) for raw in raws]
    found = [
        Membership(
            id=f"{name}:{one.record_id}",
            updated_at=now,
            person_id=one.record_id,
            list=name,
            joined_at=one.joined_at,
        )
        for one in members
    ]
    return Page({"membership": found} if found else {})


def to_person(row: Row, extra: Sequence[str]) -> Person:
    """A contact. A country that is not an ISO code stays in `custom` alone."""
    country = row.get("country") or ""
    return Person(
        id=row.id,
        updated_at=row.updated_at,
        created_at=row.created_at,
        email=row.get("email"),
        other_emails=row.many("hs_additional_emails"),
        phone=row.get("phone"),
        first_name=row.get("firstname"),
        last_name=row.get("lastname"),
        country=country.upper() if len(country) == 2 and country.isascii() and country.isalpha() else None,
        company=row.get("company"),
        tags=[],
        held=_json(row, sorted(name for name in row.properties if name.startswith(FIELD_PREFIX))),
        lists=None,
        custom=_json(row, dict.fromkeys((*CUSTOM, *extra))),
    )


def to_consent(row: Row) -> Consent:
    """An opt-out of all mail is a fact; that there is none is no consent."""
    out = row.get("hs_email_optout") == "true"
    return Consent(
        id=f"{row.id}:email",
        updated_at=row.updated_at,
        person_id=row.id,
        address=row.get("email"),
        channel="email",
        state="unsubscribed" if out else "unknown",
        at=None,
        by="person" if out else None,
        source="hs_email_optout" if out else None,
        proof=None,
    )


def to_bounce(row: Row) -> Bounce | None:
    """What came back from the contact's present address, None where nothing did."""
    found, email = bounced(row), row.get("email")
    if found is None or email is None:
        return None
    kind, reason = found
    return Bounce(
        id=f"{row.id}:{email}",
        updated_at=row.updated_at,
        person_id=row.id,
        email=email,
        kind=kind,
        reason=reason,
        at=None,
    )


def bounced(row: Row) -> tuple[str, str] | None:
    """Kind and reason of a bounce. A reason HubSpot adds later counts as hard: it names the property
    a hard bounce, and a wrong caution mends itself where a wrong mail does not."""
    if row.get("hs_email_bad_address") == "true":
        return "hard", "bad address"
    if reason := row.get("hs_email_hard_bounce_reason_enum"):
        return _BOUNCES.get(reason, "hard"), reason
    if row.get("hs_email_quarantined") == "true":
        reason = row.get("hs_email_quarantined_reason") or "quarantined"
        return ("complaint" if reason == "RECIPIENT_COMPLAINT" else "block"), reason
    return None


def state_of(row: Row) -> str:
    """Our word for what HubSpot says of the address: unsubscribed, bounced or ok."""
    if row.get("hs_email_optout") == "true":
        return "unsubscribed"
    found = bounced(row)
    return "bounced" if found and found[0] == "hard" else "ok"


def to_merges(row: Row) -> list[Merge]:
    """The contacts that went up in this one."""
    losers = row.many("hs_merged_object_ids")
    return [Merge(id=one, updated_at=row.updated_at, into=row.id) for one in losers if one != row.id]


def to_value(value: str | None) -> str:
    """Our text as HubSpot takes it: the same, and the empty text clears."""
    return "" if value is None else value


def to_definition(spec: FieldSpec, group: str) -> dict[str, Any]:
    """A field of ours as a property to create."""
    kind, field_type = TYPES[spec.type]
    made = {
        "groupName": group,
        "name": spec.name,
        "label": spec.label or spec.name.removeprefix(FIELD_PREFIX).replace("_", " ").capitalize(),
        "type": kind,
        "fieldType": field_type,
        "formField": False,
    }
    if spec.type == "boolean":
        made["options"] = to_options(("true", "false"))
    elif spec.type == "enumeration":
        made["options"] = to_options(spec.options)
    return made


def to_options(values: Sequence[str], first: int = 0) -> list[dict[str, Any]]:
    """Values of an enumeration as HubSpot's options, counted from `first`."""
    return [
        {"label": value.replace("_", " ").capitalize(), "value": value, "displayOrder": place, "hidden": False}
        for place, value in enumerate(values, first)
    ]


def parse(raws: Sequence[Any]) -> list[Row]:
    """Contacts that must all be understood. Raises pydantic's ValidationError."""
    return [Row.model_validate(raw) for raw in raws]


def _parsed(raws: Sequence[Any]) -> tuple[list[Row], list[Rejected]]:
    rows: list[Row] = []
    rejected: list[Rejected] = []
    for raw in raws:
        try:
            rows.append(Row.model_validate(raw))
        except ValidationError as fault:
            first = fault.errors(include_url=False, include_input=False)[0]
            reason = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
            key = str(raw.get("id", "")) if isinstance(raw, dict) else ""
            rejected.append(Rejected("person", key, reason, json.dumps(raw)))
    return rows, rejected


def _json(row: Row, names: Sequence[str] | dict[str, None]) -> str:
    return json.dumps({name: value for name in names if (value := row.get(name))}, ensure_ascii=False)
