"""Which bounced addresses may be looked up, and the one first reason against each of the others.

Only hard bounces of a person's present address, in a country that is known and allowed, of somebody
who never said no. An unsubscribe is about the person, not about the address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from regulars.config import ClientConfig
from regulars.journal import Journal
from regulars.reactivation.funnel import Funnel
from regulars.reactivation.history import submitted
from regulars.segments import Draw
from regulars.warehouse import Session, statement

WORDS = {
    "complained": "complained",
    "blocked": "blocked: the sender's problem, not the address's",
    "soft": "soft bounce",
    "not_current": "not anybody's present address",
    "several_people": "several people's address",
    "role_address": "a role's address (info@ ...)",
    "withdrawn": "unsubscribed, complained or erased, on any platform",
    "refused": "said no at a new address before",
    "country_unknown": "country unknown",
    "country": "country not in ecoa.jurisdictions",
    "too_few_orders": "fewer orders than ecoa.min_orders",
    "in_a_job": "in a job that is still open",
    "recent": "looked up less than ecoa.resubmit_after ago",
    "held_back": "held back to measure what ECOA does",
}
"""Reason -> words, in the order of the checks."""

ROLES = frozenset(
    ["abuse", "billing", "help", "hostmaster", "mail", "marketing", "newsletter", "no-reply", "noreply"]
) | {"postmaster", "root", "security", "service", "shop", "support", "team", "webmaster"}
"""Local parts that are read by a role and not by a person, besides those of identity.shared_inboxes."""


@dataclass(frozen=True, slots=True)
class Bounced:
    """A bounced address; `reference` is its keyed hash, `reason` None where it may be looked up."""

    address: str
    customer_id: str | None
    reason: str | None
    reference: str


@dataclass(frozen=True, slots=True)
class Eligibility:
    """All bounced addresses, those of the most valuable customers first."""

    addresses: Sequence[Bounced]

    @property
    def eligible(self) -> list[Bounced]:
        """Those that may be looked up."""
        return [one for one in self.addresses if one.reason is None]

    def funnel(self) -> Funnel:
        """How many were left out, and why."""
        return Funnel.count((one.reason for one in self.addresses), WORDS)


def prepare(session: Session) -> None:
    """Define the views that this package's queries share."""
    session.run(statement("regulars.reactivation", "views"))


def eligibility(
    session: Session,
    config: ClientConfig,
    journal: Journal,
    now: datetime,
    regions: Sequence[str] | None = None,
    without: str | None = None,
) -> Eligibility:
    """Judge every bounced address as of `now`.

    `regions` are the countries a provider serves (None: all); `without` is a job that does not count
    as open, for looking at its own people again.
    """
    past = submitted(session, journal, now - config.ecoa.resubmit_after, without)
    allowed = set(config.ecoa.jurisdictions)
    params = {
        "roles": sorted(role_parts(config)),
        "jurisdictions": sorted(allowed if regions is None else allowed & set(regions)),
        "min_orders": config.ecoa.min_orders,
        "open": past.open,
        "recent": past.recent,
        "refused": past.refused,
        "key": journal.key,
    }
    prepare(session)
    draw = Draw(config.holdout.salt, config.id, config.ecoa.hold_back)
    rows = session.query(statement("regulars.reactivation", "eligible"), params)
    return Eligibility([_drawn(Bounced(*row), draw) for row in rows])


def role_parts(config: ClientConfig) -> frozenset[str]:
    """Local parts that belong to no single person."""
    return ROLES | {part.rstrip("@").lower() for part in config.identity.shared_inboxes}


def _drawn(one: Bounced, draw: Draw) -> Bounced:
    if one.reason is None and one.customer_id and draw.held_out("ecoa", one.customer_id):
        return Bounced(one.address, one.customer_id, "held_back", one.reference)
    return one
