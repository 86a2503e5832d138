"""Contacts as people, bounces, merges, deletions and memberships; their consent is in `consents`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regulars import Bounce, Columns, Deletion, Membership, Merge, Page, PlatformError, Record

from regulars_hubspot.consents import to_consents
from regulars_hubspot.fields import FIELD_PREFIX
from regulars_hubspot.models import Row, country_of, instant, rows_of

CUSTOM = (
    "country",
    "lifecyclestage",
    "associatedcompanyid",
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
    "hs_merged_object_ids",
)
BOUNCES = {
    "UNKNOWN_USER": "hard",
    "OTHER": "hard",
    "POLICY": "block",
    "SPAM": "block",
    "CONTENT": "block",
    "MAILBOX_FULL": "soft",
}
"""HubSpot's reasons of a bounce as our kinds."""


def to_page(raws: Sequence[Any], names: Sequence[str], extra: Sequence[str], former: bool = False) -> Page:
    """Contacts as records; one that cannot be understood is kept aside. `names` are the properties that
    were read, `extra` those among them that a client mapped; `former` see `to_consents`."""
    rows, rejected = rows_of(raws)
    ours = sorted(name for name in names if name.startswith(FIELD_PREFIX))
    custom = tuple(dict.fromkeys((*CUSTOM, *extra)))
    found: dict[str, Sequence[Record]] = {
        "person": to_people(rows, ours, custom),
        "consent": to_consents(rows, former),
        "bounce": [bounce for row in rows if (bounce := to_bounce(row))],
        "merge": [x for row in rows if row.properties.get("hs_merged_object_ids") for x in to_merges(row)],
    }
    return Page({kind: records for kind, records in found.items() if records}, rejected=rejected)


def to_deletions(raws: Sequence[Any]) -> Page:
    """Archived contacts as deletions, and what went up in them: who was merged and archived before the next
    reading is in no other list."""
    rows, rejected = rows_of(raws)
    gone = [Deletion(id=row.id, updated_at=row.archived_at or row.updated_at, entity="person") for row in rows]
    merges = [merge for row in rows for merge in to_merges(row)]
    found: dict[str, Sequence[Record]] = {"deletion": gone, "merge": merges}
    return Page({kind: records for kind, records in found.items() if records}, rejected=rejected)


def to_memberships(raws: Sequence[Any], name: str, now: datetime) -> Page:
    """Members of the list `name`. Raises PlatformError for a row that is none: a list half read is no list."""
    found = [_membership(raw, name, now) for raw in raws]
    return Page({"membership": found} if found else {})


def to_people(rows: Sequence[Row], ours: Sequence[str], custom: Sequence[str]) -> Columns:
    """Contacts. A country that is not an ISO code stays in `custom` alone."""
    told, none = [row.properties for row in rows], list[str]()

    def texts(name: str) -> list[str | None]:
        return [properties.get(name) or None for properties in told]

    return Columns(
        {
            "id": [row.id for row in rows],
            "updated_at": [row.updated_at for row in rows],
            "created_at": [row.created_at for row in rows],
            "email": texts("email"),
            "other_emails": [row.many("hs_additional_emails") or none for row in rows],
            "phone": texts("phone"),
            "first_name": texts("firstname"),
            "last_name": texts("lastname"),
            "country": [country_of(properties.get("country")) for properties in told],
            "company": texts("company"),
            "tags": [none] * len(rows),
            "held": [row.json(ours) for row in rows],
            "lists": [None] * len(rows),
            "custom": [row.json(custom) for row in rows],
        }
    )


def to_bounce(row: Row) -> Bounce | None:
    """What came back from the contact's present address, None where nothing did."""
    found = bounced(row)
    if found is None or not (email := row.get("email")):
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
    get = row.properties.get
    if get("hs_email_bad_address") == "true":
        return "hard", "bad address"
    if reason := get("hs_email_hard_bounce_reason_enum"):
        return BOUNCES.get(reason, "hard"), reason
    if get("hs_email_quarantined") == "true":
        reason = get("hs_email_quarantined_reason") or "quarantined"
        return ("complaint" if reason == "RECIPIENT_COMPLAINT" else "block"), reason
    return None


def state_of(row: Row) -> str:
    """Our word for what HubSpot says of the address: unsubscribed, bounced or ok."""
    if row.get("hs_email_optout") == "true":
        return "unsubscribed"
    found = bounced(row)
    return "bounced" if found and found[0] == "hard" else "ok"


def to_merges(row: Row) -> list[Merge]:
    """The contacts that went up in this one, those of earlier merges too."""
    losers = row.many("hs_merged_object_ids")
    return [Merge(id=one, updated_at=row.updated_at, into=row.id) for one in losers if one != row.id]


def _membership(raw: Any, name: str, now: datetime) -> Membership:
    try:
        key = str(raw["recordId"])
        at = instant(raw, "membershipTimestamp") if raw.get("membershipTimestamp") else None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise PlatformError(f"HubSpot answered nonsense for the members of list {name!r}") from None
    return Membership(id=f"{name}:{key}", updated_at=now, person_id=key, list=name, joined_at=at)
