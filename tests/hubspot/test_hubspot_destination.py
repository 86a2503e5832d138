from __future__ import annotations

from datetime import timedelta

import pytest
from regulars import (
    AddressChange,
    AuthError,
    ConfigError,
    FieldSpec,
    IssueCode,
    JoinList,
    LeaveList,
    Missing,
    PlatformError,
    QuotaError,
    RefusedError,
    SetField,
    UnknownOutcomeError,
)
from regulars.testing import Fault, WorldPerson
from regulars_hubspot.destination import HubSpotDestination

CLV = FieldSpec("regulars_clv", "number", "Value")
STAGE = FieldSpec("regulars_stage", "enumeration", "Stage", ("active", "lapsed"))
SINCE = FieldSpec("regulars_last_order_on", "date")
OPEN = FieldSpec("regulars_open", "boolean")
RFM = FieldSpec("regulars_rfm", "text")
FIELDS = [CLV, STAGE, SINCE, OPEN, RFM]
VIP = "regulars · VIP"


@pytest.fixture
def people(box, destination, crowd):
    """Ids of 30 contacts of a portal that is provisioned."""
    box.populate(crowd(30))
    destination.provision(destination.missing(FIELDS, [VIP]))
    box.log.clear()
    return list(box.contacts)


def statuses(outcomes):
    return [one.status for one in outcomes]


def batches(box):
    return [asked for asked in box.log if asked.path.endswith("/batch/update")]


# --- provisioning ---


def test_what_is_missing_is_made_once(box, destination):
    missing = destination.missing(FIELDS, [VIP])
    assert missing == Missing(tuple(FIELDS), (VIP,))
    destination.provision(missing)
    assert destination.missing(FIELDS, [VIP]) == Missing()
    assert {box.schema.live[spec.name]["groupName"] for spec in FIELDS} == {"regulars"}
    assert box.schema.live["regulars_clv"]["type"] == "number"
    destination.provision(missing)
    assert len(box.lists.rows) == 1


def test_new_options_join_those_that_are_there(box, destination):
    destination.provision(destination.missing([STAGE], []))
    wider = FieldSpec("regulars_stage", "enumeration", "Stage", ("active", "new"))
    missing = destination.missing([wider], [])
    assert missing.fields[0].options == ("new",)
    destination.provision(missing)
    assert [one["value"] for one in box.schema.live["regulars_stage"]["options"]] == ["active", "lapsed", "new"]


def test_a_field_of_another_type_is_a_config_error(box, destination):
    box.schema.add_text("regulars_clv")
    with pytest.raises(ConfigError, match="regulars_clv"):
        destination.missing([CLV], [])


def test_an_archived_field_of_another_type_that_comes_back_is_a_config_error(box, destination):
    box.schema.add_text("regulars_clv")
    box.schema.archive("regulars_clv")
    with pytest.raises(ConfigError, match="it exists as string/text"):
        destination.provision(destination.missing([CLV], []))


# --- what is held ---


def test_held_sees_a_write_at_once(box, destination, people):
    box.index.lag = 600
    destination.write([SetField(people[0], "regulars_clv", "12.5")])
    destination.write([JoinList(people[0], VIP)])
    held = destination.held(people[:2], ["regulars_clv"], [VIP])
    assert held[people[0]].fields == {"regulars_clv": "12.5"}
    assert held[people[0]].lists == frozenset((VIP,))
    assert (held[people[1]].fields, held[people[1]].lists) == ({"regulars_clv": None}, frozenset())


def test_held_reads_any_number_a_hundred_at_a_time(box, destination, crowd):
    box.populate(crowd(250))
    assert len(destination.held(list(box.contacts), [], [])) == 250
    assert len(box.log) == 3


def test_an_unknown_id_is_absent_from_what_is_held(destination, people):
    assert list(destination.held([people[0], "999999"], [], [])) == [people[0]]


