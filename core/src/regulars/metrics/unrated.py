"""Orders that count nowhere because their money cannot be told in the client's currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from regulars.metrics.spans import Span
from regulars.warehouse import Session


@dataclass(frozen=True, slots=True)
class Unrated:
    """Orders without a rate (`mixed`: with a refund in another currency than their own), and their days."""

    currency: str
    mixed: bool
    orders: int
    first_on: date
    last_on: date

    def text(self, file: str) -> str:
        """What is wrong and what to add to the client's file."""
        days = f"on {self.first_on}" if self.first_on == self.last_on else f"{self.first_on} to {self.last_on}"
        counted = f"{self.orders:,} order{'s' * (self.orders != 1)}"
        if self.mixed:
            return (
                f"{counted} in {self.currency} ({days}) given back in another currency: counted nowhere."
                " Mend the refund on the platform, or take it out of the import"
            )
        rate = f'{{ currency = "{self.currency}", from = {self.first_on}, rate = "..." }}'
        what = f"no rate for {self.currency}: {counted} ({days}) counted nowhere"
        return f"{what}. Add to {file}, [money] rates: {rate}"


def uncounted(session: Session) -> frozenset[str]:
    """Customers with an order that was set apart: whatever is measured of them lacks it. Reads sale."""
    sql = "SELECT DISTINCT customer_id FROM sale WHERE kind = 'quarantined' AND customer_id IS NOT NULL"
    return frozenset(row[0] for row in session.query(sql))


def unrated(session: Session, span: Span | None = None) -> tuple[Unrated, ...]:
    """The orders (of a span) that were set apart for their currency, the most first; reads sale."""
    sql = """SELECT s.currency, s.net_minor IS NOT NULL, count(*), min(s.ordered_on), max(s.ordered_on)
        FROM sale AS s
        WHERE s.kind = 'quarantined' AND s.ordered_on BETWEEN $starts_on AND $ends_on
        GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"""
    starts_on, ends_on = (span.starts_on, span.ends_on) if span else (date.min, date.max)
    asked = {"starts_on": starts_on, "ends_on": ends_on}
    return tuple(Unrated(*row) for row in session.query(sql, asked))
