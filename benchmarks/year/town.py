"""Where people live: the platforms, who is on them, and what was done to whom."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from benchmarks.year.house import House


@dataclass(frozen=True, slots=True)
class Touch:
    """A record that somebody changed. `slow`: what of it the platform shows only in its weekly pass
    ("" for nothing): `lists` (Mailchimp's tags move no `last_changed`) or `gone` (deleted for good)."""

    role: str
    id: str
    slow: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """An act at its instant."""

    at: datetime
    name: str
    touched: tuple[Touch, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that people do. `do` returns the records it touched; none means it was not possible.

    `needs` names an attribute path that the platform's simulation must have ("sandbox.merge"), so that
    an act begins by itself once it can be done.
    """

    name: str
    weight: float
    do: Callable[[Town, random.Random], Sequence[Touch]]
    needs: Callable[[Town], bool] = lambda _: True


@dataclass
class Town:
    """The house and its people. `counter` makes every name and address once."""

    house: House
    counter: int = 0
    done: list[Done] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.house.clock.now()

    @property
    def shop(self) -> Any:
        """The simulated shop."""
        return self.house.sandbox["shop"]

    @property
    def crm(self) -> Any:
        """The simulated CRM."""
        return self.house.sandbox["crm"]

    @property
    def mail(self) -> Any:
        """The simulated mail platform."""
        return self.house.sandbox["mail"]

    def address(self, dice: random.Random) -> str:
        """An address that nobody ever had, in one of the ways people write it."""
        self.counter += 1
        first = dice.choice(FIRST)
        plain = f"{first}.{self.counter}@example.test"
        return dice.choice((plain, plain, plain.lower(), plain.lower()))

    def act(self, act: Act, dice: random.Random) -> bool:
        """Do it, and remember what it touched. False where it could not be done."""
        if not act.needs(self):
            return False
        touched = tuple(act.do(self, dice))
        if touched:
            self.done.append(Done(self.now, act.name, touched))
        return bool(touched)

    def touched_since(self, instant: datetime) -> set[tuple[str, str]]:
        """Records that were changed at or after an instant."""
        return {(t.role, t.id) for done in self.done if done.at >= instant for t in done.touched}

    def slow_since(self, instant: datetime, slow: str) -> set[tuple[str, str]]:
        """Records of which something was changed that shows only in the weekly pass."""
        return {(t.role, t.id) for done in self.done if done.at >= instant for t in done.touched if t.slow == slow}

    def forget_before(self, instant: datetime) -> None:
        """Drop what no rule looks at any more."""
        self.done = [done for done in self.done if done.at >= instant]


SLOW = timedelta(days=8, hours=12)
"""What shows only in a weekly pass: the pass comes with the first good night seven days after the last,
which is at most a day later, and a night that failed is done again within hours."""

FIRST = ("Ada", "Ben", "Cora", "Dov", "Elsa", "Finn", "Gwen", "Hugo", "Iris", "Jon", "Kaya", "Leo", "Mina")
LAST = ("Archer", "Baker", "Cole", "Dale", "Ellis", "Frost", "Gray", "Hale", "Irwin", "Joyce", "Kerr")
COUNTRIES = ("IE", "GB", "US", "DE")


def pick(dice: random.Random, things: Sequence[Any]) -> Any:
    """One of them, None where there is none."""
    return dice.choice(things) if things else None
