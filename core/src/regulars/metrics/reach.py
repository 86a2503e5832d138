"""Owned reach: whom the shop can talk to without renting, by count and by value."""

from __future__ import annotations

from regulars.warehouse import Session, statement


def build_reach(session: Session) -> None:
    """Make `reachable` (customer_id, channel) and `reach`, from consent's verdict and deliverable tables.

    Somebody is reachable on a channel with a verdict of yes, and by e-mail only where the address is
    known to take mail. Rows of `reach`: each channel, then "any" and "none"; value is the predicted
    one of 12 months, from customer_clv, and 0 for who has none.
    """
    session.run(statement(__package__, "reach"))
