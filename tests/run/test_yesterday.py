"""A night compares yesterday with the platforms' own totals, and says where no line explains a difference."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from regulars.apply import apply_plan
from regulars.cli import root
from regulars.run.desk import desk
from regulars.testing import Fault, WorldLine, WorldOrder
from regulars.testing.sample import SAMPLE_END, sample_world
from stage import Stage

QUIET = "[clock]\norder_source_max_age = '900d'"
YESTERDAY = f"{SAMPLE_END - timedelta(days=1):%Y-%m-%d}"


def an_order(key, at, goods="99.00", person="p0012"):
    return WorldOrder(key, person, at, [WorldLine("TEA-1", 1, goods)])


@pytest.fixture
def stage(tmp_path):
    world = sample_world(40)
    world.orders.append(an_order("yesterday", SAMPLE_END - timedelta(days=1), "30.00"))
    with Stage(tmp_path / "ws", world, SAMPLE_END, extra=QUIET) as stage:
        stage.forward(minutes=10)
        yield stage


def cli(stage, *words):
    return CliRunner().invoke(root, ["-w", str(stage.root), "--no-input", *words])


def slips(stage, key="slipped", goods="99.00"):
    """An order of yesterday that the shop has and every reading missed, though it was there before."""
    stage.world.orders.append(an_order(key, SAMPLE_END - timedelta(days=1), goods))
    stage.clock.forward(-timedelta(days=1))
    stage.populate()
    stage.clock.forward(timedelta(days=1))


def asked(stage):
    return len([one for one in stage.sandbox["shop"].log if b"processed_at:>=" in one.body])


def write(stage, before, after):
    file = stage.root / "clients" / "acme.toml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


def test_a_night_compares_yesterday_with_the_shops_own_total(stage):
    result = stage.night()
    assert (result.exit_code, result.reconciled_on) == (0, YESTERDAY)
    assert result.reconciled == {"shop": "agrees"}
    assert result.reconcile_off == []
    assert "shop agrees" in cli(stage, "run", "acme").stdout


def test_the_check_costs_three_calls_and_none_where_it_is_switched_off(stage):
    stage.night()
    stage.forward(hours=1)
    stage.night()
    before = len(stage.sandbox["shop"].log)
    stage.forward(hours=1)
    stage.night()
    with_it = len(stage.sandbox["shop"].log) - before
    agency = stage.root / "regulars.toml"
    text = agency.read_text()
    agency.write_text(text.replace("reconcile_yesterday      = true", "reconcile_yesterday = false"))
    before = len(stage.sandbox["shop"].log)
    stage.forward(hours=1)
    result = stage.night()
    assert with_it - (len(stage.sandbox["shop"].log) - before) == 3, "what may be read, a count, a page"
    assert (result.reconciled_on, result.reconciled) == (None, {})


def test_a_difference_is_said_and_holds_back_the_automatic_apply_but_not_the_night(stage):
    write(stage, 'name = "Acme"', 'name = "Acme"\nauto_apply = true')
    stage.night()
    with desk(stage.client(), stage.plugins) as at:
        plan = at.journal.rows("SELECT id FROM plan WHERE state = 'open'")[0][0]
        apply_plan(at.client, at.journal, at.lease, plan, at.connections)
    stage.world.orders.append(an_order("later", stage.clock.now() - timedelta(minutes=5)))
    stage.populate()
    stage.forward(minutes=10)
    slips(stage)
    shown = cli(stage, "run", "acme")
    assert shown.exit_code == 9, shown.output
    assert "[acme] DOES NOT RECONCILE  shop on" in shown.stderr
    assert f"next: regulars reconcile acme --from {YESTERDAY} --to {YESTERDAY}" in shown.stderr
    told = json.loads((stage.client().data_dir / "last_run.json").read_text())
    assert (told["state"], told["reconciled"], told["applied"]) == ("ok", {"shop": "off"}, None)
    assert told["plan_changes"] > 0
    (off,) = told["reconcile_off"]
    assert f"shop on {YESTERDAY}: net sales of Shopify" in off
    assert "order: Shopify 99.00 EUR, not here" in off
    status = cli(stage, "status", "acme")
    assert status.exit_code == 9
    assert "does not reconcile: shop on" in status.stdout


def test_a_shop_that_does_not_answer_is_not_compared_and_ends_no_night(stage):
    stage.sandbox["shop"].faults.append(Fault("status", "processed_at:>=", status=403, times=99))
    result = stage.night()
    assert (result.state, result.exit_code, result.reconcile_off) == ("ok", 0, [])
    assert result.reconciled["shop"].startswith("not compared: ")
    assert "agrees" not in result.reconciled["shop"]


def test_a_platform_without_totals_is_not_compared(stage):
    connector = stage.plugins.connectors["shopify"]
    stage.plugins.connectors["shopify"] = replace(connector, totals=None)
    result = stage.night()
    assert result.reconciled == {"shop": "not compared: Shopify has no totals of its own"}
    assert (result.exit_code, asked(stage)) == (0, 0)


def test_orders_that_come_while_the_night_runs_are_not_of_yesterday(stage, monkeypatch):
    from regulars.run import night

    measured = night.measure

    def while_someone_buys(*args):
        done = measured(*args)
        stage.world.orders.append(an_order("just now", stage.clock.now() - timedelta(minutes=1)))
        stage.populate()
        return done

    monkeypatch.setattr(night, "measure", while_someone_buys)
    assert stage.night().reconciled == {"shop": "agrees"}


def test_what_came_right_before_the_reading_is_left_to_the_next_night(stage):
    late = SAMPLE_END.replace(hour=23, minute=50)
    stage.clock.forward(late.replace(minute=55) - stage.clock.now())
    stage.world.orders.append(an_order("late", late))
    shop = stage.sandbox["shop"]
    shop.index_lag = 900
    stage.populate()
    stage.forward(minutes=7)
    assert stage.night().reconciled == {"shop": "agrees"}


def test_what_was_measured_wrongly_is_said_too(stage, monkeypatch):
    from regulars.run import night

    measured = night.measure

    def wrongly(client, journal, lease, warehouse, as_of):
        done = measured(client, journal, lease, warehouse, as_of)
        with warehouse.burst() as session:
            sql = f"UPDATE customer_day SET net_minor = net_minor + 500 WHERE ordered_on = DATE '{YESTERDAY}'"
            session.run(sql)
        warehouse.publish()
        return done

    monkeypatch.setattr(night, "measure", wrongly)
    result = stage.night()
    assert result.exit_code == 9
    assert f"basis on {YESTERDAY}: measured" in "; ".join(result.reconcile_off)


def test_what_a_person_accepted_of_yesterday_is_no_difference_any_more(stage):
    stage.night()
    stage.forward(hours=1)
    slips(stage)
    assert stage.night().exit_code == 9
    words = ("reconcile", "acme", "--from", YESTERDAY, "--to", YESTERDAY, "--accept", "till was offline")
    assert cli(stage, *words).exit_code == 0
    stage.forward(hours=1)
    again = stage.night()
    assert (again.exit_code, again.reconciled) == (0, {"shop": "agrees"})
