"""What the platforms really hold, read from inside the simulations: none of the connectors' code is used.

The tables below say again, in other words than the connectors, what the platforms' own words mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = dict[str, Any]
FIELDS = {"shop": "regulars.", "crm": "regulars_", "mail": "RG_"}
LISTS = {"shop": "regulars:", "crm": "regulars · ", "mail": "regulars:"}
"""Our namespace: the beginning of every field and list that is ours."""


@dataclass
class Truth:
    """One platform at one instant. `people`, `consents`, `bounces`, `orders`, `lines`, `refunds`,
    `refund_lines`, `parcels`, `codes` are what the warehouse must hold, by id; `fields` and `lists` what
    is there of ours, by person; `foreign` everything else, which nobody of ours may change."""

    people: dict[str, Row] = field(default_factory=dict)
    consents: dict[str, Row] = field(default_factory=dict)
    bounces: dict[str, str] = field(default_factory=dict)
    orders: dict[str, Row] = field(default_factory=dict)
    lines: dict[str, Row] = field(default_factory=dict)
    refunds: dict[str, Row] = field(default_factory=dict)
    refund_lines: dict[str, Row] = field(default_factory=dict)
    parcels: dict[str, Row] = field(default_factory=dict)
    codes: dict[str, Row] = field(default_factory=dict)
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    lists: dict[str, frozenset[str]] = field(default_factory=dict)
    foreign: dict[str, Any] = field(default_factory=dict)
    stopped: frozenset[str] = frozenset()
    """Addresses whose owner said no here, in lower case."""
    mailable: frozenset[str] = frozenset()
    """People whom this platform itself would mail."""
    shut: frozenset[str] = frozenset()
    """People whose own record here is dead, said no or did not say yes yet, whatever another of theirs says."""


# --- the CRM ---------------------------------------------------------------------------------------

_CRM_BOUNCES = {
    "UNKNOWN_USER": "hard",
    "OTHER": "hard",
    "MAILBOX_FULL": "soft",
    "SPAM": "block",
    "POLICY": "block",
    "CONTENT": "block",
}


def crm(portal: Any) -> Truth:
    """A HubSpot portal. Our lists count only for contacts that are there."""
    found, ours = Truth(), FIELDS["crm"]
    stopped = set()
    for key, row in portal.contacts.items():
        held = row["properties"]
        found.foreign[f"contact {key}"] = (
            row["archived"],
            {n: v for n, v in held.items() if not n.startswith(ours) and n != "lastmodifieddate"},
        )
        if row["archived"]:
            continue
        email, country = held.get("email"), held.get("country", "")
        more = [one for one in held.get("hs_additional_emails", "").split(";") if one]
        found.people[key] = {
            "email": email,
            "first_name": held.get("firstname"),
            "last_name": held.get("lastname"),
            "phone": held.get("phone"),
            "country": country.upper() if len(country) == 2 else None,
            "other_emails": sorted(more),
        }
        out = held.get("hs_email_optout") == "true"
        mailed = f"{key}:email:{(email or '').lower()}"
        found.consents[mailed] = {"state": "unsubscribed" if out else "unknown", "address": email}
        if out:
            stopped |= {one.lower() for one in (email, *more) if one}
        if email and (reason := held.get("hs_email_hard_bounce_reason_enum")):
            found.bounces[f"{key}:{email}"] = _CRM_BOUNCES[reason]
        found.fields[key] = {n: v for n, v in held.items() if n.startswith(ours)}
        found.lists[key] = frozenset(
            portal.lists.rows[n]["name"]
            for n, members in portal.lists.members.items()
            if key in members and portal.lists.rows[n]["name"].startswith(LISTS["crm"])
        )
    for key, row in portal.lists.rows.items():
        if not row["name"].startswith(LISTS["crm"]):
            found.foreign[f"list {row['name']}"] = dict(portal.lists.members[key])
    theirs = {name for name in portal.schema.live if not name.startswith(ours)}
    found.foreign["properties"] = sorted(theirs)
    found.foreign["marketing contacts"] = portal.marketing_contacts
    found.stopped = frozenset(stopped)
    return found


# --- the audience ----------------------------------------------------------------------------------

_MAIL_CONSENT = {
    "subscribed": "subscribed",
    "unsubscribed": "unsubscribed",
    "archived": "unsubscribed",
    "pending": "pending",
    "transactional": "not_subscribed",
    "cleaned": "unknown",
}


def mail(box: Any) -> Truth:
    """A Mailchimp audience."""
    found, audience = Truth(), box.audience
    ours, listed = FIELDS["mail"], LISTS["mail"]
    stopped, mailable, shut = set(), set(), set()
    for key, member in audience.members.items():
        values, email = member["merge_fields"], member["email_address"]
        tags = [audience.tags[number] for number in member["tags"]]
        theirs = {n: v for n, v in values.items() if not n.startswith(ours)}
        found.people[key] = {
            "email": email,
            "first_name": values.get("FNAME") or None,
            "last_name": values.get("LNAME") or None,
            "phone": values.get("PHONE") or None,
            "country": member["country"] or None,
            "tags": sorted(t for t in tags if not t.startswith(listed)),
        }
        found.fields[key] = {n: _plain(v) for n, v in values.items() if n.startswith(ours) and v != ""}
        found.lists[key] = frozenset(t for t in tags if t.startswith(listed))
        status = member["status"]
        found.consents[f"{key}:email"] = {"state": _MAIL_CONSENT[status], "address": email}
        if status == "cleaned":
            found.bounces[f"{key}:{email}"] = "hard"
        if status in ("unsubscribed", "archived"):
            stopped.add(email.lower())
        if status == "subscribed":
            mailable.add(key)
        if status in ("unsubscribed", "archived", "cleaned", "pending"):
            shut.add(key)
        kept = (
            "email_address",
            "status",
            "unsubscribe_reason",
            "by",
            "before",
            "source",
            "timestamp_opt",
            "country",
        )
        found.foreign[f"member {key}"] = (
            {name: member[name] for name in kept},
            {n: v for n, v in theirs.items() if v != ""},
            found.people[key]["tags"],
        )
    found.foreign["merge fields"] = sorted(f["tag"] for f in audience.fields if not f["tag"].startswith(ours))
    found.foreign["mails asked for"] = list(box.mails_sent)
    found.foreign["subscribed by a request"] = list(box.subscribed_by_api)
    found.stopped, found.mailable, found.shut = frozenset(stopped), frozenset(mailable), frozenset(shut)
    return found


def _plain(value: Any) -> str:
    """A number as people write it."""
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


# --- the shop --------------------------------------------------------------------------------------

_SHOP_CONSENT = {
    "SUBSCRIBED": "subscribed",
    "UNSUBSCRIBED": "unsubscribed",
    "PENDING": "pending",
    "NOT_SUBSCRIBED": "not_subscribed",
}


class Shop:
    """A Shopify shop; an order that did not change is not looked at again."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[Any, Truth]] = {}

    def __call__(self, shop: Any) -> Truth:
        found = Truth()
        stopped = set()
        for customer in shop.customers.live.values():
            key, email = str(customer.id), customer.email
            found.people[key] = {
                "email": email,
                "first_name": customer.first_name,
                "last_name": customer.last_name,
                "phone": customer.phone,
                "country": customer.country,
                "tags": sorted(tag for tag in customer.tags if not tag.startswith(LISTS["shop"])),
            }
            fields = customer.metafields
            found.fields[key] = {n: v for n, v in fields.items() if n.startswith(FIELDS["shop"])}
            found.lists[key] = frozenset(tag for tag in customer.tags if tag.startswith(LISTS["shop"]))
            if email:
                found.consents[f"{key}:email"] = {"state": _SHOP_CONSENT[customer.consent], "address": email}
                if customer.consent == "UNSUBSCRIBED":
                    stopped.add(email.lower())
            theirs = {n: v for n, v in fields.items() if not n.startswith(FIELDS["shop"])}
            found.foreign[f"customer {key}"] = (found.people[key], customer.consent, customer.consent_at, theirs)
        for number, order in shop.orders.live.items():
            before, part = self._seen.get(number, (None, None))
            state = (order.updated, order.customer)  # a merge of customers moves orders and touches none
            if part is None or before != state:
                part = _order(order)
                if order.updated < shop.now():  # before its second is over it may change again
                    self._seen[number] = (state, part)
            for name in ("orders", "lines", "refunds", "refund_lines", "parcels", "codes"):
                getattr(found, name).update(getattr(part, name))
            found.foreign[f"order {order.id}"] = order.updated
        found.stopped = frozenset(stopped)
        return found


