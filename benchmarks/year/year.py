"""The loop: a day, a night with its trouble, and everything that must be true afterwards."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from regulars.apply import apply_plan, unfinished
from regulars.journal import runs
from regulars.plan import load_plan, mirror
from regulars.run.desk import Desk
from regulars.run.proposal import propose
from regulars.run.result import Result
from regulars.testing.sample import sample_world

from benchmarks.year import life, oracle, targets, watch
from benchmarks.year.bell import Killed
from benchmarks.year.house import SEGMENTS, House
from benchmarks.year.town import SLOW, Town
from benchmarks.year.trouble import Trouble
from benchmarks.year.truth import Truth, reader

BEGIN = datetime(2026, 1, 5, 2, 15, tzinfo=UTC)
PEOPLE = 40
LAG = timedelta(seconds=70)
"""What changed so shortly before a read may be missed by it: search is read up to a minute ago."""
AGAIN = 0.15
"""Share of nights after which everything is planned again, and read and planned again."""
TRIES = 12
"""How often a night is tried before the oracle calls it stuck."""


class Mismatch(AssertionError):
    """The product, or a simulated platform, is wrong."""


@dataclass
class Figures:
    """What a year came to. `nights` are those whose every check was made."""

    nights: int = 0
    runs: int = 0
    acts: int = 0
    planned: int = 0
    written: int = 0
    drifted: int = 0
    refused: int = 0
    unknown: int = 0
    replans: int = 0
    seconds: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Done:
    """A run that ended well: when it began, and what the platforms held then."""

    result: Result
    began: datetime
    before: dict[str, Truth]


class Year:
    """One seed, night after night. `number` is the night that comes next."""

    def __init__(self, root: Path, seed: int, kept: dict[str, Any] | None = None) -> None:
        self.root, self.seed, self.number = root, seed, 0
        self.figures, self.trouble = Figures(), Trouble()
        logging.getLogger("regulars").propagate = False
        ways = random.Random(f"{seed}/ways")
        if kept is None:
            self.house = House(root, sample_world(PEOPLE, seed, BEGIN), BEGIN, ways)
            self.house.set_key(f"{seed:064x}")
            self.town = Town(self.house)
            self.house.clock.forward(timedelta(minutes=10))
        else:
            self.house = House(root, kept["world"], kept["now"], ways, kept["states"])
            self.town = Town(self.house, kept["counter"], kept["done"])
            self.number, self.figures, self.trouble.injected = kept["number"], kept["figures"], kept["faults"]
        self._look = reader()
        self._found: list[str] = []
        self._truth = self._looked()

    def __enter__(self) -> Year:
        return self

    def __exit__(self, *_: object) -> None:
        self.house.__exit__()

    def kept(self) -> dict[str, Any]:
        """All that a later process needs beside the workspace's folder; to be pickled."""
        return {
            "world": self.house.world,
            "now": self.house.clock.now(),
            "states": self.house.states(),
            "counter": self.town.counter,
            "done": self.town.done,
            "number": self.number,
            "figures": self.figures,
            "faults": self.trouble.injected,
        }

    def night(self) -> list[str]:
        """One day and its night; returns everything that was wrong."""
        number, self.number = self.number, self.number + 1
        random.seed(f"{self.seed}/{number}")  # the product's waits have jitter
        if number:
            self._day(number)
        self._found, self._truth = [], self._looked()
        dice = random.Random(f"{self.seed}/{number}/night")
        if number:
            self.trouble.arrange(self.town, dice, self._meanwhile)
        done = self._until_done(dice)
        self._checked(done)
        if dice.random() < AGAIN:
            self._again(done)
        self.town.forget_before(self.town.now - 2 * SLOW)
        self.figures.nights += 1
        self.figures.faults = self.trouble.injected
        return self._found

    def _day(self, number: int) -> None:
        dice = random.Random(f"{self.seed}/{number}/day")
        begin = BEGIN + timedelta(days=number, minutes=dice.randrange(40))
        self.figures.acts += life.day(self.town, max(begin, self.town.now), dice)
        self.house.clock.forward(timedelta(minutes=3))  # so that all platforms show it

    # --- running -----------------------------------------------------------------------------------

    def _until_done(self, dice: random.Random) -> _Done:
        """Runs until one ends well, as the next hours of an agency would."""
        result: Result | None = None
        for _ in range(TRIES):
            began, before = self.town.now, self._looked()
            self._truth = before
            result = self._run()
            if result and result.state == "ok":
                self.trouble.clear(self.town)
                self._applied(result)
                self._watch()
                return _Done(result, began, before)
            self.trouble.clear(self.town)
            self._watch()
            if result and result.state == "blocked":
                self._accept(result)
            else:
                self.house.clock.forward(timedelta(minutes=dice.randrange(20, 70)))
                self._finish_half()
                self._watch()
                self.house.clock.forward(timedelta(minutes=dice.randrange(3, 30)))
        raise Mismatch(f"the night does not end: {result}")

    def _run(self) -> Result | None:
        """One run; None where the process died in it."""
        self.figures.runs += 1
        try:
            result = self.house.night()
        except Killed:
            self.figures.states["killed"] += 1
            return None
        self.figures.states[result.state] += 1
        return result

    def _accept(self, result: Result) -> None:
        """A person looks and says that the night really was so."""
        with self.house.desk() as at:
            runs.accept(at.journal, at.lease, result.run, "it was so")

    def _finish_half(self) -> None:
        """A person does what the failed night told: the half applied plan is gone on with."""
        with self.house.desk() as at:
            for plan in unfinished(at.journal):
                self._tally(apply_plan(at.client, at.journal, at.lease, plan, at.connections).to_json())

    def _applied(self, result: Result) -> None:
        """What the night did not apply by itself a person applies: the first plan, for one."""
        self.figures.planned += result.plan_changes
        if result.applied is not None:
            self._tally({"refused": result.applied["refused"], **result.applied})
        elif result.plan and result.plan_changes:
            with self.house.desk() as at:
                self._tally(apply_plan(at.client, at.journal, at.lease, result.plan, at.connections).to_json())

    def _tally(self, done: Mapping[str, Any]) -> None:
        self.figures.written += done["written"]
        self.figures.drifted += done["drifted"]
        self.figures.unknown += done["unknown"]
        self.figures.refused += done["refused"] if "refused" in done else done["rejected"]

    # --- looking -----------------------------------------------------------------------------------

    def _looked(self) -> dict[str, Truth]:
        return {role: look(self.house.sandbox[role]) for role, look in self._look.items()}

    def _watch(self) -> None:
        """What we asked for and changed since the last look."""
        now = self._looked()
        for role, sandbox in self.house.sandbox.items():
            self._found += watch.requests(role, sandbox.log, self.figures.calls)
            sandbox.log.clear()
            self._found += watch.foreign(role, self._truth[role], now[role])
            forbidden: list[str] = getattr(sandbox, "forbidden", [])
            self._found += [f"{role}: {words}" for words in forbidden]
            forbidden.clear()
        self._truth = now

    def _meanwhile(self, act: Callable[[], object]) -> None:
        """People act in the middle of a night: what we did until then is looked at, and theirs is theirs."""
        self._watch()
        act()
        self._truth = self._looked()

    def _checked(self, done: _Done) -> None:
        """The warehouse is the sum of the platforms; the platforms hold what was measured."""
        young = self.town.touched_since(done.began - LAG)
        slow = self.town.now - SLOW
        excused = oracle.Excused(young, self.town.slow_since(slow, "lists"), self.town.slow_since(slow, "gone"))
        with self.house.desk() as at:
            told = _told(at, done)
            touched = young | set(excused.slow_lists) | set(excused.gone)
            self._found += _without_reason(at, done, touched, self.trouble.struck == 0)
            with at.warehouse.published() as session:
                self._found += oracle.warehouse(session, done.before, excused)
                records = {role: mirror.records(session, at.journal, role) for role in self._truth}
                self._found += oracle.believed(records, self._truth, excused)
                aims = targets.Aims(at.client.config.map, SEGMENTS, told, young, excused.slow_lists)
                self._found += targets.met(session, self._truth, aims)

    def _again(self, done: _Done) -> None:
        """Nothing happened since: another night finds nothing to write."""
        if self.town.touched_since(done.began - LAG):
            return
        # A tag that was changed silently shows as soon as anything else of its member is written.
        slow = self.town.slow_since(self.town.now - SLOW, "lists")
        with self.house.desk() as at:
            told = {(role, record) for role, record, _ in _told(at, done)} | slow
            left = [c for c in propose(at).writable() if (c.connection, c.change.id) not in told]
        self._found += [f"planned again at once: {change}" for change in left[:5]]
        self.house.clock.forward(timedelta(minutes=10))
        result = self._run()
        if result and result.state == "blocked":
            self._accept(result)
            result = self._run()
        self._watch()
        self.figures.replans += 1
        if result is None or result.state != "ok":
            self._found.append(f"the second night of a day: {result and result.reason}")
        elif not any(s["stream"] == "mail.presence" and s["rows"] for s in result.streams):
            with self.house.desk() as at:
                plan = load_plan(result.plan or "", at.client.data_dir / "plans", at.journal)
            left = [c for c in plan.writable() if (c.connection, c.change.id) not in told]
            self._found += [f"planned again after reading: {change}" for change in left[:5]]


def _without_reason(at: Desk, done: _Done, touched: set[tuple[str, str]], well: bool) -> list[str]:
    """Changes left alone as somebody else's which nobody made; and, where all was well, refused ones."""
    states = "('drifted', 'rejected', 'unknown')" if well else "('drifted')"
    rows = at.journal.rows(
        f"SELECT connection, record_id, field, state, reason FROM ledger WHERE plan_id = ? AND state IN {states}",
        (done.result.plan,),
    )
    return [
        f"{role} person {record}: {field} is {state} ({reason}), and nobody changed it"
        for role, record, field, state, reason in rows
        if (role, record.rpartition("/")[2]) not in touched
    ]


def _told(at: Desk, done: _Done) -> set[tuple[str, str, str]]:
    """What the night said it did not write, and what it was not free to write."""
    rows = at.journal.rows(
        "SELECT connection, record_id, field FROM ledger WHERE plan_id = ? AND state <> 'confirmed'",
        (done.result.plan,),
    )
    found = {(str(c), str(r), str(f)) for c, r, f in rows}
    if done.result.plan:
        plan = load_plan(done.result.plan, at.client.data_dir / "plans", at.journal)
        found |= {(c.connection, c.change.id, c.name) for c in plan.changes if c.blocked}
    return found
