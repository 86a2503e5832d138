"""A confirmed new address: a pending member of its own, whom Mailchimp itself asks.

Facts used: only a subscribed member's address can be changed in place, and that would carry a consent over to
an address for which nobody gave it; a cleaned member stays as it is and keeps the old address from being mailed.
"""

from __future__ import annotations

from typing import Any

from regulars import AddressChange, Outcome, RegularsError

from regulars_mailchimp import labels
from regulars_mailchimp.client import MailchimpClient
from regulars_mailchimp.lookup import HELD, Lookup
from regulars_mailchimp.models import INVALID, Member, Problem, hash_of
from regulars_mailchimp.outcomes import told

_NEVER = ("unsubscribed", "archived", INVALID)
"""The person, or the shop on the person's behalf, said no, or may have: at no address is that asked again."""


def write(client: MailchimpClient, lookup: Lookup, change: AddressChange) -> Outcome:
    """Make the pending member with the old one's merge fields, interests and tags. Who is a member under
    the new address already, archived ones too, is left as it is."""
    old = lookup.member(change.id, f"{HELD},interests")
    if old is None:
        return Outcome(change, "rejected", "not a member of the audience any more")
    if old.email_address.lower() != change.old.lower():
        return Outcome(change, "drifted", "the member has another address by now")
    if old.status in _NEVER:
        return Outcome(change, "rejected", f"the member is {old.status}: nobody is asked again")
    there = client.find(f"{client.list}/members/{hash_of(change.new)}", fields="status")
    if there is not None:
        return _already(change, there.get("status"))
    return _make(client, change, old, _copied(old))


def _make(client: MailchimpClient, change: AddressChange, old: Member, values: dict[str, Any]) -> Outcome:
    key = hash_of(change.new)
    body = {"email_address": change.new, "status_if_new": "pending", "merge_fields": values}
    if chosen := {name: True for name, active in old.interests.items() if active}:
        body["interests"] = chosen
    params = {"skip_merge_validation": "true"}
    response = client.send("PUT", f"{client.list}/members/{key}", params=params, json=body)
    problem = Problem.read(response)
    if response.status != 200:
        fine = {tag: value for tag, value in values.items() if tag not in problem.wrong_fields}
        if len(fine) < len(values):  # a value that Mailchimp took once and takes no more; nothing was done
            return _make(client, change, old, fine)
        return Outcome(change, "rejected", problem.words)
    status = told(response).get("status")
    if status != "pending":
        return _already(change, status)
    return Outcome(change, "written", _tags(client, key, client.tags(old)))


def _copied(old: Member) -> dict[str, Any]:
    return {tag: value for tag, value in old.merge_fields.items() if value not in ("", None)}


def _tags(client: MailchimpClient, key: str, names: list[str]) -> str:
    """Copy the tags; why that failed, or "". The member is there in any case."""
    try:
        refused = labels.put(client, key, dict.fromkeys(names, True)) if names else ""
    except RegularsError as fault:
        refused = str(fault)
    return f"the tags were not copied: {refused}" if refused else ""


def _already(change: AddressChange, status: Any) -> Outcome:
    if status == "pending":
        return Outcome(change, "unchanged", "Mailchimp has asked this address already")
    return Outcome(change, "rejected", f"the new address is a member already ({status}) and is left as it is")
