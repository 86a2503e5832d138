"""Reach per channel, by count and by value: an address, consent, and a way for the message to arrive."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from regulars.warehouse import Session, statement

Channel = Literal["email", "phone", "post", "push"]
CHANNELS: tuple[Channel, ...] = ("email", "phone", "post", "push")
Best = Literal["owned", "rented", "earned", "none"]
BEST: tuple[Best, ...] = ("owned", "rented", "earned", "none")


@dataclass(frozen=True, slots=True)
class People:
    """People and the value behind them, in minor units."""

    people: int = 0
    value_minor: int = 0

    def __add__(self, other: People) -> People:
        return People(self.people + other.people, self.value_minor + other.value_minor)


Truth = tuple[bool, bool, bool]
"""Address, consent, arrives."""


@dataclass(frozen=True, slots=True)
class ChannelReach:
    """One channel. `cells` holds everybody by the three conditions; nobody is in two."""

    channel: Channel
    cells: dict[Truth, People] = field(default_factory=dict)

    @property
    def reached(self) -> People:
        """All three hold."""
        return self.cells.get((True, True, True), People())

    @property
    def is_visible(self) -> bool:
        """Whether any platform knows an address or a consent for it."""
        return any((address or consent) and cell.people for (address, consent, _), cell in self.cells.items())

    def without(self, lacking: Literal["address", "consent", "arrives"]) -> int:
        """People whom only this one condition keeps out."""
        truth = {"address": (False, True), "consent": (True, False), "arrives": (True, True)}[lacking]
        return sum(
            cell.people
            for (address, consent, arrives), cell in self.cells.items()
            if (address, consent) == truth and (lacking == "address" or arrives == (lacking == "consent"))
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """All channels, and everybody once by the best medium that leads to them."""

    channels: tuple[ChannelReach, ...]
    best: dict[Best, People]

    @property
    def everybody(self) -> People:
        """All people known."""
        return sum(self.best.values(), People())

    def share(self, found: People) -> tuple[float | None, float | None]:
        """Per cent of all people, and of all value; None where there is none."""
        whole = self.everybody
        return _percent(found.people, whole.people), _percent(found.value_minor, whole.value_minor)


def reach(session: Session) -> Reach:
    """From channel_reach and media_person."""
    best: dict[Best, People] = dict.fromkeys(BEST, People())
    for name, people, minor in session.query(
        "SELECT best, count(*), CAST(coalesce(sum(value_minor), 0) AS BIGINT) FROM media_person GROUP BY best"
    ):
        best[name] = People(people, minor)
    everybody = sum(best.values(), People())
    cells: dict[Channel, dict[Truth, People]] = {channel: {} for channel in CHANNELS}
    for channel, address, consent, arrives, people, minor in session.query(statement(__package__, "truth")):
        cells[channel][address, consent, arrives] = People(people, minor)
    for known in cells.values():
        told = sum(known.values(), People())
        known[False, False, False] = People(
            everybody.people - told.people, everybody.value_minor - told.value_minor
        )
    return Reach(tuple(ChannelReach(channel, cells[channel]) for channel in CHANNELS), best)


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
