"""May this plan be written now?"""

from __future__ import annotations

from regulars.config import Client, ClientConfig
from regulars.consent import freshness
from regulars.errors import PlanError, RefusedError
from regulars.journal import Journal, Lease
from regulars.plan import Plan, Target


def admit(client: Client, journal: Journal, lease: Lease, plan: Plan) -> str:
    """Let a plan through.

    Returns "" or, for one that was begun in time and is expired, overtaken or of no connection by now, why it
    may only be settled. Raises PlanError where it is another client's or account's, expired, applied or undone,
    RefusedError where the client is not live or people would be handed to a sender on old consent.
    """
    if plan.client != client.id:
        raise PlanError(f"plan {plan.id} is of client {plan.client!r}", where=client.id)
    client.require_live()
    (state,) = journal.rows("SELECT state FROM plan WHERE id = ?", (plan.id,))[0]
    if state not in ("open", "applying"):
        raise PlanError(f"plan {plan.id} is {state}", hint="A plan is applied once; plan again")
    if client.clock.now() >= plan.expires_at:
        if state == "open":
            with journal.tx(lease) as tx:
                tx.execute("UPDATE plan SET state = 'expired' WHERE id = ?", (plan.id,))
            raise PlanError(f"plan {plan.id} expired", hint="Plan again: what it compared with is old")
        return f"plan {plan.id} expired before all of it was written"
    busy = [target for target in plan.targets if plan.writable(target.connection)]
    if moved := [why for target in busy if (why := elsewhere(client.config, target))]:
        if state == "applying":
            return moved[0]
        hint = "Nothing was written; plan again, or name the account that it was made for again"
        raise PlanError(moved[0], where=f"plan {plan.id}", hint=hint)
    if not any(c.mailed or c.kind == "address" or plan.asks_for(c) for c in plan.writable()):
        return ""
    if stale := freshness(journal, client.config.clock.consent_max_age).stale:
        raise RefusedError(
            f"consent is not fresh: {stale}",
            where=f"plan {plan.id}",
            hint="Nothing was written; run the client again, which reads consent and plans anew",
        )
    return _overtaken(journal, plan, state)


def elsewhere(config: ClientConfig, target: Target) -> str:
    """Why a target is not there to be written to: its connection is gone or names another account. "" where it is.

    Ids of records and lists are of one account; in another they are other people's.
    """
    connection = config.connections.get(target.connection)
    if connection is None or not connection.writes:
        return f"{target.connection} (account {target.account}) is no connection to write to any more"
    if connection.expect_id != target.account:
        return f"{target.connection} is account {connection.expect_id} by now, not {target.account}"
    return ""


def _overtaken(journal: Journal, plan: Plan, state: str) -> str:
    """A platform that is written to knows only who said no there: what the others said since stands in no
    plan that is older."""
    newer = "SELECT 1 FROM segment WHERE kind = 'consent' AND at > ? LIMIT 1"
    if not journal.rows(newer, (plan.created_at.isoformat(),)):
        return ""
    what = f"consent was read anew since plan {plan.id} was made"
    if state == "applying":
        return what
    raise RefusedError(what, hint="Nothing was written; apply the newest plan, or plan again")