def test_a_field_that_does_not_exist_yet_is_empty(destination, people):
    assert destination.held(people[:1], ["regulars_new"], [])[people[0]].fields == {"regulars_new": None}


def test_a_failed_look_up_is_not_an_absence(box, destination, people):
    body = (
        b'{"status":"COMPLETE","results":[],"numErrors":1,'
        b'"errors":[{"category":"INTERNAL_ERROR","message":"try later"}]}'
    )
    box.faults.append(Fault("status", match="batch/read", status=207, body=body))
    with pytest.raises(PlatformError, match="could not look up contacts"):
        destination.held(people[:1], [], [])


def test_held_tells_the_present_address_and_state(box, destination, world_of):
    box.populate(
        world_of(
            WorldPerson("a", "a@tea.example.test"),
            WorldPerson("b", "b@tea.example.test", consent="unsubscribed"),
            WorldPerson("c", "c@tea.example.test", bounced="hard"),
            WorldPerson("d", "d@tea.example.test", bounced="soft"),
        )
    )
    held = destination.held(list(box.contacts), [], [])
    assert [one.state for one in held.values()] == ["ok", "unsubscribed", "bounced", "ok"]
    assert next(iter(held.values())).email == "a@tea.example.test"


# --- fields ---


def test_values_of_every_type_are_written(box, destination, people):
    values = {
        "regulars_clv": "12.50",
        "regulars_stage": "active",
        "regulars_last_order_on": "2026-02-27",
        "regulars_open": "true",
        "regulars_rfm": "champions",
    }
    outcomes = destination.write([SetField(people[0], name, value) for name, value in values.items()])
    assert statuses(outcomes) == ["written"] * 5
    assert box.contacts[people[0]]["properties"].items() >= values.items()
    assert len(batches(box)) == 1


def test_none_clears_a_field(box, destination, people):
    destination.write([SetField(people[0], "regulars_clv", "1")])
    destination.write([SetField(people[0], "regulars_clv", None)])
    assert "regulars_clv" not in box.contacts[people[0]]["properties"]


def test_a_bad_value_is_rejected_alone(box, destination, people):
    changes = [SetField(key, "regulars_stage", "active") for key in people]
    changes[17] = SetField(people[17], "regulars_stage", "Gone")
    outcomes = destination.write(changes)
    assert statuses(outcomes) == ["written"] * 17 + ["rejected"] + ["written"] * 12
    assert "INVALID_OPTION" in outcomes[17].reason
    assert [outcome.change for outcome in outcomes] == changes
    assert sum("regulars_stage" in row["properties"] for row in box.contacts.values()) == 29


@pytest.fixture
def hundred(box, destination, crowd):
    """Ids of 100 contacts of a portal that is provisioned."""
    box.populate(crowd(100))
    destination.provision(destination.missing(FIELDS, [VIP]))
    box.log.clear()
    return list(box.contacts)


@pytest.mark.parametrize("place", [0, 41, 99])
@pytest.mark.parametrize(("name", "value"), [("regulars_stage", "Gone"), ("regulars_clv", "1.234,5")])
def test_one_bad_record_among_a_hundred_costs_few_calls(box, destination, hundred, place, name, value):
    good = {"regulars_stage": "active", "regulars_clv": "12.5"}[name]
    changes = [SetField(key, name, good) for key in hundred]
    changes[place] = SetField(hundred[place], name, value)
    outcomes = destination.write(changes)
    assert [n for n, one in enumerate(outcomes) if one.status != "written"] == [place]
    assert (outcomes[place].status, value in outcomes[place].reason) == ("rejected", True)
    assert len(batches(box)) == 3


def test_a_culprit_that_hubspot_does_not_describe_is_found_by_halving(box, destination, hundred):
    changes = [SetField(key, "regulars_clv", "1") for key in hundred]
    refusal = b'{"status":"error","message":"Something in here is wrong","category":"VALIDATION_ERROR"}'
    for _ in range(9):
        # Whatever batch holds this contact is refused.
        box.faults.append(Fault("status", match=f'"{hundred[41]}"', status=400, body=refusal, times=1))
    outcomes = destination.write(changes)
    assert [n for n, one in enumerate(outcomes) if one.status != "written"] == [41]
    assert len(batches(box)) <= 16


