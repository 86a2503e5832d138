"""Everything that can go wrong between us and a platform, arranged before a night and cleared after it."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from regulars.testing import Fault

from benchmarks.year.bell import kill
from benchmarks.year.life import something
from benchmarks.year.town import Town

NIGHTS = 0.5
"""Share of nights on which anything goes wrong."""
ONCE, FOR_GOOD = (1, 2), (40, 40)
"""How often a fault comes: a client that tries again gets past it, or it does not."""
_THROTTLED = json.dumps({"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}).encode()
_WRITES = {"crm": "/batch/update", "mail": "PATCH "}
_JOINS = {"crm": "/memberships/", "mail": "/tags"}


@dataclass
class Trouble:
    """What was arranged for this night. `injected` counts over all nights, by kind."""

    injected: Counter[str] = field(default_factory=Counter)
    struck: int = 0
    """How often anything went wrong this night, as far as it is cleared."""
    _faults: list[tuple[str, Fault, int]] = field(default_factory=list)
    _undo: list[Callable[[], None]] = field(default_factory=list)

    def arrange(self, town: Town, dice: random.Random, ring: Callable[[Callable[[], object]], None]) -> None:
        """Perhaps some trouble. `ring` lets something happen in the middle, noticed by whoever watches."""
        self.struck = 0
        town.house.bell.wind()
        if dice.random() > NIGHTS:
            return
        for _ in range(dice.choice((1, 1, 2, 3))):
            name = dice.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
            KINDS[name][1](self, town, dice, name)
        if dice.random() < 0.5:
            self._meanwhile(town, dice, ring)
        if dice.random() < 0.25:
            self._kill(town, dice)

    def clear(self, town: Town) -> None:
        """The platforms are well again; what really struck is counted."""
        for name, fault, times in self._faults:
            self.injected[name] += times - fault.times
            self.struck += times - fault.times
        self.struck += len(self._undo)
        for undo in self._undo:
            undo()
        self._faults, self._undo = [], []
        for sandbox in town.house.sandbox.values():
            sandbox.faults.clear()
        if town.house.bell.at:
            self.injected["not reached"] += len(town.house.bell.at)
        town.house.bell.wind()

    def add(self, town: Town, role: str, name: str, fault: Fault) -> None:
        """Let a platform fail."""
        town.house.sandbox[role].faults.append(fault)
        self._faults.append((name, fault, fault.times))

    def turn(self, thing: object, name: str, **knobs: object) -> None:
        """Turn knobs of a platform for this night."""
        before = {knob: getattr(thing, knob) for knob in knobs}
        for knob, value in knobs.items():
            setattr(thing, knob, value)
        self._undo.append(lambda: [setattr(thing, knob, value) for knob, value in before.items()] and None)
        self.injected[name] += 1

    def _meanwhile(self, town: Town, dice: random.Random, ring: Callable[[Callable[[], object]], None]) -> None:
        """People go on while we work."""

        def act() -> None:
            self.injected["people in the middle of a night"] += 1
            ring(lambda: something(town, dice))

        for _ in range(dice.choice((1, 1, 2, 4))):
            town.house.bell.at[dice.randrange(3, 60)] = act

    def _kill(self, town: Town, dice: random.Random) -> None:
        def die() -> None:
            self.injected["killed in the middle"] += 1
            self.struck += 1
            kill()

        town.house.bell.at[dice.choice((dice.randrange(1, 25), dice.randrange(25, 90)))] = die


def _times(dice: random.Random) -> int:
    low, high = FOR_GOOD if dice.random() < 0.15 else ONCE
    return dice.randint(low, high)


def _anywhere(dice: random.Random) -> tuple[str, int]:
    return dice.choice(("shop", "crm", "mail")), dice.choice((0, 0, 1, 3, 6, 12))


def _status(status: int, body: bytes = b"", **headers: str) -> Kind:
    def do(trouble: Trouble, town: Town, dice: random.Random, name: str) -> None:
        role, skip = _anywhere(dice)
        fault = Fault("status", skip=skip, times=_times(dice), status=status, body=body, headers=headers)
        trouble.add(town, role, f"{name}", fault)

    return do


def _wire(kind: str) -> Kind:
    def do(trouble: Trouble, town: Town, dice: random.Random, name: str) -> None:
        role, skip = _anywhere(dice)
        trouble.add(town, role, name, Fault(kind, skip=skip, times=_times(dice)))  # type: ignore[arg-type]

    return do


def _after_a_write(kind: str) -> Kind:
    """The write was done, and we do not learn it."""

    def do(trouble: Trouble, town: Town, dice: random.Random, name: str) -> None:
        role = dice.choice(("crm", "mail"))
        match = dice.choice((_WRITES, _JOINS))[role]
        trouble.add(town, role, name, Fault(kind, match, skip=dice.choice((0, 0, 1, 4)), times=_times(dice)))  # type: ignore[arg-type]

    return do


def _throttled(trouble: Trouble, town: Town, dice: random.Random, name: str) -> None:
    fault = Fault("status", skip=dice.choice((0, 1, 3)), times=_times(dice), status=200, body=_THROTTLED,
                  headers={"content-type": "application/json"})  # fmt: skip
    trouble.add(town, "shop", name, fault)


def _slow_index(trouble: Trouble, town: Town, dice: random.Random, name: str) -> None:
    trouble.turn(town.crm.index, name, lag=float(dice.randint(2, 40)))


def _gateway(trouble: Trouble, town: Town, dice: random.Random, name: str) -> None:
    trouble.turn(town.crm, name, gateway_errors=dice.randint(1, 3))


def _late_index(trouble: Trouble, town: Town, dice: random.Random, name: str) -> None:
    trouble.turn(town.shop, name, index_lag=dice.randint(2, 60))


def _crowded(trouble: Trouble, town: Town, dice: random.Random, name: str) -> None:
    """Other programs hold all of the account's connections for a while."""
    refused = dice.choice(("429", "429 without a body", "403 without a body"))
    until = town.now + timedelta(seconds=dice.randint(5, 90))
    trouble.turn(town.mail, name, connections_elsewhere=10, overload=refused, elsewhere_until=until)


