"""The simulated audience: addresses, statuses, merge fields."""

from __future__ import annotations

import pytest
from regulars_mailchimp.models import hash_of


@pytest.fixture
def ada(api):
    status, made = api.send(
        "POST", api.members, {"email_address": "Ada@tea.example.test", "status": "transactional"}
    )
    assert status == 200
    return made


def become(api, member, **body):
    return api.send("PATCH", f"{api.members}/{member['contact_id']}", body)


def test_a_member_is_found_by_hash_address_and_contact_id(api, ada):
    assert ada["id"] == hash_of("ada@tea.example.test")
    for key in (ada["id"], "ADA@tea.example.test", ada["contact_id"]):
        assert api.get(f"{api.members}/{key}")["contact_id"] == ada["contact_id"]


def test_a_known_address_is_refused_without_a_type(api, ada):
    status, problem = api.send("POST", api.members, {"email_address": "ada@tea.example.test", "status": "pending"})
    assert (status, problem["title"]) == (400, "Member Exists")
    assert "type" not in problem


@pytest.mark.parametrize(
    ("address", "words"), [("AAAAA", "valid email"), ("foo@example.com", "looks fake"), (None, "valid email")]
)
def test_addresses_that_no_person_can_have_are_refused(api, address, words):
    status, problem = api.send("POST", api.members, {"email_address": address, "status": "pending"})
    assert status == 400
    assert words in problem["detail"]


def test_pending_makes_mailchimp_write_to_the_person(api, box):
    api.send("POST", api.members, {"email_address": "new@tea.example.test", "status": "pending"})
    assert box.mails_sent == ["new@tea.example.test"]
    assert box.subscribed_by_api == []


def test_an_admins_unsubscription_can_be_undone_by_the_api(api, box, ada):
    _, member = become(api, ada, status="unsubscribed")
    assert member["unsubscribe_reason"] == "N/A (Unsubscribed by admin)"
    status, member = become(api, ada, status="subscribed")
    assert (status, member["status"]) == (200, "subscribed")
    assert box.subscribed_by_api == ["Ada@tea.example.test"]


def test_a_persons_own_unsubscription_cannot(api, box, ada):
    box.unsubscribe("ada@tea.example.test")
    status, problem = become(api, ada, status="subscribed")
    assert (status, problem["title"]) == (400, "Member In Compliance State")
    assert "type" not in problem
    assert become(api, ada, status="pending")[0] == 200
    assert become(api, ada, status="subscribed")[0] == 400
    box.confirm("ada@tea.example.test")
    assert api.get(f"{api.members}/{ada['id']}")["status"] == "subscribed"


def test_a_cleaned_address_can_neither_be_subscribed_nor_archived_nor_changed(api, box, ada):
    box.bounce("ada@tea.example.test")
    assert become(api, ada, status="subscribed")[1]["title"] == "Member In Compliance State"
    assert become(api, ada, status="pending")[1]["title"] == "Member In Compliance State"
    answer = api.ask("DELETE", f"{api.members}/{ada['id']}")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, PUT")
    status, problem = become(api, ada, email_address="ada2@tea.example.test")
    assert status == 400
    assert 'status is "cleaned."' in problem["detail"]


def test_an_address_change_makes_another_hash_and_keeps_the_contact(api, box, ada, clock):
    become(api, ada, status="subscribed")
    clock.sleep(5)
    _, moved = become(api, ada, email_address="ada2@tea.example.test")
    assert moved["contact_id"] == ada["contact_id"]
    assert moved["web_id"] == ada["web_id"]
    assert moved["id"] == hash_of("ada2@tea.example.test")
    assert moved["unique_email_id"] != ada["unique_email_id"]
    assert moved["last_changed"] > ada["last_changed"]
    assert api.ask("GET", f"{api.members}/{ada['id']}").status == 404


def test_archiving_hides_a_member_until_it_is_asked_for(api, ada):
    assert api.send("DELETE", f"{api.members}/{ada['id']}") == (204, None)
    assert api.get(api.members)["total_items"] == 0
    assert api.get(api.members, status="archived")["total_items"] == 1
    assert api.get(f"{api.members}/{ada['id']}")["status"] == "archived"
    assert api.send("DELETE", f"{api.members}/{ada['id']}")[0] == 405