def test_a_value_that_many_records_share_is_refused_once(box, destination, hundred):
    changes = [SetField(key, "regulars_stage", "Gone" if n % 3 else "active") for n, key in enumerate(hundred)]
    outcomes = destination.write(changes)
    assert [one.status == "written" for one in outcomes] == [n % 3 == 0 for n in range(100)]
    assert len(batches(box)) == 3


def test_the_good_fields_of_a_record_are_written_beside_its_bad_one(box, destination, people):
    outcomes = destination.write(
        [SetField(people[0], "regulars_stage", "Gone"), SetField(people[0], "regulars_clv", "7")]
    )
    assert statuses(outcomes) == ["rejected", "written"]
    assert box.contacts[people[0]]["properties"]["regulars_clv"] == "7"


def test_a_required_field_of_the_portal_is_named_and_costs_few_calls(box, destination, hundred):
    box.portal.contacts.rules.required = ("company",)
    for key in hundred[40:]:
        box.contacts[key]["properties"]["company"] = "Tea"
    outcomes = destination.write([SetField(key, "regulars_clv", "1") for key in hundred])
    assert statuses(outcomes) == ["rejected"] * 40 + ["written"] * 60
    assert outcomes[0].reason == (
        "the portal requires 'company' on every contact (MISSING_REQUIRED_PROPERTY)."
        " Fill it in, or change the rule, in HubSpot"
    )
    assert len(box.log) == 3


def test_a_required_field_that_nobody_has_rejects_everybody_at_once(box, destination, hundred):
    box.portal.contacts.rules.required = ("company",)
    outcomes = destination.write([SetField(key, "regulars_clv", "1") for key in hundred])
    assert statuses(outcomes) == ["rejected"] * 100
    assert len(box.log) == 2


def test_a_rule_with_a_condition_names_what_it_wants_and_whom_it_meets(box, destination, hundred):
    box.portal.contacts.rules.conditional = (("hs_lead_status", "OPEN", "phone"),)
    for key in (hundred[3], hundred[70]):
        box.contacts[key]["properties"]["hs_lead_status"] = "OPEN"
    outcomes = destination.write([SetField(key, "regulars_clv", "1") for key in hundred])
    assert [n for n, one in enumerate(outcomes) if one.status != "written"] == [3, 70]
    assert "a rule of the portal requires 'phone'" in outcomes[3].reason
    assert "MISSING_CONDITIONAL_REQUIRED_PROPERTY" in outcomes[3].reason


def test_the_older_api_does_not_enforce_the_portals_rules(box, settings, http, destination, people):
    box.portal.contacts.rules.required = ("company",)
    older = HubSpotDestination(settings.model_copy(update={"api": "v3"}), http)
    assert statuses(older.write([SetField(people[0], "regulars_clv", "1")])) == ["written"]
    assert statuses(destination.write([SetField(people[0], "regulars_clv", "2")])) == ["rejected"]


def test_more_than_a_batch_is_written_a_hundred_at_a_time(box, destination, crowd):
    box.populate(crowd(230))
    destination.provision(destination.missing(FIELDS, [VIP]))
    box.log.clear()
    for changes in (
        [SetField(key, "regulars_clv", "1") for key in box.contacts],
        [JoinList(key, VIP) for key in box.contacts],
    ):
        assert set(statuses(destination.write(changes))) == {"written"}
    sizes = [len(asked.json().get("inputs", ())) for asked in batches(box)]
    assert sizes == [100, 100, 30]
    assert len(box.lists.members["1"]) == 230


