"""From a night to a written plan and back, on the command line, with HubSpot, Mailchimp and Shopify simulated."""

from __future__ import annotations

import json

import pytest
from regulars.testing.sample import SAMPLE_END, sample_world
from stage import Stage

QUIET = "[clock]\norder_source_max_age = '200h'"


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    with Stage(tmp_path_factory.mktemp("plan") / "ws", sample_world(40), SAMPLE_END, extra=QUIET) as stage:
        stage.forward(minutes=10)
        yield stage


@pytest.fixture
def cli(regulars, story):
    def run(*args, answers=None):
        return regulars("-w", story.root, *args, answers=answers)

    return run


def shown(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def held(story):
    """Who is on both platforms with which values; counters of requests are no content."""
    crm, mail = story.sandbox["crm"].state(), story.sandbox["mail"].state()
    return json.dumps([crm["portal"]["objects"], crm["portal"]["lists"], mail["audiences"]], sort_keys=True)


def test_there_is_nothing_to_plan_before_anything_was_read(cli):
    result = cli("plan", "acme")
    assert result.exit_code == 9
    assert "nothing was read yet" in result.stderr


def test_a_plan_is_made_shown_approved_applied_and_undone(cli, story):
    assert story.night().state == "ok"
    before = held(story)
    plan = shown(cli("--json", "plan", "acme"))
    assert held(story) == before
    assert {t["connection"] for t in plan["targets"]} == {"crm", "mail", "shop"}
    assert cli("plan", "acme", "--exit-code").exit_code == 8
    text = cli("show", "acme", plan["id"]).stdout
    assert plan["digest"] in text
    assert "will not touch   e-mail, opt-outs" in text
    assert "@" not in text

    for approval in ("wrong-client", plan["id"]):
        refused = cli("apply", "acme", plan["id"], answers=f"{approval}\n")
        assert (refused.exit_code, held(story)) == (7, before)
    assert cli("apply", "acme", plan["id"], "--yes-i-approve", plan["id"]).exit_code == 7
    assert cli("--no-input", "apply", "acme", plan["id"]).exit_code == 2

    applied = cli("apply", "acme", plan["id"], answers="acme\n")
    assert applied.exit_code == 0, applied.output
    assert held(story) != before
    assert cli("apply", "acme", plan["id"], answers="acme\n").exit_code == 7

    run_id = applied.stdout.split()[1]
    back = shown(cli("--json", "undo", "acme", run_id))
    assert back["undoes"] == run_id
    undone = shown(cli("--json", "apply", "acme", back["id"], "--yes-i-approve", back["digest"]))
    assert undone["rejected"] == undone["drifted"] == undone["unknown"] == 0
    states = [row["state"] for row in shown(cli("--json", "show", "acme"))]
    assert states.count("undone") == 1


def test_the_second_night_writes_nothing(cli, story):
    story.forward(hours=1)
    story.night()
    plan = shown(cli("--json", "plan", "acme"))
    shown(cli("--json", "apply", "acme", plan["id"], "--yes-i-approve", plan["digest"]))
    story.forward(hours=1)
    assert story.night().plan_changes == 0


def test_segments_are_listed_shown_and_previewed(cli):
    listed = shown(cli("--json", "segment", "list", "acme"))
    assert {row["segment"] for row in listed} >= {"champions", "winback_due"}
    steps = shown(cli("--json", "segment", "show", "acme", "winback_due"))["steps"]
    sizes = {row["segment"]: row["customers"] for row in listed}
    assert steps[-1]["remaining"] == sizes["winback_due"]
    found = shown(cli("--json", "segment", "preview", "acme", "orders_count >= 2 AND email_consent = 'yes'"))
    assert found[0]["remaining"] >= found[1]["remaining"] >= found[2]["remaining"] > 0
    assert cli("segment", "preview", "acme", "order_count > 1").exit_code == 2
    assert cli("segment", "show", "acme", "champion").exit_code == 2
    assert "days_since(date column)" in cli("segment", "columns").stdout
