"""Writing to an audience over a port, and what is never written."""

from __future__ import annotations

import json
import threading

import pytest
from mailchimp.tea_house import world_of
from regulars import (
    AddressChange,
    AuthError,
    ConfigError,
    FieldSpec,
    Http,
    IssueCode,
    JoinList,
    LeaveList,
    Missing,
    PlatformError,
    PluginError,
    RefusedError,
    SetField,
)
from regulars.apply.live import STOPPED
from regulars.testing import Fault, WorldPerson
from regulars_mailchimp.client import policy
from regulars_mailchimp.destination import MailchimpDestination

FIELDS = (
    FieldSpec("RG_STAGE", "text", "Stage"),
    FieldSpec("RG_CLV", "number", "Lifetime value"),
    FieldSpec("RG_LAST", "date", "Last order"),
)
NAMES = [spec.name for spec in FIELDS]


@pytest.fixture
def there(filled, settings, http):
    destination = MailchimpDestination(settings, http)
    destination.provision(Missing(FIELDS))
    filled.log.clear()
    return destination


def contact(box, name):
    return box.audience.find(f"{name}@tea.example.test")["contact_id"]


def written(box):
    return [asked for asked in box.log if asked.method != "GET"]


def statuses(outcomes):
    return [outcome.status for outcome in outcomes]


# --- fields ------------------------------------------------------------------------------------------------


def test_all_fields_of_a_member_go_in_one_request_and_are_held_as_written(filled, there):
    ada = contact(filled, "ada")
    values = {"RG_STAGE": "retention", "RG_CLV": "12.50", "RG_LAST": "2026-02-28"}
    outcomes = there.write([SetField(ada, name, value) for name, value in values.items()])
    assert statuses(outcomes) == ["written"] * 3
    assert len(written(filled)) == 1
    held = there.held([ada], NAMES, ())[ada]
    assert held.fields == {**values, "RG_CLV": "12.5"}
    assert (held.email, held.state) == ("ada@tea.example.test", "subscribed")


def test_a_field_write_says_nothing_but_merge_fields(filled, there):
    there.write([SetField(contact(filled, name), "RG_STAGE", "x") for name in ("ada", "bob", "cyd", "dee")])
    assert {tuple(asked.json()) for asked in written(filled)} == {("merge_fields",)}
    assert {m["status"] for m in filled.audience.members.values()} == {
        "subscribed",
        "unsubscribed",
        "cleaned",
        "pending",
    }


def test_none_clears_a_field(filled, there):
    ada = contact(filled, "ada")
    there.write([SetField(ada, "RG_STAGE", "x")])
    assert statuses(there.write([SetField(ada, "RG_STAGE", None)])) == ["written"]
    assert there.held([ada], NAMES, ())[ada].fields["RG_STAGE"] is None


def test_a_merge_tag_that_mailchimp_ignores_is_a_rejection(filled, there):
    ada = contact(filled, "ada")
    outcomes = there.write([SetField(ada, "RG_NONE", "x"), SetField(ada, "RG_STAGE", "y")])
    assert statuses(outcomes) == ["rejected", "written"]
    assert "no merge field RG_NONE" in outcomes[0].reason


def test_a_value_of_the_wrong_type_does_not_keep_the_others_from_being_written(filled, there):
    ada = contact(filled, "ada")
    outcomes = there.write([SetField(ada, "RG_CLV", "much"), SetField(ada, "RG_STAGE", "y")])
    assert statuses(outcomes) == ["rejected", "written"]
    assert outcomes[0].reason == "Please enter a number"


def test_a_required_field_of_the_client_does_not_stop_ours(filled, there, api):
    field = {"tag": "MUST", "name": "Must", "type": "text", "required": True}
    api.send("POST", f"lists/{filled.list_id}/merge-fields", field)
    assert statuses(there.write([SetField(contact(filled, "ada"), "RG_STAGE", "y")])) == ["written"]


def test_who_is_gone_is_told_and_the_others_are_written(filled, there):
    ids = [contact(filled, "ada"), "0" * 32, contact(filled, "bob")]
    outcomes = there.write([SetField(one, "RG_STAGE", "y") for one in ids])
    assert statuses(outcomes) == ["written", "rejected", "written"]


@pytest.mark.parametrize("change", [SetField("x", "FNAME", "y"), JoinList("x", "vip"), LeaveList("x", "vip")])
def test_what_is_not_ours_is_refused_before_anything_is_sent(filled, there, change):
    with pytest.raises(RefusedError):
        there.write([change])
    assert filled.log == []


def test_a_discount_code_is_no_business_of_mailchimp(filled, there):
    with pytest.raises(PluginError):
        there.write([IssueCode("x", "CODE", 500, "EUR", "2026-12-31")])


# --- tags --------------------------------------------------------------------------------------------------


