"""The hand-made shop of tests/metrics, with a night that builds standings on top of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lifecycle.nights import Nights
from metrics.shop import Shop


@pytest.fixture
def nights() -> Iterator[Nights]:
    with Shop.opened() as shop:
        yield Nights(shop)
