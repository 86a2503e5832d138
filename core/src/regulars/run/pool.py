"""What small shops may learn from the agency's others: fitted parameters of clients who agreed, never a row."""

from __future__ import annotations

from regulars import clv
from regulars.config import Client, open_workspace
from regulars.errors import ConfigError
from regulars.run.desk import reading


def pool_of(client: Client) -> clv.Pool | None:
    """The pool of the other clients with `clv.pool`; None for a client without, or where they are too few.

    A client whose file is wrong gives nothing. Nothing but each one's recorded model is read.
    """
    if not client.config.clv.pool:
        return None
    workspace, found = open_workspace(client.root), []
    for name in workspace.client_ids():
        if name == client.id or not (workspace.root / "data" / name / "journal.db").exists():
            continue
        try:
            other = workspace.client(name)
        except ConfigError:
            continue
        if other.config.clv.pool and (model := _newest(other, client)):
            found.append(model)
    return clv.pooled(found)


def _newest(other: Client, client: Client) -> clv.Fitted | None:
    with reading(other) as journal:
        return clv.recorded(journal.facts(clv.KIND), client.clock.now().date())
