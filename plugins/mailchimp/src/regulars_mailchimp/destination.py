"""Writing to an audience: our merge fields and tags, and new addresses as pending members.

No request carries a `status`. The one word about a subscription is `status_if_new: pending` for a
confirmed new address, which makes Mailchimp itself ask the person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from regulars import (
    AddressChange,
    Change,
    FieldSpec,
    Held,
    Http,
    JoinList,
    LeaveList,
    Missing,
    Outcome,
    PlatformError,
    PluginError,
    Price,
    RefusedError,
    RegularsError,
    Response,
    SetField,
    UnknownOutcomeError,
)

from regulars_mailchimp import fields as merge_fields
from regulars_mailchimp.client import PAGE, MailchimpClient
from regulars_mailchimp.models import FIELD_PREFIX, LIST_PREFIX, Member, Problem, hash_of, same, text
from regulars_mailchimp.settings import MailchimpSettings

_HELD = ",".join(
    ("id", "contact_id", "email_address", "status", "last_changed", "merge_fields", "tags", "tags_count")
)
_PAGE_FIELDS = ",".join(("total_items", *(f"members.{name}" for name in _HELD.split(","))))
_PAGES_FOR = 10
"""A page is read instead of at least this many single members."""
Outcomes = list[Outcome]


class MailchimpDestination:
    """One audience. Ids are contact_ids."""

    def __init__(self, settings: MailchimpSettings, http: Http) -> None:
        self._client = MailchimpClient(settings, http)
        self._hashes: dict[str, str] = {}  # contact_id -> hash, as last seen; tags are written by hash alone

    def held(self, ids: Sequence[str], fields: Sequence[str], lists: Sequence[str]) -> Mapping[str, Held]:
        found = self._members(ids)
        named = frozenset(lists)
        return {
            member.contact_id: Held(
                fields={name: text(member.merge_fields.get(name)) for name in fields},
                lists=named.intersection(self._client.tags(member)),
                email=member.email_address,
                state=member.status,
            )
            for member in found
            if member is not None
        }

    def missing(self, fields: Sequence[FieldSpec], lists: Sequence[str]) -> Missing:  # noqa: ARG002
        """Fields only: a tag comes into being when it is first given to somebody."""
        return Missing(fields=merge_fields.missing(self._client, fields))

    def provision(self, missing: Missing) -> None:
        merge_fields.provision(self._client, missing.fields)

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        by_id: dict[str, list[Change]] = {}
        for change in changes:
            _ours(change)
            by_id.setdefault(change.id, []).append(change)
        done = self._client.parallel(self._settle, list(by_id.values()))
        faults = [result for result in done if isinstance(result, RegularsError)]
        if done and len(faults) == len(done) and not any(isinstance(x, UnknownOutcomeError) for x in faults):
            raise faults[0]  # nothing at all was written
        told: dict[Change, Outcome] = {}
        for group, result in zip(by_id.values(), done, strict=True):
            known = _failed(group, result) if isinstance(result, RegularsError) else result
            told |= {outcome.change: outcome for outcome in known}
        return [told[change] for change in changes]

    def price(self, changes: Sequence[Change]) -> Price:
        people = len({change.id for change in changes})
        looks = sum(isinstance(change, AddressChange) for change in changes)
        return Price(writes=people, reads=people + looks)

    def _members(self, ids: Sequence[str]) -> list[Member | None]:
        """Page by page where that is far fewer requests; who is not on the pages is asked for alone."""
        seen: dict[str, Member] = {}
        if len(ids) > _PAGES_FOR:
            wanted, offset, total = set(ids), 0, 1
            while offset < total <= PAGE * len(ids) // _PAGES_FOR:
                body = self._client.get(
                    f"{self._client.list}/members", count=PAGE, offset=offset, fields=_PAGE_FIELDS
                )
                total, offset = int(body["total_items"]), offset + PAGE
                read = (self._read(row, "a page of members") for row in body["members"])
                seen |= {member.contact_id: member for member in read if member.contact_id in wanted}
                if not body["members"]:
                    break
        rest = [contact_id for contact_id in ids if contact_id not in seen]
        alone = dict(zip(rest, self._client.parallel(self._member, rest), strict=True))
        return [seen.get(contact_id) or alone[contact_id] for contact_id in ids]

    def _member(self, contact_id: str) -> Member | None:
        body = self._client.find(f"{self._client.list}/members/{contact_id}", fields=_HELD)
        return None if body is None else self._read(body, contact_id)

    def _read(self, body: Any, where: str) -> Member:
        try:
            member = Member.model_validate(body)
        except ValidationError as fault:
            raise PlatformError(
                f"a member cannot be understood: {fault.errors()[0]['msg']}", where=where
            ) from None
        self._hashes[member.contact_id] = member.id
        return member

    def _settle(self, group: list[Change]) -> Outcomes | RegularsError:
        """All changes of one record. An error is handed back, so that the others' outcomes are kept."""
        try:
            return self._write(group)
        except RegularsError as fault:
            return fault

    def _write(self, group: list[Change]) -> Outcomes:
        sets = [change for change in group if isinstance(change, SetField)]
        tags = [change for change in group if isinstance(change, JoinList | LeaveList)]
        moves = [change for change in group if isinstance(change, AddressChange)]
        if len(sets) + len(tags) + len(moves) != len(group):
            raise PluginError("Mailchimp cannot issue discount codes", where=group[0].id)
        done = self._set(sets) if sets else []
        done += self._tag(tags) if tags else []
        return done + [self._move(change) for change in moves]

    def _set(self, changes: list[SetField]) -> Outcomes:
        """All fields of one member in one call. Mailchimp ignores a merge tag that it does not know and
        still says 200, so that the answer is compared with what was sent."""
        path = f"{self._client.list}/members/{changes[0].id}"
        body = {"merge_fields": {change.field: change.value or "" for change in changes}}
        # Another, required merge field that is empty must not keep ours from being written.
        response = self._client.send("PATCH", path, params={"skip_merge_validation": "true"}, json=body)
        problem = Problem.read(response)
        if response.status == 200:
            got = _told(response).get("merge_fields") or {}
            return [_compared(change, got) for change in changes]
        wrong = problem.wrong_fields
        fine = [change for change in changes if change.field not in wrong]
        bad = [Outcome(c, "rejected", wrong[c.field]) for c in changes if c.field in wrong]
        if bad and fine:  # nothing was written; the others need not suffer
            return bad + self._set(fine)
        return bad or [Outcome(change, "rejected", problem.words) for change in changes]

    def _tag(self, changes: Sequence[JoinList | LeaveList]) -> Outcomes:
        key = self._hash(changes[0].id)
        if key is None:
            return [Outcome(change, "rejected", "not a member of the audience any more") for change in changes]
        wanted = [
            {"name": change.list, "status": "active" if isinstance(change, JoinList) else "inactive"}
            for change in changes
        ]
        # is_syncing keeps the tag from starting the client's automations.
        body = {"tags": wanted, "is_syncing": True}
        response = self._client.send("POST", f"{self._client.list}/members/{key}/tags", json=body)
        if response.status == 204:
            return [Outcome(change, "written") for change in changes]
        return [Outcome(change, "rejected", Problem.read(response).words) for change in changes]

    def _hash(self, contact_id: str) -> str | None:
        if contact_id not in self._hashes:
            self._member(contact_id)
        return self._hashes.get(contact_id)

    def _move(self, change: AddressChange) -> Outcome:
        """The new address as a pending member, whom Mailchimp asks. Who is there already is left as it
        is, and so is the old member: it keeps the old address from being mailed."""
        path = f"{self._client.list}/members/{hash_of(change.new)}"
        there = self._client.find(path, fields="status")
        if there is not None:
            return _already(change, there.get("status"))
        body = {"email_address": change.new, "status_if_new": "pending"}
        response = self._client.send("PUT", path, params={"skip_merge_validation": "true"}, json=body)
        if response.status != 200:
            return Outcome(change, "rejected", Problem.read(response).words)
        status = _told(response).get("status")
        return Outcome(change, "written") if status == "pending" else _already(change, status)


