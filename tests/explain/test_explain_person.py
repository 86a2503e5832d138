"""One person: every word with the rule behind it, every number with its inputs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from lifecycle.nights import Nights
from metrics.shop import noon
from regulars.clock import SimulatedClock
from regulars.errors import ConfigError
from regulars.explain import Person, explain_person
from regulars.explain.render import person_data, person_lines
from regulars.journal import Journal
from regulars.lifecycle import moves
from regulars.metrics import simple_clv


def explained(nights: Nights, as_of: str, who: str = "ann") -> Person:
    nights.today(as_of)
    return explain_person(nights.shop.session, who)


def reason(person: Person, name: str) -> str:
    return next(r.rule for r in person.reasons if r.name == name)


@pytest.mark.parametrize(
    ("as_of", "stage", "rule"),
    [
        ("2026-01-10", "acquisition", "the first order is fewer than 30 days old and none came since"),
        ("2026-02-10", "retention", "ordered, not lapsed, not ready for expansion (one order so far)"),
        ("2026-03-05", "expansion", "active (an order within 90 days) with two orders or more"),
        ("2026-06-05", "retention", "ordered, not lapsed, not ready for expansion (at risk)"),
        ("2026-12-05", "reactivation", "lapsed: no order for 180 days or more"),
    ],
)
def test_the_stage_names_the_rule_that_fired(nights: Nights, as_of: str, stage: str, rule: str) -> None:
    nights.shop.order("ann", "2026-01-01")
    if as_of > "2026-03":
        nights.shop.order("ann", "2026-03-01")
    person = explained(nights, as_of)
    assert (person.lifecycle.stage, reason(person, "stage")) == (stage, rule)


def test_a_prospect_is_explained_without_numbers(nights: Nights) -> None:
    nights.shop.person("ann", created=noon("2025-12-01"))
    person = explained(nights, "2026-01-10")
    assert reason(person, "stage") == "no counted order yet"
    assert person.metrics == person.sales == ()


def test_a_level_below_its_rule_tells_when_it_will_fall(nights: Nights) -> None:
    shop = nights.shop
    shop.person("ann", created=noon("2025-12-01"))
    shop.add("consent", person_id="ann", channel="email", state="subscribed")
    shop.add("touch", person_id="ann", kind="click", at=noon("2026-01-01"))
    held = explained(nights, "2026-03-31")
    assert reason(held, "level") == "consent on a channel and an act within 90 days, or a first order"
    waning = explained(nights, "2026-04-10")
    assert waning.lifecycle.level == "basic"
    assert reason(waning, "level").endswith(
        "held until 2026-03-31, the level falls on 2026-05-01 unless it holds again"
    )
    assert explained(nights, "2026-04-30").lifecycle.level == "basic"
    assert explained(nights, "2026-05-01").lifecycle.level == "exploratory"


def test_the_persons_clv_comes_out_of_the_printed_factors_exactly(nights: Nights) -> None:
    for day, goods in {"2024-01-05": 1999, "2025-02-11": 2501, "2026-01-07": 333}.items():
        nights.shop.order("ann", day, goods=goods)
    person = explained(nights, "2026-02-01")
    clv = next(metric for metric in person.metrics if metric.name == "clv")
    factors = clv.inputs
    minor = simple_clv(factors["lifetime (years)"], factors["orders per year"], factors["amount per order"].minor)
    assert clv.value.minor == minor
    stored = nights.shop.one("SELECT clv_simple_minor FROM customer_value")
    assert stored == minor


def test_the_counted_orders_add_up_to_the_net_sales(nights: Nights) -> None:
    nights.shop.order("ann", "2026-01-05", goods=1200)
    nights.shop.order("ann", "2026-01-06", goods=5000, test=True)
    nights.shop.order("ann", "2026-01-07", goods=700, currency="EUR")
    nights.shop.refund(nights.shop.order("ann", "2026-01-08", goods=900), "2026-01-20", goods=400)
    person = explained(nights, "2026-02-01")
    assert [sale.kind for sale in person.sales] == ["counted", "test", "quarantined", "counted"]
    counted = sum((sale.net.amount for sale in person.sales if sale.kind == "counted" and sale.net), Decimal(0))
    assert counted == next(m.value.amount for m in person.metrics if m.name == "net_sales") == Decimal("17.00")
    assert any("no rate for EUR on 2026-01-07" in line for line in person_lines(person))


def test_joined_profiles_are_listed_with_the_reason_of_their_join(nights: Nights) -> None:
    nights.shop.order("ann", "2026-01-01")
    nights.shop.order("ann-work", "2026-01-02")
    nights.shop.same("ann", "ann-work")
    person = explained(nights, "2026-02-01", "ann-work@example.test")
    assert person.customer.id == "ann"
    assert [profile.record_id for profile in person.customer.profiles] == ["ann", "ann-work"]


def test_one_value_alone_can_be_asked_for(nights: Nights) -> None:
    nights.shop.order("ann", "2026-01-01")
    person = explained(nights, "2026-02-01")
    assert [r.name for r in person.only("level").reasons] == ["level"]
    assert [m.name for m in person.only("clv").metrics] == ["clv"]
    with pytest.raises(ConfigError, match="One of: joins, orders, stage, level"):
        person.only("shoe_size")


def test_the_history_comes_from_the_journal(nights: Nights, tmp_path: Path) -> None:
    clock = SimulatedClock(noon("2026-02-15"))
    journal = Journal.open(tmp_path / "journal.db", clock)
    nights.shop.order("ann", "2026-01-01")
    nights.today("2026-02-15")
    with journal.lease("run") as lease, journal.tx(lease) as tx:
        for kind in ("stage", "level"):
            journal.add_facts(tx, kind, moves(nights.shop.session, kind, noon("2026-02-15").date()))
    person = explain_person(nights.shop.session, "ann", journal)
    journal.close()
    assert [move.new for move in person.lifecycle.stage_moves] == ["retention"]
    assert person.lifecycle.stage_moves[0].on == (noon("2026-01-01") + timedelta(days=30)).date()
    assert any("first seen -> basic" in line for line in person_lines(person))


def test_nobody_and_more_than_one_are_refused(nights: Nights) -> None:
    nights.shop.person("ann", phone=None)
    nights.shop.person("bob")
    nights.today("2026-02-01")
    with pytest.raises(ConfigError, match="nobody is known"):
        explain_person(nights.shop.session, "eve@example.test")
    nights.shop.session.run("UPDATE persons SET email = 'both@example.test'")
    with pytest.raises(ConfigError, match="2 customers go by"):
        explain_person(nights.shop.session, "both@example.test")


def test_names_and_addresses_are_masked_unless_asked_for(nights: Nights) -> None:
    nights.shop.order("ann", "2026-01-01")
    nights.today("2026-02-01")
    nights.shop.session.run(
        """CREATE TABLE customer_field AS
        SELECT 'ann' AS customer_id, 'email' AS field, 'ann@example.test' AS value,
        'shop' AS connection, 'ann' AS record_id, TIMESTAMPTZ '2026-01-01 00:00:00+00' AS seen_at"""
    )
    person = explain_person(nights.shop.session, "ann")
    hidden, shown = list(person_lines(person)), list(person_lines(person, personal=True))
    assert hidden[1] == "  email       a•••@example.test   from shop ann"
    assert shown[1] == "  email       ann@example.test   from shop ann"
    assert person_data(person)["customer"]["fields"]["email"]["value"] == "a•••@example.test"
