"""A past day again: what was recorded that night, whatever happened since; the client's own files stay."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import tempfile
from datetime import timedelta

import pytest
from click.testing import CliRunner
from regulars.cli import root
from regulars.errors import ConfigError
from regulars.run.desk import reading
from regulars.run.past import OWNER, PREFIX, past
from regulars.testing import WorldLine, WorldOrder
from regulars.testing.sample import SAMPLE_END, sample_world
from regulars.warehouse import Warehouse
from stage import Stage

TABLES = ("standing", "customer_value", "retention", "customer_clv", "clv_model", "lifecycle_line", "service_hold")
DAY = SAMPLE_END.date()


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """Two nights forty days apart; `first` is what the first one published. Somebody bought in between."""
    folder = tmp_path_factory.mktemp("past") / "ws"
    quiet = "[clock]\norder_source_max_age = '900d'"
    with Stage(folder, sample_world(60), SAMPLE_END, roles=("shop",), extra=quiet) as stage:
        stage.forward(minutes=10)
        assert stage.night(write=False).state == "ok"
        stage.first = tables(stage.client())
        stage.forward(days=40)
        at = stage.clock.now() - timedelta(days=3)
        person = next(p for p in stage.world.people if p.key == "p0012")
        stage.world.orders.append(WorldOrder("later", person.key, at, [WorldLine("TEA-1", 3, "8.50")]))
        stage.populate()
        stage.forward(minutes=5)
        assert stage.night(write=False).state == "ok"
        yield stage


def tables(client):
    """All rows, sums of fractions without their last digits; whether a line was new is a matter of that night."""
    with Warehouse(client.data_dir).published() as session:
        found = {name: session.table(f"SELECT * FROM {name}").to_pylist() for name in TABLES}
    for row in (row for rows in found.values() for row in rows):
        row.pop("is_new", None)
        row.update({name: round(value, 9) for name, value in row.items() if isinstance(value, float)})
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def digests(client):
    files = [file for file in client.data_dir.rglob("*") if file.is_file() and file.suffix in (".duckdb", ".db")]
    return {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.mark.parametrize("name", TABLES)
def test_a_past_day_equals_what_was_recorded_that_night(stage, name):
    assert tables(stage.client())[name] != stage.first[name] or name == "service_hold"
    with past(stage.client(), DAY) as then:
        assert tables(then)[name] == stage.first[name]


def test_facts_recorded_later_are_not_there_and_the_clients_own_files_stay_as_they_are(stage):
    client = stage.client()
    before = digests(client)
    with past(client, DAY) as then, reading(then) as journal, reading(client) as now:
        moves, all_moves = list(journal.facts("state")), list(now.facts("state"))
        assert 0 < len(moves) < len(all_moves)
        assert {fact.at.date() for fact in moves} == {DAY}
        folder = then.data_dir
    assert digests(client) == before
    assert not folder.exists()


def test_copies_are_for_their_owner_only_and_those_of_a_killed_command_go(stage, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    for name, pid in (("dead", killed.pid), ("alive", os.getpid())):
        (tmp_path / f"{PREFIX}{name}").mkdir()
        (tmp_path / f"{PREFIX}{name}" / "journal.db").write_text("people")
        (tmp_path / f"{PREFIX}{name}" / OWNER).write_text(f"as of@{socket.gethostname()}:{pid}")
    with past(stage.client(), DAY) as then:
        assert then.data_dir.stat().st_mode & 0o077 == 0
        assert {folder.name for folder in tmp_path.iterdir()} == {then.data_dir.name, f"{PREFIX}alive"}


def test_a_day_that_was_not_measured_is_refused(stage):
    with pytest.raises(ConfigError, match="was not measured yet"), past(stage.client(), DAY + timedelta(days=41)):
        pass


def test_a_command_that_reads_takes_the_day_and_one_that_writes_does_not(stage):
    def run(*words):
        return CliRunner().invoke(root, ["-w", str(stage.root), *words])

    told = run("lifecycle", "acme", "--as-of", str(DAY))
    assert told.exit_code == 0
    assert f"stages on {DAY}" in told.stdout
    assert f"who moved: 2 of the months left out, the record of stages begins on {DAY}" in told.stdout
    assert "new here" not in told.stdout
    assert run("run", "acme", "--as-of", str(DAY)).exit_code == 2
    refused = run("recommend", "acme", "--as-of", str(DAY), "--accept", "x")
    assert "a past day cannot be decided about" in refused.stderr
