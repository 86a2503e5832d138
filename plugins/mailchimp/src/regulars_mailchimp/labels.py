"""Giving and taking our tags: member by member, or by the static segment that a tag is, 500 at a time.

Facts used: a tag is a static segment; the tags endpoint answers 204 even to nonsense; a segment's batch passes
unknown addresses over and lists others among its errors (vendor specification, reports of others).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from regulars import JoinList, LeaveList, Outcome, PlatformError, RegularsError, UnknownOutcomeError

from regulars_mailchimp.client import MailchimpClient
from regulars_mailchimp.lookup import Lookup
from regulars_mailchimp.models import Problem
from regulars_mailchimp.outcomes import Outcomes, failed, settled, told

SEGMENT_FROM = 20
"""From so many members of one tag on it is written through its segment."""
_MOST = 500

Labels = Sequence[JoinList | LeaveList]


def write(client: MailchimpClient, lookup: Lookup, changes: Labels) -> Outcomes:
    """An outcome for each change, in any order."""
    by_list: dict[tuple[type, str], list[JoinList | LeaveList]] = {}
    for change in changes:
        by_list.setdefault((type(change), change.list), []).append(change)
    done: Outcomes = []
    few: list[JoinList | LeaveList] = []
    for group in by_list.values():
        if len(group) < SEGMENT_FROM:
            few += group
            continue
        known = _through_segment(client, lookup, group)
        done += known
        settled_ones = {outcome.change for outcome in known}
        few += [change for change in group if change not in settled_ones]
    by_id: dict[str, list[JoinList | LeaveList]] = {}
    for change in few:
        by_id.setdefault(change.id, []).append(change)
    return done + settled(client, list(by_id.values()), lambda group: _tag(client, lookup, group), alone=not done)


def price(changes: Labels) -> int:
    """Requests needed to write them."""
    counts: dict[tuple[type, str], int] = {}
    for change in changes:
        counts[type(change), change.list] = counts.get((type(change), change.list), 0) + 1
    large = sum(1 + -(-count // _MOST) for count in counts.values() if count >= SEGMENT_FROM)
    few = {c.id for c in changes if counts[type(c), c.list] < SEGMENT_FROM}
    return large + len(few)


def segment_of(client: MailchimpClient, name: str) -> int | None:
    """The id of a tag's static segment; None where the tag does not exist yet."""
    body = client.get(f"{client.list}/tag-search", name=name)
    found = (tag for tag in body.get("tags") or () if str(tag.get("name", "")).lower() == name.lower())
    return next((int(tag["id"]) for tag in found), None)


def _through_segment(client: MailchimpClient, lookup: Lookup, group: Labels) -> Outcomes:
    """Outcomes of those whom the segment's answer names; the others are to be tried one by one."""
    joins = isinstance(group[0], JoinList)
    emails = lookup.emails([change.id for change in group])
    try:
        number = segment_of(client, group[0].list) or (_make(client, group[0].list) if joins else None)
    except UnknownOutcomeError as fault:
        return failed(group, fault)
    if number is None:
        return [Outcome(change, "unchanged", "nobody has this tag") for change in group]
    done: Outcomes = []
    for some in _chunks([change for change in group if change.id in emails]):
        done += _move(client, number, {emails[change.id].lower(): change for change in some}, joins)
    return done


def _move(
    client: MailchimpClient, number: int, by_email: dict[str, JoinList | LeaveList], joins: bool
) -> Outcomes:
    body = {"members_to_add" if joins else "members_to_remove": list(by_email)}
    try:
        response = client.send("POST", f"{client.list}/segments/{number}", json=body)
        if response.status != 200:
            return []
        moved = told(response).get("members_added" if joins else "members_removed") or ()
    except UnknownOutcomeError as fault:
        return failed(list(by_email.values()), fault)
    except RegularsError:
        return []  # nothing was done; one by one tells why
    named = {str(member.get("email_address", "")).lower() for member in moved}
    return [Outcome(change, "written") for email, change in by_email.items() if email in named]


def _make(client: MailchimpClient, name: str) -> int:
    response = client.send("POST", f"{client.list}/segments", json={"name": name, "static_segment": []})
    if response.status != 200:
        raise PlatformError(Problem.read(response).words, where=f"mailchimp tag {name}", hint="Run `check`")
    return int(told(response)["id"])


def _tag(client: MailchimpClient, lookup: Lookup, changes: Labels) -> Outcomes:
    key = lookup.hash_of(changes[0].id)
    if key is None:
        return [Outcome(change, "rejected", "not a member of the audience any more") for change in changes]
    wanted = {change.list: isinstance(change, JoinList) for change in changes}
    refused = put(client, key, wanted)
    return [Outcome(change, "rejected" if refused else "written", refused) for change in changes]


def put(client: MailchimpClient, key: str, wanted: dict[str, bool]) -> str:
    """Give (True) and take (False) tags of the member with this hash; "" or why not. Mailchimp answers 204
    to anything: only reading back tells."""
    tags: list[dict[str, Any]] = [
        {"name": name, "status": "active" if active else "inactive"} for name, active in wanted.items()
    ]
    # is_syncing keeps the tag from starting the client's automations.
    response = client.send("POST", f"{client.list}/members/{key}/tags", json={"tags": tags, "is_syncing": True})
    return "" if response.status == 204 else Problem.read(response).words


def _chunks(changes: Sequence[JoinList | LeaveList]) -> Iterator[Labels]:
    for start in range(0, len(changes), _MOST):
        yield changes[start : start + _MOST]
