"""`regulars media`, `acquisition` and `scorecard` on a published snapshot, read by a person and by a program."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import Result
from measured import Measured
from metrics.shop import Shop, noon
from regulars.explain import TERMS
from regulars.metrics import build_reach
from regulars.scorecard import NAMES
from regulars.warehouse import statement

AS_OF = "2026-06-10"
SAID = """[connections.shop]
plugin = "shopify"
[costs]
acquisition = [{ month = "2026-05", source = "social", amount = "30 GBP" }]
programmes = [{ month = "2026-05", programme = "Club", amount = "12 GBP" }]
platforms = [{ month = "2026-05", connection = "shop", amount = "10 GBP" }]
"""
COMMANDS = ("media", "acquisition", "scorecard")
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Measured(tmp_path, fill, SAID).run


def fill(shop: Shop) -> None:
    """Three who bought; Ann came by a social network in May and joined the club."""
    shop.person("ann", created=noon("2026-05-03"))
    for kind, value in (("source", "instagram"), ("loyalty_member", "club"), ("follower", "instagram")):
        shop.add("signal", person_id="ann", kind=kind, value=value, at=noon("2026-05-03"))
    shop.add("consent", person_id="ann", channel="email", state="subscribed", at=noon("2026-05-03"))
    for name, days in {"ann": ["2026-05-03"], "bob": ["2026-04-01", "2026-05-01"], "cat": ["2025-12-01"]}.items():
        for day in days:
            shop.order(name, day, 2000)
    shop.build(AS_OF)
    shop.predict(AS_OF)
    for name, columns in {
        "verdict": {"customer_id": ["ann"], "channel": ["email"], "verdict": ["yes"]},
        "deliverable": {"customer_id": ["ann"], "state": ["yes"]},
        "signal_source": {"kind": ["source"], "connection": ["shop"]},
    }.items():
        shop.session.load(name, pa.table({key: pa.array(value, pa.string()) for key, value in columns.items()}))
    build_reach(shop.session)
    days = {"as_of": date.fromisoformat(AS_OF), "zone": "Europe/London"}
    shop.session.run(statement("regulars.metrics", "first_touch"), days)


def test_media_tells_reach_value_and_what_a_gained_contact_cost(run: Run) -> None:
    told = run("media", "acme").stdout
    assert "email                                  1   33.3 %" in told
    assert "segment unreachable_valuable" in told
    assert "12.00 GBP" in next(line for line in told.splitlines() if line.startswith("club"))
    data = json.loads(run("media", "acme", "--json").stdout)
    assert data["gains"][0]["cost_each_minor"] == 1200
    assert data["quadrants"]["all_customers"]["customers"] == 3


def test_acquisition_tells_the_funnel_and_what_a_customer_cost(run: Run) -> None:
    told = run("acquisition", "acme").stdout
    assert "unknown                2           2         2  100.0 %         1   50.0 %" in told
    data = json.loads(run("acquisition", "acme", "--json").stdout)
    assert [(row["source"], row["cac_minor"]) for row in data["sources"]] == [("social", 3000)]


def test_the_scorecard_is_of_the_last_month_that_is_over(run: Run) -> None:
    data = json.loads(run("scorecard", "acme", "--json").stdout)
    assert (data["month"], tuple(data["figures"])) == ("2026-05", NAMES)
    assert data["figures"]["cost"][0]["now"]["value"] == "10.00 GBP"
    assert "scorecard 2026-05" in run("scorecard", "acme").stdout


def test_another_month_can_be_asked_for_and_one_that_runs_cannot(run: Run) -> None:
    assert json.loads(run("scorecard", "acme", "--month", "2026-04", "--json").stdout)["month"] == "2026-04"
    refused = run("scorecard", "acme", "--month", "2026-06")
    assert refused.exit_code == 2
    assert "2026-06 is not over. The last month that is: 2026-05" in refused.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_client_that_was_never_measured_is_told_what_to_do(tmp_path: Path, command: str) -> None:
    done = Measured(tmp_path, None).run(command, "acme")
    assert done.exit_code == 1
    assert "Run: regulars run" in done.stderr


@pytest.mark.parametrize(
    "word",
    [
        *(
            "owned",
            "earned",
            "unowned",
            "purchased",
            "rented",
            "reach",
            "arrives",
            "unreachable_valuable",
            "valuable",
        ),
        *("programme", "gained", "cost_each", "list_health", "first_source", "referred", "conversion", "K", "cac"),
        *("clv_cac", "payback", "known", "ordered", "again", "out_of_reach", "scorecard", "engagement", "loyalty"),
        *("alignment", "programme_cost", "return", "incremental_margin", "if_nothing_is_done", "tenure"),
        *("repeat_rate", "not_measured"),
    ],
)
def test_every_word_on_these_pages_is_in_the_glossary(word: str) -> None:
    assert word in TERMS
