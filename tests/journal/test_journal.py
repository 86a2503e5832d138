"""The journal: leases fence, transactions are whole, facts and runs come back, old formats open."""

import json
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from regulars.clock import SimulatedClock
from regulars.errors import ConfigError, LockedError, RegularsError
from regulars.journal import Journal, runs
from regulars.journal.migrations import MIGRATIONS


@pytest.fixture
def clock():
    return SimulatedClock(datetime(2026, 11, 21, 2, 15, tzinfo=UTC))


@pytest.fixture
def journal(tmp_path, clock):
    journal = Journal.open(tmp_path / "acme" / "journal.db", clock)
    yield journal
    journal.close()


def test_a_second_run_is_refused_while_the_first_holds_the_lease(journal, clock):
    other = Journal.open(journal.path, clock)
    with journal.lease(), pytest.raises(LockedError, match="another run holds this client"):
        other.lease()
    with other.lease() as lease:
        assert lease.epoch == 2
    other.close()


def test_the_lease_of_a_dead_process_is_free(journal):
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    lease = journal.lease()
    with journal.tx(lease) as tx:
        tx.execute("UPDATE lease SET owner = ?", (lease.owner.rpartition(":")[0] + f":{dead.pid}",))
    assert journal.lease().epoch == 2


def test_the_lease_of_another_machine_is_free_only_when_it_expired(journal, clock):
    lease = journal.lease()
    with journal.tx(lease) as tx:
        tx.execute("UPDATE lease SET owner = 'run@elsewhere:7'")
    with pytest.raises(LockedError):
        journal.lease()
    clock.sleep(601)
    assert journal.lease().epoch == 2


def test_a_worker_that_lost_its_lease_can_change_nothing(journal):
    old = journal.lease()
    with journal.tx(old) as tx:
        tx.execute("UPDATE lease SET owner = ''")
    new = journal.lease()
    with pytest.raises(LockedError, match="lost its lease"), journal.tx(old) as tx:
        tx.execute("INSERT INTO meta VALUES ('x', '1')")
    assert journal.rows("SELECT 1 FROM meta WHERE name = 'x'") == []
    with journal.tx(new) as tx:
        tx.execute("INSERT INTO meta VALUES ('x', '2')")


def test_a_transaction_that_fails_leaves_nothing(journal):
    with journal.lease() as lease:
        with pytest.raises(ZeroDivisionError), journal.tx(lease) as tx:
            tx.execute("INSERT INTO meta VALUES ('half', '1')")
            raise ZeroDivisionError
        assert journal.rows("SELECT 1 FROM meta WHERE name = 'half'") == []


def test_facts_come_back_in_order_with_their_payload(journal, clock):
    with journal.lease() as lease, journal.tx(lease) as tx:
        journal.add_facts(tx, "stage", [("c1", {"new": "retention"}), ("c2", {"new": "expansion"})])
        journal.add_facts(tx, "level", [("c1", {"new": "basic"})])
    found = list(journal.facts("stage"))
    assert [(f.subject, f.payload["new"]) for f in found] == [("c1", "retention"), ("c2", "expansion")]
    assert found[0].at == clock.now()
    assert [f.kind for f in journal.facts("level", "c1")] == ["level"]


def test_an_open_run_is_gone_on_with_and_a_finished_one_is_not(journal):
    with journal.lease() as lease:
        first = runs.start(journal, lease, "night")
        runs.advance(journal, lease, first, "read")
        again = runs.start(journal, lease, "night")
        assert (again.id, again.step) == (first.id, "read")
        runs.finish(journal, lease, again, "ok", {"rows": 3})
        assert runs.start(journal, lease, "night").id != first.id
    assert runs.find(journal, first.id).summary == {"rows": 3}
    with pytest.raises(ConfigError, match="no run 'r-x'"):
        runs.find(journal, "r-x")


def test_every_client_has_a_key_of_its_own_that_stays(tmp_path, clock, journal):
    other = Journal.open(tmp_path / "bolt" / "journal.db", clock)
    again = Journal.open(journal.path, clock)
    assert again.key == journal.key != other.key
    assert len(bytes.fromhex(journal.key)) == 32
    other.close()
    again.close()


def test_a_journal_of_the_first_format_still_opens(tmp_path, clock):
    path = tmp_path / "old.db"
    old = sqlite3.connect(path)
    for statement in MIGRATIONS[0]:
        old.execute(statement)
    old.execute("PRAGMA user_version = 1")
    old.execute(
        "INSERT INTO fact (kind, subject, at, payload) VALUES ('join', 'p1', ?, ?)",
        (clock.now().isoformat(), json.dumps({"with": "p2"})),
    )
    old.commit()
    old.close()
    journal = Journal.open(path, clock)
    assert [f.payload for f in journal.facts("join")] == [{"with": "p2"}]
    assert journal.rows("PRAGMA user_version") == [(len(MIGRATIONS),)]
    journal.close()


LEDGER = (
    "INSERT INTO ledger (plan_id, run_id, connection, record_id, kind, field, wanted, state, at)"
    " VALUES ('p', 'r', 'crm', ?, ?, ?, ?, ?, ?)"
)
WRITES = [
    ("1", "set", "stage", "retention", "confirmed", "2026-01-01"),
    ("1", "set", "stage", "expansion", "confirmed", "2026-01-02"),
    ("1", "set", "stage", "reactivation", "drifted", "2026-01-03"),
    ("1", "join", "stage", "in", "confirmed", "2026-01-01"),
    ("1", "leave", "stage", "out", "confirmed", "2026-01-02"),
    ("2", "set", "level", "basic", "unknown", "2026-01-01"),
    ("2", "address", "email", "hash", "confirmed", "2026-01-01"),
    ("3", "set", "level", None, "confirmed", "2026-01-01"),
]
NEWEST = [
    ("1", 0, "stage", "out", "2026-01-02"),
    ("1", 1, "stage", "expansion", "2026-01-02"),
    ("3", 1, "level", None, "2026-01-01"),
]
ASKED = "SELECT record_id, is_field, name, wanted, at FROM written ORDER BY 1, 2, 3"


def test_what_was_last_written_is_known_in_a_journal_of_an_older_format(tmp_path, clock):
    path = tmp_path / "old.db"
    old = sqlite3.connect(path)
    for statement in (*MIGRATIONS[0], *MIGRATIONS[1]):
        old.execute(statement)
    old.execute("PRAGMA user_version = 2")
    old.executemany(LEDGER, WRITES)
    old.commit()
    old.close()
    journal = Journal.open(path, clock)
    assert journal.rows(ASKED) == NEWEST
    journal.close()


def test_what_was_last_written_follows_the_ledger(journal):
    with journal.lease() as lease, journal.tx(lease) as tx:
        tx.executemany(LEDGER, [(*row[:4], "intended", "2025-12-31") for row in WRITES])
    assert journal.rows(ASKED) == []
    order = [2, 1, 0, 7, 6, 5, 4, 3]  # confirmed in another order than intended: the later intention counts
    with journal.lease() as lease, journal.tx(lease) as tx:
        for n in order:
            tx.execute("UPDATE ledger SET state = ?, at = ? WHERE seq = ?", (*WRITES[n][4:], n + 1))
    assert journal.rows(ASKED) == NEWEST


def test_a_newer_or_broken_file_is_one_clear_line(tmp_path, clock):
    newer = tmp_path / "newer.db"
    db = sqlite3.connect(newer)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(RegularsError, match="newer than this program"):
        Journal.open(newer, clock)
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"not a database at all" * 100)
    with pytest.raises(RegularsError, match="not a readable journal"):
        Journal.open(broken, clock)
