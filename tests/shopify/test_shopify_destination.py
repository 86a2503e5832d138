"""Writing to a shop: what goes over the wire, what comes of it, what is never touched."""

from datetime import timedelta

import pytest
from regulars import (
    AddressChange,
    AuthError,
    ConfigError,
    FieldSpec,
    JoinList,
    LeaveList,
    Missing,
    RefusedError,
    SetField,
    UnknownOutcomeError,
)
from regulars.testing import Fault
from regulars_shopify.destination import ShopifyDestination
from regulars_shopify.sandbox.metafields import Definition
from shopify.conftest import a_person, a_world

STAGE = FieldSpec("regulars.stage", "text", "Stage")
CLV = FieldSpec("regulars.clv", "number", "Value")
SINCE = FieldSpec("regulars.last_order_on", "date")
OPEN = FieldSpec("regulars.open", "boolean")
FIELDS = [STAGE, CLV, SINCE, OPEN]
VIP = "regulars:vip"


@pytest.fixture
def there(box, connect):
    """A destination on a shop of 60 customers whose fields are provisioned."""
    box.populate(a_world(60))
    shop = connect()
    made = ShopifyDestination(shop.settings, shop.http)
    made.provision(made.missing(FIELDS, [VIP]))
    box.log.clear()
    return made


@pytest.fixture
def again(connect, there):
    """Another destination, as another run has it."""

    def made():
        shop = connect()
        return ShopifyDestination(shop.settings, shop.http)

    return made


def gid(number):
    return f"gid://shopify/Customer/{7_000_000_000_000 + number}"


def statuses(outcomes):
    return [one.status for one in outcomes]


def sent(box, root):
    """The variables of every call of a mutation."""
    return [asked.json()["variables"] for asked in box.log if f"{root}(" in asked.json().get("query", "")]


# --- definitions ---


def test_what_is_missing_is_made_once_and_may_be_filtered_by(box, there):
    assert there.missing(FIELDS, [VIP]) == Missing()
    made = box.metafields.definitions["regulars.clv"]
    assert (made.name, made.type, made.filterable) == ("Value", "number_decimal", True)
    there.provision(Missing(tuple(FIELDS)))  # TAKEN is a success
    assert len(box.metafields.definitions) == len(FIELDS)


def test_a_definition_of_another_type_is_a_mistake_in_the_mapping(there):
    with pytest.raises(
        ConfigError, match=r"regulars.clv: the metafield is a number_decimal, the mapping says text"
    ):
        there.missing([FieldSpec("regulars.clv", "text")], [])


def test_a_name_that_is_no_key_is_refused_before_anything_is_asked(box, there):
    with pytest.raises(ConfigError, match="2 to 64 letters"):
        there.missing([FieldSpec("regulars.x", "text")], [])
    with pytest.raises(ConfigError, match="a comma cuts a tag in two"):
        there.missing([], ["regulars:tea,coffee"])
    assert box.log == []


def test_where_no_more_can_be_filtered_by_the_field_is_made_all_the_same(box, there):
    for number in range(60):
        box.metafields.define(
            {
                "namespace": "custom",
                "key": f"k{number}",
                "name": "x",
                "type": "date",
                "capabilities": {"adminFilterable": {"enabled": True}},
            }
        )
    there.provision(Missing((FieldSpec("regulars.level", "text"),)))
    assert not box.metafields.definitions["regulars.level"].filterable


def test_a_shop_that_is_full_of_definitions_says_so(box, there):
    for number in range(256):
        box.metafields.definitions[f"custom.k{number}"] = Definition(number, "custom", f"k{number}", "x", "date")
    with pytest.raises(ConfigError, match=r"Stores can only have 256 definitions.*Delete definitions"):
        there.provision(Missing((FieldSpec("regulars.level", "text"),)))


# --- what is held ---


def test_customers_are_read_by_id_in_batches_that_one_query_may_cost(box, there):
    box.populate(a_world(250))
    box.log.clear()
    held = there.held([gid(n) for n in range(1, 251)] + [gid(9999)], [f.name for f in FIELDS], [VIP])
    assert set(held) == {gid(n) for n in range(1, 251)}
    assert len(box.log) == 3
    assert all("customers(" not in asked.json()["query"] for asked in box.log)


def test_a_new_write_is_held_at_once_though_searches_lag(box, there):
    box.index_lag = 30
    there.write([SetField(gid(1), "regulars.stage", "retention"), JoinList(gid(1), VIP)])
    held = there.held([gid(1)], ["regulars.stage"], [VIP])[gid(1)]
    assert held.fields == {"regulars.stage": "retention"}
    assert (held.lists, held.email, held.state) == (frozenset({VIP}), "p1@example.test", "subscribed")


