"""Writing to an audience: our merge fields and tags, and new addresses as pending members.

No request carries a `status`. The one word about a subscription is `status_if_new: pending` for a
confirmed new address, which makes Mailchimp itself ask the person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    PluginError,
    Price,
    RefusedError,
    SetField,
)

from regulars_mailchimp import fields as merge_fields
from regulars_mailchimp import labels, moves, values
from regulars_mailchimp.client import MailchimpClient
from regulars_mailchimp.lookup import Lookup
from regulars_mailchimp.models import FIELD_PREFIX, LIST_PREFIX, text
from regulars_mailchimp.outcomes import Outcomes, settled
from regulars_mailchimp.settings import MailchimpSettings


class MailchimpDestination:
    """One audience. Ids are contact_ids."""

    def __init__(self, settings: MailchimpSettings, http: Http) -> None:
        self._client = MailchimpClient(settings, http)
        self._lookup = Lookup(self._client)

    def held(self, ids: Sequence[str], fields: Sequence[str], lists: Sequence[str]) -> Mapping[str, Held]:
        named = frozenset(lists)
        return {
            member.contact_id: Held(
                fields={name: text(member.merge_fields.get(name)) for name in fields},
                lists=named.intersection(self._client.tags(member)),
                email=member.email_address,
                state=member.status,
            )
            for member in self._lookup.members(ids)
            if member is not None
        }

    def missing(self, fields: Sequence[FieldSpec], lists: Sequence[str]) -> Missing:  # noqa: ARG002
        """Fields only: a tag comes into being when it is first given to somebody."""
        return Missing(fields=merge_fields.missing(self._client, fields))

    def provision(self, missing: Missing) -> None:
        merge_fields.provision(self._client, missing.fields)

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        for change in changes:
            _ours(change)
        sets = [change for change in changes if isinstance(change, SetField)]
        tags = [change for change in changes if isinstance(change, JoinList | LeaveList)]
        addresses = [change for change in changes if isinstance(change, AddressChange)]
        done: Outcomes = values.write(self._client, sets) if sets else []
        done += labels.write(self._client, self._lookup, tags) if tags else []
        done += settled(self._client, [[one] for one in addresses], self._move, alone=not done)
        told = {outcome.change: outcome for outcome in done}
        return [told[change] for change in changes]

    def price(self, changes: Sequence[Change]) -> Price:
        sets = {change.id for change in changes if isinstance(change, SetField)}
        tags = [change for change in changes if isinstance(change, JoinList | LeaveList)]
        addresses = sum(isinstance(change, AddressChange) for change in changes)
        people = len({change.id for change in changes})
        # A new address: two looks before, the member and its tags.
        return Price(writes=len(sets) + labels.price(tags) + 2 * addresses, reads=people + 2 * addresses)

    def _move(self, group: Sequence[AddressChange]) -> Outcomes:
        return [moves.write(self._client, self._lookup, change) for change in group]


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
        case SetField() | JoinList() | LeaveList() | AddressChange():
            return
        case _:
            raise PluginError("Mailchimp cannot issue discount codes", where=change.id)
