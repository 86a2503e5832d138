from __future__ import annotations

from regulars import Connector, EcoaProvider, Http
from regulars.testing.contract import contract_tests
from regulars_ecoa.connector import connector, file_connector
from regulars_ecoa.provider import EcoaHttp
from regulars_ecoa.settings import EcoaSettings, Paths


class TestEcoaContract(contract_tests(connector)):
    """The provider over HTTP keeps the contract."""


class TestEcoaFileContract(contract_tests(file_connector)):
    """The provider by files keeps the contract."""


def small() -> Connector:
    def opened(settings: EcoaSettings, http: Http) -> EcoaProvider:
        paths = Paths(return_bounces="", suppress="", erase="", cancel="")
        return EcoaHttp(settings.model_copy(update={"paths": paths}), http)

    whole = connector()
    return Connector(
        name="ecoa_small",
        title="ECOA provider (small)",
        role="ecoa",
        api_version="v1",
        settings=whole.settings,
        policy=whole.policy,
        check=whole.check,
        ecoa=opened,
        sandbox=whole.sandbox,
    )


class TestEcoaSmallContract(contract_tests(small)):
    """A provider that has nothing but the six methods keeps it too."""
