"""Night after night: metrics, standings, and the moves as a journal would keep them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from metrics.shop import Shop
from regulars.journal import Fact
from regulars.lifecycle import KINDS, LINE, LifecycleSettings, Recorded, build, history, line_facts, moves
from regulars.models import Move


class Nights:
    """`night` builds and records; `today` builds only."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.settings = shop, LifecycleSettings(zone="Europe/London")
        self.facts: list[Fact] = []

    def today(self, as_of: str, now: datetime | None = None) -> None:
        """Build as of a day, without any memory."""
        self.shop.build(as_of)
        build(self.shop.session, self.settings, date.fromisoformat(as_of), None, now)

    def night(self, as_of: str, now: datetime | None = None) -> list[tuple[str, str, dict[str, Any]]]:
        """Build as of a day with what was recorded before, and record the new moves."""
        day = date.fromisoformat(as_of)
        self.shop.build(as_of)
        build(self.shop.session, self.settings, day, Recorded.of(self.facts), now)
        found = [(kind, who, what) for kind in KINDS for who, what in moves(self.shop.session, kind, day)]
        found += [(LINE, category, what) for category, what in line_facts(self.shop.session)]
        at = datetime.combine(day, datetime.min.time(), UTC)
        self.facts += [Fact(len(self.facts) + i, *move[:2], at, move[2]) for i, move in enumerate(found)]
        return [move for move in found if move[0] != LINE]

    def again(self, as_of: str) -> None:
        """Build as of a past day with the lines that were recorded by then."""
        self.shop.build(as_of)
        build(self.shop.session, self.settings, date.fromisoformat(as_of), Recorded.of(self.facts))

    def is_now(self, name: str, column: str) -> Any:
        return self.shop.one(f"SELECT {column} FROM standing WHERE customer_id = '{name}'")

    def moves(self, kind: str, name: str) -> tuple[Move, ...]:
        return history(f for f in self.facts if f.kind == kind and f.subject == name)
