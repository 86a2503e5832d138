"""What check says of a client whose platforms are simulated: lines a person reads, and what may be done now."""

from __future__ import annotations

import json

import pytest
from regulars.testing import Fault
from regulars.testing.sample import SAMPLE_END, sample_world
from stage import Stage

QUIET = "[clock]\norder_source_max_age = '900d'"


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path / "ws", sample_world(40), SAMPLE_END, extra=QUIET) as stage:
        stage.forward(minutes=10)
        yield stage


@pytest.fixture
def check(regulars, stage):
    def run(*args):
        return regulars("-w", stage.root, "--no-input", "check", *args)

    return run


def findings(done, connection, about=None):
    found = next(one for one in json.loads(done.stdout) if one["connection"] == connection)["findings"]
    return [(f["level"], f["text"]) for f in found if about in (None, f["about"])]


def written(stage, regulars):
    """A night, and its plan applied by a person."""
    plan = stage.night().plan
    done = regulars("-w", stage.root, "apply", "acme", plan, "--json", answers="acme\n")
    assert done.exit_code == 0, done.output


def test_lines_are_aligned_and_the_last_says_what_may_start(check):
    done = check("acme")
    lines = done.stdout.splitlines()
    marked = [line for line in lines if line[:4].strip() in ("✓", "!", "✗")]
    column = {len(line) - len(line[4:].lstrip().partition("  ")[2].lstrip()) for line in marked}
    assert len(column) == 1
    assert {"acme.shop", "acme.crm", "acme.mail"} < {line.split()[0] for line in lines if line[0] != " "}
    assert lines[-1].startswith("0 errors, ")
    assert "Reading may start." in lines[-1]


def test_without_a_target_every_client_is_looked_at(check, stage):
    wrong = (stage.root / "clients" / "acme.toml").read_text().replace('id = "acme"', 'id = "zebra"\nnmae = "x"')
    (stage.root / "clients" / "zebra.toml").write_text(wrong)
    done = check("--json")
    assert done.exit_code == 2
    assert findings(done, "acme.crm", "identity")[0][0] == "ok"
    assert "unknown key 'nmae'" in findings(done, "zebra", "file")[0][1]


def test_nothing_is_written_neither_there_nor_here(check, stage):
    before = {role: box.stored() for role, box in stage.sandbox.items()}
    assert check("acme").exit_code == 0
    assert not (stage.root / "data" / "acme" / "journal.db").exists()
    for role, box in stage.sandbox.items():
        assert {asked.method for asked in box.log} <= {"GET", "POST"}, role
        if role == "crm":
            assert json.loads(box.stored())["state"] == json.loads(before[role])["state"]


def test_what_the_first_apply_will_make_is_no_complaint(check):
    done = check("acme.crm", "--json")
    [(level, text)] = findings(done, "acme.crm", "fields")
    assert level == "ok"
    assert text == "0 of 11 mapped fields and lists are there; the first apply makes 11 more"


def test_what_we_wrote_is_there_until_somebody_archives_it(check, regulars, stage):
    written(stage, regulars)
    before = findings(check("acme.crm", "--json"), "acme.crm", "fields")
    assert [level for level, _ in before] == ["ok"]
    stage.sandbox["crm"].portal.schema.archive("regulars_stage")
    done = check("acme.crm", "--json")
    gone = findings(done, "acme.crm", "fields")[0]
    assert gone[0] == "warning"
    assert gone[1].startswith(
        "regulars_stage is gone: deleted, archived or renamed on the platform; we wrote it on"
    )
    assert "regulars plan acme" in gone[1]
    assert done.exit_code == 0


def test_a_field_that_became_another_type_is_an_error_and_the_others_are_still_told(check, regulars, stage):
    written(stage, regulars)
    stage.sandbox["crm"].portal.schema.live["regulars_clv"]["type"] = "string"
    stage.sandbox["crm"].portal.schema.archive("regulars_stage")
    done = check("acme.crm", "--json")
    found = findings(done, "acme.crm", "fields")
    assert [level for level, _ in found] == ["error", "warning", "ok"]
    assert "regulars_clv" in found[0][1]
    assert "exists as string" in found[0][1]
    assert done.exit_code == 9
    assert "mend fields" in check("acme.crm").stdout.splitlines()[-1]


def test_the_last_good_sync_is_told_with_what_we_hold(check, stage):
    assert findings(check("acme", "--json"), "acme.shop", "last sync") == [
        ("ok", "never read yet: regulars sync acme")
    ]
    stage.night(write=False)
    [(level, text)] = findings(check("acme", "--json"), "acme.shop", "last sync")
    assert level == "ok"
    assert "orders of it" in text
    stage.forward(days=3)
    [(level, text)] = findings(check("acme", "--json"), "acme.shop", "last sync")
    assert level == "warning"
    assert text.endswith("late: regulars run acme")


def test_a_platform_that_is_down_stops_nothing_but_itself(check, stage):
    stage.sandbox["mail"].faults = [Fault("status", times=99, status=503)]
    done = check("acme")
    assert done.exit_code == 1
    last = done.stdout.splitlines()[-1]
    assert "Nothing is read from or written to acme.mail until that is mended." in last
    assert last.endswith("exit 1")
    assert "✓ identity" in done.stdout


def test_a_run_is_shown_in_values_a_person_reads(regulars, stage):
    run = stage.night(write=False).run
    done = regulars("-w", stage.root, "runs", "show", "acme", run)
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["run", run]
    assert "crm.contacts  37 person" in done.stdout
    assert any(line.startswith("started at") and line.endswith("GMT") for line in lines)
    assert not any(sign in done.stdout for sign in ("{", "[", "None"))
