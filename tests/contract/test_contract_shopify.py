from regulars.testing.contract import contract_tests
from regulars_shopify.connector import connector


class TestShopifyContract(contract_tests(connector)):
    """The Shopify connector keeps the contract."""
