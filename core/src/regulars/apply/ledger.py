"""The write ledger of one plan. Nothing else writes the table `ledger`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from regulars.journal import Journal, Lease, Tx
from regulars.plan import Plan, PlannedChange
from regulars.plan.document import reference
from regulars.plan.planned import KINDS

State = Literal["intended", "sent", "confirmed", "rejected", "drifted", "unknown"]
OPEN: tuple[State, ...] = ("intended", "sent")


@dataclass(frozen=True, slots=True)
class Entry:
    """One change on its way. `attempt` counts how often it was sent."""

    seq: int
    planned: PlannedChange
    state: State
    attempt: int
    reason: str = ""

    def now(self, state: State, reason: str = "") -> Entry:
        """The same entry in another state."""
        return replace(self, state=state, reason=reason)


class Ledger:
    """The entries of one plan, in the order in which they are written."""

    def __init__(self, journal: Journal, lease: Lease, plan: Plan) -> None:
        self._journal, self._lease, self._plan = journal, lease, plan

    def begin(self, run_id: str) -> None:
        """Intend the whole plan, durably, before anything is sent; nothing where that was done."""
        at = self._journal.clock.now().isoformat()
        rows = [self._row(change, run_id, at) for change in in_order(self._plan)]
        with self._journal.tx(self._lease) as tx:
            if tx.rows("SELECT 1 FROM plan WHERE id = ? AND state = 'applying'", (self._plan.id,)):
                return
            tx.executemany(
                "INSERT INTO ledger (plan_id, run_id, connection, record_id, kind, field, old, wanted, state, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'intended', ?)",
                rows,
            )
            tx.execute("UPDATE plan SET state = 'applying', run_id = ? WHERE id = ?", (run_id, self._plan.id))

    def entries(self) -> list[Entry]:
        """All entries as they stand."""
        rows = self._journal.rows(
            "SELECT seq, state, attempt, reason FROM ledger WHERE plan_id = ? ORDER BY seq", (self._plan.id,)
        )
        changes = in_order(self._plan)
        return [Entry(s, change, st, a, r) for (s, st, a, r), change in zip(rows, changes, strict=True)]

    def send(self, entries: Sequence[Entry]) -> list[Entry]:
        """Note, durably, that these are being sent now. Raises LockedError where the lease was lost."""
        sent = [replace(entry, state="sent", attempt=entry.attempt + 1, reason="") for entry in entries]
        self.store(sent)
        return sent

    def store(self, entries: Iterable[Entry]) -> None:
        """Put entries into the state that they have."""
        at = self._journal.clock.now().isoformat()
        rows = [(e.state, e.attempt, e.reason, at, e.seq) for e in entries]
        if rows:
            with self._journal.tx(self._lease) as tx:
                tx.executemany("UPDATE ledger SET state = ?, attempt = ?, reason = ?, at = ? WHERE seq = ?", rows)

    def finish(self, tx: Tx) -> None:
        """The plan is applied; where it took a run back, that run's plan is undone."""
        tx.execute("UPDATE plan SET state = 'applied' WHERE id = ?", (self._plan.id,))
        if self._plan.undoes and (undone := written_by(tx, self._plan.undoes)):
            tx.execute("UPDATE plan SET state = 'undone' WHERE state = 'applied' AND id = ?", (undone,))

    def _row(self, change: PlannedChange, run_id: str, at: str) -> tuple[str | None, ...]:
        old, wanted = change.now, change.wanted
        if change.kind == "address":
            # The ledger outlives the plan's file and holds no address.
            old, wanted = None, reference(self._journal.key, str(wanted).lower())
        identity = (self._plan.id, run_id, change.connection, change.change.id)
        return (*identity, change.kind, change.name, old, wanted, at)


def written_by(journal: Journal | Tx, run_id: str) -> str:
    """The plan that a run wrote; "" where it wrote nothing. Of several, which a run of an earlier version may hold
    after a kill, the last that was not taken back yet."""
    rows = journal.rows(
        "SELECT l.plan_id FROM ledger AS l JOIN plan AS p ON p.id = l.plan_id"
        " WHERE l.run_id = ? AND l.state = 'confirmed' AND l.attempt > 0"
        " ORDER BY p.state = 'undone', l.seq DESC LIMIT 1",
        (run_id,),
    )
    return rows[0][0] if rows else ""


def in_order(plan: Plan) -> list[PlannedChange]:
    """What a plan writes, in order: a platform at a time, fields before lists, a record's fields and a
    list's records together."""
    targets = [target.connection for target in plan.targets]
    kinds = list(KINDS)

    def position(change: PlannedChange) -> tuple[int, int, str, str]:
        near = (change.change.id, change.name) if change.kind == "set" else (change.name, change.change.id)
        return (targets.index(change.connection), kinds.index(change.kind), *near)

    return sorted(plan.writable(), key=position)
