"""Filling an audience from an invented world; populating again with a changed world is time going on."""

from __future__ import annotations

import re
from typing import Any

from regulars.testing import World, WorldPerson

from regulars_mailchimp.sandbox import tags
from regulars_mailchimp.sandbox.audience import Audience, Member
from regulars_mailchimp.sandbox.paging import stamp

_STATUS = {
    "subscribed": "subscribed",
    "unsubscribed": "unsubscribed",
    "complained": "unsubscribed",
    "pending": "pending",
}
_TAG = re.compile(r"[A-Z][A-Z0-9_]{0,9}")


def populate(audience: Audience, known: dict[str, Any], world: World, at: str) -> None:
    """Bring every person of the world who is on `mail` and has an address into the audience.

    `known` remembers by world key what was brought last, so that what somebody changed on the platform
    meanwhile stays unless the world itself changed. Properties with the name of a merge tag
    (`LOYALTY`) become text merge fields; what a consent other than subscribed, unsubscribed,
    complained and pending amounts to here is `transactional`.
    """
    for person in world.people:
        if "mail" in person.on and person.email:
            wanted = _wanted(person)
            last = known.get(person.key)
            if last is None:
                known[person.key] = {"contact_id": _enter(audience, wanted, person, at), "as": wanted}
            elif last["as"] != wanted:
                _change(audience, last, wanted, at)


def _wanted(person: WorldPerson) -> dict[str, Any]:
    status = _STATUS.get(person.consent, "transactional")
    # An address that opted out is never mailed, so that it cannot bounce here.
    if person.bounced == "hard" and status != "unsubscribed":
        status = "cleaned"
    values = {"FNAME": person.first_name, "LNAME": person.last_name, "PHONE": person.phone or ""}
    values |= {tag: value for tag, value in person.properties.items() if _TAG.fullmatch(tag)}
    return {
        "email": person.spelling.get("mail", person.email),
        "status": status,
        "values": values,
        "tags": list(person.tags),
        "country": person.country or "",
    }


def _enter(audience: Audience, wanted: dict[str, Any], person: WorldPerson, at: str) -> str:
    member = audience.find(wanted["email"]) or audience.add(wanted["email"], "subscribed", at)
    member["source"] = "Embed Form"
    if person.created_at:
        member["timestamp_opt"] = stamp(person.created_at)
    _apply(audience, member, wanted, {})
    return str(member["contact_id"])


def _change(audience: Audience, last: dict[str, Any], wanted: dict[str, Any], at: str) -> None:
    member = audience.members.get(last["contact_id"])
    if member is not None:
        _apply(audience, member, wanted, last["as"])
        audience.touch(member, at)
    last["as"] = wanted


def _apply(audience: Audience, member: Member, wanted: dict[str, Any], before: dict[str, Any]) -> None:
    if wanted["email"] != before.get("email") and audience.find(wanted["email"]) in (None, member):
        audience.rename(member, wanted["email"])
    if wanted["status"] != before.get("status"):
        member["status"] = wanted["status"]
        own = wanted["status"] == "unsubscribed"
        member["by"], member["unsubscribe_reason"] = ("person", "No longer interested") if own else (None, "")
    known = {field["tag"] for field in audience.fields}
    for tag in wanted["values"]:
        if tag not in known:
            audience.add_field({"tag": tag, "name": tag.capitalize(), "type": "text"})
    member["merge_fields"] |= {t: v for t, v in wanted["values"].items() if v != before.get("values", {}).get(t)}
    member["country"] = wanted["country"]
    for name in dict.fromkeys([*wanted["tags"], *before.get("tags", [])]):
        tags.put(member, audience.tag_id(name), name in wanted["tags"])