def _order(order: Any) -> Truth:
    found, key = Truth(), str(order.id)
    goods = sum(line.total - line.off for line in order.lines)
    found.orders[key] = {
        "person": str(7_000_000_000_000 + order.customer) if order.customer else None,
        "email": order.email,
        "currency": order.money.partition(">")[0],
        "goods": goods,
        "shipping": order.shipping - order.shipping_off,
        "total": order.total,
        "test": order.test,
        "cancelled": order.cancelled,
        "ordered": order.created,
        "tags": sorted(order.tags),
    }
    for line in order.lines:
        found.lines[str(line.id)] = {
            "order": key,
            "sku": line.sku,
            "quantity": line.quantity,
            "current": line.current,
            "goods": line.total - line.off,
        }
    left = goods
    for refund in order.refunds:
        returned = sum(line.subtotal for line in refund.lines)
        left -= returned
        # Money beyond what is returned is for the goods as well, up to what they cost.
        goodwill = min(max(0, refund.amount - refund.shipping - refund.duties - returned), max(0, left))
        left -= goodwill
        found.refunds[str(refund.id)] = {
            "order": key,
            "at": refund.at,
            "goods": returned + goodwill,
            "total": refund.amount,
        }
        for line in refund.lines:
            found.refund_lines[str(line.id)] = {
                "refund": str(refund.id),
                "line": str(order.lines[line.line].id),
                "quantity": line.quantity,
                "goods": line.subtotal,
            }
    for parcel in order.parcels:
        found.parcels[str(parcel.id)] = {"order": key, "shipped": parcel.created, "delivered": parcel.delivered}
    for code in order.codes:
        found.codes[f"{key}:{code}"] = {"order": key, "code": code}
    return found


def reader() -> Mapping[str, Callable[[Any], Truth]]:
    """How to look into each platform."""
    return {"shop": Shop(), "crm": crm, "mail": mail}


def seconds(instant: datetime | None) -> int | None:
    """An instant as whole epoch seconds."""
    return None if instant is None else int(instant.timestamp())