def test_a_tag_is_ours_however_it_is_spelled(box, there):
    box.populate(a_world(1))
    box.customers.live[1].tags = ["Regulars:VIP", "tea"]
    assert there.held([gid(1)], [], [VIP])[gid(1)].lists == {VIP}


# --- fields ---


def test_values_go_in_calls_of_25(box, there):
    changes = [SetField(gid(n), "regulars.stage", "expansion") for n in range(1, 61)]
    assert set(statuses(there.write(changes))) == {"written"}
    assert [len(call["metafields"]) for call in sent(box, "metafieldsSet")] == [25, 25, 10]
    assert there.price(changes).writes == 3


def test_what_shopify_names_as_wrong_is_left_out_and_the_rest_is_written(box, there):
    changes = [SetField(gid(n), "regulars.clv", "12.5") for n in range(1, 21)]
    changes[3] = SetField(gid(4), "regulars.clv", "twelve")
    changes[7] = SetField(gid(999), "regulars.clv", "12.5")
    outcomes = there.write(changes)
    bad = {outcome.change.id: outcome.reason for outcome in outcomes if outcome.status != "written"}
    assert bad == {gid(4): "Value must be a decimal.", gid(999): "Owner does not exist."}
    assert len(sent(box, "metafieldsSet")) == 2
    assert sum("regulars.clv" in c.metafields for c in box.customers.live.values()) == 18


def test_where_shopify_names_nothing_the_call_is_halved_to_the_culprit(box, there):
    box.nameless_errors = True
    changes = [SetField(gid(n), "regulars.clv", "1" if n != 5 else "one") for n in range(1, 9)]
    assert statuses(there.write(changes)) == ["written"] * 4 + ["rejected"] + ["written"] * 3


def test_a_value_that_stands_already_is_changed_when_it_was_read_before(box, there):
    for stage in ("retention", "expansion", "reactivation"):
        there.held([gid(1)], ["regulars.stage"], ())
        assert statuses(there.write([SetField(gid(1), "regulars.stage", stage)])) == ["written"]
        assert box.customers.live[1].metafields["regulars.stage"] == stage


def test_a_value_that_somebody_changed_since_it_was_read_is_not_overwritten(box, there):
    some = [gid(1), gid(2), gid(3)]
    there.write([SetField(gid(1), "regulars.stage", "retention")])
    there.held(some, ["regulars.stage"], ())
    box.customers.live[1].metafields["regulars.stage"] = "set by the merchant"
    box.customers.live[2].metafields["regulars.stage"] = "made by the merchant"
    outcomes = there.write([SetField(one, "regulars.stage", "expansion") for one in some])
    assert statuses(outcomes) == ["drifted", "drifted", "written"]
    assert box.customers.live[1].metafields["regulars.stage"] == "set by the merchant"


def test_a_value_that_vanished_since_it_was_read_has_drifted(box, there):
    there.write([SetField(gid(1), "regulars.stage", "retention")])
    there.held([gid(1)], ["regulars.stage"], ())
    del box.customers.live[1].metafields["regulars.stage"]
    assert statuses(there.write([SetField(gid(1), "regulars.stage", "expansion")])) == ["drifted"]


def test_our_own_earlier_attempt_that_arrived_late_is_no_drift(box, there):
    there.held([gid(1)], ["regulars.stage"], ())
    box.customers.live[1].metafields["regulars.stage"] = "expansion"
    (outcome,) = there.write([SetField(gid(1), "regulars.stage", "expansion")])
    assert (outcome.status, outcome.reason) == ("written", "it was so already")


def test_clearing_deletes_the_metafield_and_nothing_else(box, there):
    there.write([SetField(gid(1), "regulars.stage", "x"), SetField(gid(1), "regulars.clv", "1")])
    box.customers.live[1].metafields["custom.tea"] = "green"
    there.write([SetField(gid(1), "regulars.stage", None)])
    assert box.customers.live[1].metafields == {"regulars.clv": "1", "custom.tea": "green"}
    assert statuses(there.write([SetField(gid(1), "regulars.stage", None)])) == ["written"]


def test_a_write_makes_the_customer_come_back_in_the_next_reading_and_the_same_again_does_not(box, clock, there):
    before = box.customers.live[1].updated
    clock.forward(timedelta(minutes=1))
    there.write([SetField(gid(1), "regulars.stage", "x")])
    assert box.customers.live[1].updated > before
    at = box.customers.live[1].updated
    clock.forward(timedelta(minutes=1))
    there.write([SetField(gid(1), "regulars.stage", "x")])
    assert box.customers.live[1].updated == at


# --- lists ---


