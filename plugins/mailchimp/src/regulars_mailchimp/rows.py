"""Members as canonical records: a person, a consent and, where the address is dead, a bounce.

An audience has up to millions of members, a thousand a page, so that a page's rows (see `listing`) are checked and
told column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, TypeVar

from regulars import Bounce, Columns, Deletion, Record, json_text

from regulars_mailchimp.groups import Interest, chosen
from regulars_mailchimp.listing import Row
from regulars_mailchimp.models import FIELD_PREFIX, LIST_PREFIX, in_utc, text

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
_NO_TIME = (OverflowError, TypeError, ValueError)

M = TypeVar("M", datetime, datetime | None)


@dataclass
class Reader:
    """Makes records of a page of member rows. `tags` asks for all tags of a row that does not show all of its own;
    `extra` names member properties that the client mapped; `interests` gives the audience's, by id, and is
    asked once a row has any."""

    tags: Callable[[Row], Sequence[str]]
    extra: Sequence[str] = ()
    interests: Callable[[], Mapping[str, Interest]] = dict

    def page(self, rows: Sequence[Row]) -> dict[str, Sequence[Record]]:
        """The page's records by kind. Raises ValueError, KeyError, TypeError or AttributeError where one of the
        rows cannot be understood."""
        member = _checked(rows)
        return {"person": self._people(rows, member), **_said(rows, member)}

    def _people(self, rows: Sequence[Row], member: _Checked) -> Columns:
        """The profiles. `custom` holds the merge fields that are not ours, interests by category, the hash,
        and what was asked for."""
        none: list[str] = []
        merged = [row.merge_fields or {} for row in rows]  # an empty object arrives as an empty list
        ours = _ours(merged)
        signed = _instants([row.timestamp_signup for row in rows])
        tags = [self._tags(row) if row.tags or row.tags_count else none for row in rows]
        return Columns(
            {
                "id": member.contact,
                "updated_at": member.changed,
                "created_at": [sign or opt for sign, opt in zip(signed, member.opted, strict=True)],
                "email": [email or None for email in member.email],
                "other_emails": [none] * len(rows),
                "phone": _merge_texts(merged, "PHONE"),
                "first_name": _merge_texts(merged, "FNAME"),
                "last_name": _merge_texts(merged, "LNAME"),
                "country": _countries(
                    [values.get("ADDRESS") for values in merged], [row.location for row in rows]
                ),
                "company": _merge_texts(merged, "COMPANY"),
                "tags": [[name for name in names if not _is_list(name)] if names else none for names in tags],
                "held": [
                    _held(values, tags) if tags else _NOTHING for values, tags in zip(merged, ours, strict=True)
                ],
                "lists": [[name for name in names if _is_list(name)] if names else none for names in tags],
                "custom": self._customs(rows, merged, ours, member.hash),
            }
        )

    def _customs(
        self,
        rows: Sequence[Row],
        merged: Sequence[Mapping[str, Any]],
        ours: Sequence[Sequence[str]],
        hashes: Sequence[str],
    ) -> list[str]:
        if self.extra or any(ours) or any(map(attrgetter("interests"), rows)):
            return [self._custom(row, values, tags) for row, values, tags in zip(rows, merged, ours, strict=True)]
        return [json_text({**values, "hash": key}) for values, key in zip(merged, hashes, strict=True)]

    def _custom(self, row: Row, values: Mapping[str, Any], ours: Sequence[str]) -> str:
        custom = dict(values)
        for tag in ours:
            del custom[tag]
        if groups := row.interests:
            custom["interests"] = chosen(self.interests(), groups)
        for name in self.extra:
            if name not in values:
                custom[name] = _property(row, custom, name)
        custom["hash"] = row.id
        return json_text(custom)

    def _tags(self, row: Row) -> Sequence[str]:
        shown = [tag["name"] for tag in row.tags or ()]
        return self.tags(row) if (row.tags_count or 0) > len(shown) else shown


def said(row: Row) -> dict[str, Sequence[Record]]:
    """What a member's row says of consent and of its address, whatever else in it cannot be understood. Raises
    ValueError or OverflowError where it is not even plain whose row it is, of when, or what the status."""
    return _said([row], _checked([row]))


@dataclass(frozen=True, slots=True)
class _Checked:
    """What several records are made of, checked, a value for each row of a page."""

    contact: Sequence[str]
    hash: Sequence[str]
    email: Sequence[str]
    status: Sequence[str]
    changed: Sequence[datetime]
    opted: Sequence[datetime | None]


def _checked(rows: Sequence[Row]) -> _Checked:
    if not all(issubclass(kind, Row) for kind in set(map(type, rows))):
        raise ValueError("a member is no object")
    return _Checked(
        contact=_texts(rows, "contact_id"),
        hash=_texts(rows, "id"),
        email=_texts(rows, "email_address"),
        status=_texts(rows, "status"),
        changed=_each_in_utc(map(datetime.fromisoformat, _texts(rows, "last_changed"))),
        opted=_instants([row.timestamp_opt for row in rows]),
    )


def _said(rows: Sequence[Row], member: _Checked) -> dict[str, Sequence[Record]]:
    consents: Sequence[Record] = _consents(rows, member)
    unsaid: list[Deletion] = []
    if set(member.status) - STATES.keys():
        # A word that nobody knows is no yes, and takes no opt-out back. So the consent is gone: that ends a yes,
        # and an opt-out holds beyond it.
        unsaid = [_gone(consent) for consent in consents if consent["state"] is None]
        consents = [consent for consent in consents if consent["state"] is not None]
    found = zip(rows, member.status, member.changed, strict=True)
    bounces = [bounce(row, at) for row, status, at in found if status == "cleaned"]
    return {"consent": consents, "deletion": unsaid, "bounce": bounces}


def _gone(consent: Record) -> Deletion:
    return Deletion(id=consent["id"], updated_at=consent["updated_at"], entity="consent")


def _consents(rows: Sequence[Row], member: _Checked) -> Columns:
    """The e-mail consents; one of an unknown status has no state. When an opt-out was made Mailchimp does not
    say."""
    reasons = _words([row.unsubscribe_reason for row in rows])
    opted = zip(member.opted, member.status, strict=True)
    sources = zip(_words([row.source for row in rows]), member.status, strict=True)
    return Columns(
        {
            "id": [f"{contact}:email" for contact in member.contact],
            "updated_at": member.changed,
            "person_id": member.contact,
            "address": member.email,
            "channel": ["email"] * len(rows),
            "state": list(map(STATES.get, member.status)),
            "at": [at if status == "subscribed" else None for at, status in opted],
            "by": [_by(status, reason or "") for status, reason in zip(member.status, reasons, strict=True)],
            "source": ["archived" if status == "archived" else source for source, status in sources],
            "proof": [f"reason: {reason}" if reason else None for reason in reasons],
        }
    )


def bounce(row: Row, changed: datetime) -> Bounce:
    """A cleaned address: Mailchimp gave it up after a hard bounce or several soft ones."""
    email = row.email_address
    return {
        "id": f"{row.contact_id}:{email}",
        "updated_at": changed,
        "person_id": row.contact_id,
        "email": email,
        "kind": "hard",
        "reason": "cleaned",
        "at": None,
    }


def instant(text: str) -> datetime:
    """A text of Mailchimp's as an aware instant in UTC. Raises ValueError for one without a zone."""
    return in_utc(datetime.fromisoformat(text))


