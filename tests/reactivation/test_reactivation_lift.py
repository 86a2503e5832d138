"""What a series did: three sentences, an interval, and no verdict where there is none."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from reactivation.bench import NOW, add, insert
from regulars.reactivation import lift
from regulars.reactivation.lift import Arm, compare, interval, needed


@pytest.mark.parametrize(
    ("base", "rise", "people"),
    [
        (0.02, 0.02, (4684, 2865, 2277)),
        (0.03, 0.01, (26190, 15188, 10596)),
        (0.05, 0.02, (10740, 6258, 4419)),
    ],
)
def test_people_needed_agree_with_the_published_table(base, rise, people):
    assert tuple(needed(base, rise, share) for share in (0.1, 0.2, 0.5)) == people


def test_the_interval_is_newcombes():
    # R. G. Newcombe 1998, table II, example (a): 56/70 - 48/80, method 10: 0.0524 to 0.3339
    low, high = interval(Arm(70, 56), Arm(80, 48))
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


def test_a_clear_effect_is_told_in_people():
    found = compare(Arm(2000, 120), Arm(2000, 40), 0.5)
    assert found.sentence == "caused between 56 and 105 extra customers"


def test_enough_people_without_effect_are_no_visible_effect():
    sentence = compare(Arm(20000, 600), Arm(20000, 600), 0.5).sentence
    assert sentence.startswith("no visible effect (between −")  # noqa: RUF001


def test_too_few_people_cannot_tell_and_say_how_many_are_missing():
    found = compare(Arm(1902, 57), Arm(211, 6), 0.1)
    assert found.sentence == f"cannot tell: {needed(6 / 211, 0.01, 0.1) - 1902 - 211:,} more people needed"


def test_nobody_held_out_can_never_tell():
    found = compare(Arm(5000, 300), Arm(), 0.1)
    assert found.sentence.startswith("cannot tell")
    assert interval(Arm(), Arm()) == (-1.0, 1.0)


def test_a_contaminated_holdout_is_void():
    assert compare(Arm(2000, 120), Arm(2000, 40, reached=41), 0.5).sentence.startswith("void: 41 of 2,000")
    assert compare(Arm(2000, 120), Arm(2000, 40, reached=40), 0.5).sentence.startswith("caused")


def test_of_a_thousand_series_without_effect_at_most_fifty_seem_to_cause_something():
    dice = random.Random(20260302)
    caused = 0
    for _ in range(1000):
        treated = sum(dice.random() < 0.05 for _ in range(900))
        held_out = sum(dice.random() < 0.05 for _ in range(300))
        caused += compare(Arm(900, treated), Arm(300, held_out), 0.25).sentence.startswith("caused")
    assert caused <= 50


def test_orders_inside_the_window_count_and_others_do_not(desk, shop, journal, lease, clock):
    start = NOW.date()
    with shop.warehouse.burst() as session:
        for name in ("ada", "bob", "cyd", "dan"):
            add(session, name)
        for name, days in (("ada", 60), ("bob", 61), ("cyd", 0), ("dan", 1)):
            insert(session, "customer_day", [f"c-{name}", start + timedelta(days=days), 1, 1000])
            insert(session, "customer_day", [f"c-{name}", start + timedelta(days=5), 0, -500])  # a refund
    with journal.tx(lease) as tx:
        for name, arm in (("ada", "treated"), ("bob", "treated"), ("cyd", "held_out"), ("dan", "held_out")):
            fact = {"series": "winback", "on": start.isoformat(), "arm": arm}
            journal.add_facts(tx, "series", [(f"c-{name}", fact)])
    assert measured(desk, shop) == (Arm(), Arm())
    clock.forward(timedelta(days=60))
    assert measured(desk, shop) == (Arm(2, 1), Arm(2, 1))


def test_held_out_people_on_our_list_are_reached(desk, shop, journal, lease, clock):
    with shop.warehouse.burst() as session:
        add(session, "ada", lists=["regulars:winback_due"])
        add(session, "bob", lists=["regulars:champions"])
    with journal.tx(lease) as tx:
        fact = {"series": "winback", "on": NOW.date().isoformat(), "arm": "held_out"}
        journal.add_facts(tx, "series", [("c-ada", fact), ("c-bob", fact)])
    clock.forward(timedelta(days=60))
    assert measured(desk, shop) == (Arm(), Arm(2, 0, 1))


def measured(desk, shop):
    with shop.warehouse.burst() as session:
        found = lift(desk, session, "winback", "winback_due")
    return found.treated, found.held_out
