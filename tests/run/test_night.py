"""A client's night: what it does by itself, what it never does, and what a bad night leaves behind."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from regulars.apply import apply_plan
from regulars.cli import root
from regulars.config import open_workspace
from regulars.journal import runs
from regulars.run.desk import desk, reading
from regulars.run.fleet import due, run_each
from regulars.testing import Fault
from regulars.testing.sample import SAMPLE_END, sample_world
from stage import Stage

QUIET = "[clock]\norder_source_max_age = '900d'"


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path / "ws", sample_world(40), SAMPLE_END, extra=QUIET) as stage:
        stage.forward(minutes=10)
        yield stage


def cli(stage, *words):
    return CliRunner().invoke(root, ["-w", str(stage.root), "--no-input", *words])


def say(stage, text, instead):
    file = stage.root / "clients" / "acme.toml"
    before = file.read_text()
    assert instead in before
    file.write_text(before.replace(instead, text, 1))


def person_applies(stage):
    with desk(stage.client(), stage.plugins) as at:
        plan = at.journal.rows("SELECT id FROM plan WHERE state = 'open' ORDER BY created_at DESC LIMIT 1")[0][0]
        return apply_plan(at.client, at.journal, at.lease, plan, at.connections)


def someone_buys(stage, key="later"):
    from regulars.testing import WorldLine, WorldOrder

    person = next(p for p in stage.world.people if p.key == "p0012")
    at = stage.clock.now() - timedelta(minutes=30)
    stage.world.orders.append(WorldOrder(key, person.key, at, [WorldLine("TEA-1", 3, "8.50")]))
    stage.populate()
    stage.forward(minutes=5)


def test_a_night_reads_measures_plans_and_writes_nothing(stage):
    writes = len([a for s in stage.sandbox.values() for a in s.log if a.method in ("PUT", "PATCH", "DELETE")])
    result = stage.night()
    assert (result.state, result.exit_code) == ("ok", 0)
    assert result.plan_changes > 0
    assert result.applied is None
    after = len([a for s in stage.sandbox.values() for a in s.log if a.method in ("PUT", "PATCH", "DELETE")])
    assert after == writes
    stored = json.loads((stage.client().data_dir / "last_run.json").read_text())
    assert stored["plan"] == result.plan
    assert stored["version"] == 1


def test_a_second_night_without_news_plans_the_same_and_moves_nobody(stage):
    first = stage.night()
    stage.forward(hours=2)
    second = stage.night()
    assert second.moves == 0
    assert second.plan_changes == first.plan_changes


def test_nothing_is_applied_by_itself_unless_all_conditions_hold(stage):
    say(stage, 'name = "Acme"\nauto_apply = true', 'name = "Acme"')
    assert stage.night().applied is None, "no person has applied before"
    assert person_applies(stage).written > 0
    someone_buys(stage)
    assert stage.night().applied["written"] > 0
    someone_buys(stage, "again")
    say(stage, 'status = "paused"', 'status = "live"')
    assert stage.night().applied is None, "the client is not live"


def test_without_auto_apply_a_person_is_always_asked(stage):
    stage.night()
    person_applies(stage)
    someone_buys(stage)
    assert stage.night().applied is None


def test_a_guard_stops_the_automatic_apply(stage):
    say(stage, 'name = "Acme"\nauto_apply = true\n[guards]\nmax_write_records = 1\n', 'name = "Acme"\n')
    # The keys after a table belong to it, so that the rest of the file goes before.
    file = stage.root / "clients" / "acme.toml"
    text = file.read_text().replace("[guards]\nmax_write_records = 1\n", "")
    file.write_text(text + "\n[guards]\nmax_write_records = 1\n")
    stage.night()
    with desk(stage.client(), stage.plugins) as at, at.journal.tx(at.lease) as tx:
        tx.execute("INSERT INTO run (id, no, kind, state, step, started_at, summary)"
                   " VALUES ('r-x', 99, 'apply', 'ok', '', '2026-01-01T00:00:00+00:00', '{}')")  # fmt: skip
    result = stage.night()
    assert result.applied is None
    assert [guard for guard in result.guards if guard.startswith("plan: guard max_write_records: ")]


FAULTS = {
    "revoked token": ("crm", Fault("status", "GET", status=401, times=99, body=b'{"message":"no"}'), 4),
    "platform down": ("shop", Fault("drop", "", times=99, skip=3), 1),
    "malformed page": ("shop", Fault("malformed", "orders(", times=1), 1),
    "page cut off": ("mail", Fault("cut", "/members", times=99), 1),
    "server errors": ("crm", Fault("status", "/contacts", status=503, times=99), 1),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_night_says_one_line_loses_nothing_and_the_next_is_whole(stage, name, tmp_path):
    role, fault, code = FAULTS[name]
    stage.sandbox[role].faults.append(fault)
    shown = cli(stage, "run", "acme")
    assert shown.exit_code == code, shown.output
    assert "[acme] FAILED" in shown.stderr
    assert "still safe: yesterday's values stay, nothing was written. next: regulars check acme" in shown.stderr
    assert "Traceback" not in shown.output
    with reading(stage.client()) as journal:
        assert [run.state for run in runs.recent(journal)] == ["failed"]
    stage.sandbox[role].faults.clear()
    stage.forward(minutes=10)
    result = stage.night()
    assert result.state == "ok", result.reason
    with Stage(tmp_path / "other", sample_world(40), SAMPLE_END, extra=QUIET) as good:
        good.forward(minutes=10)
        expected = good.night()
    assert result.customers == expected.customers
    # The other segments depend on who is held out, which is drawn under each journal's own key.
    for name in ("new_this_month", "second_order_due", "champions", "unreachable_valuable"):
        assert result.segments[name] == expected.segments[name]


def test_the_wrong_account_stops_everything_with_its_own_code(stage):
    say(stage, 'expect_id = "4711"', f'expect_id = "{stage.client().config.connections["crm"].expect_id}"')
    shown = cli(stage, "run", "acme")
    assert shown.exit_code == 20
    assert "expected 4711" in shown.stderr
    assert not [a for a in stage.sandbox["crm"].log[-1:] if "contacts" in a.path]


def test_a_missing_scope_is_named(stage):
    stage.sandbox["crm"].scopes = {"oauth"}
    shown = cli(stage, "run", "acme")
    assert shown.exit_code == 4
    assert "the token lacks crm.schemas.contacts.read" in shown.stderr


def test_one_clients_failure_leaves_the_others_whole(stage):
    other = (stage.root / "clients" / "acme.toml").read_text().replace('id = "acme"', 'id = "bolt"')
    (stage.root / "clients" / "bolt.toml").write_text(other)
    results = run_each(open_workspace(stage.root), ["bolt", "acme"], stage.plugins)
    assert [(r.client, r.state, r.exit_code) for r in results] == [("bolt", "failed", 2), ("acme", "ok", 0)]
    assert "no secret" in results[0].reason or "secret" in results[0].reason
    shown = cli(stage, "run", "bolt", "acme", "--json")
    assert shown.exit_code == 3
    assert [r["state"] for r in json.loads(shown.stdout)] == ["failed", "ok"]


def test_a_night_is_due_a_day_after_the_last_and_a_paused_client_never(stage):
    workspace = open_workspace(stage.root)
    assert due(workspace) == ["acme"]
    stage.night()
    assert due(workspace) == []
    stage.forward(hours=23)
    assert due(workspace) == ["acme"]
    say(stage, 'status = "paused"', 'status = "live"')
    assert due(open_workspace(stage.root)) == []


def test_status_tells_quiet_from_dead(stage):
    assert "never run" in cli(stage, "status").stdout
    stage.night()
    assert cli(stage, "status").exit_code == 0
    stage.forward(hours=27)
    late = cli(stage, "status")
    assert late.exit_code == 9
    assert "should have run by" in late.stdout


def test_another_run_of_the_same_client_is_refused(stage):
    with desk(stage.client(), stage.plugins):
        shown = cli(stage, "run", "acme")
    assert shown.exit_code == 11
    assert "another run holds this client" in shown.stderr


def test_as_the_warehouse_is_lost_the_same_answers_come_back(stage):
    first = stage.night()
    for file in stage.client().data_dir.glob("*.duckdb*"):
        file.unlink()
    stage.forward(minutes=30)
    again = stage.night()
    assert (again.state, again.customers, again.segments, again.moves) == (
        "ok",
        first.customers,
        first.segments,
        0,
    )


def test_no_secret_is_in_any_file_that_a_night_leaves(stage):
    stage.night()
    secrets = [f.read_text() for f in (stage.root / "secrets").rglob("*") if f.is_file()]
    assert secrets
    for file in stage.client().data_dir.rglob("*"):
        if file.is_file():
            assert not [s for s in secrets if s.encode() in file.read_bytes()], file


def test_a_plan_after_the_tables_were_lost_is_made_of_tables_made_again(stage):
    stage.night()
    wanted = json.loads(cli(stage, "plan", "acme", "--json").stdout)["changes"]
    (stage.client().data_dir / "warehouse.duckdb").unlink()
    again = cli(stage, "plan", "acme", "--json")
    assert again.exit_code == 0, again.output
    assert len(json.loads(again.stdout)["changes"]) == len(wanted) > 0
    (stage.client().data_dir / "warehouse.duckdb").unlink()
    with desk(stage.client(), stage.plugins) as at, at.warehouse.burst():
        pass  # whoever opens it first makes an empty one
    assert stage.night().customers == 43


def test_an_automatic_apply_that_breaks_off_says_what_is_half_done_and_how_to_go_on(stage):
    say(stage, 'name = "Acme"\nauto_apply = true', 'name = "Acme"')
    stage.night()
    person_applies(stage)
    someone_buys(stage)
    stage.sandbox["crm"].faults.append(Fault("status", "/batch/update", status=401, times=99, body=b"{}"))
    broken = stage.night()
    assert broken.exit_code == 4
    assert "is half applied" in broken.safe
    assert "nothing was written" not in broken.safe
    stage.sandbox["crm"].faults.clear()
    assert "is half applied; finish it: regulars apply acme" in cli(stage, "status").stdout
    assert broken.then.startswith("regulars apply acme ")
    plan = broken.then.split()[-1]
    with desk(stage.client(), stage.plugins) as at:
        assert apply_plan(at.client, at.journal, at.lease, plan, at.connections).unknown == 0


def test_a_clients_data_is_for_its_owner_alone_also_where_the_file_was_written_by_hand(stage):
    stage.night()
    assert stage.client().data_dir.stat().st_mode & 0o077 == 0


def test_a_client_whose_file_is_broken_does_not_blind_the_status_of_the_others(stage):
    stage.night()
    (stage.root / "clients" / "bolt.toml").write_text("schema = 1\nid = \n")
    shown = cli(stage, "status")
    assert shown.exit_code == 2
    assert "acme" in shown.stdout
    assert "bolt: clients/bolt.toml: not valid TOML" in shown.stdout


def test_a_run_that_was_cut_short_is_told(stage):
    with desk(stage.client(), stage.plugins) as at:
        runs.start(at.journal, at.lease, "night")
    shown = cli(stage, "status")
    assert shown.exit_code == 1
    assert "the run was cut short; nothing is lost" in shown.stdout
