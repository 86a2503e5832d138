"""A hand-made shop in a warehouse of its own: people are named, days are days of Europe/London."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from metrics.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop.opened(tmp_path) as made:
        yield made
