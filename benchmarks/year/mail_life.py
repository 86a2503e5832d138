"""What happens in the audience: people join, leave, bounce; the client archives, deletes, tags."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from benchmarks.year.town import FIRST, LAST, Act, Touch, Town, pick

OURS, LISTS = "RG_", "regulars:"
BY_ADMIN = "N/A (Unsubscribed by admin)"


def _members(town: Town, *statuses: str) -> list[dict[str, Any]]:
    found = town.mail.audience.members.values()
    return [member for member in found if not statuses or member["status"] in statuses]


def _changed(town: Town, member: dict[str, Any], **to: Any) -> list[Touch]:
    member.update(to)
    town.mail.audience.touch(member, town.mail.now())
    return [Touch("mail", member["contact_id"])]


def join(town: Town, dice: random.Random) -> Sequence[Touch]:
    """Somebody signs up, often somebody whom the shop or the CRM knows."""
    email = town.address(dice)
    if dice.random() < 0.6:
        elsewhere = [c.email for c in town.shop.customers.live.values() if c.email]
        elsewhere += [r["properties"].get("email", "") for r in town.crm.contacts.values()]
        email = pick(dice, [one for one in elsewhere if one]) or email
    audience = town.mail.audience
    if audience.find(email) is not None:
        return ()
    status = dice.choice(("subscribed", "subscribed", "subscribed", "pending", "transactional"))
    member = audience.add(email, status, town.mail.now())
    member["source"], member["country"] = "Embed Form", dice.choice(("", "IE", "US"))
    member["merge_fields"] |= {"FNAME": dice.choice(FIRST), "LNAME": dice.choice(LAST)}
    return [Touch("mail", member["contact_id"])]


def leave(town: Town, dice: random.Random) -> Sequence[Touch]:
    member = pick(dice, _members(town, "subscribed"))
    if member is None:
        return ()
    town.mail.unsubscribe(member["email_address"])
    return [Touch("mail", member["contact_id"])]


def by_admin(town: Town, dice: random.Random) -> Sequence[Touch]:
    member = pick(dice, _members(town, "subscribed"))
    if member is None:
        return ()
    return _changed(town, member, status="unsubscribed", by="admin", unsubscribe_reason=BY_ADMIN)


def back(town: Town, dice: random.Random) -> Sequence[Touch]:
    """The person comes back or confirms."""
    member = pick(dice, _members(town, "pending", "unsubscribed"))
    if member is None:
        return ()
    town.mail.confirm(member["email_address"])
    return [Touch("mail", member["contact_id"])]


def clean(town: Town, dice: random.Random) -> Sequence[Touch]:
    member = pick(dice, _members(town, "subscribed"))
    if member is None:
        return ()
    town.mail.bounce(member["email_address"])
    return [Touch("mail", member["contact_id"])]


def archive(town: Town, dice: random.Random) -> Sequence[Touch]:
    member = pick(dice, _members(town, "subscribed", "unsubscribed"))
    if member is None or len(_members(town)) < 12:
        return ()
    return _changed(town, member, before=member["status"], status="archived")


def unarchive(town: Town, dice: random.Random) -> Sequence[Touch]:
    member = pick(dice, _members(town, "archived"))
    if member is None:
        return ()
    return _changed(town, member, status=member["before"] or "subscribed", before=None)


def delete(town: Town, dice: random.Random) -> Sequence[Touch]:
    """For good: nothing but the weekly pass shows it."""
    member = pick(dice, _members(town))
    if member is None or len(_members(town)) < 12:
        return ()
    town.mail.audience.remove(member)
    return [Touch("mail", member["contact_id"], "gone")]


def change_address(town: Town, dice: random.Random) -> Sequence[Touch]:
    member = pick(dice, _members(town, "subscribed"))
    if member is None:
        return ()
    town.mail.audience.rename(member, town.address(dice))
    return _changed(town, member)


def edit(town: Town, dice: random.Random) -> Sequence[Touch]:
    member = pick(dice, _members(town))
    if member is None:
        return ()
    fields = member["merge_fields"] | {"LNAME": dice.choice(LAST), "PHONE": dice.choice(("", "555 0100"))}
    return _changed(town, member, merge_fields=fields)


def drift(town: Town, dice: random.Random) -> Sequence[Touch]:
    """Somebody writes into a merge field of ours."""
    member = pick(dice, _members(town))
    fields = [field for field in town.mail.audience.fields if field["tag"].startswith(OURS)]
    if member is None or not fields:
        return ()
    field = dice.choice(fields)
    value = {"number": dice.randrange(1, 900), "date": "2025-03-04"}.get(field["type"], "by hand")
    fields = member["merge_fields"] | {field["tag"]: dice.choice((value, value, ""))}
    return _changed(town, member, merge_fields=fields)


def tag(town: Town, dice: random.Random) -> Sequence[Touch]:
    """The client's own tags, which move no `last_changed`."""
    member = pick(dice, _members(town))
    if member is None:
        return ()
    return _flip(member, town.mail.audience.tag_id(dice.choice(("VIP", "Fair 2026", "staff"))))


def our_tag(town: Town, dice: random.Random) -> Sequence[Touch]:
    member = pick(dice, _members(town))
    ours = [number for number, name in town.mail.audience.tags.items() if name.startswith(LISTS)]
    if member is None or not ours:
        return ()
    return _flip(member, dice.choice(ours))


def _flip(member: dict[str, Any], number: int) -> list[Touch]:
    tags = member["tags"]
    tags.remove(number) if number in tags else tags.append(number)
    return [Touch("mail", member["contact_id"], "lists")]


ACTS = (
    Act("a new member", 1.5, join),
    Act("an opt-out by the person", 0.7, leave),
    Act("an opt-out by the client", 0.3, by_admin),
    Act("somebody comes back", 0.5, back),
    Act("a cleaned address", 0.5, clean),
    Act("an archived member", 0.3, archive),
    Act("a member back from the archive", 0.2, unarchive),
    Act("a member deleted for good", 0.3, delete),
    Act("another address in the audience", 0.5, change_address),
    Act("an edited member", 0.7, edit),
    Act("somebody writes our merge field", 1, drift),
    Act("the client's tags", 0.7, tag),
    Act("somebody changes our tag", 0.7, our_tag),
)
