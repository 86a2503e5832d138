"""What all parts of the suite share."""

from __future__ import annotations

import pytest

from regulars.testing.contract.bench import Bench


class Suite:
    """A part of the contract; `contract_tests` says for which connector."""

    @staticmethod
    def make() -> Bench:
        """A fresh bench."""
        raise NotImplementedError("use contract_tests(connector)")

    @pytest.fixture
    def bench(self) -> Bench:
        """The connector under test, on a workbench of its own."""
        return self.make()
