"""regulars recommend: what a person reads, and decisions as facts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from expansion.goods import Goods
from metrics.shop import Shop
from regulars.cli import root
from regulars.config import open_workspace
from regulars.expansion.opportunity import opportunities
from regulars.run.desk import reading
from regulars.warehouse import Session, Warehouse

AS_OF = "2026-05-01"
Run = Callable[..., Result]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "agency"
    asked = (
        ("init", folder, "--name", "Harbour", "--timezone", "Europe/London"),
        (
            "-w",
            folder,
            "client",
            "add",
            "acme",
            "--name",
            "Acme",
            "--timezone",
            "Europe/London",
            "--currency",
            "GBP",
        ),
    )
    for words in asked:
        assert CliRunner().invoke(root, [str(word) for word in words]).exit_code == 0
    return folder


@pytest.fixture
def run(workspace: Path) -> Run:
    def call(*words: object) -> Result:
        return CliRunner().invoke(root, ["-w", str(workspace), "recommend", "acme", *map(str, words)])

    return call


def measured(workspace: Path, facts: bool = False) -> None:
    """A night of a shop in which pots lead to filters and classics to reserves."""
    client = open_workspace(workspace).client("acme")
    with Warehouse(client.data_dir).burst() as session:
        goods = Goods(Shop(session))
        fill(goods)
        if facts:
            with reading(client) as journal:
                goods.facts = list(journal.facts("recommendation"))
        goods.night(AS_OF)
        everybody_is_reachable(session)
    Warehouse(client.data_dir).publish()


def everybody_is_reachable(session: Session) -> None:
    session.run("CREATE OR REPLACE TABLE reachable AS SELECT customer_id, 'email' AS channel FROM customer")


def fill(goods: Goods) -> None:
    dice = random.Random(9)
    start = date(2026, 1, 1)
    for number in range(40):
        goods.buy(f"p{number:02}", start, "pot", f"tea-{number % 5}")
        if number % 2 == 0:
            goods.buy(f"p{number:02}", start + timedelta(days=30), "filter")
    for number in range(150):
        goods.buy(
            f"x{number}",
            start + timedelta(days=dice.randrange(60)),
            *dice.sample([f"tea-{n}" for n in range(8)], 3),
        )
    for number in range(25):
        goods.buy(f"c{number}", start, "classic")
        goods.buy(f"c{number}", start + timedelta(days=20), "tea-1")
        goods.buy(f"r{number}", start, "reserve", price=3000)
    goods.declare("upsell", "type:classic", "type:reserve")
    goods.declare("add_on", "type:pot", "sku:filter")


def test_a_person_reads_rules_evidence_and_what_they_may_bring(workspace: Path, run: Run) -> None:
    measured(workspace)
    found = run()
    assert found.exit_code == 0, found.output
    for text in (
        "Acme: what may be offered, as of 2026-05-01",
        "add_on/type:pot/sku:filter",
        "bought together, by the lower end of lift's 95 % interval",
        "pair/pot/filter",
        "0 of 25 (0.0 %)",
        "100.00 GBP",
        "margin: not measured",
        "spend of the same customers: not defined",
        "cash-grab meter: not measured, no offer was made yet",
        "Next: regulars recommend acme --accept RULE",
    ):
        assert text in found.stdout, text


def test_the_years_that_are_compared_are_named_or_what_one_lacks_is(workspace: Path, run: Run) -> None:
    measured(workspace)
    said = "not defined, the first order known is of 2026-01-01; it takes two years of orders, from 2024-05-02"
    assert said in run().stdout
    with Warehouse(open_workspace(workspace).client("acme").data_dir).burst() as session:
        goods = Goods(Shop(session))
        for day in ("2024-05-02", "2026-02-01"):
            goods.buy("old", day, "tea-1")
        goods.night(AS_OF)
    Warehouse(open_workspace(workspace).client("acme").data_dir).publish()
    assert (
        "spend of the 1 customers of the year before, 2024-05-02 to 2025-05-01, then and this year, 2025-05-02 to"
        " 2026-05-01"
    ) in run().stdout


def test_a_decision_is_a_versioned_fact_with_its_evidence_and_counts_from_the_next_night(
    workspace: Path, run: Run
) -> None:
    measured(workspace)
    assert "accepted pair/pot/filter (version 1)" in run("--accept", "pair/pot/filter").stdout
    assert "rejected pair/pot/filter (version 2)" in run("--reject", "pair/pot/filter").stdout
    assert "version 3" in run("--accept", "pair/pot/filter").stdout
    with reading(open_workspace(workspace).client("acme")) as journal:
        facts = list(journal.facts("recommendation", "pair/pot/filter"))
    assert [fact.payload["decision"] for fact in facts] == ["accept", "reject", "accept"]
    assert facts[0].payload["evidence"]["then_people"] == 20


def test_orders_of_all_time_are_told_apart_from_buyers_of_the_year(workspace: Path, run: Run) -> None:
    with Warehouse(open_workspace(workspace).client("acme").data_dir).burst() as session:
        goods = Goods(Shop(session))
        for day in ("2024-01-01", "2024-02-01", "2026-01-01"):
            goods.buy("ann", day, "pot")
        goods.night(AS_OF)
        everybody_is_reachable(session)
    Warehouse(open_workspace(workspace).client("acme").data_dir).publish()
    told = run().stdout
    assert "from 3 orders of all time (3 known to be delivered)" in told
    assert "1 buyers since 2025-05-02" in told


def test_a_rule_that_is_not_there_is_refused_with_the_nearest(workspace: Path, run: Run) -> None:
    measured(workspace)
    found = run("--accept", "pair/pot/filtre")
    assert found.exit_code == 2
    assert "Did you mean 'pair/pot/filter'?" in found.stderr


@pytest.mark.parametrize("limit", [-3, 0])
def test_a_limit_below_one_is_refused(workspace: Path, run: Run, limit: int) -> None:
    measured(workspace)
    found = run("--limit", limit)
    assert found.exit_code == 2
    assert "'--limit'" in found.stderr


def test_where_no_rule_is_known_it_says_how_one_comes_to_be(workspace: Path, run: Run) -> None:
    with Warehouse(open_workspace(workspace).client("acme").data_dir).burst() as session:
        goods = Goods(Shop(session))
        goods.buy("ann", "2026-01-01", "pot")
        goods.night(AS_OF)
    Warehouse(open_workspace(workspace).client("acme").data_dir).publish()
    found = run("--accept", "nonsense")
    assert found.exit_code == 2
    assert "no rule 'nonsense'. None is known: declare upsell or add_ons in [products]" in found.stderr
    assert "Remove it" not in found.stderr


def test_nothing_can_be_recommended_before_the_first_night(run: Run) -> None:
    assert run().exit_code != 0


def test_json_has_everything(workspace: Path, run: Run) -> None:
    measured(workspace)
    data: dict[str, Any] = json.loads(run("--json").stdout)
    assert {"basis", "opportunities", "rules", "split", "meter", "switched_off", "service_hold"} <= set(data)


def test_another_goal_changes_nothing_but_the_order(goods: Goods) -> None:
    fill(goods)
    goods.set(margin_pct=40.0)
    goods.night(AS_OF)
    everybody_is_reachable(goods.shop.session)
    lines = {goal: opportunities(goods.shop.session, goal) for goal in ("margin", "orders", "people")}
    for found in lines.values():
        assert sorted(found, key=lambda x: x.rule_id) == sorted(lines["margin"], key=lambda x: x.rule_id)
        assert sum(line.people for line in found) == len(goods.offered())
        assert sum(line.reachable for line in found) <= len(goods.offered())
    assert [line.people for line in lines["people"]] == [25, 20]
    assert lines["people"] != lines["margin"]


def test_worth_is_people_times_share_times_value_times_margin(goods: Goods) -> None:
    fill(goods)
    goods.set(margin_pct=40.0)
    goods.night(AS_OF)
    everybody_is_reachable(goods.shop.session)
    line = next(x for x in opportunities(goods.shop.session, "margin") if x.kind == "add_on")
    # 20 owners of a pot without a filter, half of the owners bought one, 10.00 each, 40 %.
    assert (line.reachable, line.share, str(line.value), str(line.worth)) == (20, 0.5, "10.00 GBP", "40.00 GBP")
