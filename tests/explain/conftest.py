"""A measured shop of a few people, without a platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lifecycle.nights import Nights
from metrics.shop import Shop


@pytest.fixture
def nights() -> Iterator[Nights]:
    with Shop.opened() as shop:
        yield Nights(shop)
