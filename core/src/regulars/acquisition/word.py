"""Word of mouth: people whom another customer sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import exp, sqrt

from regulars.acquisition.interval import Z, wilson
from regulars.metrics.values import value_basis
from regulars.warehouse import Session, statement

FEWEST = 30
"""Leads without whom a conversion is not told."""
REFERENCE = "30 % better (seed, unverified: an infographic of Invesp's, not this shop)"


@dataclass(frozen=True, slots=True)
class Referral:
    """Leads (people known), of these `ordered`; `began_with_order` became known by ordering and had nothing to
    convert from. `valued` of the buyers have a value, `value_minor` together."""

    leads: int = 0
    ordered: int = 0
    began_with_order: int = 0
    valued: int = 0
    value_minor: int = 0

    @property
    def is_too_few(self) -> bool:
        """Too few leads to tell a share."""
        return self.leads < FEWEST

    @property
    def conversion(self) -> float | None:
        """ordered / leads x 100; None where they are too few."""
        return None if self.is_too_few else 100 * self.ordered / self.leads

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the conversion, at 95 %."""
        return None if self.is_too_few else wilson(self.ordered, self.leads)

    @property
    def mean_minor(self) -> int | None:
        """Value per buyer who has one, half up."""
        return (2 * self.value_minor + self.valued) // (2 * self.valued) if self.valued else None


@dataclass(frozen=True, slots=True)
class Word:
    """`invitations` None: no platform tells of any. K = invitations per customer x share of them that led to an
    order; above 1 a shop would grow by itself."""

    referred: Referral
    others: Referral
    invitations: int | None
    customers: int

    @property
    def better(self) -> float | None:
        """How much better the referred convert than all others: (their share / the others' - 1) x 100. None where
        either are too few, or no other ordered."""
        ours, theirs = self.referred.conversion, self.others.conversion
        return None if ours is None or not theirs else 100 * (ours / theirs - 1)

    @property
    def better_interval(self) -> tuple[float, float] | None:
        """Of `better`, at 95 % (D. Katz et al., Biometrics 34, 1978, pages 469-474); None where nobody ordered."""
        part, other = self.referred, self.others
        if self.better is None or not part.ordered:
            return None
        spread = sqrt(1 / part.ordered - 1 / part.leads + 1 / other.ordered - 1 / other.leads)
        ratio = 1 + self.better / 100
        return 100 * (ratio * exp(-Z * spread) - 1), 100 * (ratio * exp(Z * spread) - 1)

    @property
    def per_customer(self) -> float | None:
        """invitations / customers."""
        return self.invitations / self.customers if self.invitations is not None and self.customers else None

    @property
    def k(self) -> float | None:
        """(invitations / customers) x (referred who ordered / invitations)."""
        each = self.per_customer
        return None if each is None or not self.invitations else each * (self.referred.ordered / self.invitations)


def word_of_mouth(session: Session, as_of: date, zone: str) -> Word:
    """From first_touch, values and invitations up to `as_of`."""
    sql = statement(__package__, "referral").replace("{value}", value_basis(session).table)
    found = {row[0]: Referral(*row[1:]) for row in session.query(sql)}
    days = {"as_of": as_of, "zone": zone}
    invitations, customers = session.query(statement(__package__, "invitations"), days)[0]
    return Word(found.get(True, Referral()), found.get(False, Referral()), invitations, customers)
