"""Setting fields by the batch. HubSpot refuses a whole batch for one record: the culprit is found and told, the
others are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regulars import Change, Outcome, SetField

from regulars_hubspot.client import BATCH, HubSpot, Written
from regulars_hubspot.fields import to_value

Found = dict[Change, Outcome]
_CERTAIN = "MISSING_REQUIRED_PROPERTY"


class Updates:
    """Writes fields of contacts by record id; `done` takes what became of each change."""

    def __init__(self, client: HubSpot, done: Found) -> None:
        self._client, self._done = client, done

    def write(self, changes: Sequence[SetField]) -> None:
        """Any number of changes, a hundred records at a time."""
        by_record: dict[str, list[SetField]] = {}
        for change in changes:
            by_record.setdefault(change.id, []).append(change)
        records = list(by_record.values())
        for start in range(0, len(records), BATCH):
            self._batch([change for record in records[start : start + BATCH] for change in record])

    def _batch(self, changes: Sequence[SetField]) -> None:
        values: dict[str, dict[str, str]] = {}
        for change in changes:
            values.setdefault(change.id, {})[change.field] = to_value(change.value)
        written = self._client.update(values)
        if written.refused is None or len(changes) == 1:
            settle(changes, written, self._done)
            return
        suspects = set(self._suspects(changes, written))
        clean = [change for change in changes if change not in suspects]
        if suspects and clean:
            self._batch(clean)
            self._accuse([change for change in changes if change in suspects], written)
        elif written.rules.get(_CERTAIN) and suspects:
            settle(changes, written, self._done)
        else:
            half = len(changes) // 2
            self._batch(changes[:half])
            self._batch(changes[half:])

    def _suspects(self, changes: Sequence[SetField], written: Written) -> Iterator[SetField]:
        """Changes that HubSpot's words fit: a value that it names, or a record that lacks what a rule wants."""
        for name, text in written.faults:
            value = _blamed(text, {c.value for c in changes if c.field == name and c.value})
            yield from (c for c in changes if value and c.field == name and c.value == value)
        names = sorted({name for each in written.rules.values() for name in each})
        if not names:
            return
        ids = list(dict.fromkeys(change.id for change in changes))
        held = {str(raw["id"]): raw["properties"] for raw in self._client.read("contacts", ids, names)}
        yield from (c for c in changes if not all(held.get(c.id, {}).get(name) for name in names))

    def _accuse(self, suspects: Sequence[SetField], written: Written) -> None:
        """The same value of the same field, and the same required property, is refused on every record."""
        same = len({(change.field, change.value) for change in suspects}) == 1
        if _CERTAIN in written.rules:
            settle(suspects, written, self._done)
        elif same and not written.rules:
            self._batch(suspects[:1])
            first = self._done.get(suspects[0])
            if first is not None and first.status == "rejected":
                self._done |= {change: Outcome(change, "rejected", first.reason) for change in suspects[1:]}
            elif suspects[1:]:
                self._batch(suspects[1:])
        else:
            self._batch(suspects)


def _blamed(text: str, values: set[str]) -> str | None:
    """The value that HubSpot's words are about: they name it first, and may list the good ones after it."""
    there = [value for value in values if value in text]
    return min(there, key=lambda value: (text.index(value), -len(value)), default=None)


def settle(changes: Sequence[Change], written: Written, done: Found) -> None:
    """What HubSpot said of these changes; of what it did not say anything nothing is noted."""
    for change in changes:
        if written.refused is not None:
            done[change] = Outcome(change, "rejected", written.refused)
        elif change.id in written.errors:
            done[change] = Outcome(change, "rejected", written.errors[change.id])
        elif change.id in written.ids:
            done[change] = Outcome(change, "written")
