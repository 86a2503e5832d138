"""kill -9 anywhere in apply and undo: the platform ends as after an uninterrupted run, and nothing is
written twice."""

from __future__ import annotations

import copy
import random
import sqlite3
from collections import Counter
from datetime import date

import pytest
from faults.apply_worker import apply_worker, undo_worker
from faults.killing import calls, finished, killed
from plan.bench import MAPS, Bench
from plan.bench import bench as opened

KILLS = 50


class Story:
    """A client with a plan of several batches, which can be put back to its beginning."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        bench.configure("[write]\ncanary = 5\n" + MAPS)
        for n in range(24):
            bench.add(f"c{n:02}", stage="retention", clv_12m=float(n + 1), last_order_on=date(2026, 11, 1))
        bench.segments = {"news": {f"c{n:02}" for n in range(0, 24, 2)}}
        for n in range(1, 24, 4):
            bench.sandbox.people[f"c{n:02}"]["lists"] = ["rg:news"]
        self.plan = bench.plan().id
        self.run_id = ""
        self.keep()

    @property
    def root(self):
        return self.bench.root

    @property
    def journal(self):
        return self.bench.client.data_dir / "journal.db"

    @property
    def run(self) -> str:
        """The run that applied the plan."""
        with self.bench.open() as (journal, _, _):
            return journal.rows("SELECT run_id FROM plan WHERE id = ?", (self.plan,))[0][0]

    def keep(self) -> None:
        """Remember this beginning."""
        self.kept = self.bench.sandbox.state(), self.journal.read_bytes()

    def again(self) -> None:
        """Back to the beginning."""
        state, journal = self.kept
        self.bench.sandbox.restore(copy.deepcopy(state))
        for part in self.journal.parent.glob("journal.db*"):
            part.unlink()
        self.journal.write_bytes(journal)

    def end(self):
        return {k: (p["fields"], sorted(p["lists"])) for k, p in self.bench.sandbox.people.items()}

    def written(self) -> Counter:
        """Changes that reached the platform since the beginning, and how often each."""
        return Counter(
            tuple(write) for write in self.bench.sandbox.state()["writes"][len(self.kept[0]["writes"]) :]
        )

    def ledger(self):
        connection = sqlite3.connect(self.journal)
        try:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            return {row[0] for row in connection.execute("SELECT DISTINCT state FROM ledger")}
        finally:
            connection.close()


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("apply")) as bench:
        yield Story(bench)


def once(changes: Counter) -> set:
    """The changes, after a look that none was written twice."""
    assert set(changes.values()) == {1}
    return set(changes)


@pytest.mark.parametrize("worker", ["apply", "undo"])
def test_killed_anywhere_it_ends_as_if_it_had_not_been(story, worker):
    if worker == "undo":
        story.again()
        finished(apply_worker, story.root, story.plan)
        story.run_id = story.run
        story.keep()
    task = (apply_worker, story.root, story.plan) if worker == "apply" else (undo_worker, story.root, story.run_id)
    story.again()
    total = calls(*task)
    expected, changes = story.end(), once(story.written())
    dice = random.Random(7)
    died = 0
    for _ in range(KILLS):
        story.again()
        at = dice.randrange(total // 10, total)
        died += killed(*task, at=at)
        finished(*task)
        assert story.end() == expected, f"killed at call {at}"
        assert once(story.written()) == changes, f"killed at call {at}"
        assert story.ledger() == {"confirmed"}
    assert died > KILLS * 3 // 4


def test_killed_again_and_again_it_still_gets_there(story):
    story.again()
    task = (undo_worker, story.root, story.run_id)
    total = calls(*task)
    expected = story.end()
    dice = random.Random(3)
    story.again()
    assert sum(killed(*task, at=dice.randrange(total // 10, total // 2)) for _ in range(10)) > 3
    finished(*task)
    assert story.end() == expected
    once(story.written())
