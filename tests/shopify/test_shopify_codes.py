"""Single-use codes: one discount for each amount and last day, errors that come late, never twice."""

from datetime import UTC, datetime, timedelta

import pytest
from regulars import IssueCode
from regulars.testing import Fault
from regulars_shopify.destination import ShopifyDestination
from shopify.conftest import a_world


@pytest.fixture
def there(box, connect):
    box.populate(a_world(3))
    shop = connect()
    return ShopifyDestination(shop.settings, shop.http)


@pytest.fixture
def again(connect, there):
    """Another destination, as another run has it."""

    def made():
        shop = connect()
        return ShopifyDestination(shop.settings, shop.http)

    return made


def code(text, amount=500, currency="EUR", until="2026-12-31"):
    return IssueCode("gid://shopify/Customer/7000000000001", text, amount, currency, until)


def told(outcomes):
    return {one.change.code: one.status for one in outcomes}


def held(box):
    """Title of each discount -> its codes."""
    return {one.title: [c.code for c in one.codes] for one in box.discounts.live.values()}


def test_codes_of_one_amount_and_last_day_share_a_discount(box, there):
    outcomes = there.write([code("TEA-1"), code("TEA-2"), code("TEA-3"), code("POT-1", amount=1250)])
    assert set(told(outcomes).values()) == {"written"}
    assert held(box) == {
        "Regulars 5.00 EUR until 2026-12-31": ["TEA-1", "TEA-2", "TEA-3"],
        "Regulars 12.50 EUR until 2026-12-31": ["POT-1"],
    }


def test_a_code_is_good_once_from_now_until_the_end_of_its_day_in_the_shop(box, clock, there):
    there.write([code("TEA-1")])
    (made,) = box.discounts.live.values()
    assert (made.usage_limit, made.once_per_customer) == (1, True)
    assert made.value == {"discountAmount": {"amount": "5.00", "appliesOnEachItem": False}}
    assert made.starts <= clock.now().timestamp()
    assert datetime.fromtimestamp(made.ends, UTC) == datetime(2026, 12, 31, 23, tzinfo=UTC)  # midnight in Berlin


def test_an_amount_without_minor_units_is_written_as_it_is(box, there):
    box.currency = "JPY"
    there.write([code("TEA-1", amount=500, currency="JPY")])
    assert list(held(box)) == ["Regulars 500 JPY until 2026-12-31"]


def test_another_currency_than_the_shops_is_refused(box, there):
    (outcome,) = there.write([code("TEA-1", currency="USD")])
    assert (outcome.status, outcome.reason) == ("rejected", "the shop sells in EUR, the code is in USD")
    assert held(box) == {}


def test_each_codes_late_error_is_its_own(box, there):
    box.discounts.create(
        {
            "title": "Merchant's own",
            "code": "taken-1",
            "startsAt": "2026-01-01T00:00:00Z",
            "context": {"all": "ALL"},
            "customerGets": {"value": {"percentage": 0.1}, "items": {"all": True}},
        }
    )
    outcomes = there.write([code("TEA-1"), code("TAKEN-1"), code("x" * 300), code("TEA-2")])
    assert [one.status for one in outcomes] == ["written", "rejected", "rejected", "written"]
    assert outcomes[1].reason == "must be unique. Please try a different code."
    assert held(box)["Regulars 5.00 EUR until 2026-12-31"] == ["TEA-1", "TEA-2"]


def test_a_first_code_that_is_taken_does_not_keep_the_others_from_being_made(box, there, again):
    there.write([code("TAKEN", amount=100)])
    outcomes = again().write([code("taken"), code("TEA-1"), code("TEA-2")])
    assert told(outcomes) == {"taken": "rejected", "TEA-1": "written", "TEA-2": "written"}


def test_what_shopify_has_against_the_discount_is_told_of_all_and_asked_once(box, there):
    box.log.clear()
    outcomes = there.write([code(f"TEA-{n}", until="2026-10-01") for n in range(5)])
    assert {one.reason for one in outcomes} == {"Ends at needs to be after starts_at"}
    assert sum("discountCodeBasicCreate" in asked.body.decode() for asked in box.log) == 1


def test_the_same_codes_again_are_found_and_not_made_twice(box, there, again):
    wanted = [code("TEA-1"), code("TEA-2"), code("TEA-3")]
    there.write(wanted)
    before = held(box)
    assert set(told(again().write(wanted)).values()) == {"written"}
    assert held(box) == before


def test_the_next_run_finds_the_discount_and_adds_to_it(box, there, again):
    there.write([code("TEA-1")])
    again().write([code("TEA-2"), code("TEA-3")])
    assert held(box) == {"Regulars 5.00 EUR until 2026-12-31": ["TEA-1", "TEA-2", "TEA-3"]}


def test_a_search_that_lags_makes_a_second_discount_and_no_second_code(box, clock, there, again):
    box.index_lag = 3600
    there.write([code("TEA-1"), code("TEA-2")])
    assert set(told(again().write([code("TEA-1"), code("TEA-2"), code("TEA-3")])).values()) == {"written"}
    assert sorted(c for codes in held(box).values() for c in codes) == ["TEA-1", "TEA-2", "TEA-3"]
    clock.forward(timedelta(hours=2))


@pytest.mark.parametrize("kind", ["lost", "drop"])
@pytest.mark.parametrize("root", ["discountCodeBasicCreate", "discountRedeemCodeBulkAdd"])
def test_what_is_not_known_after_a_lost_answer_is_known_after_issuing_again(box, there, kind, root):
    wanted = [code("TEA-1"), code("TEA-2"), code("TEA-3")]
    box.faults = [Fault(kind, match=root)]
    first = told(there.write(wanted))
    assert "rejected" not in first.values()
    assert set(told(there.write(wanted)).values()) == {"written"}
    assert sorted(c for codes in held(box).values() for c in codes) == ["TEA-1", "TEA-2", "TEA-3"]


def test_codes_that_shopify_is_slow_to_make_stay_open(box, there):
    box.discounts.delay = 600
    outcomes = told(there.write([code("TEA-1"), code("TEA-2")]))
    assert outcomes == {"TEA-1": "written", "TEA-2": "unknown"}


def test_many_codes_go_in_calls_of_250(box, there):
    there.write([code(f"TEA-{n:03d}") for n in range(600)])
    assert len(held(box)["Regulars 5.00 EUR until 2026-12-31"]) == 600
    assert sum("discountRedeemCodeBulkAdd(" in asked.body.decode() for asked in box.log) == 3
    assert there.price([code(f"TEA-{n:03d}") for n in range(600)]).writes == 3
