"""The state kept from night to night is that of a rebuild, whatever happened in between."""

from dataclasses import fields

import numpy as np
import pyarrow as pa
import pytest
from regulars.clv.state import State
from regulars.clv.summary import summarise

END = 400


def days_of(shop):
    """A shop as {(customer, day): amount}, as three arrays in a mixed order."""
    rows = sorted(shop.items(), key=lambda row: (row[0][1] * 7919 + row[0][0] * 31) % 1009)
    return tuple(np.array(part, dtype=np.int64) for part in zip(*((c, d, a) for (c, d), a in rows), strict=True))


def bought(dice, customers=60, rows=400, first=0, last=END):
    at = zip(dice.integers(0, customers, rows).tolist(), dice.integers(first, last, rows).tolist(), strict=True)
    return {key: int(amount) for key, amount in zip(at, dice.integers(1, 90_000, rows), strict=True)}


def same(one, other):
    return all(np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))


def rebuilt(shop, customers=60, batch=57):
    columns = pa.table(dict(zip(("customer", "day", "amount"), days_of(shop), strict=True)))
    return State.rebuilt(columns.to_batches(max_chunksize=batch), customers)


def test_a_customer_can_be_worked_out_by_hand():
    state = State(3)
    state.add(np.array([2, 0, 2, 2]), np.array([30, 5, 10, 12]), np.array([700, 900, 100, 200]))
    found = state.summary(40)
    assert found.customer.tolist() == [0, 2]
    assert found.x.tolist() == [0, 2]
    assert found.tx.tolist() == [0, 20]
    assert found.age.tolist() == [35, 30]
    assert found.first.tolist() == [900, 100]
    assert found.repeat.tolist() == [0, 900]


def test_in_batches_it_is_what_sorting_all_days_gives():
    shop = bought(np.random.default_rng(1))
    assert same(rebuilt(shop).summary(END), summarise(*days_of(shop), END))


@pytest.mark.parametrize("seed", range(20))
def test_any_night_of_changes_leaves_what_a_rebuild_gives(seed):
    """Days come, also late ones, amounts are amended, days vanish, from either end and the middle."""
    dice = np.random.default_rng(seed)
    before = bought(dice)
    state, after = rebuilt(before), dict(before)
    keys = list(before)
    for n in dice.choice(len(keys), 60, replace=False):
        after[keys[n]] = 0 if dice.random() < 0.5 else int(dice.integers(1, 90_000))
    after |= bought(dice, rows=40)
    touched = [key for key in after if before.get(key) != after[key]]
    customer, day = np.array(touched).T
    old, new = (np.array([shop.get(key, 0) for key in touched]) for shop in (before, after))
    again = state.change(customer, day, old, new)
    left = {key: amount for key, amount in after.items() if amount}
    who, when, what = days_of(left)
    mine = np.isin(who, again)
    state.replace(again, who[mine], when[mine], what[mine])
    assert 0 < len(again) < 60
    assert same(state.summary(END), rebuilt(left).summary(END))
    assert state.table().equals(rebuilt(left).table())


def test_a_day_amended_or_added_reads_nobody_again():
    state = rebuilt({(0, 1): 100, (0, 9): 200})
    assert not len(state.change(np.array([0, 0]), np.array([1, 5]), np.array([100, 0]), np.array([70, 40])))
    assert state.table().equals(rebuilt({(0, 1): 70, (0, 5): 40, (0, 9): 200}).table())


def test_who_gave_everything_back_is_no_customer_any_more():
    state = rebuilt({(0, 1): 100, (1, 9): 200})
    again = state.change(np.array([1]), np.array([9]), np.array([200]), np.array([0]))
    nothing = np.empty(0, dtype=np.int64)
    state.replace(again, nothing, nothing, nothing)
    assert state.summary(END).customer.tolist() == [0]
    assert state.table().equals(rebuilt({(0, 1): 100}).table())


def test_it_comes_back_as_it_was_kept_and_grows():
    state = rebuilt(bought(np.random.default_rng(3)))
    again = State.of(state.table())
    again.grow(70)
    again.add(np.array([69]), np.array([3]), np.array([50]))
    assert again.summary(END).customer[-1] == 69
    assert again.table().slice(0, 60).equals(state.table())


@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_orders_of_one_day_are_one_day(kind):
    customer, day = np.array([1, 1, 1, 4]), np.array([8, 3, 3, 11])
    found = summarise(customer, day, np.array([50, 30, -10, 9], dtype=kind), 10)
    assert found.customer.tolist() == [1]
    assert (found.x.tolist(), found.tx.tolist(), found.age.tolist()) == ([1], [5], [7])
    assert (found.first.tolist(), found.repeat.tolist()) == ([20], [50])


@pytest.mark.parametrize("largest", [1000, 2**60])
def test_amounts_too_large_for_one_key_are_sorted_all_the_same(largest):
    dice = np.random.default_rng(5)
    shop = {key: int(dice.integers(1, largest)) for key in bought(dice)}
    whole = summarise(*days_of(shop), END)
    by_hand = {}
    for (who, _), amount in sorted(shop.items()):
        by_hand.setdefault(who, amount)
    assert whole.first.tolist() == [float(amount) for amount in by_hand.values()]