def _ours(change: Change) -> None:
    match change:
        case SetField(field=name) if not name.startswith(FIELD_PREFIX):
            raise RefusedError(
                f"{name} is not ours to write", where="mailchimp", hint=f"Ours begin with {FIELD_PREFIX}"
            )
        case JoinList(list=name) | LeaveList(list=name) if not name.startswith(LIST_PREFIX):
            raise RefusedError(
                f"{name} is not ours to write", where="mailchimp", hint=f"Ours begin with {LIST_PREFIX}"
            )


def _told(response: Response) -> dict[str, Any]:
    """The member as a write left it. Raises UnknownOutcomeError where the answer cannot be read."""
    try:
        return dict(response.json())
    except (PlatformError, TypeError, ValueError):
        raise UnknownOutcomeError("the answer to a write cannot be read", where=response.url) from None


def _compared(change: SetField, got: Mapping[str, Any]) -> Outcome:
    if change.field not in got:
        return Outcome(change, "rejected", f"the audience has no merge field {change.field}")
    if not same(change.value, got[change.field]):
        return Outcome(change, "rejected", f"Mailchimp kept {text(got[change.field])!r} instead")
    return Outcome(change, "written")


def _already(change: AddressChange, status: Any) -> Outcome:
    if status == "pending":
        return Outcome(change, "unchanged", "Mailchimp has asked this address already")
    return Outcome(change, "rejected", f"the new address is a member already ({status}) and is left as it is")


def _failed(group: Sequence[Change], fault: RegularsError) -> Outcomes:
    unknown = isinstance(fault, UnknownOutcomeError)
    return [Outcome(change, "unknown" if unknown else "rejected", str(fault)) for change in group]
