"""From an empty folder to a connected client, by the command line alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from regulars import SimulatedClock
from regulars.config import open_workspace
from regulars.plugins import load
from regulars.testing import Served

TOKEN = "kettle-and-leaves-4f2a"
CONNECT = ("connect", "acme", "hubspot", "--sandbox", "sandboxes/crm.json")


def write(agency, lines):
    file = agency / "clients" / "acme.toml"
    file.write_text(file.read_text() + lines)


def test_init_says_what_it_made_and_what_is_next(regulars, tmp_path):
    done = regulars("init", tmp_path / "new", "--name", "Harbour", "--timezone", "Europe/London")
    assert done.exit_code == 0
    assert [line.split("/")[-1] for line in done.stdout.splitlines()] == [
        "common.toml",
        ".gitignore",
        "regulars.toml",
    ]
    assert "Next: regulars client add ID" in done.stderr


def test_init_asks_for_what_is_missing(regulars, tmp_path):
    done = regulars("init", tmp_path / "new", answers="Harbour Lane\nEurope/London\n")
    assert done.exit_code == 0
    assert open_workspace(tmp_path / "new").agency.name == "Harbour Lane"


def test_a_missing_answer_is_an_error_that_names_the_option(regulars, tmp_path, agency):
    done = regulars("init", tmp_path / "new", "--no-input")
    assert (done.exit_code, "--name is needed" in done.stderr) == (2, True)
    assert not (tmp_path / "new").exists()
    done = regulars("-w", agency, "client", "add", "borough", "--name", "B", "--no-input")
    assert (done.exit_code, "--currency is needed" in done.stderr) == (2, True)


def test_a_new_client_may_be_read_and_not_written(regulars, agency):
    done = regulars("-w", agency, "client", "show", "acme", "--json")
    shown = json.loads(done.stdout)
    assert (shown["status"], shown["currency"], shown["timezone"]) == ("onboarding", "EUR", "Europe/Vienna")
    assert (agency / "data" / "acme").is_dir()


def test_a_client_with_a_wrong_file_is_listed_with_the_reason(regulars, agency):
    add = ("client", "add", "borough", "--name", "Borough", "--currency", "GBP", "--timezone", "UTC")
    assert regulars("-w", agency, *add).exit_code == 0
    write(agency, "[guards]\nmax_chnge = 1\n")
    done = regulars("-w", agency, "client", "list", "--json")
    rows = {row["id"]: row for row in json.loads(done.stdout)}
    assert (rows["acme"]["status"], rows["borough"]["status"]) == ("error", "onboarding")
    assert "unknown key 'guards.max_chnge'" in rows["acme"]["error"]


def test_a_simulated_platform_is_connected_and_who_answers_is_stored(regulars, agency):
    done = regulars("-w", agency, *CONNECT, "--accept")
    assert done.exit_code == 0
    assert "✓ identity" in done.stdout
    crm = open_workspace(agency).client("acme").config.connections["crm"]
    assert (crm.plugin, crm.role, crm.sandbox) == ("hubspot", "both", "sandboxes/crm.json")
    assert crm.expect_id == "7000000"
    assert "segments" in [entry.from_ for entry in open_workspace(agency).client("acme").config.map]


def test_a_person_is_asked_whether_that_is_the_right_account(regulars, agency):
    assert regulars("-w", agency, *CONNECT, answers="n\n").exit_code == 0
    assert open_workspace(agency).client("acme").config.connections["crm"].expect_id is None
    done = regulars("-w", agency, "check", "acme.crm", answers="y\n")
    assert "7000000" in done.stderr
    assert open_workspace(agency).client("acme").config.connections["crm"].expect_id == "7000000"


def test_without_a_person_nothing_is_stored(regulars, agency):
    done = regulars("-w", agency, *CONNECT, "--no-input")
    assert "regulars check acme.crm --accept" in done.stderr
    assert "! identity" in done.stdout
    assert open_workspace(agency).client("acme").config.connections["crm"].expect_id is None


def test_another_account_is_code_20(regulars, agency):
    regulars("-w", agency, *CONNECT, "--accept")
    file = agency / "clients" / "acme.toml"
    file.write_text(file.read_text().replace('"7000000"', '"7000001"'))
    done = regulars("-w", agency, "check", "acme", "--json")
    assert done.exit_code == 20
    assert json.loads(done.stdout)[0]["findings"][0]["level"] == "error"
    assert "7000001" in file.read_text()


def test_what_check_found_wrong_is_code_9(regulars, agency):
    mail = (
        "connect",
        "acme",
        "mailchimp",
        "--sandbox",
        "mail.json",
        "--setting",
        "audience=0000000000",
        "--accept",
    )
    done = regulars("-w", agency, *mail)
    assert done.exit_code == 9
    assert "✗ audience" in done.stdout


def test_one_broken_connection_does_not_hide_the_others(regulars, agency):
    regulars("-w", agency, *CONNECT, "--accept")
    write(agency, "[connections.other]\nplugin = 'hubspott'\n[connections.mail]\nplugin = 'hubspot'\n")
    done = regulars("-w", agency, "check", "acme", "--json")
    found = {result["connection"]: result["findings"] for result in json.loads(done.stdout)}
    assert found["acme.crm"][0]["level"] == "ok"
    assert "Did you mean 'hubspot'?" in found["acme.other"][0]["text"]
    assert "'connections.mail.token' is missing" in found["acme.mail"][0]["text"]
    assert done.exit_code == 2


def test_a_client_without_connections_is_told_what_is_next(regulars, agency):
    done = regulars("-w", agency, "check", "acme")
    assert done.exit_code == 0
    assert "Next: regulars connect acme PLUGIN" in done.stderr


def test_a_typed_secret_is_stored_for_its_owner_and_never_shown(regulars, agency):
    sandbox = load().connector("hubspot").sandbox(clock=SimulatedClock(datetime(2026, 3, 1, tzinfo=UTC)), seed=0)
    token = sandbox.credentials()["token"]
    with Served(sandbox) as url:
        connect = ("connect", "acme", "hubspot", "--as", "crm_2", "--sandbox", url, "--accept")
        done = regulars("-w", agency, *connect, answers=f"{token}\n")
    file = agency / "secrets" / "acme" / "crm-2-token"
    assert done.exit_code == 0
    assert file.read_text() == f"{token}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert token not in done.output
    assert 'token = "secret:crm-2-token"' in (agency / "clients" / "acme.toml").read_text()
    assert token not in (agency / "clients" / "acme.toml").read_text()


def test_a_wrong_token_is_code_4_and_never_shown(regulars, agency):
    sandbox = load().connector("hubspot").sandbox(clock=SimulatedClock(datetime(2026, 3, 1, tzinfo=UTC)), seed=0)
    with Served(sandbox) as url:
        done = regulars("-w", agency, "connect", "acme", "hubspot", "--sandbox", url, answers=f"{TOKEN}\n")
    assert done.exit_code == 4
    assert TOKEN not in done.output


def test_no_option_takes_a_secret(regulars, agency):
    before = (agency / "clients" / "acme.toml").read_text()
    done = regulars("-w", agency, "connect", "acme", "hubspot", "--setting", f"token={TOKEN}")
    assert done.exit_code == 2
    assert "token is a secret: no option may hold it" in done.stderr
    assert TOKEN not in done.output
    assert (agency / "clients" / "acme.toml").read_text() == before


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (["hubspot", "--no-input"], "the secret secrets/acme/crm-token is needed"),
        (["mailchimp", "--no-input"], "the secret secrets/acme/mail-key is needed"),
        (["hubspot", "--setting", "portal"], "expected KEY=VALUE"),
        (["hubspotte"], "no plugin named 'hubspotte'. Did you mean 'hubspot'?"),
    ],
)
def test_a_connection_that_cannot_be_made_leaves_the_file_alone(regulars, agency, args, complaint):
    before = (agency / "clients" / "acme.toml").read_text()
    done = regulars("-w", agency, "connect", "acme", *args)
    assert done.exit_code == 2
    assert complaint in done.stderr
    assert (agency / "clients" / "acme.toml").read_text() == before


def test_a_wrong_setting_is_refused_before_anything_is_stored(regulars, agency):
    before = (agency / "clients" / "acme.toml").read_text()
    done = regulars("-w", agency, "connect", "acme", "hubspot", "--setting", "portle=1", answers=f"{TOKEN}\n")
    assert done.exit_code == 2
    assert "unknown key 'portle'. Did you mean 'portal'?" in done.stderr
    assert (agency / "clients" / "acme.toml").read_text() == before
    assert list((agency / "secrets" / "acme").iterdir()) == []


def test_valid_files_are_valid(regulars, agency):
    regulars("-w", agency, *CONNECT, "--accept")
    done = regulars("-w", agency, "config", "validate")
    assert (done.exit_code, done.stdout) == (0, "")


def test_every_wrong_file_is_told(regulars, agency):
    write(agency, "[segments]\nuse = ['champignons']\n[connections.crm]\nplugin = 'hubspot'\ntokne = 'secret:x'\n")
    regulars("-w", agency, "client", "add", "borough", "--name", "B", "--currency", "GBP", "--timezone", "UTC")
    other = agency / "clients" / "borough.toml"
    other.write_text(other.read_text() + "token = 'shpat_" + "0a1b2c3d4e5f60718293a4b5c6d7e8f9'\n")
    done = regulars("-w", agency, "config", "validate", "--json")
    problems = json.loads(done.stdout)["problems"]
    assert done.exit_code == 2
    assert any("'connections.crm.tokne'. Did you mean 'token'?" in line for line in problems)
    assert any("champignons" in line and line.startswith("clients/acme.toml") for line in problems)
    assert any(line.startswith("clients/borough.toml, line 8: this looks like a secret") for line in problems)
    assert "shpat_" not in done.output


def test_every_complaint_of_a_file_is_told(regulars, agency):
    write(agency, "[guards]\nmax_chnge = 1\n[segments]\nusee = []\n[write]\ncanary = 0\n")
    done = regulars("-w", agency, "config", "validate")
    assert done.exit_code == 2
    assert [key for key in ("guards.max_chnge", "segments.usee", "write.canary") if key not in done.stdout] == []
    assert len(done.stdout.splitlines()) == 3
    assert "more in this file" not in done.stdout


def test_missing_secrets_are_a_problem_when_asked_for(regulars, agency):
    write(agency, "[connections.crm]\nplugin = 'hubspot'\ntoken = 'secret:crm-token'\n")
    assert regulars("-w", agency, "config", "validate").exit_code == 0
    done = regulars("-w", agency, "config", "validate", "--secrets")
    assert (done.exit_code, "secret 'crm-token' is missing" in done.stdout) == (2, True)


def test_plugins_are_listed_outside_a_workspace_too(regulars, tmp_path):
    done = regulars("-w", tmp_path, "plugins", "list", "--json")
    names = {row["name"]: row["role"] for row in json.loads(done.stdout)}
    ours = {"ecoa_file": "ecoa", "ecoa_http": "ecoa", "hubspot": "crm", "mailchimp": "mail", "shopify": "shop"}
    assert names == ours


def test_a_disabled_plugin_is_not_there(regulars, agency):
    file = agency / "regulars.toml"
    file.write_text(file.read_text().replace("disabled = []", 'disabled = ["shopify"]'))
    done = regulars("-w", agency, "plugins", "list")
    assert "shopify" not in done.stdout
    assert "hubspot" in done.stdout
