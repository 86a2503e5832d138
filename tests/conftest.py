"""What holds for all tests."""

import pytest

LONGEST = ("tests/year/", "tests/faults/", "tests/demo/", "tests/reactivation/test_reactivation_kills")
"""Files that take a worker for minutes: begun last, they would leave the other one idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
