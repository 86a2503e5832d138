"""A confirmed address that became a profile of its own belongs to the customer it was confirmed for."""

from __future__ import annotations

from regulars import identity
from regulars.journal import Lease
from regulars.reactivation.candidates import candidates
from regulars.reactivation.desk import EcoaDesk
from regulars.reactivation.history import today
from regulars.warehouse import statement


def adopt(desk: EcoaDesk, lease: Lease) -> int:
    """Note the joins that identity shall make; returns how many are new.

    Only profiles made after the person confirmed (a pending member has no time of its own): before
    that the address was nobody's, or the result would have been rejected. The old address stays an
    alias, so that its orders are still found.
    """
    confirmed = {str(one.email): one for one in candidates(desk.journal) if one.state == "confirmed" and one.email}
    if not confirmed:
        return 0
    joined = {fact.subject for fact in desk.journal.facts("join")} | {
        fact.subject for fact in desk.journal.facts("split")
    }
    with desk.read() as session:
        now = today(session, [one.customer_id for one in confirmed.values()])
        identity.prepare(session)
        params = {"addresses": sorted(confirmed), "key": desk.journal.key}
        rows = session.query(statement("regulars.reactivation", "newcomers"), params)
    fresh = [
        (profile, {"with": now[one.customer_id], "why": f"confirmed through ECOA, record {one.key}"})
        for profile, customer, email, created_at in rows
        if (one := confirmed[email]) and customer != now[one.customer_id] and profile not in joined
        if created_at is None or created_at > one.at
    ]
    with desk.journal.tx(lease) as tx:
        desk.journal.add_facts(tx, "join", fresh)
    return len(fresh)
