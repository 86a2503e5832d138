"""Setting and clearing our metafields, 25 at a time.

A call is all or nothing: what Shopify names as wrong is left out and the rest is sent again; where it
names nothing, the call is halved until the culprit stands alone. Every value goes with the digest of
what was read before (compare-and-set): a value that somebody changed meanwhile is never overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regulars import Change, Outcome, SetField, UnknownOutcomeError

from regulars_shopify import holdings
from regulars_shopify.bulk_changes import BulkChanges
from regulars_shopify.endpoint import Done, Endpoint, UserError
from regulars_shopify.namespace import NAMESPACE, key_of

A_CALL = 25
STALE = ("STALE_OBJECT", "INVALID_COMPARE_DIGEST")
Digests = Mapping[tuple[str, str], str | None]
"""(customer, field) -> what was read: a value's digest, None for an empty field. Absent: not read."""
Found = dict[Change, Outcome]


def write_many(
    endpoint: Endpoint, bulk: BulkChanges, changes: Sequence[SetField], digests: Digests, types: Mapping[str, str]
) -> Found:
    """The same for thousands: a line for each customer. What a line was refused for is found out one by
    one; clearing is not among what a bulk mutation is known to do."""
    groups: dict[str, list[SetField]] = {}
    for change in changes:
        if change.value is not None:
            groups.setdefault(change.id, []).append(change)
    lines = [some for group in groups.values() for some in chunks(group, A_CALL)]
    told = [{"metafields": [entry(change, digests, types) for change in line]} for line in lines]
    done: Found = {}
    for line, answer in zip(lines, bulk.run("set_metafields", told), strict=True):
        if answer is None:
            done |= {change: Outcome(change, "unknown", "no line of the result is about it") for change in line}
        elif not answer.errors:
            done |= {change: Outcome(change, "written") for change in line}
    return done | write(endpoint, [change for change in changes if change not in done], digests, types)


def write(endpoint: Endpoint, changes: Sequence[SetField], digests: Digests, types: Mapping[str, str]) -> Found:
    """Set what has a value, clear what has None; an outcome for each. `types` are Shopify's, by field,
    for what may have no definition yet."""
    done: Found = {}
    for some in chunks([change for change in changes if change.value is not None], A_CALL):
        done |= _tried("set_metafields", endpoint, some, lambda c: entry(c, digests, types))
    for some in chunks([change for change in changes if change.value is None], A_CALL):
        done |= _tried("delete_metafields", endpoint, some, identity)
    return compared(endpoint, done)


def entry(change: SetField, digests: Digests, types: Mapping[str, str]) -> dict[str, Any]:
    """A `MetafieldsSetInput`. A digest of null means: only where nothing is there."""
    told: dict[str, Any] = {**identity(change), "value": change.value}
    if change.field in types:
        told["type"] = types[change.field]
    if (change.id, change.field) in digests:
        told["compareDigest"] = digests[change.id, change.field]
    return told


def identity(change: SetField) -> dict[str, Any]:
    """A `MetafieldIdentifierInput`."""
    return {"ownerId": change.id, "namespace": NAMESPACE, "key": key_of(change.field)}


def refused(change: SetField, error: UserError) -> Outcome:
    """What an error about one value means."""
    return Outcome(change, "drifted" if error.code in STALE else "rejected", error.message)


def compared(endpoint: Endpoint, done: Found) -> Found:
    """A value that changed since it was read is looked at: it may be what we want already (our own
    earlier attempt that arrived late); else somebody else's, which is left alone."""
    stale = [c for c, told in done.items() if told.status == "drifted" and isinstance(c, SetField)]
    if not stale:
        return done
    fields = sorted({change.field for change in stale})
    live = holdings.read(endpoint, [change.id for change in stale], fields, ())
    for change in stale:
        there = live.get(change.id)
        if there is None:
            done[change] = Outcome(change, "rejected", "the customer is gone")
        elif there.held.fields.get(change.field) == change.value:
            done[change] = Outcome(change, "written", "it was so already")
        else:
            done[change] = Outcome(change, "drifted", "somebody changed it since it was read")
    return done


def chunks(changes: Sequence[SetField], size: int) -> Iterator[Sequence[SetField]]:
    """So many at a time."""
    return (changes[start : start + size] for start in range(0, len(changes), size))


def _tried(name: str, endpoint: Endpoint, changes: Sequence[SetField], told: Any) -> Found:
    """One call's worth, until nothing of it is left. What is not known of one call does not keep the
    others from being known."""
    done: Found = {}
    while changes:
        try:
            answer = endpoint.change(name, {"metafields": [told(change) for change in changes]})
        except UnknownOutcomeError as fault:
            return done | {change: Outcome(change, "unknown", str(fault)) for change in changes}
        if not answer.errors:
            return done | {change: Outcome(change, "written") for change in changes}
        named = _named(answer, changes)
        if not named and len(changes) > 1:
            half = len(changes) // 2
            return (
                done | _tried(name, endpoint, changes[:half], told) | _tried(name, endpoint, changes[half:], told)
            )
        done |= named or {changes[0]: Outcome(changes[0], "rejected", answer.errors[0].message)}
        changes = [change for change in changes if change not in done]
    return done


def _named(answer: Done, changes: Sequence[SetField]) -> Found:
    named = [error for error in answer.errors if error.index is not None and error.index < len(changes)]
    return {
        changes[error.index]: refused(changes[error.index], error) for error in named if error.index is not None
    }
