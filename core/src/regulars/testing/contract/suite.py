"""What all parts of the suite share."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import pytest

from regulars.testing.contract.bench import Bench


class Suite:
    """A part of the contract; `contract_tests` says for which connector."""

    make: ClassVar[Callable[[], Bench]]
    """Makes a fresh bench; given by `contract_tests(connector)`."""

    @pytest.fixture
    def bench(self) -> Bench:
        """The connector under test, on a workbench of its own."""
        return type(self).make()
