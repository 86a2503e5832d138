"""Quiet or dead? One line per client from what the last runs left behind."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from regulars.apply import unfinished
from regulars.config import Client, Workspace
from regulars.errors import PARTLY_DONE, DataCheckError, RegularsError
from regulars.journal import Journal, runs
from regulars.run.desk import reading
from regulars.run.result import last_result, reconcile_command

NIGHTS = 14
_SQUARE = {"ok": "■", "blocked": "▣", "failed": "□", "open": "◧"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one client stands. `attention` says in words what waits for a person; empty: nothing does."""

    client: str
    status: str
    newest_order_at: datetime | None
    last_run: str | None
    last_run_state: str
    last_run_at: datetime | None
    due_by: datetime | None
    overdue: bool
    plan: str | None
    last_apply: str | None
    nights: str
    attention: tuple[str, ...]
    exit_code: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        texts = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in asdict(self).items()}
        return texts | {"attention": list(self.attention)}


def standing(workspace: Workspace, name: str) -> Standing:
    """Read one client's standing; nothing is changed and no platform is asked. A client whose file is
    wrong has a standing too: the reason."""
    try:
        client = workspace.client(name)
        with reading(client) as journal:
            return _standing(client, journal)
    except RegularsError as fault:
        reason = f"{' '.join(str(fault).split())}. See: regulars config validate"
        return Standing(name, "?", None, None, "unreadable", None, None, False, None, None, "", (reason,),
                        fault.exit_code)  # fmt: skip


def _standing(client: Client, journal: Journal) -> Standing:
    now, schedule = client.clock.now(), client.config.schedule
    nights = runs.recent(journal, NIGHTS, "night")
    last, result = (nights[0] if nights else None), last_result(client.data_dir) or {}
    newest = result.get("newest_order_at")
    newest_at = datetime.fromisoformat(newest) if newest else None
    due = last.started_at + schedule.every if last else None
    overdue = due is not None and now > due + schedule.slack
    order_age = now - newest_at if newest_at else None
    code, attention = _attention(client, last, overdue, due, order_age, not journal.held())
    attention += [
        f"plan {half} is half applied; finish it: regulars apply {client.id} {half}"
        for half in unfinished(journal)
    ]
    waiting = _waiting_plan(journal, now, client.data_dir / "plans")
    if waiting:
        attention.append(f"plan {waiting} waits: regulars show {client.id} {waiting}")
    return Standing(
        client.id,
        client.config.status,
        newest_at,
        last.id if last else None,
        last.state if last else "never",
        last.started_at if last else None,
        due,
        overdue,
        waiting,
        _last_apply(journal),
        "".join(_SQUARE[run.state] for run in reversed(nights)),
        tuple(attention),
        code,
    )


def _attention(
    client: Client,
    last: runs.Run | None,
    overdue: bool,
    due: datetime | None,
    order_age: timedelta | None,
    lease_lost: bool,
) -> tuple[int, list[str]]:
    code, found = 0, []
    if client.config.status == "paused":
        return 0, ["paused"]
    if last is None:
        return 0, [f"never run: regulars run {client.id}"]
    if overdue and due is not None:
        code = 9
        found.append(f"should have run by {due.astimezone(client.zone):%a %d %H:%M %Z}: is the schedule alive?")
    if last.state in ("blocked", "failed"):
        code = int(last.summary.get("exit_code", 1))
        found.append(f"{last.state}: {last.summary.get('reason', '')}")
        found.append(f"next: {last.summary.get('then', '')}")
    elif guards := last.summary.get("guards"):
        found.append(f"held back by a guard: {'; '.join(guards)}. See: regulars show {client.id}")
    if errors := last.summary.get("errors", ()):
        code = code or PARTLY_DONE
        found += errors
    if off := last.summary.get("reconcile_off", ()):
        code = code or DataCheckError.exit_code
        then = reconcile_command(client.id, last.summary["reconciled_on"])
        found.append(f"does not reconcile: {'; '.join(off)}. See: {then}")
    if unknown := [name for name, c in client.config.connections.items() if c.expect_id is None]:
        found.append(f"nobody confirmed who answers on {', '.join(unknown)}: regulars check {client.id} --accept")
    if last.state == "open" and lease_lost:
        code = code or 1
        found.append(f"the run was cut short; nothing is lost. Go on with: regulars run {client.id}")
    if order_age is not None and order_age > client.config.clock.order_source_max_age:
        code = code or 9
        found.append(f"newest order is {order_age.total_seconds() / 3600:,.0f} h old")
    return code, found


def _waiting_plan(journal: Journal, now: datetime, folder: Path) -> str | None:
    """The newest plan, where it has changes and may still be applied."""
    rows = journal.rows("SELECT id, state, expires_at, path FROM plan ORDER BY rowid DESC LIMIT 1")
    if not rows or rows[0][1] != "open" or datetime.fromisoformat(rows[0][2]) <= now:
        return None
    try:
        changes = json.loads((folder / rows[0][3]).read_text(encoding="utf-8"))["changes"]
    except (OSError, ValueError, KeyError):
        return None
    return str(rows[0][0]) if any(not change.get("blocked") for change in changes) else None


def _last_apply(journal: Journal) -> str | None:
    found = runs.recent(journal, 1, "apply")
    return f"{found[0].id} {found[0].state}" if found else None


def age(span: timedelta) -> str:
    """A span as a person says it: "0 h 09", "29 h", "12 d"."""
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    if hours >= 24 * 3:
        return f"{hours // 24} d"
    return f"{hours} h {minutes:02d}" if hours < 10 else f"{hours} h"