def test_tags_are_joined_and_left_without_starting_automations(filled, there):
    ada, bob = contact(filled, "ada"), contact(filled, "bob")
    assert statuses(there.write([JoinList(one, "regulars:win-back") for one in (ada, bob)])) == ["written"] * 2
    assert statuses(there.write([LeaveList(bob, "regulars:win-back")])) == ["written"]
    held = there.held([ada, bob], (), ["regulars:win-back", "regulars:other"])
    assert (held[ada].lists, held[bob].lists) == (frozenset({"regulars:win-back"}), frozenset())
    assert all(asked.json()["is_syncing"] for asked in written(filled))


def test_a_tag_follows_a_member_whose_address_changed_after_it_was_read(filled, there, people):
    ada = contact(filled, "ada")
    there.held([ada], (), ())
    filled.populate(world_of(WorldPerson("ada", "ada@new.example.test")))
    outcome = there.write([JoinList(ada, "regulars:x")])[0]
    assert (outcome.status, outcome.reason.partition(":")[0]) == ("rejected", "Resource Not Found")
    there.held([ada], (), ())
    assert statuses(there.write([JoinList(ada, "regulars:x")])) == ["written"]


def test_a_tag_for_nobody_is_rejected(there):
    assert statuses(there.write([JoinList("0" * 32, "regulars:x")])) == ["rejected"]


# --- new addresses -----------------------------------------------------------------------------------------


def moved(box, new="cyd@new.example.test"):
    return AddressChange(contact(box, "cyd"), "cyd@tea.example.test", new, "job 1, key k")


def test_a_new_address_is_pending_and_mailchimp_asks_the_person(filled, there):
    assert statuses(there.write([moved(filled)])) == ["written"]
    assert [asked.json() for asked in written(filled)] == [
        {
            "email_address": "cyd@new.example.test",
            "status_if_new": "pending",
            "merge_fields": {"FNAME": "Cyd", "LNAME": "Coe"},
        }
    ]
    assert filled.audience.find("cyd@new.example.test")["status"] == "pending"
    assert filled.audience.find("cyd@tea.example.test")["status"] == "cleaned"
    assert filled.mails_sent == ["cyd@new.example.test"]


def test_asking_twice_sends_one_mail(filled, there):
    there.write([moved(filled)])
    assert statuses(there.write([moved(filled)])) == ["unchanged"]
    assert filled.mails_sent == ["cyd@new.example.test"]


def test_merge_fields_and_tags_of_the_old_member_go_with_the_person(filled, there, api):
    there.write([SetField(contact(filled, "cyd"), "RG_STAGE", "lapsed")])
    key = api.get(f"{api.members}/cyd@tea.example.test")["id"]
    api.send("POST", f"{api.members}/{key}/tags", {"tags": [{"name": "vip", "status": "active"}]})
    assert statuses(there.write([moved(filled)])) == ["written"]
    new = api.get(f"{api.members}/cyd@new.example.test")
    assert (new["merge_fields"]["RG_STAGE"], new["merge_fields"]["FNAME"]) == ("lapsed", "Cyd")
    assert [tag["name"] for tag in new["tags"]] == ["vip"]


def test_tags_that_could_not_be_copied_are_told_and_the_new_member_is_there(filled, there, api):
    key = api.get(f"{api.members}/cyd@tea.example.test")["id"]
    api.send("POST", f"{api.members}/{key}/tags", {"tags": [{"name": "vip", "status": "active"}]})
    filled.faults = [Fault("lost", match="/tags")]
    outcome = there.write([moved(filled)])[0]
    assert outcome.status == "written"
    assert outcome.reason.startswith("the tags were not copied")


def test_a_value_that_mailchimp_takes_no_more_does_not_keep_the_person_from_being_asked(filled, there):
    filled.audience.find("cyd@tea.example.test")["merge_fields"]["ADDRESS"] = {"addr1": "Half a street"}
    assert statuses(there.write([moved(filled)])) == ["written"]
    assert filled.mails_sent == ["cyd@new.example.test"]


def test_who_unsubscribed_or_was_archived_is_asked_at_no_address(filled, there, api):
    for name in ("bob", "ada"):
        api.send("DELETE", f"{api.members}/ada@tea.example.test")
        filled.log.clear()
        change = AddressChange(contact(filled, name), f"{name}@tea.example.test", "new@new.example.test", "job 1")
        outcome = there.write([change])[0]
        assert outcome.status == "rejected"
        assert "nobody is asked again" in outcome.reason
        assert written(filled) == []


def test_a_member_whose_address_changed_meanwhile_has_drifted(filled, there):
    change = AddressChange(contact(filled, "cyd"), "other@tea.example.test", "new@new.example.test", "job 1")
    assert statuses(there.write([change])) == ["drifted"]
    assert written(filled) == []


