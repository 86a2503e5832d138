"""Writing to a shop: our metafields and our tags on customers, and single-use codes.

Never here: a customer's own details or address, consent, foreign metafields or tags, deletions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regulars import (
    AddressChange,
    Change,
    ConfigError,
    FieldSpec,
    Held,
    Http,
    IssueCode,
    JoinList,
    LeaveList,
    Missing,
    Outcome,
    Price,
    RefusedError,
    RegularsError,
    SetField,
)

from regulars_shopify import codes, definitions, holdings, metafields, tags
from regulars_shopify.bulk_changes import BulkChanges
from regulars_shopify.codes import Codes
from regulars_shopify.endpoint import Endpoint
from regulars_shopify.namespace import CANDIDATE, FIELD_PREFIX, LIST_PREFIX, list_fault
from regulars_shopify.settings import ShopifySettings

BATCH, BULK_FROM, BULK_BATCH = 100, 500, 5000
"""Records at a time; from how many on Shopify is given a file, and how many one file holds."""
Done = dict[Change, Outcome]


class ShopifyDestination:
    """One shop's customers, written by id."""

    def __init__(self, settings: ShopifySettings, http: Http) -> None:
        self._endpoint = Endpoint(settings, http)
        self._codes, self._bulk = Codes(self._endpoint), BulkChanges(self._endpoint)
        self._digests: dict[tuple[str, str], str | None] = {}
        self._types: dict[str, str] = {CANDIDATE: definitions.TYPES["text"]}

    def held(self, ids: Sequence[str], fields: Sequence[str], lists: Sequence[str]) -> Mapping[str, Held]:
        found = holdings.read(self._endpoint, ids, fields, lists)
        for one, holding in found.items():
            self._digests.update({(one, name): digest for name, digest in holding.digests.items()})
        return {one: holding.held for one, holding in found.items()}

    def missing(self, fields: Sequence[FieldSpec], lists: Sequence[str]) -> Missing:
        """Fields only: a tag comes into being when it is first given to somebody."""
        _refuse_foreign([spec.name for spec in fields], lists)
        for name in lists:
            if fault := list_fault(name):
                raise ConfigError(fault, where=f"shopify {name!r}", hint="Map the segment to another tag")
        return Missing(fields=definitions.missing(self._endpoint, fields))

    def provision(self, missing: Missing) -> None:
        _refuse_foreign([spec.name for spec in missing.fields], missing.lists)
        definitions.provision(self._endpoint, missing.fields)

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """As the contract says. Where Shopify fails halfway through, what is not known to be written or
        refused is `unknown`."""
        _refuse_changes(changes)
        done: Done = {}
        reason = "Shopify did not say what became of it"
        try:
            done |= self._set([c for c in changes if isinstance(c, SetField)])
            done |= self._propose([c for c in changes if isinstance(c, AddressChange)])
            done |= self._move([c for c in changes if isinstance(c, JoinList | LeaveList)])
            done |= self._codes.issue([c for c in changes if isinstance(c, IssueCode)])
        except RegularsError as fault:
            if not done:
                raise
            reason = str(fault)
        return [done.get(change) or Outcome(change, "unknown", reason) for change in changes]

    def price(self, changes: Sequence[Change]) -> Price:
        sets = [c for c in changes if isinstance(c, SetField | AddressChange)]
        moves = tags.grouped([c for c in changes if isinstance(c, JoinList | LeaveList)])
        fields = len({c.field for c in changes if isinstance(c, SetField)})
        records = len({change.id for change in changes})
        calls = 5 if records >= BULK_FROM else None  # a ticket, a file, a beginning, a look, the results
        writes = _up(len(sets), metafields.A_CALL) if calls is None else bool(sets) * calls
        writes += len(moves) if calls is None else bool(moves) * calls
        writes += _up(sum(isinstance(change, IssueCode) for change in changes), codes.A_CALL)
        return Price(writes, _up(records, holdings.batch(fields)))

    def _set(self, changes: Sequence[SetField]) -> metafields.Found:
        if _many(changes):
            done = metafields.write_many(self._endpoint, self._bulk, changes, self._digests, self._types)
        else:
            done = metafields.write(self._endpoint, changes, self._digests, self._types)
        for change in changes:  # a digest is good for one write
            self._digests.pop((change.id, change.field), None)
        return done

    def _move(self, changes: Sequence[JoinList | LeaveList]) -> Done:
        return tags.write_many(self._bulk, changes) if _many(changes) else tags.write(self._endpoint, changes)

    def _propose(self, changes: Sequence[AddressChange]) -> Done:
        """A confirmed new address stands beside the customer's own, where the merchant sees it; whether it
        becomes theirs is for the customer or the merchant to say."""
        beside = {change: SetField(change.id, CANDIDATE, change.new) for change in changes}
        done = self._set(list(beside.values()))
        told = {change: done[field] for change, field in beside.items()}
        return {change: Outcome(change, outcome.status, outcome.reason) for change, outcome in told.items()}


def _many(changes: Sequence[Change]) -> bool:
    """The core hands over more than a batch only where it means a file."""
    return len({change.id for change in changes}) > BATCH


def _refuse_changes(changes: Sequence[Change]) -> None:
    for change in changes:
        match change:
            case SetField(field=name):
                _refuse_foreign([name], ())
            case JoinList(list=name) | LeaveList(list=name):
                _refuse_foreign((), [name])
            case AddressChange() | IssueCode():
                pass


def _refuse_foreign(fields: Sequence[str], lists: Sequence[str]) -> None:
    foreign = [name for name in fields if not name.startswith(FIELD_PREFIX)]
    foreign += [name for name in lists if not name.startswith(LIST_PREFIX)]
    if foreign:
        hint = f"Fields of ours begin with {FIELD_PREFIX!r}, lists with {LIST_PREFIX!r}"
        raise RefusedError(f"{foreign[0]!r} is not ours to write", where="shopify", hint=hint)


def _up(count: int, size: int) -> int:
    return -(-count // size)
