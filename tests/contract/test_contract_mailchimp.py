from regulars.testing.contract import contract_tests
from regulars_mailchimp.connector import connector


class TestMailchimpContract(contract_tests(connector)):
    """The Mailchimp connector keeps the contract."""
