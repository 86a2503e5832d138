"""The way from media that others own to the shop's own, and the health of the e-mail list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from regulars.warehouse import Session, statement


@dataclass(frozen=True, slots=True)
class Way:
    """Of the people in unowned or purchased media whom we know: those with an address on a channel of our own,
    and those reachable there. Followers who are nobody's customer or contact are not people we know."""

    rented: int
    with_address: int
    reachable: int


@dataclass(frozen=True, slots=True)
class Gain:
    """What one programme brought in one month of joining (None: the platform does not date it).

    `emails`, `phones`, `socials` are fields of the profiles that joined, `phones_valid` numbers that can be
    rung; a number without consent is a field, not reach. `email_consents` and `phone_consents` were given on
    the day of joining. `gained` people gave their first consent ever by joining, and are reachable.
    """

    programme: str
    month: date | None
    joined: int
    emails: int
    phones: int
    phones_valid: int
    socials: int
    email_consents: int
    phone_consents: int
    gained: int

    @property
    def is_dated(self) -> bool:
        """Whether it is known when people joined; else nothing can be said of the same act."""
        return self.month is not None

    def cost_each(self, spent_minor: int | None) -> int | None:
        """Minor units per gained contact, half up; None where nothing was entered or nobody gained."""
        if spent_minor is None or not self.gained:
            return None
        return (2 * spent_minor + self.gained) // (2 * self.gained)


@dataclass(frozen=True, slots=True)
class Health:
    """One month of the e-mail list: people who said yes or no, addresses that died, complaints."""

    month: date
    joined: int
    unsubscribed: int
    bounced: int
    complained: int


def way(session: Session) -> Way:
    """From media_person and channel_reach."""
    row = session.query(
        """SELECT count(*), count(*) FILTER (WHERE EXISTS (
                      SELECT 1 FROM channel_reach AS h WHERE h.customer_id = p.customer_id AND h.has_address)),
                  count(*) FILTER (WHERE p.best = 'owned')
           FROM media_person AS p WHERE p.is_rented"""
    )[0]
    return Way(*row)


def gains(session: Session, days: Mapping[str, Any]) -> tuple[Gain, ...]:
    """By programme and month; `days` are as_of and zone."""
    return tuple(Gain(*row) for row in session.query(statement(__package__, "programme"), days))


def health(session: Session, days: Mapping[str, Any]) -> tuple[Health, ...]:
    """The last twelve months in which anything happened."""
    return tuple(Health(*row) for row in session.query(statement(__package__, "health"), days))
