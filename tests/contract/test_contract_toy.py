"""The suite passes a sound connector and notices a flawed one."""

from __future__ import annotations

import pytest
from contract import toyshop
from contract.toy import connector
from regulars.testing.contract import contract_tests


class TestToyContract(contract_tests(connector)):
    """A connector of 200 lines keeps the contract."""


class TestToyShopContract(contract_tests(toyshop.connector)):
    """So does a shop of as many lines."""


@pytest.mark.parametrize(
    ("flaw", "test"),
    [
        ("naive instants", "test_records_are_what_they_are_called"),
        ("forgets a field", "test_records_are_what_they_are_called"),
        ("is not stable", "test_a_change_is_seen_by_the_next_read"),
        ("skips a record", "test_everybody_is_read"),
        ("skips a record", "test_a_change_is_seen_by_the_next_read"),
        ("cursor runs ahead", "test_a_crash_after_any_page_loses_nothing"),
        ("cursor runs ahead", "test_a_change_is_seen_by_the_next_read"),
        ("takes an error for the end", "test_a_token_revoked_on_the_way_stops_the_read"),
        ("takes a failed look-up for absence", "test_a_failed_look_up_is_not_an_unknown_id"),
        ("clears neighbours", "test_only_none_clears_and_only_its_own_field"),
        ("claims strangers", "test_one_outcome_per_change_in_order"),
        ("writes anywhere", "test_a_field_outside_our_namespace_is_never_written"),
        ("subscribes", "test_nobody_is_ever_subscribed"),
        ("makes a field while it looks", "test_a_discovery_changes_nothing"),
        ("tells per cent", "test_shares_are_shares_of_what_was_sampled"),
        ("counted nobody", "test_shares_are_shares_of_what_was_sampled"),
        ("does not know its own", "test_what_is_ours_is_told_as_ours"),
    ],
)
def test_a_flaw_is_noticed(flaw, test):
    suite = contract_tests(lambda: connector(flaw))()
    with pytest.raises(pytest.fail.Exception):
        getattr(suite, test)(suite.make())


@pytest.mark.parametrize(
    ("flaw", "test"),
    [
        ("forgets the buyer", "test_an_order_names_its_buyer"),
        ("total is off by 7", "test_total_shipping_and_discount_are_those_of_the_sale"),
        ("shipping is wrong", "test_total_shipping_and_discount_are_those_of_the_sale"),
        ("forgets discounts", "test_total_shipping_and_discount_are_those_of_the_sale"),
        ("tells no refund lines", "test_refund_lines_add_up_to_their_refund"),
    ],
)
def test_a_shops_flaw_is_noticed(flaw, test):
    suite = contract_tests(lambda: toyshop.connector(flaw))()
    with pytest.raises(pytest.fail.Exception):
        getattr(suite, test)(suite.make())


def test_an_instant_without_a_time_zone_is_told_as_such():
    suite = contract_tests(lambda: connector("naive instants"))()
    with pytest.raises(pytest.fail.Exception, match=r"updated_at \S+ has no time zone \(an aware datetime is"):
        suite.test_records_are_what_they_are_called(suite.make())


@pytest.mark.parametrize("flaw", ["sends writes again", "claims what it does not know"])
def test_a_write_of_unknown_outcome_is_told_as_such(flaw):
    suite = contract_tests(lambda: connector(flaw))()
    with pytest.raises(pytest.fail.Exception):
        suite.test_a_lost_answer_is_unknown_and_never_sent_again(suite.make(), "lost")


def test_a_token_in_the_log_is_noticed(caplog):
    suite = contract_tests(lambda: connector("logs the token"))()
    with pytest.raises(pytest.fail.Exception, match="a secret is in"):
        suite.test_no_secret_is_in_a_url_or_a_log_record(suite.make(), caplog)
