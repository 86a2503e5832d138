"""Members as canonical records: a person, a consent and, where the address is dead, a bounce.

An audience has up to millions of members, so that a row is read as it arrives, without a model in between;
what cannot be understood raises ValueError, KeyError or TypeError and is set aside by whoever reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json
from regulars import Bounce, Consent, Person

from regulars_mailchimp.groups import Interest, chosen
from regulars_mailchimp.models import FIELD_PREFIX, LIST_PREFIX, text

STATES = {
    "subscribed": "subscribed",
    "unsubscribed": "unsubscribed",
    "pending": "pending",
    "transactional": "not_subscribed",
    # Archiving is an act of the shop: whoever is archived must not be mailed.
    "archived": "unsubscribed",
    # A dead address says nothing of what the person wants; the bounce is a record of its own.
    "cleaned": "unknown",
}
_NOTHING = "{}"

Row = Mapping[str, Any]


@dataclass
class Reader:
    """Makes records of member rows. `tags` asks for all tags of a row that does not show all of its own;
    `extra` names member properties that the client mapped; `interests` gives the audience's, by id, and is
    asked once a row has any."""

    tags: Callable[[Row], Sequence[str]]
    extra: Sequence[str] = ()
    interests: Callable[[], Mapping[str, Interest]] = dict
    _known: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)

    def person(self, row: Row, changed: datetime) -> Person:
        """The profile. `custom` holds the merge fields that are not ours, interests by category, the hash,
        and what was asked for."""
        values = row.get("merge_fields") or {}  # an empty object arrives as an empty list
        ours, others = self._parted(tuple(values))
        custom = {tag: values[tag] for tag in others}
        if groups := row.get("interests"):
            custom["interests"] = chosen(self.interests(), groups)
        for name in self.extra:
            if name not in values:
                custom[name] = _property(row, custom, name)
        custom["hash"] = row["id"]
        tags = [tag["name"] for tag in shown] if (shown := row.get("tags")) else []
        if row.get("tags_count", 0) > len(tags):
            tags = list(self.tags(row))
        signed = row.get("timestamp_signup") or row.get("timestamp_opt")
        get = values.get
        return {
            "id": row["contact_id"],
            "updated_at": changed,
            "created_at": instant(signed) if signed else None,
            "email": row["email_address"] or None,
            "other_emails": [],
            "phone": _text(get("PHONE")),
            "first_name": _text(get("FNAME")),
            "last_name": _text(get("LNAME")),
            "country": _country(get("ADDRESS"), row.get("location")),
            "company": _text(get("COMPANY")),
            "tags": [name for name in tags if not name.startswith(LIST_PREFIX)] if tags else [],
            "held": _held(values, ours) if ours else _NOTHING,
            "lists": [name for name in tags if name.startswith(LIST_PREFIX)] if tags else [],
            "custom": to_json(custom).decode(),
        }

    def _parted(self, tags: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Our merge tags and the others, sorted; the rows of an audience have the same."""
        if tags not in self._known:
            ours = tuple(sorted(tag for tag in tags if tag.startswith(FIELD_PREFIX)))
            self._known = {tags: (ours, tuple(sorted(set(tags) - set(ours))))}
        return self._known[tags]


def checked(row: Any) -> datetime:
    """When a row was changed. Raises ValueError for a row that lacks what a member must have."""
    if not isinstance(row, dict):
        raise ValueError("a member is no object")
    for name in ("contact_id", "id", "email_address"):
        if not isinstance(row.get(name), str):
            raise ValueError(f"{name}: {row.get(name)!r} is no text")
    if row.get("status") not in STATES:
        raise ValueError(f"status: {row.get('status')!r} is none that is known")
    return instant(row["last_changed"])


def consent(row: Row, changed: datetime) -> Consent:
    """The e-mail consent. When an opt-out was made Mailchimp does not say."""
    status, contact = row["status"], row["contact_id"]
    opted = row.get("timestamp_opt") if status == "subscribed" else None
    reason = row.get("unsubscribe_reason")
    return {
        "id": f"{contact}:email",
        "updated_at": changed,
        "person_id": contact,
        "address": row["email_address"],
        "channel": "email",
        "state": STATES[status],
        "at": instant(opted) if opted else None,
        "by": _by(status, reason or ""),
        "source": "archived" if status == "archived" else row.get("source") or None,
        "proof": f"reason: {reason}" if reason else None,
    }


def bounce(row: Row, changed: datetime) -> Bounce:
    """A cleaned address: Mailchimp gave it up after a hard bounce or several soft ones."""
    email = row["email_address"]
    return {
        "id": f"{row['contact_id']}:{email}",
        "updated_at": changed,
        "person_id": row["contact_id"],
        "email": email,
        "kind": "hard",
        "reason": "cleaned",
        "at": None,
    }


def instant(text: str) -> datetime:
    """A text of Mailchimp's as an aware instant in UTC. Raises ValueError for one without a zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is UTC:
        return found
    if found.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    return found.astimezone(UTC)


def _by(status: str, reason: str) -> str:
    if status == "archived":
        return "admin"
    if status == "unsubscribed":
        return "admin" if "admin" in reason.lower() else "person"
    return "unknown"


def _held(values: Mapping[str, Any], tags: Sequence[str]) -> str:
    held = {tag: told for tag in tags if (told := text(values[tag])) is not None}
    return to_json(held).decode() if held else _NOTHING


def _text(value: Any) -> str | None:
    return (value or None) if isinstance(value, str) else text(value)


def _country(address: Any, place: Any) -> str | None:
    stated = address.get("country") if isinstance(address, dict) else None
    code = str(stated or (place.get("country_code") if place else None) or "").upper()
    return code if len(code) == 2 else None


def _property(row: Row, custom: Mapping[str, Any], name: str) -> Any:
    """A property by its dotted name; the names of a category's interests as one text."""
    head, _, rest = name.partition(".")
    if head == "interests":
        names = (custom.get("interests") or {}).get(rest)
        return ", ".join(names) if names else None
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
