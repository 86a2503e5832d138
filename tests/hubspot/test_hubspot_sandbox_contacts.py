from __future__ import annotations

import json
from datetime import timedelta

import pytest


@pytest.fixture
def ann(api) -> str:
    return api.create(email="Ann@Tea.example.test", firstname="Ann")


def test_both_path_families_show_one_state(api, ann):
    status, row = api.json("GET", f"/crm/v3/objects/contacts/{ann}")
    assert (status, row["properties"]["firstname"]) == (200, "Ann")


def test_only_the_six_default_properties_come_unasked(api, ann):
    _, row = api.json("GET", f"{api.objects}/{ann}")
    assert sorted(row["properties"]) == [
        "createdate",
        "email",
        "firstname",
        "hs_object_id",
        "lastmodifieddate",
        "lastname",
    ]


def test_an_empty_property_is_null_and_an_unknown_one_is_left_out(api, ann):
    _, row = api.get(ann, "phone", "no_such_thing")
    assert row["properties"]["phone"] is None
    assert "no_such_thing" not in row["properties"]


def test_addresses_are_kept_in_lower_case(api, ann):
    assert api.get(ann, "email")[1]["properties"]["email"] == "ann@tea.example.test"


def test_a_list_pages_by_id_and_ends_without_paging(api):
    ids = [api.create(email=f"p{n}@tea.example.test") for n in range(5)]
    _, first = api.json("GET", api.objects, limit=3)
    _, second = api.json("GET", api.objects, limit=3, after=first["paging"]["next"]["after"])
    assert [row["id"] for row in first["results"] + second["results"]] == ids
    assert "paging" not in second


@pytest.mark.parametrize("limit", ["0", "101", "x"])
def test_a_list_page_holds_at_most_a_hundred(api, limit):
    assert api.json("GET", api.objects, limit=limit)[0] == 400


def test_archived_contacts_are_listed_apart(api, ann):
    assert api.ask("DELETE", f"{api.objects}/{ann}").status == 204
    assert api.json("GET", api.objects)[1]["results"] == []
    _, bin_ = api.json("GET", api.objects, archived="true")
    assert [(row["id"], row["archived"]) for row in bin_["results"]] == [(ann, True)]
    assert bin_["results"][0]["archivedAt"]
    assert api.get(ann)[0] == 404


def test_every_write_moves_lastmodifieddate_even_one_that_changes_nothing(api, ann, clock):
    before = api.get(ann)[1]["updatedAt"]
    clock.forward(timedelta(seconds=3))
    api.update(ann, firstname="Ann")
    assert api.get(ann)[1]["updatedAt"] > before


def test_an_address_belongs_to_one_contact(api, ann):
    status, body = api.json("POST", api.objects, {"properties": {"email": "ANN@tea.example.test"}})
    assert (status, body["category"]) == (409, "CONFLICT")
    assert body["message"] == f"Contact already exists. Existing ID: {ann}"


def test_an_additional_address_is_taken_too(api, ann):
    other = api.create(email="bob@tea.example.test")
    status, merged = api.json("POST", f"{api.objects}/merge", {"primaryObjectId": ann, "objectIdToMerge": other})
    assert status == 200
    assert api.json("POST", api.objects, {"properties": {"email": "bob@tea.example.test"}})[0] == 409
    assert api.get("bob@tea.example.test", idProperty="email")[1]["id"] == merged["id"]


def test_a_merge_makes_a_new_id_and_the_losers_are_gone(api, ann):
    other = api.create(email="bob@tea.example.test")
    _, row = api.json("POST", f"{api.objects}/merge", {"primaryObjectId": ann, "objectIdToMerge": other})
    assert row["id"] not in (ann, other)
    assert api.get(ann)[0] == api.get(other)[0] == 404
    _, seen = api.get(row["id"], "email", "hs_merged_object_ids", "hs_additional_emails")
    assert seen["properties"]["email"] == "ann@tea.example.test"
    assert sorted(seen["properties"]["hs_merged_object_ids"].split(";")) == sorted((ann, other))
    assert seen["properties"]["hs_additional_emails"] == "bob@tea.example.test"


def test_a_portal_may_keep_the_primary_id_in_a_merge(api, box, ann):
    box.portal.contacts.keep_primary_id = True
    other = api.create(email="bob@tea.example.test")
    _, row = api.json("POST", f"{api.objects}/merge", {"primaryObjectId": ann, "objectIdToMerge": other})
    assert row["id"] == ann


@pytest.mark.parametrize("name", ["hs_email_optout", "lastmodifieddate", "hs_object_id", "hs_marketable_status"])
def test_a_read_only_property_rejects_the_call(api, ann, name):
    status, body = api.update(ann, **{name: "true"})
    assert status == 400
    assert "READ_ONLY_VALUE" in body["message"]


