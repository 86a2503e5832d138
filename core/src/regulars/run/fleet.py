"""Several clients, one after the other: one client's failure leaves the others whole."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.config import Workspace
from regulars.errors import LockedError, RegularsError
from regulars.journal import runs
from regulars.plugins import Plugins
from regulars.run.desk import reading
from regulars.run.night import KIND, run_client
from regulars.run.result import Result, last_result


def run_each(workspace: Workspace, names: Sequence[str], plugins: Plugins, *, write: bool = True) -> list[Result]:
    """Run each client; an error of one becomes its Result and the next goes on."""
    return [_run_one(workspace, name, plugins, write) for name in names]


def due(workspace: Workspace) -> list[str]:
    """Clients whose night is due: the last one began `schedule.every` ago or did not end well.

    A client whose file is wrong is due as well, so that its error is seen.
    """
    return [name for name in workspace.client_ids() if _is_due(workspace, name)]


def _run_one(workspace: Workspace, name: str, plugins: Plugins, write: bool) -> Result:
    try:
        return run_client(workspace.client(name), plugins, write=write)
    except LockedError as fault:
        return Result(name, state="busy", exit_code=fault.exit_code, reason=" ".join(str(fault).split()),
                      safe="the other run goes on", then=f"wait, then regulars status {name}")  # fmt: skip
    except RegularsError as fault:
        result = Result(
            name,
            state="failed",
            exit_code=fault.exit_code,
            started_at=workspace.clock.now().isoformat(),
            ended_at=workspace.clock.now().isoformat(),
            reason=" ".join(str(fault).split()),
            safe="nothing of this client was changed",
            then="regulars config validate",
        )
        folder = workspace.root / "data" / name
        if folder.is_dir() and name in workspace.client_ids():
            before = last_result(folder) or {}
            result.newest_order_at = before.get("newest_order_at")
            result.store(folder)
        return result


def _is_due(workspace: Workspace, name: str) -> bool:
    try:
        client = workspace.client(name)
    except RegularsError:
        return True
    if client.config.status == "paused":
        return False
    with reading(client) as journal:
        last = runs.recent(journal, 1, KIND)
    schedule = client.config.schedule
    # Cron never fires to the second: a night is due a little early rather than a day late.
    early = client.clock.now() + schedule.slack
    return not last or last[0].state in ("open", "failed") or early >= last[0].started_at + schedule.every
