"""Customers and orders that left the shop are noticed, although nothing lists them."""

from datetime import timedelta

import pytest
from regulars import AuthError
from regulars.testing import Fault
from regulars_shopify.ledger import Ledger
from shopify.conftest import NOW, a_person, a_world, an_order


def gid(number, kind="Customer"):
    return f"gid://shopify/{kind}/{number}"


def customer(number):
    return gid(7_000_000_000_000 + number)


def order(number):
    return gid(5_000_000_000_000 + number, "Order")


class Swept:
    """A stream of departures, read again and again from its own cursor."""

    def __init__(self, shop, stream):
        self.shop, self.stream, self.cursor = shop, stream, None

    def __call__(self):
        reading = self.shop.read(self.stream, self.cursor)
        self.cursor = reading.cursor or self.cursor
        return {one["id"] for one in reading.of("deletion")}, {
            one["id"]: one["into"] for one in reading.of("merge")
        }


@pytest.fixture
def people(shop):
    return Swept(shop, "customers_gone")


@pytest.fixture
def orders(shop):
    return Swept(shop, "orders_gone")


NOBODY = (set(), {})


def test_a_first_sweep_only_notes_what_there_is(people, box):
    box.populate(a_world(3))
    assert people() == NOBODY
    assert list(Ledger.of(people.cursor).numbers) == [7_000_000_000_001, 7_000_000_000_002, 7_000_000_000_003]


def test_a_quiet_night_costs_three_small_questions(people, box, clock):
    box.populate(a_world(600))
    people()
    clock.forward(timedelta(days=1))
    box.log.clear()
    assert people() == NOBODY
    assert len(box.log) == 3


def test_a_deleted_customer_is_noticed_once(people, box, clock):
    box.populate(a_world(600))
    people()
    box.customers.remove(400)
    clock.forward(timedelta(days=1))
    reading = people.shop.read(people.stream, people.cursor)
    assert reading.of("deletion") == [{"id": customer(400), "updated_at": clock.now(), "entity": "person"}]
    people()
    assert people() == NOBODY


def test_few_that_are_missing_among_many_are_found_by_counting(people, box):
    box.populate(a_world(4000))
    people()
    for number in (1, 1999, 2000, 4000):
        box.customers.remove(number)
    box.log.clear()
    assert people() == ({customer(n) for n in (1, 1999, 2000, 4000)}, {})
    listed = [one for one in box.log if b"query CustomerIds" in one.body]
    assert len(listed) < 10
    assert len(box.log) < 60


def test_who_came_since_is_known_the_next_time(people, box):
    world = a_world(3)
    box.populate(world)
    people()
    world.people.append(a_person(4))
    box.populate(world)
    assert people() == NOBODY
    box.customers.remove(4)
    assert people() == ({customer(4)}, {})


def test_a_customer_whose_order_belongs_to_another_was_merged(people, box):
    world = a_world(3)
    world.orders = [an_order(1, "p1"), an_order(2, "p2")]
    box.populate(world)
    people()
    merge(box, 1, 2)
    assert people() == (set(), {customer(1): customer(2)})


def test_an_order_placed_since_the_first_listing_is_a_witness_too(people, box, clock):
    world = a_world(3)
    box.populate(world)
    people()
    clock.forward(timedelta(days=1))
    world.orders = [an_order(1, "p1")]
    box.populate(world)
    people()
    clock.forward(timedelta(days=1))
    merge(box, 1, 2)
    assert people() == (set(), {customer(1): customer(2)})


def test_where_the_latest_order_was_deleted_the_one_before_is_the_witness_within_a_week(people, box, clock):
    world = a_world(3)
    world.orders = [an_order(1, "p1", at=NOW - timedelta(days=9)), an_order(2, "p1")]
    box.populate(world)
    people()
    box.departures.delete_order(order(2))
    clock.forward(timedelta(days=8))
    people()
    merge(box, 1, 2)
    assert people() == (set(), {customer(1): customer(2)})


def test_a_merge_without_an_order_to_witness_it_counts_as_a_deletion(people, box):
    box.populate(a_world(3))
    people()
    merge(box, 1, 2)
    assert people() == ({customer(1)}, {})


def test_somebody_erased_is_gone_although_the_orders_stay(people, box, clock, shop):
    world = a_world(2)
    world.orders = [an_order(1, "p1", at=NOW - timedelta(days=400))]
    box.populate(world)
    people()
    box.departures.erase(customer(1))
    assert people() == NOBODY
    clock.forward(timedelta(days=11))
    assert people() == ({customer(1)}, {})
    (row,) = shop.read("orders").of("order")
    assert (row["person_id"], row["email"], row["country"]) == (None, None, None)


def test_who_is_only_missing_in_the_index_is_not_gone(people, box):
    box.populate(a_world(3))
    people()
    box.customers._indexed.pop(2)
    box.customers._sorted.clear()
    assert people() == NOBODY


def test_a_deleted_order_is_noticed(orders, box):
    box.populate(a_world(1, 300))
    orders()
    box.orders.remove(7)
    assert orders() == ({order(7)}, {})
    assert orders() == NOBODY


def test_orders_that_are_hidden_for_want_of_a_right_are_not_taken_for_deleted(orders, box, clock):
    world = a_world(1)
    world.orders = [an_order(n, at=NOW - timedelta(days=90 - n)) for n in range(1, 80)]
    box.populate(world)
    orders()
    box.scopes -= {"read_all_orders"}
    assert orders() == NOBODY
    box.scopes |= {"read_all_orders"}
    assert orders() == NOBODY
    box.orders.remove(1)
    assert orders() == ({order(1)}, {})


def test_without_that_right_a_young_order_that_is_missing_is_gone_all_the_same(orders, box):
    world = a_world(1)
    world.orders = [an_order(n, at=NOW - timedelta(days=90 - n)) for n in range(1, 80)]
    box.populate(world)
    orders()
    box.scopes -= {"read_all_orders"}
    box.orders.remove(70)
    assert orders() == ({order(70)}, {})


def test_a_young_shop_without_that_right_sees_all_its_orders(orders, box, clock):
    box.opened = int(NOW.timestamp()) - 30 * 86_400
    box.populate(a_world(1, 5))
    box.scopes -= {"read_all_orders"}
    orders()
    box.orders.remove(2)
    assert orders() == ({order(2)}, {})


def test_a_look_up_that_failed_is_no_deletion(people, box):
    box.populate(a_world(3))
    people()
    box.customers.remove(2)
    denied = b'{"data":{"nodes":[null]},"errors":[{"message":"no","extensions":{"code":"ACCESS_DENIED"}}]}'
    box.faults = [Fault("status", "query StillThere", status=200, body=denied)]
    with pytest.raises(AuthError):
        people()
    assert people() == ({customer(2)}, {})


def test_a_million_numbers_fit_into_a_cursor():
    ledger = Ledger((n * 131_072 + (n * 7919) % 40_000 for n in range(1, 100_001)), (0 for _ in range(100_000)))
    text = ledger.cursor()
    assert len(text) < 600_000
    again = Ledger.of(text)
    assert (again.numbers, again.marks, again.last) == (ledger.numbers, ledger.marks, ledger.numbers[-1])


def merge(box, one, two):
    """As a merchant merges them."""
    box.departures.merge({"customerOneId": customer(one), "customerTwoId": customer(two)})
    box.departures.merge_seconds = 0
    for merging in box.departures.mergings:
        merging.due = 0
