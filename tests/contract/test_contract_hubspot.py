from regulars.testing.contract import contract_tests
from regulars_hubspot.connector import connector


class TestHubSpotContract(contract_tests(connector)):
    """The HubSpot connector keeps the contract."""
