"""regulars ecoa and regulars reactivation, from quote to confirmed addresses, on the simulated provider."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from reactivation.bench import NOW, Shop, add, config, consent_was_read, served
from regulars import SimulatedClock
from regulars.cli import root
from regulars.journal import Journal
from regulars.lifecycle import Line
from regulars.lifecycle.line import store
from regulars.reactivation import EcoaDesk, advance
from regulars.warehouse import Warehouse
from regulars_ecoa.sandbox import EcoaSandbox

AGENCY = """
schema = 1

[agency]
name = "Harbour Lane"
timezone = "Europe/London"

[clock]
simulated = "clock"
"""
CLIENT = """
schema = 1
id = "brightpaw"
name = "Bright Paw"
status = "live"
timezone = "America/Chicago"
currency = "USD"

[connections.moved]
plugin = "ecoa_http"
expect_id = "ecoa-0"
sandbox = "moved.json"

[segments]
use = ["winback_due", "champions"]

[ecoa]
enabled = true
connection = "moved"
unit_cost = "0.15 USD"
max_per_run = { records = 5, cost = "1.00 USD" }
max_per_month = { records = 8, cost = "1.50 USD" }
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "clients").mkdir()
    (tmp_path / "regulars.toml").write_text(AGENCY)
    (tmp_path / "clients" / "brightpaw.toml").write_text(CLIENT)
    clock = SimulatedClock(NOW, tmp_path / "clock")
    sandbox = EcoaSandbox(clock, seed=0)
    sandbox.answers = {"ada@example.test": ("ada.new@example.test", "confirmed")}
    sandbox.save(tmp_path / "moved.json")
    shop = Shop(Warehouse(tmp_path / "data" / "brightpaw"))
    with shop.warehouse.burst() as session:
        for name in ("ada", "bob"):
            add(session, name)
        add(session, "cyd", country="GB")
        add(session, "dan", bounce=None)
    shop.warehouse.publish()
    journal = Journal.open(tmp_path / "data" / "brightpaw" / "journal.db", clock)
    with journal.lease("test") as lease:
        consent_was_read(journal, lease)
    journal.close()
    return tmp_path


@pytest.fixture
def regulars(folder):
    def run(*args, answers=None):
        return CliRunner().invoke(root, ["-w", str(folder), *args], input=answers)

    return run


def quoted(regulars):
    return json.loads(regulars("--json", "--quiet", "ecoa", "quote", "brightpaw").stdout)


def test_a_quote_shows_who_is_left_out_and_what_it_costs(regulars):
    shown = regulars("ecoa", "quote", "brightpaw")
    assert shown.exit_code == 0, shown.output
    assert "−1 country not in ecoa.jurisdictions" in shown.stderr  # noqa: RUF001
    assert "2 records   0.15 USD   month 2026-03: 0.00 of 1.50 USD" in shown.stdout


def test_buying_needs_a_typed_name_or_the_quote(regulars):
    ref = quoted(regulars)["quote"]
    assert regulars("--no-input", "ecoa", "submit", "brightpaw", ref).exit_code == 2
    assert regulars("ecoa", "submit", "brightpaw", ref, answers="somebody\n").exit_code == 6
    assert regulars("ecoa", "submit", "brightpaw", ref, "--yes-i-approve", "q-other").exit_code == 6
    bought = regulars("ecoa", "submit", "brightpaw", ref, answers="brightpaw\n")
    assert (bought.exit_code, "submitted   2 records   0.15 USD" in bought.stdout) == (0, True)


def test_from_quote_to_a_confirmed_address(regulars, folder):
    ref = quoted(regulars)["quote"]
    assert regulars("ecoa", "submit", "brightpaw", ref, "--yes-i-approve", ref).exit_code == 0
    status = json.loads(regulars("--json", "ecoa", "status", "brightpaw").stdout)
    assert [job["state"] for job in status["jobs"]] == ["submitted"]
    collect(folder)
    shown = regulars("ecoa", "results", "brightpaw", "--sample", "9").stdout
    assert "0.15 USD per confirmed address" in shown
    assert "a•••@example.test" in shown
    assert "ada.new" not in shown


def collect(folder):
    clock = SimulatedClock(path=folder / "clock")
    clock.forward(timedelta(days=20))
    sandbox = EcoaSandbox(clock, seed=0)
    sandbox.load(folder / "moved.json")
    journal = Journal.open(folder / "data" / "brightpaw" / "journal.db", clock)
    with served(sandbox, clock) as provider, journal.lease("night") as lease:
        desk = EcoaDesk(config(), journal, Warehouse(folder / "data" / "brightpaw").burst)
        assert advance(desk, lease, provider).found["confirmed"] == 1
    journal.close()


def test_a_client_that_is_not_live_sends_nothing(regulars, folder):
    file = folder / "clients" / "brightpaw.toml"
    file.write_text(CLIENT.replace('"live"', '"onboarding"'))
    assert regulars("ecoa", "quote", "brightpaw").exit_code == 6


def test_ecoa_that_is_off_says_what_is_missing(regulars, folder):
    file = folder / "clients" / "brightpaw.toml"
    file.write_text(CLIENT.replace("enabled = true", "enabled = false"))
    told = regulars("ecoa", "quote", "brightpaw")
    assert (told.exit_code, "missing: enabled = true" in told.stderr) == (6, True)
    assert regulars("ecoa", "status", "brightpaw").exit_code == 0


def test_the_audience_is_shown_with_everybody_left_out(regulars):
    shown = regulars("reactivation", "show", "brightpaw", "--sample", "9")
    assert shown.exit_code == 0, shown.output
    assert "left out of winback_due          4 inside the rule" in shown.stdout
    assert "→ ECOA: 2 eligible, month 2026-03: 0.00 of 1.50 USD" in shown.stdout
    assert "lift: cannot tell" in shown.stdout
    assert "@example.test" in shown.stdout
    assert "ada@example.test" not in shown.stdout


def test_lines_on_which_nobody_can_begin_in_time_are_told(regulars, folder):
    assert "nobody can begin" not in regulars("reactivation", "show", "brightpaw").stdout
    warehouse = Warehouse(folder / "data" / "brightpaw")
    with warehouse.burst() as session:
        plain = Line("", 90, 180, "fixed", "too few came back", act_before=180)
        late = 'write act_before = "234d"'
        store(
            session,
            [replace(plain, category=name, refused=late if name != "Tea" else "") for name in ("", "Tea", "Mugs")],
        )
    warehouse.publish()
    shown = regulars("reactivation", "show", "brightpaw").stdout
    assert shown.count("nobody can begin in time") == 1
    assert 'nobody can begin in time, all products, Mugs: write act_before = "234d"\n' in shown
    assert "act_before is written below [lifecycle] in clients/brightpaw.toml\n" in shown


def test_the_audience_as_data(regulars):
    (found,) = json.loads(regulars("--json", "reactivation", "show", "brightpaw").stdout)
    assert (found["inside"], found["audience"], found["left_out"]) == (4, 1, {"bounced": 3})
