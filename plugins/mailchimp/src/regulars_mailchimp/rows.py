"""One member as canonical records: a person, a consent and, where the address is dead, a bounce."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from regulars import Bounce, Consent, Person

from regulars_mailchimp.models import FIELD_PREFIX, LIST_PREFIX, Member, text

_STATES = {
    "subscribed": "subscribed",
    "unsubscribed": "unsubscribed",
    "pending": "pending",
    "transactional": "not_subscribed",
    # Archiving is an act of the shop: whoever is archived must not be mailed.
    "archived": "unsubscribed",
    # A dead address says nothing of what the person wants; the bounce is a record of its own.
    "cleaned": "unknown",
}
_NAMED = ("FNAME", "LNAME", "PHONE", "COMPANY")


def person(member: Member, tags: Sequence[str], extra: Sequence[str]) -> Person:
    """The profile. `custom` holds the merge fields that are not ours, the hash, and what was asked for."""
    values = {tag: text(value) for tag, value in member.merge_fields.items()}
    ours = {tag: value for tag, value in values.items() if tag.startswith(FIELD_PREFIX) and value is not None}
    further = {name: _property(member, name) for name in extra if name not in member.merge_fields}
    others = {tag: value for tag, value in member.merge_fields.items() if not tag.startswith(FIELD_PREFIX)}
    first, last, phone, company = (values.get(name) for name in _NAMED)
    return Person(
        id=member.contact_id,
        updated_at=member.last_changed,
        created_at=member.created_at,
        email=member.email_address or None,
        other_emails=[],
        phone=phone,
        first_name=first,
        last_name=last,
        country=_country(member),
        company=company,
        tags=[name for name in tags if not name.startswith(LIST_PREFIX)],
        held=json.dumps(ours, sort_keys=True),
        lists=[name for name in tags if name.startswith(LIST_PREFIX)],
        custom=json.dumps({**others, **further, "hash": member.id}, sort_keys=True),
    )


def consent(member: Member) -> Consent:
    """The e-mail consent. When an opt-out was made Mailchimp does not say."""
    state = _STATES[member.status]
    return Consent(
        id=f"{member.contact_id}:email",
        updated_at=member.last_changed,
        person_id=member.contact_id,
        address=member.email_address,
        channel="email",
        state=state,
        at=member.timestamp_opt if state == "subscribed" else None,
        by=_by(member),
        source="archived" if member.status == "archived" else member.source or None,
        proof=_proof(member),
    )


def bounce(member: Member) -> Bounce | None:
    """A cleaned address: Mailchimp gave it up after a hard bounce or several soft ones."""
    if member.status != "cleaned":
        return None
    return Bounce(
        id=f"{member.contact_id}:{member.email_address}",
        updated_at=member.last_changed,
        person_id=member.contact_id,
        email=member.email_address,
        kind="hard",
        reason="cleaned",
        at=None,
    )


def _by(member: Member) -> str:
    if member.status == "archived":
        return "admin"
    if member.status == "unsubscribed":
        return "admin" if "admin" in member.unsubscribe_reason.lower() else "person"
    return "unknown"


def _proof(member: Member) -> str | None:
    """The reason that was given, in the person's or Mailchimp's words."""
    return f"reason: {member.unsubscribe_reason}" if member.unsubscribe_reason else None


def _country(member: Member) -> str | None:
    address = member.merge_fields.get("ADDRESS")
    stated = address.get("country") if isinstance(address, dict) else None
    code = str(stated or member.location.get("country_code") or "").upper()
    return code if len(code) == 2 else None


def _property(member: Member, name: str) -> Any:
    value: Any = member.model_dump(mode="json")
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
