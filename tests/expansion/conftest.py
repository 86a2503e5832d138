from __future__ import annotations

from collections.abc import Iterator

import pytest
from expansion.goods import Goods
from metrics.shop import Shop


@pytest.fixture
def goods() -> Iterator[Goods]:
    with Shop.opened() as shop:
        yield Goods(shop)
