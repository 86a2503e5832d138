"""Owned reach: whom the shop can talk to without renting, by count and by value."""

from __future__ import annotations

from regulars.warehouse import Session, statement


def build_reach(session: Session) -> None:
    """Make `channel_reach`, `reachable` (customer_id, channel) and `reach`, from consent's verdict and deliverable
    tables and the addresses that platforms tell.

    Somebody is reachable by email, phone (calls or texts), post or push with an address, a verdict of yes for
    that channel, and nothing known that keeps a message from arriving. Rows of `reach`: each channel, then
    "any" and "none"; value is the predicted one of 12 months, from customer_clv, and 0 for who has none.
    """
    session.run(statement(__package__, "channel_reach"))
    session.run(statement(__package__, "reach"))
