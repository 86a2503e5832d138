"""Who moved between stages, and whether levels tell people apart."""

from __future__ import annotations

from datetime import date

import pytest
from lifecycle.nights import Nights
from metrics.shop import noon
from regulars.lifecycle import Return, flows, recorded_since, returns, verdict

ZONE = "Europe/London"


def test_the_rows_of_a_months_flow_are_the_stages_of_its_start(nights: Nights) -> None:
    nights.shop.order("ann", "2026-01-10")
    nights.shop.order("bob", "2026-01-10")
    nights.shop.order("bob", "2026-02-10")
    nights.shop.person("cat", created=noon("2026-02-20"))
    nights.shop.order("cat", "2026-02-20")
    then = {}
    for as_of in ("2026-01-31", "2026-02-28"):
        nights.night(as_of)
        then[as_of] = dict(nights.shop.all("SELECT stage, count(*) FROM standing GROUP BY stage"))
    facts = [fact for fact in nights.facts if fact.kind == "stage"]
    (flow,) = flows(nights.shop.session, facts, date(2026, 2, 28), ZONE, months=1)[-1:]
    assert flow.counts == {
        ("acquisition", "retention"): 1, ("acquisition", "expansion"): 1, ("", "acquisition"): 1,
    }  # fmt: skip
    assert {stage: flow.size(stage) for stage in then["2026-01-31"]} == then["2026-01-31"]
    assert {stage: flow.size_now(stage) for stage in then["2026-02-28"]} == then["2026-02-28"]


def test_two_profiles_that_became_one_customer_count_once(nights: Nights) -> None:
    nights.shop.order("ann", "2026-01-10")
    nights.shop.order("ann2", "2026-01-12")
    nights.night("2026-01-31")
    nights.shop.same("ann", "ann2")
    nights.night("2026-02-28")
    facts = [fact for fact in nights.facts if fact.kind == "stage"]
    (flow,) = flows(nights.shop.session, facts, date(2026, 2, 28), ZONE, months=1)[-1:]
    assert sum(flow.counts.values()) == 1


def test_a_month_that_began_before_anything_was_recorded_has_no_flow(nights: Nights) -> None:
    nights.shop.order("ann", "2026-01-10")
    nights.night("2026-02-10")
    nights.night("2026-03-31")
    facts = [fact for fact in nights.facts if fact.kind == "stage"]
    assert recorded_since(facts, ZONE) == date(2026, 2, 10)
    found = flows(nights.shop.session, facts, date(2026, 3, 31), ZONE, months=2)
    assert [(flow.starts_on, flow.ends_on) for flow in found] == [(date(2026, 2, 28), date(2026, 3, 31))]
    assert flows(nights.shop.session, [], date(2026, 3, 31), ZONE) == []


def test_the_return_of_a_year_is_counted_by_the_level_of_a_year_ago(nights: Nights) -> None:
    for who in ("ann", "bob"):
        nights.shop.order(who, "2025-01-01")
    nights.shop.order("bob", "2025-12-01")
    nights.shop.order("new", "2025-12-01")
    nights.today("2026-01-31")
    assert returns(nights.shop.session, date(2026, 1, 31), ZONE) == [Return("basic", 2, 1)]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ((3, 20, 40), "the 12-month return rises with the level"),
        ((3, 40, 40), "the rules do not separate your customers"),
        ((30, 20, 40), "the rules do not separate your customers"),
    ],
)
def test_levels_that_do_not_separate_customers_are_said_not_to(returned: tuple[int, ...], said: str) -> None:
    levels = ("exploratory", "basic", "collaborated")
    found = [Return(level, 100, count) for level, count in zip(levels, returned, strict=True)]
    assert verdict(found) == said


def test_a_level_of_few_people_says_nothing() -> None:
    found = [Return("basic", 100, 20), Return("collaborated", 29, 1)]
    assert found[1].share is None
    assert verdict(found) == "too few: fewer than two levels had 30 people a year ago"