def _instants(texts: Sequence[Any]) -> list[datetime | None]:
    """Instants; None where there is none, or none that can be read: it must not take an opt-out with it."""
    try:
        return _each_in_utc(datetime.fromisoformat(text) if text else None for text in texts)
    except _NO_TIME:
        return [_instant(text) for text in texts]


def _instant(text: Any) -> datetime | None:
    try:
        return instant(text) if text else None
    except _NO_TIME:
        return None


def _each_in_utc(found: Iterable[M]) -> list[M]:
    # Nearly all are, and are not handed on: there are three of a member.
    return [at if at is None or at.tzinfo is UTC else in_utc(at) for at in found]


def _texts(rows: Sequence[Row], name: str) -> Sequence[str]:
    """A property that every member must have. Raises ValueError for one that is no text."""
    found = list(map(attrgetter(name), rows))
    if set(map(type, found)) - {str}:
        raise ValueError(f"{name}: {next(value for value in found if type(value) is not str)!r} is no text")
    return found


def _words(told: Sequence[Any]) -> list[str | None]:
    """A property that members may have as a text; None where it is empty or no text."""
    return [value or None if isinstance(value, str) else None for value in told]


def _merge_texts(merged: Sequence[Mapping[str, Any]], tag: str) -> list[str | None]:
    return [found or None if type(found := values.get(tag)) is str else text(found) for values in merged]


def _ours(merged: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Those of each row's merge tags that are ours, sorted."""
    ours = sorted(tag for tag in set().union(*merged) if tag.startswith(FIELD_PREFIX))
    return [[tag for tag in ours if tag in values] for values in merged] if ours else [ours] * len(merged)


def _is_list(tag: str) -> bool:
    return tag.startswith(LIST_PREFIX)


def _by(status: str, reason: str) -> str:
    if status == "archived":
        return "admin"
    if status == "unsubscribed":
        return "admin" if "admin" in reason.lower() else "person"
    return "unknown"


def _held(values: Mapping[str, Any], tags: Sequence[str]) -> str:
    held = {tag: told for tag in tags if (told := text(values[tag])) is not None}
    return json_text(held) if held else _NOTHING


def _countries(addresses: Sequence[Any], places: Sequence[Any]) -> list[str | None]:
    """The codes of where people live, as they say or else as Mailchimp guesses."""
    stated = [address.get("country") if isinstance(address, dict) else None for address in addresses]
    found = [
        said or (place.get("country_code") if place else None) for said, place in zip(stated, places, strict=True)
    ]
    codes = {code: str(code).upper() if code and len(str(code)) == 2 else None for code in set(found)}
    return [codes[code] for code in found]


def _property(row: Row, custom: Mapping[str, Any], name: str) -> Any:
    """A property by its dotted name; the names of a category's interests as one text."""
    head, _, rest = name.partition(".")
    if head == "interests":
        names = (custom.get("interests") or {}).get(rest)
        return ", ".join(names) if names else None
    value = getattr(row, head) if head in row.__struct_fields__ else None
    for part in rest.split(".") if rest else ():
        value = value.get(part) if isinstance(value, dict) else None
    return value
