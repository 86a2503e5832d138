"""The sample world is what it says."""

from __future__ import annotations

import pytest
from regulars.testing import sample_world
from regulars.testing.sample import SAMPLE_END


def test_the_same_arguments_make_the_same_world():
    assert sample_world(30, seed=4) == sample_world(30, seed=4)
    assert sample_world(30, seed=4) != sample_world(30, seed=5)


def test_keys_and_order_numbers_are_unique():
    world = sample_world(200)
    assert len(world.people) == 200 == len({p.key for p in world.people})
    assert len(world.orders) == len({o.key for o in world.orders})


def test_nothing_happens_after_the_end_and_every_buyer_exists_on_the_shop():
    world = sample_world(200)
    buyers = {p.key for p in world.people if "shop" in p.on}
    instants = [o.at for o in world.orders] + [r.at for o in world.orders for r in o.refunds]
    assert max(instants) < SAMPLE_END
    assert {o.person for o in world.orders} - {None} <= buyers


def test_two_people_share_an_inbox_under_other_keys():
    people = {p.key: p for p in sample_world().people}
    assert people["inbox-a"].email == "info@example.test"
    assert people["inbox-b"].other_emails == ("info@example.test",)


def test_there_is_one_of_everything_odd():
    orders = {o.key: o for o in sample_world().orders}
    assert orders["guest"].person is None
    assert orders["test"].test
    assert orders["cancelled"].cancelled_at
    assert orders["refunded-whole"].refunds


def test_a_world_too_small_for_its_special_people_is_refused():
    with pytest.raises(ValueError, match="ten people"):
        sample_world(9)
