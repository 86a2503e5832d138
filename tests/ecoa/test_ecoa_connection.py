"""Settings, check, and the sandbox's memory."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from regulars import AuthError, EcoaBatch, Secret
from regulars.plugins import load
from regulars.testing import World, WorldPerson
from regulars_ecoa.provider import check
from regulars_ecoa.sandbox import Behaviour, EcoaSandbox
from regulars_ecoa.settings import EcoaSettings, Paths

TOKEN = Secret("ecoa.token", "tokentoken")


def test_the_plugin_brings_ecoa_http():
    connector = load().connector("ecoa_http")
    assert (connector.role, connector.source, connector.destination) == ("ecoa", None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://ecoa.example.test"},
        {"endpoint": "https://user@ecoa.example.test"},
        {"endpoint": "https://ecoa.example.test?api_key=1"},
        {"surprise": 1},
        {"needs": ("old_email",)},
        {"min_records": 9, "max_records": 3},
        {"paths": {"job": "/jobs"}},
        {"paths": {"purchase": "/buy"}},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        EcoaSettings.model_validate({"endpoint": "https://ecoa.example.test", "token": TOKEN, **wrong})


def test_paths_may_differ(connect, sandbox):
    with pytest.raises(Exception, match="not found at the provider"):
        connect(paths=Paths(job="/v9/tasks/{ref}")).poll("a/b")
    assert sandbox.log[0].target == "/v9/tasks/a%2Fb"


def test_check_says_who_we_are_and_where_settings_disagree(sandbox, http):
    given = sandbox.credentials()
    sandbox.behaviour.min_records = 25
    settings = EcoaSettings(endpoint=given["endpoint"], token=Secret("t", given["token"]), regions=("CA", "US"))
    report = check(settings, http)
    assert report.account_id == "ecoa-7"
    assert {(f.level, f.about) for f in report.findings} == {
        ("warning", "min_records"),
        ("warning", "regions"),
        ("ok", "access"),
    }


def test_check_refuses_a_revoked_token(sandbox, http):
    sandbox.revoked = True
    with pytest.raises(AuthError, match="refuses the token"):
        check(EcoaSettings(endpoint="https://ecoa.example.test", token=TOKEN), http)


def test_a_world_fills_the_match_table_with_those_who_moved(clock):
    people = [
        WorldPerson("a", "A@example.test", bounced="hard", properties={"moved_to": "a2@example.test"}),
        WorldPerson(
            "b",
            "b@example.test",
            bounced="hard",
            properties={"moved_to": "b2@example.test", "ecoa_permission": "no_response"},
        ),
        WorldPerson("c", "c@example.test", bounced="soft", properties={"moved_to": "c2@example.test"}),
        WorldPerson("d", "d@example.test", bounced="hard"),
    ]
    sandbox = EcoaSandbox(clock)
    sandbox.populate(World("Shop", "USD", "UTC", "US", people=people))
    assert sandbox.answers == {
        "a@example.test": ("a2@example.test", "confirmed"),
        "b@example.test": ("b2@example.test", "no_response"),
    }


def test_the_same_seed_matches_the_same_people(clock):
    def matched(seed):
        sandbox = EcoaSandbox(clock, seed, Behaviour(match_rate=0.3))
        rows = [{"record_key": str(n), "old_email": f"p{n}@example.test"} for n in range(200)]
        return [row["code"] != "NO_MATCH" for row in sandbox.match(rows, [])]

    assert matched(1) == matched(1) != matched(2)
    assert 40 <= sum(matched(1)) <= 80


def test_a_saved_sandbox_goes_on_where_it_was(provider, sandbox, clock, rows, tmp_path):
    sandbox.behaviour.turnaround = 3
    provider.submit(provider.quote(EcoaBatch(rows)).quote_ref, EcoaBatch(rows), "key-1")
    sandbox.save(tmp_path / "ecoa.json")
    again = EcoaSandbox(clock, seed=7)
    again.load(tmp_path / "ecoa.json")
    assert json.dumps(again.state()) == json.dumps(sandbox.state())
    clock.move_to(datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(days=3))
    assert again.charged().minor == 30