@pytest.mark.parametrize("who", ["ada", "bob"])
def test_who_is_a_member_already_is_left_alone(filled, there, who):
    before = dict(filled.audience.find(f"{who}@tea.example.test"))
    outcome = there.write([moved(filled, f"{who}@tea.example.test")])[0]
    assert outcome.status == "rejected"
    assert "already" in outcome.reason
    assert written(filled) == []
    assert filled.audience.find(f"{who}@tea.example.test") == before


def test_an_archived_member_under_the_new_address_is_left_alone(filled, there, api):
    api.send("DELETE", f"{api.members}/ada@tea.example.test")
    assert "archived" in there.write([moved(filled, "ada@tea.example.test")])[0].reason


def test_a_forgotten_address_is_rejected_with_mailchimps_words(filled, there, api):
    key = api.get(f"{api.members}/ada@tea.example.test")["id"]
    api.send("POST", f"{api.members}/{key}/actions/delete-permanent")
    outcome = there.write([moved(filled, "ada@tea.example.test")])[0]
    assert outcome.status == "rejected"
    assert outcome.reason.startswith("Forgotten Email Not Subscribed")


def test_no_request_ever_asks_to_subscribe_anybody(filled, there):
    ada = contact(filled, "ada")
    changes = [SetField(ada, "RG_STAGE", "y")], [JoinList(ada, "regulars:x")], [moved(filled)]
    for change in changes:
        there.write(list(change))
    bodies = [asked.json() for asked in written(filled)]
    assert not any("status" in body for body in bodies)
    assert {body["status_if_new"] for body in bodies if "status_if_new" in body} == {"pending"}
    assert filled.subscribed_by_api == []


def test_nobody_is_ever_archived_or_deleted(filled, there):
    ada = contact(filled, "ada")
    changes = [SetField(ada, "RG_STAGE", None)], [LeaveList(ada, "regulars:x")], [moved(filled)]
    for change in changes:
        there.write(list(change))
    assert not any(asked.method == "DELETE" or "delete-permanent" in asked.path for asked in filled.log)


def test_a_new_address_in_capitals_is_the_same_member(filled, there):
    there.write([moved(filled, "Cyd@New.example.test")])
    assert statuses(there.write([moved(filled, "cyd@new.EXAMPLE.test")])) == ["unchanged"]
    assert filled.mails_sent == ["Cyd@New.example.test"]


# --- held --------------------------------------------------------------------------------------------------


def test_held_leaves_out_who_is_not_there(filled, there):
    ada = contact(filled, "ada")
    assert set(there.held([ada, "0" * 32], NAMES, ())) == {ada}


def test_a_status_nobody_knows_keeps_nothing_from_being_written_but_is_handed_to_no_sender(filled, there):
    filled.audience.find("ada@tea.example.test")["status"] = "deleted"
    ids = [contact(filled, "ada"), contact(filled, "dee")]
    assert [one.state for one in there.held(ids, NAMES, ()).values()] == ["invalid", "pending"]
    assert "invalid" in STOPPED
    assert statuses(there.write([SetField(ids[0], "RG_STAGE", "loyal")])) == ["written"]
    move = AddressChange(ids[0], "ada@tea.example.test", "new@new.example.test", "job 1")
    assert there.write([move])[0].reason == "the member is invalid: nobody is asked again"


def test_a_failed_look_up_is_not_an_absence(filled, there):
    filled.faults = [Fault("status", status=503, times=99)]
    with pytest.raises(PlatformError):
        there.held([contact(filled, "ada")], NAMES, ())


def test_a_404_without_a_problem_is_no_absence_either(filled, there):
    filled.faults = [Fault("status", status=404, body=b"<html>nginx</html>")]
    with pytest.raises(PlatformError):
        there.held([contact(filled, "ada")], NAMES, ())


# --- faults ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lost", "cut", "malformed", "drop"])
def test_a_lost_answer_is_unknown_is_not_sent_again_and_held_tells_the_truth(filled, there, kind):
    ada, bob = contact(filled, "ada"), contact(filled, "bob")
    filled.faults = [Fault(kind, match=f"PATCH /3.0/lists/{filled.list_id}/members/{ada}")]
    outcomes = there.write([SetField(one, "RG_STAGE", "y") for one in (ada, bob)])
    assert statuses(outcomes) == ["unknown", "written"]
    assert len(written(filled)) == 2
    assert there.held([ada], NAMES, ())[ada].fields["RG_STAGE"] == (None if kind == "drop" else "y")


def test_a_lost_confirmation_request_is_settled_by_asking_again(filled, there):
    filled.faults = [Fault("lost", match="PUT ")]
    assert statuses(there.write([moved(filled)])) == ["unknown"]
    assert statuses(there.write([moved(filled)])) == ["unchanged"]
    assert filled.mails_sent == ["cyd@new.example.test"]


