"""What happens in the CRM, by its people and by other programs; never by us."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from benchmarks.year.town import COUNTRIES, FIRST, LAST, Act, Touch, Town, pick

OURS, LISTS = "regulars_", "regulars · "
_BOUNCES = ("UNKNOWN_USER", "MAILBOX_FULL", "SPAM", "POLICY", "OTHER")


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _contacts(town: Town) -> Any:
    return town.crm.portal.contacts


def _live(town: Town) -> list[dict[str, Any]]:
    return [row for row in town.crm.contacts.values() if not row["archived"]]


def _put(town: Town, row: dict[str, Any], **values: str) -> list[Touch]:
    _contacts(town).put(row, values, town.now)
    return [Touch("crm", row["id"])]


def _anybody(town: Town, dice: random.Random) -> Any:
    return pick(dice, _live(town))


def create(town: Town, dice: random.Random) -> Sequence[Touch]:
    """A sales person adds a contact, now and then one that the shop or the newsletter knows."""
    email = town.address(dice)
    if dice.random() < 0.6:
        elsewhere = [c.email for c in town.shop.customers.live.values() if c.email]
        elsewhere += [m["email_address"] for m in town.mail.audience.members.values()]
        email = pick(dice, elsewhere) or email
    contacts = _contacts(town)
    if email.lower() in contacts.owner or email.lower() in contacts.blocked:
        return ()
    values = {"email": email.lower(), "firstname": dice.choice(FIRST), "lastname": dice.choice(LAST)}
    row = contacts.create(values, town.now)
    return [Touch("crm", row["id"])]


def edit(town: Town, dice: random.Random) -> Sequence[Touch]:
    row = _anybody(town, dice)
    if row is None:
        return ()
    values = {"lastname": dice.choice(LAST), "country": dice.choice((*COUNTRIES, "Ireland", ""))}
    values["phone"] = dice.choice(("", f"+44 20 7946 {dice.randrange(1000, 9999)}"))
    return _put(town, row, **values)


def change_address(town: Town, dice: random.Random) -> Sequence[Touch]:
    row = _anybody(town, dice)
    return _put(town, row, email=town.address(dice).lower()) if row else ()


def second_address(town: Town, dice: random.Random) -> Sequence[Touch]:
    row = _anybody(town, dice)
    if row is None:
        return ()
    held = row["properties"].get("hs_additional_emails", "")
    more = town.address(dice).lower()
    return _put(town, row, hs_additional_emails=f"{held};{more}" if held else more)


def opt_out(town: Town, dice: random.Random) -> Sequence[Touch]:
    row = _anybody(town, dice)
    return _put(town, row, hs_email_optout="true") if row else ()


def bounce(town: Town, dice: random.Random) -> Sequence[Touch]:
    row = pick(dice, [r for r in _live(town) if r["properties"].get("email")])
    if row is None:
        return ()
    return _put(town, row, hs_email_hard_bounce_reason_enum=dice.choice(_BOUNCES), hs_email_bounce="1")


def marketing(town: Town, dice: random.Random) -> Sequence[Touch]:
    """A marketer's own fields, which are none of our business."""
    row = _anybody(town, dice)
    if row is None:
        return ()
    live = town.crm.schema.live
    wanted = {"lifecyclestage": dice.choice(("lead", "opportunity", "customer")), "hs_marketable_status": "true"}
    return _put(town, row, **{name: value for name, value in wanted.items() if name in live})


def drift(town: Town, dice: random.Random) -> Sequence[Touch]:
    """Somebody writes into a field of ours."""
    rows = _live(town)
    fields = [(name, known) for name, known in town.crm.schema.live.items() if name.startswith(OURS) and rows]
    if not fields:
        return ()
    name, known = dice.choice(fields)
    match known["type"]:
        case "enumeration":
            value = dice.choice([option["value"] for option in known["options"]])
        case "number":
            value = str(dice.randrange(1, 900))
        case "date":
            value = "2025-03-04"
        case _:
            value = "by hand"
    return _put(town, dice.choice(rows), **{name: dice.choice((value, value, ""))})


def our_list(town: Town, dice: random.Random) -> Sequence[Touch]:
    """Somebody moves people in and out of a list of ours."""
    lists = town.crm.lists
    key = pick(dice, [key for key, row in lists.rows.items() if row["name"].startswith(LISTS)])
    row = _anybody(town, dice)
    if key is None or row is None:
        return ()
    members = lists.members[key]
    if row["id"] in members:
        del members[row["id"]]
    else:
        members[row["id"]] = _stamp(town.now)
    return [Touch("crm", row["id"])]


def own_list(town: Town, dice: random.Random) -> Sequence[Touch]:
    """The client's own lists."""
    lists = town.crm.lists
    theirs = [key for key, row in lists.rows.items() if not row["name"].startswith(LISTS)]
    if len(theirs) < 2:
        town.counter += 1
        asked = {"name": f"Fair {town.counter}", "objectTypeId": "0-1", "processingType": "MANUAL"}
        theirs.append(lists.create(asked, town.now)["listId"])
    row = _anybody(town, dice)
    if row is None:
        return ()
    lists.members[dice.choice(theirs)][row["id"]] = _stamp(town.now)
    return [Touch("crm", row["id"])]


def merge(town: Town, dice: random.Random) -> Sequence[Touch]:
    rows = _live(town)
    if len(rows) < 12:
        return ()
    first, second = dice.sample(rows, 2)
    _contacts(town).keep_primary_id = dice.random() < 0.5
    made = _contacts(town).merge(first["id"], second["id"], town.now)
    return [Touch("crm", one) for one in {first["id"]: 0, second["id"]: 0, made["id"]: 0}]


def archive(town: Town, dice: random.Random) -> Sequence[Touch]:
    rows = _live(town)
    if len(rows) < 12:
        return ()
    row = dice.choice(rows)
    _contacts(town).archive(row["id"], town.now)
    return [Touch("crm", row["id"])]


def forget(town: Town, dice: random.Random) -> Sequence[Touch]:
    """Deleted for privacy reasons: nothing but the weekly list shows it."""
    rows = _live(town)
    if len(rows) < 12:
        return ()
    row = dice.choice(rows)
    _contacts(town).forget(row["id"])
    for members in town.crm.lists.members.values():
        members.pop(row["id"], None)
    # Who was merged into the contact goes with it, and shows as little.
    merged = row["properties"].get("hs_merged_object_ids") or ""
    return [Touch("crm", one, "gone") for one in (row["id"], *merged.split(";")) if one]


ACTS = (
    Act("a new contact", 1.5, create),
    Act("an edited contact", 1, edit),
    Act("another address in the CRM", 0.7, change_address),
    Act("a second address", 0.4, second_address),
    Act("an opt-out in the CRM", 0.4, opt_out),
    Act("a bounce in the CRM", 0.7, bounce),
    Act("a marketer's edit", 1, marketing),
    Act("somebody writes our field", 1.2, drift),
    Act("somebody changes our list", 0.7, our_list),
    Act("somebody changes their list", 0.4, own_list),
    Act("a merge in the CRM", 0.3, merge),
    Act("an archived contact", 0.3, archive),
    Act("a contact deleted for privacy", 0.25, forget),
)