def test_an_unknown_contact_is_rejected_and_the_others_are_written(destination, people):
    outcomes = destination.write([SetField(key, "regulars_clv", "1") for key in (people[0], "999999", people[1])])
    assert statuses(outcomes) == ["written", "rejected", "written"]
    assert outcomes[1].reason == "No contact with ID 999999 exists"


def test_an_answer_that_is_lost_is_an_unknown_outcome_and_held_shows_the_truth(box, destination, people):
    box.faults.append(Fault("lost", match="batch/update"))
    with pytest.raises(UnknownOutcomeError):
        destination.write([SetField(people[0], "regulars_clv", "7")])
    assert destination.held(people[:1], ["regulars_clv"], [])[people[0]].fields == {"regulars_clv": "7"}
    assert len(batches(box)) == 1


def test_a_write_answered_502_is_not_sent_again(box, destination, people):
    box.gateway_errors = 1
    with pytest.raises(UnknownOutcomeError):
        destination.write([SetField(people[0], "regulars_clv", "7")])
    assert len(batches(box)) == 1


@pytest.mark.parametrize("status", [423, 429, 477])
def test_a_write_that_was_refused_before_it_happened_is_sent_again(box, destination, people, clock, status):
    begun = clock.now()
    headers = {"Retry-After": "3"} if status == 477 else {}
    box.faults.append(Fault("status", match="batch/update", status=status, headers=headers))
    assert statuses(destination.write([SetField(people[0], "regulars_clv", "7")])) == ["written"]
    assert clock.now() - begun >= timedelta(seconds=2)


def test_a_failure_halfway_leaves_the_rest_unknown(box, destination, people):
    changes = [SetField(key, "regulars_clv", "1") for key in people[:3]] + [
        SetField(people[3], "regulars_clv", "x")
    ]
    box.faults.append(Fault("status", match="batch/update", skip=2, status=401))
    outcomes = destination.write(changes)
    assert statuses(outcomes) == ["written", "written", "written", "unknown"]


def test_a_token_that_may_not_write_is_an_auth_error(box, destination, people):
    box.scopes.discard("crm.objects.contacts.write")
    with pytest.raises(AuthError, match=r"crm\.objects\.contacts\.write"):
        destination.write([SetField(people[0], "regulars_clv", "1")])


# --- lists ---


def test_contacts_join_and_leave_a_list(box, destination, people):
    joined = destination.write([JoinList(key, VIP) for key in (people[0], "999999", people[1])])
    assert statuses(joined) == ["written", "rejected", "written"]
    assert list(box.lists.members["1"]) == people[:2]
    assert statuses(destination.write([LeaveList(people[0], VIP)])) == ["written"]
    assert list(box.lists.members["1"]) == [people[1]]


def test_a_list_that_does_not_exist_rejects(destination, people):
    (outcome,) = destination.write([JoinList(people[0], "regulars · nowhere")])
    assert (outcome.status, "provision it first" in outcome.reason) == ("rejected", True)


def test_a_list_that_somebody_deleted_rejects_and_is_looked_up_anew(box, destination, people):
    destination.write([JoinList(people[0], VIP)])
    box.lists.rows.clear()
    assert statuses(destination.write([JoinList(people[1], VIP)])) == ["rejected"]
    destination.provision(Missing((), (VIP,)))
    assert statuses(destination.write([JoinList(people[1], VIP)])) == ["written"]


# --- addresses ---


def change_of(box, key, new, old=None):
    return AddressChange(key, old or box.contacts[key]["properties"]["email"], new, "job:1")


def test_a_confirmed_address_takes_the_place_of_the_old_one(box, destination, people):
    before = dict(box.contacts[people[0]]["properties"])
    outcomes = destination.write([change_of(box, people[0], "new@tea.example.test")])
    assert statuses(outcomes) == ["written"]
    after = box.contacts[people[0]]["properties"]
    assert {name for name in after if after[name] != before.get(name)} <= {"email", "lastmodifieddate"}
    (sent,) = [asked.json() for asked in box.log if asked.method == "PATCH"]
    assert sent == {"properties": {"email": "new@tea.example.test"}}


