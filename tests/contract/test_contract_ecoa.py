from regulars.testing.contract import contract_tests
from regulars_ecoa.connector import connector


class TestEcoaContract(contract_tests(connector)):
    """The ECOA connector keeps the contract."""
