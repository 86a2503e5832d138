"""A hand-made shop in a warehouse of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from metrics.shop import Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop.opened() as made:
        yield made
