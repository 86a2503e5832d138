"""A plan applied to a shop by the core's writer: canary, files, read-back, and what a kill leaves behind."""

from datetime import timedelta

import pytest
from regulars import AuthError, FieldSpec, IssueCode, JoinList, Missing, SetField
from regulars.apply.ledger import Ledger
from regulars.apply.writer import Writer
from regulars.journal import Journal
from regulars.plan import Plan, PlannedChange, Target
from regulars.testing import Fault
from regulars_shopify.connector import connector
from regulars_shopify.destination import ShopifyDestination
from regulars_shopify.sandbox import ShopifySandbox
from shopify.conftest import a_world

PEOPLE = 700
VIP = "regulars:vip"


def gid(number):
    return f"gid://shopify/Customer/{7_000_000_000_000 + number}"


@pytest.fixture
def applied(box, connect, clock, tmp_path):
    """Writes changes as `regulars apply` does, in a new process each time; gives the ledger's entries."""
    box.populate(a_world(PEOPLE))
    box.restore_rate = 1000
    journal = Journal.open(tmp_path / "journal.db", clock)
    lease = journal.lease()

    def apply(changes):
        planned = tuple(PlannedChange("shop", change, None, None, "test") for change in changes)
        plan = Plan(
            "acme", "r-1", clock.now(), clock.now() + timedelta(hours=6), "", (Target("shop", "", ""),), planned
        )
        ledger = Ledger(journal, lease, plan)
        if not journal.rows("SELECT 1 FROM ledger"):
            ledger.begin("r-1")
        shop = connect()
        there = ShopifyDestination(shop.settings, shop.http)
        there.provision(Missing((FieldSpec("regulars.stage", "text"),)))
        writer = Writer(ledger, connector(), there, {"regulars.stage": "text"}, clock, 50)
        writer.settle(ledger.entries())
        stopped = writer.write(ledger.entries())
        return stopped, ledger.entries()

    yield apply
    journal.close()


def states(entries):
    return {state: sum(entry.state == state for entry in entries) for state in {entry.state for entry in entries}}


def everybody():
    return [SetField(gid(n), "regulars.stage", "expansion") for n in range(1, PEOPLE + 1)] + [
        JoinList(gid(n), VIP) for n in range(1, PEOPLE + 1)
    ]


def test_a_canary_goes_first_and_the_rest_as_a_file(box, applied):
    stopped, entries = applied(everybody())
    assert (stopped, states(entries)) == ("", {"confirmed": 2 * PEOPLE})
    assert [operation.roots for operation in box.operations.all] == [650, 650]
    assert box.forbidden == []


def test_a_canary_that_is_refused_keeps_the_file_from_being_sent(box, applied):
    changes = [SetField(gid(n), "regulars.stage", "two\nlines") for n in range(1, PEOPLE + 1)]
    stopped, _ = applied(changes)
    assert "50 of the first 50 changes did not arrive" in stopped
    assert box.operations.all == []


def test_what_the_merchant_changes_between_reading_and_the_file_is_left_alone(box, applied):
    box.customers.live[600].metafields["regulars.stage"] = "the merchant's own"
    _, entries = applied([SetField(gid(n), "regulars.stage", "x") for n in range(1, PEOPLE + 1)])
    assert states(entries) == {"confirmed": PEOPLE - 1, "drifted": 1}
    assert box.customers.live[600].metafields["regulars.stage"] == "the merchant's own"


def test_an_operation_that_failed_halfway_is_read_back_and_the_rest_sent_anew(box, applied):
    box.operations.failures = ["INTERNAL_SERVER_ERROR"]
    _, entries = applied([SetField(gid(n), "regulars.stage", "x") for n in range(1, PEOPLE + 1)])
    assert states(entries) == {"confirmed": PEOPLE}
    assert [operation.roots for operation in box.operations.all] == [325, 325]


def test_a_process_killed_while_it_waited_for_a_file_is_followed_by_one_that_sends_nothing_twice(box, applied):
    changes = [JoinList(gid(n), VIP) for n in range(1, PEOPLE + 1)]
    box.faults = [Fault("status", match="BulkPoll", status=401, body=b'{"errors":"no"}')]
    with pytest.raises(AuthError):
        applied(changes)
    _, entries = applied(changes)
    assert states(entries) == {"confirmed": PEOPLE}
    assert len(box.operations.all) == 1


@pytest.mark.parametrize("root", ["discountCodeBasicCreate", "discountRedeemCodeBulkAdd"])
def test_codes_whose_answer_was_lost_are_issued_again_and_exist_once(box, applied, root):
    changes = [IssueCode(gid(n), f"BACK-{n}", 500, "EUR", "2026-12-31") for n in range(1, 21)]
    box.faults = [Fault("lost", match=root)]
    _, entries = applied(changes)
    assert states(entries) == {"confirmed": 20}
    assert sum(len(discount.codes) for discount in box.discounts.live.values()) == 20


def test_all_that_was_written_survives_being_saved(box, applied, clock, tmp_path):
    box.webhooks.subscribe("CUSTOMERS_UPDATE", {"uri": "https://regulars.example.test/webhooks"})
    applied([SetField(gid(n), "regulars.stage", "x") for n in range(1, PEOPLE + 1)])
    before = box.state()
    assert len(before["webhooks"]["waiting"]) == PEOPLE
    box.save(tmp_path / "shop.json")
    other = ShopifySandbox(clock)
    other.load(tmp_path / "shop.json")
    assert other.state() == before