def test_status_if_new_does_not_revive_an_archived_member_but_status_does(api, ada):
    api.send("DELETE", f"{api.members}/{ada['id']}")
    path = f"{api.members}/{ada['id']}"
    body = {"email_address": "ada@tea.example.test"}
    assert api.send("PUT", path, body | {"status_if_new": "subscribed"})[1]["status"] == "archived"
    assert api.send("PUT", path, body | {"status": "subscribed"})[1]["status"] == "subscribed"


def test_a_deleted_address_cannot_be_imported_again(api, ada):
    assert api.send("POST", f"{api.members}/{ada['contact_id']}/actions/delete-permanent")[0] == 404
    assert api.send("POST", f"{api.members}/{ada['id']}/actions/delete-permanent")[0] == 204
    assert api.ask("GET", f"{api.members}/{ada['id']}").status == 404
    status, problem = api.send("POST", api.members, {"email_address": "ada@tea.example.test", "status": "pending"})
    assert (status, problem["title"]) == (400, "Forgotten Email Not Subscribed")


def test_put_under_the_hash_of_another_address_makes_a_second_member(api, box, ada):
    body = {"email_address": "ada2@tea.example.test", "status_if_new": "transactional"}
    assert api.send("PUT", f"{api.members}/{hash_of('ada2@tea.example.test')}", body)[0] == 200
    assert len(box.audience.members) == 2


def test_what_is_put_is_merged_and_an_unchanged_member_keeps_its_time(api, ada, clock):
    _, first = become(api, ada, merge_fields={"FNAME": "Ada"})
    clock.sleep(10)
    _, second = become(api, ada, merge_fields={"LNAME": "Ames"})
    clock.sleep(10)
    _, third = become(api, ada, merge_fields={"LNAME": "Ames"})
    assert third["full_name"] == "Ada Ames"
    assert first["last_changed"] < second["last_changed"] == third["last_changed"]


# --- merge fields ------------------------------------------------------------------------------------


@pytest.fixture
def fields(api):
    for tag, kind in (("VALUE", "number"), ("LAST", "date"), ("NOTE", "text")):
        api.send("POST", f"lists/{api.box.list_id}/merge-fields", {"tag": tag, "name": tag, "type": kind})


def test_an_unknown_merge_tag_is_ignored_with_200(api, ada):
    status, member = become(api, ada, merge_fields={"NOPE": "x"})
    assert status == 200
    assert "NOPE" not in member["merge_fields"]


def test_values_come_back_in_mailchimps_own_spelling(api, ada, fields):
    given = {"VALUE": "12.50", "LAST": "12/21/1980", "NOTE": ""}
    _, member = become(api, ada, merge_fields=given)
    assert {tag: member["merge_fields"][tag] for tag in given} == {"VALUE": 12.5, "LAST": "1980-12-21", "NOTE": ""}


def test_a_value_of_the_wrong_type_refuses_them_all(api, ada, fields):
    status, problem = become(api, ada, merge_fields={"VALUE": "much", "NOTE": "x"})
    assert status == 400
    assert problem["errors"] == [{"field": "VALUE", "message": "Please enter a number"}]
    assert api.get(f"{api.members}/{ada['id']}")["merge_fields"]["NOTE"] == ""


def test_a_required_field_blocks_every_update_unless_that_check_is_skipped(api, ada):
    field = {"tag": "MUST", "name": "Must", "type": "text", "required": True}
    api.send("POST", f"lists/{api.box.list_id}/merge-fields", field)
    path, body = f"{api.members}/{ada['id']}", {"merge_fields": {"FNAME": "Ada"}}
    assert api.send("PATCH", path, body)[0] == 400
    assert api.send("PATCH", path, body, skip_merge_validation="true")[0] == 200


@pytest.mark.parametrize("tag", ["MUCH_TOO_LONG", "lower", "EMAIL", "FNAME"])
def test_a_merge_tag_that_cannot_be_is_refused(api, tag):
    body = {"tag": tag, "name": "x", "type": "text"}
    assert api.send("POST", f"lists/{api.box.list_id}/merge-fields", body)[0] == 400


def test_the_plan_has_room_for_so_many_merge_fields(api, box):
    box.merge_field_limit = 4
    status, problem = api.send(
        "POST", f"lists/{box.list_id}/merge-fields", {"tag": "MORE", "name": "x", "type": "text"}
    )
    assert (status, problem["title"]) == (400, "Merge Max Limit Exceeded")