def _expired(trouble: Trouble, town: Town, dice: random.Random, name: str) -> None:
    """An access ends for good, until somebody mends it."""
    role = dice.choice(("crm", "mail", "shop"))
    if role == "shop":
        trouble.turn(town.shop, name, token="shpat_another", client_secret="another")
    elif role == "crm" and dice.random() < 0.5:
        trouble.turn(town.crm, name, expires_at=town.now)
    else:
        trouble.turn(town.house.sandbox[role], name, revoked=True)


def _ended(trouble: Trouble, town: Town, dice: random.Random, name: str) -> None:
    """Tokens that are renewed end in the middle: nobody should notice."""

    def end() -> None:
        now = int(town.now.timestamp())
        living = [held for held in town.shop.tokens.issued.values() if held.ends > now]
        for held in living:
            held.ends = now
        fresh = [token for token, ends in town.crm.oauth.issued.items() if ends > now]
        town.crm.oauth.issued |= dict.fromkeys(fresh, float(now))
        trouble.injected[name] += bool(living or fresh)

    for _ in range(dice.choice((1, 2))):
        town.house.bell.at[dice.randrange(3, 60)] = end


def _shut(trouble: Trouble, town: Town, dice: random.Random, name: str) -> None:
    trouble.turn(town.shop, name, status=dice.choice((402, 423)))


def _small_bucket(trouble: Trouble, town: Town, dice: random.Random, name: str) -> None:
    """Other programs use the account as well."""
    trouble.turn(town.crm.limits, name, burst=dice.randint(6, 30))


Kind = Callable[[Trouble, Town, random.Random, str], None]
KINDS: Mapping[str, tuple[float, Kind]] = {
    "429": (1.5, _status(429)),
    "423": (0.6, _status(423)),
    "502": (1, _status(502, b"<html>bad gateway</html>")),
    "503": (1, _status(503)),
    "504": (1, _status(504)),
    "THROTTLED": (1.5, _throttled),
    "malformed": (1, _wire("malformed")),
    "cut": (1, _wire("cut")),
    "lost": (0.7, _wire("lost")),
    "drop": (1, _wire("drop")),
    "lost after a write": (1.5, _after_a_write("lost")),
    "cut after a write": (1, _after_a_write("cut")),
    "malformed after a write": (0.7, _after_a_write("malformed")),
    "502 after a write": (1, _gateway),
    "slow search": (1, _slow_index),
    "late index": (1, _late_index),
    "crowded": (0.7, _crowded),
    "token ended": (1, _ended),
    "access gone": (0.3, _expired),
    "shop shut": (0.2, _shut),
    "few calls left": (0.5, _small_bucket),
}
"""Kind of trouble -> how often, and what it does."""
