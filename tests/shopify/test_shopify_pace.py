"""A long read uses all that the platform allows and never asks for more."""

import pytest
from shopify.conftest import NOW, a_world


@pytest.fixture
def paged(connect):
    return connect(bulk_above=1_000_000)


@pytest.mark.parametrize("rate", [100, 50])
def test_a_long_read_uses_the_allowed_rate_and_is_never_throttled(paged, box, clock, rate):
    box.populate(a_world(10, 10_000))
    box.restore_rate = rate
    assert len(paged.read("orders").of("order")) == 10_000
    assert sum(b"query Orders(" in asked.body for asked in box.log) == 40
    seconds = (clock.now() - NOW).total_seconds()
    assert seconds > 60
    assert box.bucket.refused == 0
    assert (box.bucket.spent - box.bucket.capacity) / seconds >= 0.95 * rate


def test_points_that_others_spent_are_waited_for_as_soon_as_an_answer_tells(paged, box, clock):
    box.populate(a_world(3, 3))
    paged.read("products")
    box.bucket.left = 100
    paged.read("products")
    paged.read("orders")
    assert box.bucket.refused == 0
    assert clock.now() > NOW