@pytest.mark.parametrize(("status", "body"), [(429, b""), (403, b"")])
def test_a_write_that_was_refused_for_being_one_too_many_is_sent_again(filled, there, status, body):
    filled.faults = [Fault("status", match="PATCH", status=status, body=body)]
    assert statuses(there.write([SetField(contact(filled, "ada"), "RG_STAGE", "y")])) == ["written"]


def test_a_server_error_on_a_write_is_unknown(filled, there):
    filled.faults = [Fault("status", match="PATCH", status=502)]
    assert statuses(there.write([SetField(contact(filled, "ada"), "RG_STAGE", "y")])) == ["unknown"]
    assert len(written(filled)) == 1


def test_a_revoked_key_is_raised_when_nothing_was_written(filled, there):
    filled.revoked = True
    with pytest.raises(AuthError):
        there.write([SetField(contact(filled, name), "RG_STAGE", "y") for name in ("ada", "bob")])


def test_no_more_connections_are_open_than_the_settings_allow(box, settings, clock, redactor, url):
    box.populate(world_of(*(WorldPerson(f"p{n}", f"p{n}@tea.example.test") for n in range(40))))
    http = Http(policy(settings), clock=clock, redactor=redactor, base_url=url)
    there = MailchimpDestination(settings, http)
    with box.lock:  # nobody is answered until as many wait as will
        few = list(box.audience.members)[:10]  # so few are asked for one by one
        reading = threading.Thread(target=there.held, args=(few, NAMES, ()))
        reading.start()
        while box.in_flight < settings.concurrency:
            pass
        reading.join(0.2)
        assert box.in_flight == settings.concurrency
    reading.join()
    assert box.most_in_flight == settings.concurrency
    http.close()


def test_many_members_are_read_by_the_page_and_who_is_not_on_it_alone(box, settings, clock, redactor, url):
    box.populate(world_of(*(WorldPerson(f"p{n}", f"p{n}@tea.example.test") for n in range(40))))
    ids = list(box.audience.members)
    archived = box.audience.find("p3@tea.example.test")["contact_id"]
    http = Http(policy(settings), clock=clock, redactor=redactor, base_url=url)
    there = MailchimpDestination(settings, http)
    one_by_one = {contact_id: there.held([contact_id], NAMES, ())[contact_id] for contact_id in ids}
    box.log.clear()
    assert there.held([*ids, "nobody"], NAMES, ()) == one_by_one
    assert len(box.log) == 2
    box.audience.find("p3@tea.example.test")["status"] = "archived"
    box.log.clear()
    assert there.held(ids, NAMES, ())[archived].state == "archived"
    assert len(box.log) == 2
    http.close()


# --- provisioning --------------------------------------------------------------------------------------------


def test_what_is_missing_is_made_hidden_and_never_required(filled, settings, http):
    there = MailchimpDestination(settings, http)
    missing = there.missing(FIELDS, ["regulars:x"])
    assert missing == Missing(FIELDS)
    there.provision(missing)
    there.provision(missing)
    assert there.missing(FIELDS, ["regulars:x"]) == Missing()
    ours = [field for field in filled.audience.fields if field["tag"] in NAMES]
    assert [(f["type"], f["required"], f["public"]) for f in ours] == [
        ("text", False, False),
        ("number", False, False),
        ("date", False, False),
    ]


def test_a_field_of_another_type_is_a_config_error(there):
    with pytest.raises(ConfigError, match="RG_CLV: the merge field is number, the mapping says text"):
        there.missing([FieldSpec("RG_CLV", "text")], ())


@pytest.mark.parametrize("name", ["RG_MUCH_TOO_LONG", "RG_lower"])
def test_a_name_that_mailchimp_cannot_hold_is_a_config_error(there, name):
    with pytest.raises(ConfigError, match="at most 10"):
        there.missing([FieldSpec(name, "text")], ())


def test_no_room_for_another_field_is_told_in_mailchimps_words(filled, settings, http):
    filled.merge_field_limit = 5
    with pytest.raises(ConfigError, match="Merge Max Limit Exceeded"):
        MailchimpDestination(settings, http).provision(Missing(FIELDS))


def test_the_price_counts_members_not_changes(there):
    changes = [SetField(one, name, "x") for one in ("a", "b") for name in NAMES]
    assert (there.price(changes).writes, there.price(changes).reads) == (2, 2)
    move = AddressChange("a", "a@x.example.test", "b@x.example.test", "p")
    assert (there.price([move]).writes, there.price([move]).reads) == (2, 3)
    many = [JoinList(str(n), "regulars:x") for n in range(1200)]
    assert there.price(many).writes == 4  # finding the segment, and 500 at a time
    assert there.price(many[:19]).writes == 19
    assert json.dumps(there.price([]).writes) == "0"
