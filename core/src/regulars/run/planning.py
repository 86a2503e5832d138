"""What a night does after measuring: ECOA jobs go on, a plan is made, a clean one may be applied."""

from __future__ import annotations

from regulars.journal.runs import Run
from regulars.run.desk import Desk
from regulars.run.result import Result


def ecoa(at: Desk, result: Result) -> None:
    """Poll and collect open ECOA jobs."""


def plan(at: Desk, run: Run, result: Result) -> None:
    """Make the night's plan."""
