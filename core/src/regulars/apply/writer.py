"""Writing one platform's part of a plan: compare, send, read back, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from regulars.apply.ledger import OPEN, Entry, Ledger
from regulars.apply.live import Types, done, drifted, equal, refusal, value_of
from regulars.changes import AddressChange, IssueCode, JoinList, LeaveList, Outcome, SetField
from regulars.clock import Clock
from regulars.connector import Connector, Destination, Held
from regulars.consent import firewall
from regulars.errors import PluginError, UnknownOutcomeError

WAITS = (1.0, 4.0, 15.0)
"""Seconds between looks at a value that is not there yet."""
ATTEMPTS = 3
CANARY_FAILS = 0.2
"""A canary of which more than this share does not arrive stops the rest."""

Live = Mapping[str, Held]


class Writer:
    """One platform. `types` are its fields' types, `canary` how many records go first of each kind."""

    def __init__(
        self,
        ledger: Ledger,
        connector: Connector,
        destination: Destination,
        types: Types,
        clock: Clock,
        canary: int,
    ) -> None:
        self._ledger, self._connector, self._destination = ledger, connector, destination
        self._types, self._clock, self._canary = types, clock, canary
        self._batch = connector.writes.batch if connector.writes else 1

    def settle(self, entries: Sequence[Entry]) -> None:
        """What was sent by an attempt that did not come back is asked for: there, or to be sent again."""
        sent = [entry for entry in entries if entry.state == "sent"]
        for batch in _chunks(sent, self._batch):
            self._ledger.store(self._unsure(entry, held) for entry, held in self._look(batch))

    def write(self, entries: Sequence[Entry]) -> str:
        """Write what is intended. Returns why the rest was not sent, "" where all was."""
        waiting = [entry for entry in entries if entry.state == "intended"]
        for _, group in groupby(waiting, key=lambda entry: entry.planned.kind):
            if stopped := self._write_kind(list(group)):
                return stopped
        return ""

    def unreadable(self, entry: Entry) -> bool:
        """Whether looking tells nothing. A new pending member is another record, a new address beside the record's
        own is not among what is asked for, and a code is no record: the platform's word has to do."""
        writes, change = self._connector.writes, entry.planned.change
        if isinstance(change, AddressChange) and writes is not None:
            return writes.address_change == "pending_member" or not writes.replaces_email
        return isinstance(change, IssueCode)

    def _write_kind(self, entries: Sequence[Entry]) -> str:
        canary = next(_chunks(entries, min(self._canary, self._batch)))
        sent = [entry for entry in self._through(canary) if entry.attempt]
        failed = [entry for entry in sent if entry.state in ("rejected", "unknown")]
        if len(failed) > CANARY_FAILS * len(sent):
            what = f"{len(failed)} of the first {len(sent)} changes did not arrive"
            return f"{what} ({entries[0].planned.kind}): {failed[0].reason}"
        first = {entry.seq for entry in canary}
        rest = [entry for entry in entries if entry.seq not in first]
        for batch in _chunks(rest, self._size(rest)):
            self._through(batch)
        return ""

    def _size(self, entries: Sequence[Entry]) -> int:
        """How many records go at a time: more where there are so many that the platform has another way."""
        writes = self._connector.writes
        if writes is None or writes.bulk_from is None:
            return self._batch
        records = len({entry.planned.change.id for entry in entries})
        return max(writes.bulk_batch, self._batch) if records >= writes.bulk_from else self._batch

    def _through(self, batch: Sequence[Entry]) -> list[Entry]:
        """One batch to its end: what did not arrive is compared and sent anew, a few times."""
        settled: list[Entry] = []
        while batch:
            tried = self._write_batch(batch)
            settled += [entry for entry in tried if entry.state != "intended"]
            batch = [entry for entry in tried if entry.state == "intended"]
        return settled

    def _write_batch(self, batch: Sequence[Entry]) -> list[Entry]:
        live = self._held(batch)
        judged = [self._judge(entry, live.get(entry.planned.change.id)) for entry in batch]
        settled = [entry for entry in judged if entry.state not in OPEN]
        self._ledger.store(settled)
        going = [entry for entry in judged if entry.state == "intended"]
        if not going:
            return settled
        for entry in going:
            firewall.check(entry.planned.change, self._connector.writes, entry.planned.connection)
        going = self._ledger.send(going)
        outcomes = self._send(going)
        refused, taken = _parted(going, outcomes)
        told = {entry.seq: outcome for entry, outcome in taken}
        final = refused + [
            self._conclude(entry, told[entry.seq], live[entry.planned.change.id], held)
            for entry, held in self._look([entry for entry, _ in taken])
        ]
        self._ledger.store(final)
        return settled + final

    def _judge(self, entry: Entry, held: Held | None) -> Entry:
        """The live compare right before a send."""
        if held is None:
            return entry.now("rejected", "the record is gone on the platform")
        if done(entry.planned, self._types, held):
            return entry.now("confirmed", "it was so already" if not entry.attempt else "")
        if drifted(entry.planned, self._types, held):
            return entry.now("drifted", "somebody changed it since the plan was made")
        if why := refusal(entry.planned, held):
            return entry.now("rejected", why)
        if entry.attempt >= ATTEMPTS:
            open_end = isinstance(entry.planned.change, IssueCode)
            return entry.now("unknown" if open_end else "rejected", f"it did not arrive in {ATTEMPTS} attempts")
        return entry

    def _send(self, entries: Sequence[Entry]) -> Sequence[Outcome]:
        changes = [entry.planned.change for entry in entries]
        try:
            outcomes = self._destination.write(changes)
        except UnknownOutcomeError as fault:
            return [Outcome(change, "unknown", str(fault)) for change in changes]
        if [outcome.change for outcome in outcomes] != changes:
            raise PluginError(
                f"{self._connector.name} gave {len(outcomes)} outcomes for {len(changes)} changes",
                hint="What was written is settled by reading back when the plan is applied again",
            )
        return outcomes

    def _conclude(self, entry: Entry, outcome: Outcome, before: Held, held: Held | None) -> Entry:
        """The end of one change: only what was read back counts as written."""
        if self.unreadable(entry):
            if outcome.status in ("written", "unchanged"):
                return entry.now("confirmed", outcome.reason)
            return self._unsure(entry, held) if self._repeats(entry) else entry.now("unknown", outcome.reason)
        if done(entry.planned, self._types, held):
            return entry.now("confirmed")
        if outcome.status == "unknown":
            return self._unsure(entry, held)
        if held is None:
            return entry.now("rejected", "the record is gone on the platform")
        now, was = value_of(entry.planned, held), value_of(entry.planned, before)
        if equal(entry.planned, self._types, now, was):
            return entry.now("rejected", "the platform said yes and changed nothing")
        return entry.now("drifted", "somebody changed it right after the write")

    def _unsure(self, entry: Entry, held: Held | None) -> Entry:
        """After an attempt of unknown outcome: done, or to be tried anew after another live compare.

        Setting a value or a membership twice is doing it once, and a destination looks whether a new
        address is there before it makes it; a code is issued again only where that makes no second one.
        """
        if isinstance(entry.planned.change, IssueCode) and not self._repeats(entry):
            return entry.now("unknown", "a code may have been made; look on the platform")
        if done(entry.planned, self._types, held):
            return entry.now("confirmed")
        return entry.now("intended")

    def _repeats(self, entry: Entry) -> bool:
        writes = self._connector.writes
        return isinstance(entry.planned.change, IssueCode) and writes is not None and writes.repeats_codes

    def _look(self, entries: Sequence[Entry]) -> list[tuple[Entry, Held | None]]:
        """Read back, and look again after a while for what is not there yet."""
        live = self._held(entries)
        for wait in WAITS:
            if not any(self._is_late(entry, live.get(entry.planned.change.id)) for entry in entries):
                break
            self._clock.sleep(wait)
            live = self._held(entries)
        return [(entry, live.get(entry.planned.change.id)) for entry in entries]

    def _is_late(self, entry: Entry, held: Held | None) -> bool:
        return not self.unreadable(entry) and not done(entry.planned, self._types, held)

    def _held(self, entries: Sequence[Entry]) -> Live:
        changes = [entry.planned.change for entry in entries]
        ids = list(dict.fromkeys(change.id for change in changes))
        fields = list(dict.fromkeys(c.field for c in changes if isinstance(c, SetField)))
        lists = list(dict.fromkeys(c.list for c in changes if isinstance(c, JoinList | LeaveList)))
        return self._destination.held(ids, fields, lists) if ids else {}


def _parted(
    entries: Sequence[Entry], outcomes: Sequence[Outcome]
) -> tuple[list[Entry], list[tuple[Entry, Outcome]]]:
    """What the platform refused, ended; and what it took or may have taken."""
    refused: list[Entry] = []
    taken: list[tuple[Entry, Outcome]] = []
    for entry, outcome in zip(entries, outcomes, strict=True):
        if outcome.status in ("rejected", "drifted"):
            refused.append(entry.now("rejected" if outcome.status == "rejected" else "drifted", outcome.reason))
        else:
            taken.append((entry, outcome))
    return refused, taken


def _chunks(entries: Sequence[Entry], size: int) -> Iterator[list[Entry]]:
    """All changes of at most `size` records at a time: a platform takes a record's fields in one go."""
    by_record: dict[str, list[Entry]] = {}
    for entry in entries:
        by_record.setdefault(entry.planned.change.id, []).append(entry)
    records = list(by_record.values())
    for start in range(0, len(records), size):
        yield [entry for record in records[start : start + size] for entry in record]
