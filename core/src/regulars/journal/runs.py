"""Runs and their steps: what was begun, how far it came, how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from regulars.errors import ConfigError, DataCheckError
from regulars.journal.lease import Lease
from regulars.journal.store import Journal, Tx

State = Literal["open", "ok", "failed", "blocked"]

NIGHT = "night"
"""The kind of run that reads and measures."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one client. `state` open: it goes on where `step` says; blocked: a check stopped it
    and a person must look. `summary` is JSON-able."""

    id: str
    kind: str
    state: State
    step: str
    started_at: datetime
    ended_at: datetime | None
    summary: Mapping[str, Any]


_COLUMNS = "id, kind, state, step, started_at, ended_at, summary"


def start(journal: Journal, lease: Lease, kind: str) -> Run:
    """The open run of this kind, to be gone on with, or a new one."""
    with journal.tx(lease) as tx:
        if opened := tx.rows(f"SELECT {_COLUMNS} FROM run WHERE kind = ? AND state = 'open'", (kind,)):
            return _run(opened[0])
        number = tx.rows("SELECT coalesce(max(no), 0) + 1 FROM run")[0][0]
        now = journal.clock.now()
        name = f"r-{now:%Y%m%d-%H%M}-{number}"
        tx.execute(
            "INSERT INTO run (id, no, kind, state, step, started_at, summary)"
            " VALUES (?, ?, ?, 'open', '', ?, '{}')",
            (name, number, kind, now.isoformat()),
        )
    return Run(name, kind, "open", "", now, None, {})


def advance(journal: Journal, lease: Lease, run: Run, step: str) -> None:
    """Note that a step is durably done."""
    with journal.tx(lease) as tx:
        tx.execute("UPDATE run SET step = ? WHERE id = ?", (step, run.id))


def finish(journal: Journal, lease: Lease, run: Run, state: State, summary: Mapping[str, Any]) -> None:
    """Close a run."""
    with journal.tx(lease) as tx:
        end(tx, run, state, summary, journal.clock.now())


def end(tx: Tx, run: Run, state: State, summary: Mapping[str, Any], at: datetime) -> None:
    """Close a run in the transaction that ends what it was for, so that it is not gone on with for another."""
    tx.execute(
        "UPDATE run SET state = ?, ended_at = ?, summary = ? WHERE id = ?",
        (state, at.isoformat(), json.dumps(summary), run.id),
    )


def accept(journal: Journal, lease: Lease, run_id: str, reason: str) -> Run:
    """Open a blocked run again, past its checks, because a person says that the night really was so.

    Raises ConfigError where the run is not blocked.
    """
    run = find(journal, run_id)
    if not reason.strip():
        raise ConfigError("the reason is empty", hint="Say why the night is all right; it is kept")
    if run.state != "blocked":
        was = "accepted already" if run.step == "accepted" else f"{run.state}, not blocked"
        raise ConfigError(f"run {run_id} is {was}", hint="Only a blocked run can be accepted")
    with journal.tx(lease) as tx:
        journal.add_facts(tx, "accepted", [(run_id, {"reason": reason})])
        tx.execute("UPDATE run SET state = 'open', step = 'accepted', ended_at = NULL WHERE id = ?", (run_id,))
    return find(journal, run_id)


def recent(journal: Journal, limit: int = 20, kind: str | None = None) -> list[Run]:
    """The newest runs first."""
    where, params = ("WHERE kind = ?", [kind]) if kind else ("", [])
    return [
        _run(row)
        for row in journal.rows(f"SELECT {_COLUMNS} FROM run {where} ORDER BY no DESC LIMIT ?", [*params, limit])
    ]


def good_night(journal: Journal, client_id: str) -> Run:
    """A client's newest night. Raises DataCheckError unless it ended well: what a night read that did not,
    somebody's opt-out for one, stands in no measured table."""
    nights = recent(journal, 1, NIGHT)
    hint = f"Run: regulars run {client_id}"
    if not nights:
        raise DataCheckError("nothing was read yet", where=client_id, hint=hint)
    if nights[0].state == "blocked":
        accept = f"regulars runs accept {client_id} {nights[0].id} --reason ..."
        hint = f"Look: regulars status {client_id}; then mend it, or {accept}"
    if nights[0].state != "ok":
        raise DataCheckError(f"the newest run {nights[0].id} is {nights[0].state}", where=client_id, hint=hint)
    return nights[0]


def find(journal: Journal, run_id: str) -> Run:
    """The run of that id. Raises ConfigError where there is none."""
    if rows := journal.rows(f"SELECT {_COLUMNS} FROM run WHERE id = ?", (run_id,)):
        return _run(rows[0])
    raise ConfigError(f"no run {run_id!r}", hint="See: regulars runs list")


def _run(row: tuple[Any, ...]) -> Run:
    started, ended = datetime.fromisoformat(row[4]), datetime.fromisoformat(row[5]) if row[5] else None
    return Run(row[0], row[1], row[2], row[3], started, ended, json.loads(row[6]))
