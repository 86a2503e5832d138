"""The command line: one module per command group, no logic of its own, nothing imported before it is needed."""

from __future__ import annotations

import signal
from types import FrameType

from regulars.cli.call import shared
from regulars.cli.lazy import LazyGroup

# name -> ("module:attribute" below regulars.cli, one line of help). Help must not import a module.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo:command", "The main job on simulated platforms, or your own order lines."),
    "init": ("init:command", "Make an agency's workspace."),
    "client": ("client:group", "Add, list and show clients."),
    "connect": ("connect:command", "Connect a client's platform."),
    "check": ("check:command", "Identity, rights and health of connections; writes nothing."),
    "discover": ("discover:command", "Lists, fields with fill rates, currencies and zones of an account."),
    "run": ("run:command", "Read, check, measure and plan what is due."),
    "sync": ("run:sync", "Read and measure; nothing is planned or written."),
    "plan": ("plan:command", "What would be written, and why; saved, not written."),
    "show": ("plan:show", "A saved plan again, or the list of plans."),
    "apply": ("apply:command", "Write exactly one plan: canary, read back, ledger."),
    "undo": ("apply:undo", "Plan to put back what a run replaced."),
    "draft": ("draft:command", "Prepare a campaign for one of our lists; never sends it."),
    "segment": ("segment:group", "Who is in which segment, and what a rule would find."),
    "status": ("status:command", "How fresh every client is, and what waits."),
    "runs": ("runs:group", "What ran, how it ended, and accepting an anomaly."),
    "retention": ("retention:command", "Who stayed, left, came back and bought again, beside other periods."),
    "cohorts": ("retention:cohorts", "People by the month of their first order, as a heat table."),
    "reconcile": ("reconcile:command", "Our totals against the platform's, and the bridge between them."),
    "recommend": ("recommend:command", "What goes with what, and to whom it may be offered."),
    "explain": ("explain:command", "Where a number, a stage or a level comes from; what a word means."),
    "clv": ("clv:command", "Predicted values: the model, its back-test, what all customers are worth."),
    "media": ("media:command", "Whom the shop reaches without renting, and what brings people there."),
    "lifecycle": ("lifecycle:command", "Lines per category and where they come from; stages, levels, who moved."),
    "acquisition": ("acquisition:command", "Where customers came from, how far they got, what one cost."),
    "scorecard": ("scorecard:command", "Six figures of a month, and what happens if nothing is done."),
    "ecoa": ("ecoa:group", "New addresses for bounced ones, inside a budget."),
    "reactivation": ("reactivation:group", "Who is written to after they lapsed, and who is not and why."),
    "identity": ("identity:group", "Which profiles are one person."),
    "config": ("config:group", "Check the configuration files."),
    "plugins": ("plugins:group", "Installed plugins, broken ones with the reason."),
}

root = LazyGroup("regulars", table=COMMANDS, help="Who buys again, who is slipping away, and whom to write to.")
shared(root, version=True)


def main() -> None:
    """Entry point of the `regulars` command."""
    signal.signal(signal.SIGTERM, _terminated)
    root.main(prog_name="regulars")


def _terminated(_number: int, _frame: FrameType | None) -> None:
    """Leave through every `with`, so that leases and files are put in order."""
    raise SystemExit(143)