@pytest.mark.parametrize(
    ("kind", "field_type", "good", "bad"),
    [
        ("number", "number", "12.5", "1,234.5"),
        ("date", "date", "2026-03-01", "2026-03-01T10:00:00Z"),
        ("bool", "booleancheckbox", "true", "yes"),
        ("enumeration", "select", "active", "Active"),
    ],
)
def test_values_are_checked_against_their_type(api, ann, kind, field_type, good, bad):
    asked = {"name": "x", "label": "X", "type": kind, "fieldType": field_type, "groupName": "contactinformation"}
    values = ["true", "false"] if kind == "bool" else ["active"]
    asked["options"] = [{"label": v, "value": v} for v in values] if kind in ("bool", "enumeration") else []
    assert api.json("POST", api.properties, asked)[0] == 201
    assert api.update(ann, x=good)[0] == 200
    status, body = api.update(ann, x=bad)
    assert (status, body["category"]) == (400, "VALIDATION_ERROR")
    found = json.loads(body["message"].partition(": ")[2])
    assert [one["name"] for one in found] == ["x"]
    assert api.update(ann, x="")[0] == 200
    assert api.get(ann, "x")[1]["properties"]["x"] is None


def test_the_life_cycle_stage_only_goes_forward_until_it_is_cleared(api, ann):
    for stage, seen in (("customer", "customer"), ("lead", "customer"), ("", None), ("lead", "lead")):
        api.update(ann, lifecyclestage=stage)
        assert api.get(ann, "lifecyclestage")[1]["properties"]["lifecyclestage"] == seen


def test_a_new_address_starts_without_the_old_ones_bounces_and_opt_out(api, box, world_of):
    from regulars.testing import WorldPerson

    box.populate(world_of(WorldPerson("a", "a@tea.example.test", bounced="hard", consent="unsubscribed")))
    (key,) = box.contacts
    assert box.contacts[key]["properties"]["hs_email_hard_bounce_reason_enum"] == "UNKNOWN_USER"
    api.update(key, email="new@tea.example.test")
    assert not [name for name in box.contacts[key]["properties"] if name.startswith("hs_email_")]


def test_a_batch_read_names_what_it_does_not_find(api, ann):
    status, body = api.json("POST", f"{api.objects}/batch/read", {"inputs": [{"id": ann}, {"id": "999"}]})
    assert status == 207
    assert [row["id"] for row in body["results"]] == [ann]
    assert (body["numErrors"], body["errors"][0]["category"]) == (1, "OBJECT_NOT_FOUND")


@pytest.mark.parametrize("tail", ["read", "update", "create", "archive"])
def test_a_batch_holds_at_most_a_hundred(api, tail):
    inputs = [{"id": str(n), "properties": {}} for n in range(101)]
    assert api.json("POST", f"{api.objects}/batch/{tail}", {"inputs": inputs})[0] == 400


def test_one_bad_value_fails_the_whole_batch(api, ann):
    bob = api.create(email="bob@tea.example.test")
    inputs = [{"id": ann, "properties": {"firstname": "A"}}, {"id": bob, "properties": {"email": "no address"}}]
    status, body = api.json("POST", f"{api.objects}/batch/update", {"inputs": inputs})
    assert status == 400
    assert "INVALID_EMAIL" in body["message"]
    assert api.get(ann)[1]["properties"]["firstname"] == "Ann"


def test_a_batch_update_goes_by_record_id_only(api, ann):
    given = {"id": "ann@tea.example.test", "properties": {"firstname": "A"}}
    status, body = api.json("POST", f"{api.objects}/batch/update", {"inputs": [{**given, "idProperty": "email"}]})
    assert status == 400
    assert "non-unique" in body["message"]
    assert api.json("POST", f"{api.objects}/batch/update", {"inputs": [given]})[0] == 200
    assert api.get(ann)[1]["properties"]["firstname"] == "Ann"


def test_a_batch_create_is_all_or_nothing(api, box, ann):
    inputs = [{"properties": {"email": f"{name}@tea.example.test"}} for name in ("new", "ann")]
    assert api.json("POST", f"{api.objects}/batch/create", {"inputs": inputs})[0] == 409
    assert list(box.contacts) == [ann]


def test_required_properties_bind_the_dated_api_alone(api, box, ann):
    box.portal.contacts.rules.required = ("company",)
    status, body = api.update(ann, firstname="A")
    assert (status, body["errors"][0]["code"]) == (400, "MISSING_REQUIRED_PROPERTY")
    assert api.json("PATCH", f"/crm/v3/objects/contacts/{ann}", {"properties": {"firstname": "A"}})[0] == 200


def test_a_privacy_deletion_blocks_the_address(api, box, ann):
    assert api.ask("POST", f"{api.objects}/gdpr-delete", {"objectId": ann}).status == 204
    assert ann not in box.contacts
    assert api.json("POST", api.objects, {"properties": {"email": "ann@tea.example.test"}})[0] == 400
