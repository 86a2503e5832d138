from __future__ import annotations

from collections.abc import Iterator

import pytest
from plan.bench import Bench
from plan.bench import bench as opened


@pytest.fixture
def bench(tmp_path) -> Iterator[Bench]:
    with opened(tmp_path) as made:
        yield made
