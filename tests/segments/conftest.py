from __future__ import annotations

from collections.abc import Iterator

import pytest
from regulars.warehouse import Session, Warehouse


@pytest.fixture
def session(tmp_path) -> Iterator[Session]:
    with Warehouse(tmp_path).burst() as opened:
        yield opened