def test_what_a_customer_joins_is_one_call_and_the_merchants_tags_stay(box, there):
    changed = a_world(0)
    changed.people = [a_person(1, tags=("wholesale",))]
    box.populate(changed)
    there.write([JoinList(gid(1), VIP), JoinList(gid(1), "regulars:tea")])
    assert len(sent(box, "tagsAdd")) == 1
    there.write([LeaveList(gid(1), VIP)])
    assert box.customers.live[1].tags == ["regulars:tea", "wholesale"]
    assert sent(box, "customerUpdate") == []


def test_a_comma_never_makes_two_lists(box, there):
    outcomes = there.write([JoinList(gid(1), "regulars:a,b"), JoinList(gid(1), VIP)])
    assert statuses(outcomes) == ["rejected", "written"]
    assert box.customers.live[1].tags == [VIP]


def test_a_customer_with_250_tags_is_refused_with_shopifys_words(box, there):
    box.customers.live[1].tags = [f"t{n:03d}" for n in range(250)]
    (outcome,) = there.write([JoinList(gid(1), VIP)])
    assert (outcome.status, outcome.reason) == ("rejected", "cannot have more than 250 tags")


# --- addresses ---


def test_a_confirmed_address_stands_beside_the_customers_own(box, there):
    move = AddressChange(gid(1), "p1@example.test", "new@example.test", "job:1")
    assert statuses(there.write([move])) == ["written"]
    assert box.customers.live[1].email == "p1@example.test"
    assert box.customers.live[1].metafields["regulars.ecoa_email"] == "new@example.test"


# --- never ---


def test_nothing_forbidden_is_touched(box, there):
    everything = [SetField(gid(1), "regulars.stage", "x"), SetField(gid(2), "regulars.stage", None)]
    everything += [JoinList(gid(1), VIP), LeaveList(gid(2), VIP)]
    everything += [AddressChange(gid(1), "p1@example.test", "new@example.test", "job:1")]
    there.write(everything)
    assert box.forbidden == []
    assert {c.consent for c in box.customers.live.values()} == {"SUBSCRIBED"}


@pytest.mark.parametrize("change", [SetField(gid(1), "custom.tea", "x"), JoinList(gid(1), "wholesale")])
def test_what_is_not_ours_is_refused_before_it_is_sent(box, there, change):
    with pytest.raises(RefusedError, match="is not ours to write"):
        there.write([change])
    assert box.log == []


def test_a_populated_world_leaves_what_we_wrote(box, there):
    there.write([SetField(gid(1), "regulars.stage", "x"), JoinList(gid(1), VIP)])
    changed = a_world(60)
    changed.people[0] = a_person(1, last_name="Moved", tags=("wholesale",))
    box.populate(changed)
    held = box.customers.live[1]
    assert (held.last_name, held.tags, held.metafields) == ("Moved", [VIP, "wholesale"], {"regulars.stage": "x"})


# --- failures ---


def test_a_throttled_write_is_sent_again_for_nothing_had_happened(box, there):
    box.bucket.left = 0
    assert statuses(there.write([SetField(gid(1), "regulars.stage", "x")])) == ["written"]


def test_an_internal_error_leaves_the_outcome_open_and_is_not_sent_again(box, there):
    body = b'{"errors":[{"message":"Internal error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}],"data":null}'
    box.faults = [Fault("status", match="metafieldsSet", status=200, body=body)]
    outcomes = there.write([SetField(gid(n), "regulars.stage", "x") for n in range(1, 31)])
    assert statuses(outcomes) == ["unknown"] * 25 + ["written"] * 5
    assert len(sent(box, "metafieldsSet")) == 2


def test_a_missing_right_to_write_is_named_and_nothing_is_written(box, there):
    box.scopes.discard("write_customers")
    with pytest.raises(AuthError, match="write_customers"):
        there.write([SetField(gid(1), "regulars.stage", "x")])
    assert "regulars.stage" not in box.customers.live[1].metafields


def test_a_lost_answer_is_settled_by_reading_back(box, there, again):
    box.faults = [Fault("lost", match="metafieldsSet")]
    (outcome,) = there.write([SetField(gid(1), "regulars.stage", "x")])
    assert outcome.status == "unknown"
    assert again().held([gid(1)], ["regulars.stage"], ())[gid(1)].fields == {"regulars.stage": "x"}


def test_an_answer_that_is_none_leaves_the_outcome_open(box, there):
    box.faults = [Fault("malformed", match="metafieldDefinitionCreate")]
    with pytest.raises(UnknownOutcomeError, match="cannot be read"):
        there.provision(Missing((FieldSpec("regulars.level", "text"),)))
    there.provision(Missing((FieldSpec("regulars.level", "text"),)))
