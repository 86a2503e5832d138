"""The contract suite: what every connector must do, run against its own sandbox.

    from regulars.testing.contract import contract_tests
    from regulars_acme.connector import connector

    class TestContract(contract_tests(connector)):
        "Acme keeps the contract."

What a connector cannot do is skipped, with the reason in words. Needs pytest, which is no dependency
of Regulars itself: this is the only package of it that imports pytest.
"""

from __future__ import annotations

from collections.abc import Callable

from regulars.connector import Connector
from regulars.testing.contract.access import AccessContract
from regulars.testing.contract.bench import Bench
from regulars.testing.contract.discretion import DiscretionContract
from regulars.testing.contract.ecoa import EcoaContract
from regulars.testing.contract.looking import DiscoveryContract, DraftContract
from regulars.testing.contract.messages import MessageContract
from regulars.testing.contract.reading import ReadingContract
from regulars.testing.contract.shop import ShopContract
from regulars.testing.contract.writing import WritingContract

__all__ = ["Bench", "contract_tests"]


class _Whole(
    AccessContract,
    ReadingContract,
    ShopContract,
    WritingContract,
    DiscoveryContract,
    DraftContract,
    DiscretionContract,
    MessageContract,
    EcoaContract,
):
    """All parts."""


def contract_tests(connector: Callable[[], Connector], people: int = 120) -> type[_Whole]:
    """A pytest class that holds `connector()` to the contract.

    `people` is the size of the invented world: choose more than the platform's page size, so that
    paging is exercised.
    """

    class ContractTests(_Whole):
        @staticmethod
        def make() -> Bench:
            return Bench(connector(), people)

    return ContractTests
