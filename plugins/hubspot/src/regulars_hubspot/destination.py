"""Writing to HubSpot: our own properties, our own static lists, and confirmed new addresses.

Never here: creating or deleting a contact, life cycle stage, marketing status, opt-outs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

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
    Price,
    RefusedError,
    RegularsError,
    SetField,
    UnknownOutcomeError,
)

from regulars_hubspot.client import BATCH, HubSpot, Written
from regulars_hubspot.contacts import MAILABLE, state_of
from regulars_hubspot.fields import FIELD_PREFIX, LIST_PREFIX
from regulars_hubspot.lists import Lists
from regulars_hubspot.models import Row, row_of
from regulars_hubspot.provision import Provisioner
from regulars_hubspot.settings import HubSpotSettings
from regulars_hubspot.updates import Found, Updates, settle


class HubSpotDestination:
    """One account's contacts, written by record id."""

    def __init__(self, settings: HubSpotSettings, http: Http) -> None:
        self._client = HubSpot(settings, http)
        self._lists = Lists(self._client.wire)
        self._provisioner = Provisioner(self._client, self._lists)
        self._list_ids: dict[str, str] = {}

    def held(self, ids: Sequence[str], fields: Sequence[str], lists: Sequence[str]) -> Mapping[str, Held]:
        found: dict[str, Held] = {}
        for chunk in _chunks(ids):
            rows = self._rows(chunk, fields)
            joined = self._joined([row.id for row in rows], lists)
            for row in rows:
                values = {name: row.get(name) for name in fields}
                found[row.id] = Held(values, joined.get(row.id, frozenset()), row.get("email"), state_of(row))
        return found

    def missing(self, fields: Sequence[FieldSpec], lists: Sequence[str]) -> Missing:
        _refuse_foreign([spec.name for spec in fields], lists)
        return self._provisioner.missing(fields, lists)

    def provision(self, missing: Missing) -> None:
        _refuse_foreign([spec.name for spec in missing.fields], missing.lists)
        self._provisioner.provision(missing)

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """As the contract says. Where HubSpot fails halfway through, what is not known to be written
        or refused is `unknown`."""
        _refuse_changes(changes)
        self._client.wire.spare()
        done: Found = {}
        reason = "HubSpot did not say what became of it"
        try:
            Updates(self._client, done).write([c for c in changes if isinstance(c, SetField)])
            self._change_lists([c for c in changes if isinstance(c, JoinList | LeaveList)], done)
            self._change_addresses([c for c in changes if isinstance(c, AddressChange)], done)
        except RegularsError as fault:
            if not done:
                raise
            reason = str(fault)
        return [done.get(change) or Outcome(change, "unknown", reason) for change in changes]

    def price(self, changes: Sequence[Change]) -> Price:
        records = len({change.id for change in changes})
        batches = -(-records // BATCH)
        addresses = sum(isinstance(change, AddressChange) for change in changes)
        moves = [(type(c), c.list) for c in changes if isinstance(c, JoinList | LeaveList)]
        writes = sum(-(-moves.count(one) // BATCH) for one in set(moves)) + addresses
        if any(isinstance(change, SetField) for change in changes):
            writes += batches
        return Price(writes, batches * (1 + bool(moves) + bool(addresses)))

    # --- reading ---

    def _rows(self, ids: Sequence[str], fields: Sequence[str]) -> list[Row]:
        raws = self._client.read("contacts", ids, [*MAILABLE, *fields])
        try:
            return [row_of(raw) for raw in raws]
        except ValueError as fault:
            raise PlatformError("HubSpot answered nonsense for a batch of contacts") from fault

    def _joined(self, ids: Sequence[str], lists: Sequence[str]) -> dict[str, frozenset[str]]:
        named = {key: name for name in lists if (key := self._list_id(name)) is not None}
        if not ids or not named:
            return {}
        joined = self._lists.of(ids)
        return {one: frozenset(named[key] for key in keys if key in named) for one, keys in joined.items()}

    def _list_id(self, name: str) -> str | None:
        if name not in self._list_ids:
            found = self._lists.named(name)
            if found is None:
                return None
            self._list_ids[name] = found
        return self._list_ids[name]

    # --- writing ---

    def _change_lists(self, changes: Sequence[JoinList | LeaveList], done: Found) -> None:
        moves: dict[tuple[type, str], list[Change]] = {}
        for change in changes:
            moves.setdefault((type(change), change.list), []).append(change)
        for (kind, name), group in moves.items():
            key = self._list_id(name)
            for start in range(0, len(group), BATCH):
                some = group[start : start + BATCH]
                if key is None:
                    written = Written(refused=f"there is no list {name!r}; provision it first")
                else:
                    act: Literal["add", "remove"] = "add" if kind is JoinList else "remove"
                    written = self._lists.change(key, [change.id for change in some], act)
                if written.refused is not None:
                    self._list_ids.pop(name, None)
                settle(some, written, done)

    def _change_addresses(self, changes: Sequence[AddressChange], done: Found) -> None:
        """One by one. An opted-out contact keeps its address: HubSpot counts the opt-out by address, so
        that a new one would shed it."""
        held = self.held([change.id for change in changes], (), ()) if changes else {}
        for change in changes:
            refusal = _address_refusal(change, held.get(change.id))
            if refusal is not None:
                done[change] = refusal
                continue
            try:
                reason = self._client.set_email(change.id, change.new)
            except UnknownOutcomeError as fault:
                done[change] = Outcome(change, "unknown", str(fault))
                continue
            done[change] = Outcome(change, "rejected", reason) if reason else Outcome(change, "written")


def _address_refusal(change: AddressChange, held: Held | None) -> Outcome | None:
    if held is None:
        return Outcome(change, "rejected", "HubSpot knows no contact with this id")
    if (held.email or "").lower() == change.new.lower():
        return Outcome(change, "unchanged")
    if (held.email or "").lower() != change.old.lower():
        return Outcome(change, "drifted", "the contact has another address by now")
    if held.state == "unsubscribed":
        return Outcome(change, "rejected", "the contact has opted out of all mail")
    return None


def _refuse_changes(changes: Sequence[Change]) -> None:
    for change in changes:
        match change:
            case SetField(field=name):
                _refuse_foreign([name], ())
            case JoinList(list=name) | LeaveList(list=name):
                _refuse_foreign((), [name])
            case AddressChange():
                pass
            case _:
                raise RefusedError(f"HubSpot cannot do a {type(change).__name__}")


def _refuse_foreign(fields: Sequence[str], lists: Sequence[str]) -> None:
    foreign = [name for name in fields if not name.startswith(FIELD_PREFIX)]
    foreign += [name for name in lists if not name.startswith(LIST_PREFIX)]
    if foreign:
        hint = f"Fields of ours begin with {FIELD_PREFIX!r}, lists with {LIST_PREFIX!r}"
        raise RefusedError(f"{foreign[0]!r} is not ours to write", where="HubSpot", hint=hint)


def _chunks(ids: Sequence[str]) -> Sequence[Sequence[str]]:
    unique = list(dict.fromkeys(ids))
    return [unique[start : start + BATCH] for start in range(0, len(unique), BATCH)]