def test_an_address_of_somebody_else_is_rejected_without_naming_it(box, destination, people):
    taken = box.contacts[people[1]]["properties"]["email"]
    (outcome,) = destination.write([change_of(box, people[0], taken)])
    assert (outcome.status, "already exists" in outcome.reason, "@" in outcome.reason) == ("rejected", True, False)


def test_an_address_that_changed_meanwhile_is_drift(box, api, destination, people):
    change = change_of(box, people[0], "new@tea.example.test", old="elsewhere@tea.example.test")
    assert statuses(destination.write([change])) == ["drifted"]
    assert statuses(
        destination.write([change_of(box, people[0], box.contacts[people[0]]["properties"]["email"])])
    ) == ["unchanged"]


def test_an_opted_out_contact_keeps_its_address_and_its_opt_out(box, destination, world_of):
    box.populate(world_of(WorldPerson("a", "a@tea.example.test", consent="unsubscribed", bounced="hard")))
    (key,) = box.contacts
    (outcome,) = destination.write([change_of(box, key, "new@tea.example.test")])
    assert (outcome.status, "opted out" in outcome.reason) == ("rejected", True)
    assert box.contacts[key]["properties"]["hs_email_optout"] == "true"


def test_one_lost_answer_leaves_the_other_addresses_known(box, destination, people):
    box.faults.append(Fault("lost", match="PATCH", skip=1))
    changes = [change_of(box, key, f"new{key}@tea.example.test") for key in people[:3]]
    assert statuses(destination.write(changes)) == ["written", "unknown", "written"]


# --- what is never written ---


@pytest.mark.parametrize(
    "change",
    [
        SetField("101", "lifecyclestage", "customer"),
        SetField("101", "email", "x@tea.example.test"),
        SetField("101", "hs_marketable_status", "true"),
        JoinList("101", "VIP"),
        LeaveList("101", "Newsletter"),
        IssueCode("101", "TEA-1", 500, "EUR", "2026-04-01"),
    ],
)
def test_what_is_not_ours_is_refused_before_anything_is_sent(box, destination, people, change):
    with pytest.raises(RefusedError):
        destination.write([SetField(people[0], "regulars_clv", "1"), change])
    assert not box.log


def test_a_foreign_field_or_list_is_not_provisioned(box, destination):
    for missing in (Missing((FieldSpec("stage", "text"),)), Missing((), ("VIP",))):
        with pytest.raises(RefusedError):
            destination.provision(missing)
    assert not box.log


def test_nothing_forbidden_is_touched_and_nobody_is_billed_for(box, destination, people):
    billed, everybody = box.marketing_contacts, set(box.contacts)
    destination.write([SetField(key, "regulars_stage", "active") for key in people])
    destination.write([JoinList(key, VIP) for key in people])
    destination.write([change_of(box, people[0], "new@tea.example.test")])
    assert (box.marketing_contacts, set(box.contacts), box.forbidden) == (billed, everybody, [])


def test_the_last_calls_of_a_day_are_not_used_for_writing(box, destination, people):
    box.limits.daily, box.limits.used_today = 1_000, 989
    destination.held(people[:1], [], [])
    with pytest.raises(QuotaError, match="daily calls are left"):
        destination.write([SetField(people[0], "regulars_clv", "1")])
    assert not batches(box)


# --- price ---


def test_the_price_is_what_it_costs(box, destination, people):
    for changes in (
        [SetField(key, "regulars_clv", "1") for key in people],
        [JoinList(key, VIP) for key in people],
        [change_of(box, key, f"n{key}@tea.example.test") for key in people[:3]],
    ):
        destination.held(people[:1], [], [VIP])
        box.log.clear()
        price = destination.price(changes)
        destination.write(changes)
        destination.held([change.id for change in changes], [], [VIP] if isinstance(changes[0], JoinList) else [])
        assert len(box.log) == price.writes + price.reads
