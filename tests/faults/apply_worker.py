"""The workers that are killed: applying a plan, and undoing a run."""

from __future__ import annotations

from pathlib import Path

from plan.tinycrm import connector
from regulars.apply import apply_plan, undo
from regulars.config import open_workspace
from regulars.plugins import Plugins
from regulars.run.desk import desk

UNFINISHED = ("open", "applying")


def apply_worker(root: Path, plan: str) -> None:
    """Apply a plan, unless an earlier life finished it."""
    with desk(open_workspace(root).client("fernhill"), Plugins({"tinycrm": connector()})) as at:
        (state,) = at.journal.rows("SELECT state FROM plan WHERE id = ?", (plan,))[0]
        if state in UNFINISHED:
            apply_plan(at.client, at.journal, at.lease, plan, at.connections)


def undo_worker(root: Path, run_id: str) -> None:
    """Undo a run: make the inverse plan, unless an earlier life did, and apply it."""
    with desk(open_workspace(root).client("fernhill"), Plugins({"tinycrm": connector()})) as at:
        made = at.journal.rows("SELECT id, state FROM plan WHERE kind = 'undo'")
        if not made:
            plan = undo(at.client, at.journal, at.lease, at.warehouse, run_id, at.connections)
            made = [(plan.id, "open")]
        if made[0][1] in UNFINISHED:
            apply_plan(at.client, at.journal, at.lease, made[0][0], at.connections)
