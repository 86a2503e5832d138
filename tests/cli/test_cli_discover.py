"""discover and draft on the command line, with a platform invented for it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from contract.toy import ToySandbox, connector
from regulars import ConfigError, Discovery, Draft, Finding, FoundField, FoundList, SimulatedClock
from regulars.cli import root
from regulars.cli.call import Call
from regulars.plugins import Plugins
from regulars.testing import Served
from regulars.testing.sample import SAMPLE_END, sample_world

FOUND = Discovery(
    lists=(FoundList("News", "7", "audience", 1200), FoundList("toy-tea", "8", "static list", 3, ours=True)),
    fields=(
        FoundField("birthday", "date", "Birthday", filled=0.125, note="required"),
        FoundField("toy_clv", "number", filled=1.0, ours=True),
        FoundField("name", "text", of="company"),
    ),
    facts=(("currencies", "GBP 1,886 orders, EUR 41"), ("zone", "Europe/London")),
    sampled=80,
)


class Campaigns:
    """Drafts that live in the sandbox."""

    def __init__(self, box):
        self.box = box

    def find(self, name):
        return self.box.drafts.get(name)

    def make(self, request):
        if request.template != "winter":
            raise ConfigError(f"no template {request.template!r}", where="toy", hint="Known: winter")
        checks = (
            Finding("ok", "recipients", "3 people"),
            Finding("error", "reply-to", "the domain is not verified"),
        )
        if (there := self.find(request.name)) and not there.empty:
            return there
        made = Draft("d1", request.name, "https://toy.example.test/d/1", False, checks)
        self.box.drafts[request.name] = made
        return made


@pytest.fixture
def box():
    sandbox = ToySandbox(SimulatedClock(SAMPLE_END))
    sandbox.populate(sample_world(20))
    sandbox.drafts = {}
    return sandbox


@pytest.fixture
def toy(box, agency):
    """Runs the command line; client acme has the toy as its connection `crm`."""
    plugin = replace(connector(), discover=lambda *_: FOUND, drafts=lambda *_: Campaigns(box))
    plugins = Plugins({"toy": plugin})
    secret = agency / "secrets" / "acme" / "toy"
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_text(box.credentials()["token"])
    secret.chmod(0o600)
    file = agency / "clients" / "acme.toml"
    with Served(box) as url:
        lines = ["[connections.crm]", 'plugin = "toy"', 'expect_id = "toy"', 'role = "both"']
        lines += [f'sandbox = "{url}"', 'token = "secret:toy"']
        file.write_text(file.read_text().replace("onboarding", "live") + "\n".join(lines) + "\n")

        def run(*args, answers=None):
            call = Call()
            call.plugins = plugins
            return CliRunner().invoke(root, ["-w", str(agency), *args], obj=call, input=answers)

        yield run


DRAFT = ("draft", "acme.crm", "Winter", "--list", "toy-tea", "--template", "winter", "--subject", "Tea")


def test_lists_fields_and_facts_are_told_in_aligned_lines(toy):
    done = toy("discover", "acme.crm")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("acme.crm  toy 1  toy")
    assert "  currencies  GBP 1,886 orders, EUR 41" in lines
    assert any(line.split() == ["toy-tea", "static", "list", "3", "8", "ours"] for line in lines)
    assert any(line.split() == ["birthday", "person", "date", "12", "%", "Birthday", "required"] for line in lines)
    assert lines[-1] == "filled: of 80 records looked at"


def test_fields_are_chosen_by_name(toy):
    found = json.loads(toy("discover", "acme.crm", "--field", "*BIRTH*", "--json").stdout)
    assert [field["name"] for field in found["fields"]] == ["birthday"]
    assert found["fields"][0]["filled"] == 0.125
    assert len(found["lists"]) == 2
    assert "no field is named like" in toy("discover", "acme.crm", "--field", "zz*").stdout


def test_a_target_without_a_connection_names_those_there_are(toy):
    done = toy("discover", "acme")
    assert done.exit_code == 2
    assert "Known: acme.crm" in done.stderr


def test_another_account_is_not_discovered(toy, agency):
    file = agency / "clients" / "acme.toml"
    file.write_text(file.read_text().replace('expect_id = "toy"', 'expect_id = "other"'))
    assert toy("discover", "acme.crm").exit_code == 20
    assert toy(*DRAFT, "--yes").exit_code == 20


def test_a_draft_is_made_after_a_yes_and_found_the_second_time(toy, box):
    done = toy(*DRAFT, answers="y\n")
    assert done.exit_code == 0
    assert "subject   Tea" in done.stderr
    assert "not ready yet" in done.stdout
    assert "✗ reply-to    the domain is not verified" in done.stdout
    assert "It is not sent" in done.stderr
    again = json.loads(toy(*DRAFT, "--json", "--no-input").stdout)
    assert (again["id"], again["made"], len(box.drafts)) == ("d1", False, 1)


def test_a_draft_that_broke_off_before_its_content_is_finished_after_a_yes(toy, box):
    half = Draft("d1", "Winter", "https://toy.example.test/d/1", False, empty=True)
    box.drafts["Winter"] = half
    assert toy(*DRAFT, "--no-input").exit_code == 6
    assert box.drafts["Winter"] is half
    done = json.loads(toy(*DRAFT, "--yes", "--json").stdout)
    assert (done["made"], box.drafts["Winter"].empty) == (True, False)


def test_without_a_yes_nothing_is_made(toy, box):
    assert toy(*DRAFT, answers="n\n").exit_code == 6
    assert toy(*DRAFT, "--no-input").exit_code == 6
    assert box.drafts == {}


def test_only_our_own_lists_may_be_drafted_for(toy, box):
    done = toy("draft", "acme.crm", "Winter", "--list", "News", "--template", "winter", "--subject", "x", "--yes")
    assert done.exit_code == 6
    assert box.drafts == {}


def test_a_template_that_is_not_there_is_named(toy, box):
    done = toy("draft", "acme.crm", "W", "--list", "toy-tea", "--template", "w", "--subject", "x", "--yes")
    assert done.exit_code == 2
    assert "no template 'w'" in done.stderr


def test_a_client_that_is_not_live_gets_no_draft(toy, agency, box):
    file = agency / "clients" / "acme.toml"
    file.write_text(file.read_text().replace('"live"', '"onboarding"'))
    assert toy(*DRAFT, "--yes").exit_code == 6
    assert box.drafts == {}
