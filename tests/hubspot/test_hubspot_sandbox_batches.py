"""The simulated platform's batches, other kinds of objects and associations."""

from __future__ import annotations

import json

import pytest

DATED, OLDER = "/crm/objects/2026-09", "/crm/v3/objects"


@pytest.fixture
def three(box, crowd):
    box.populate(crowd(3))
    return list(box.contacts)


def inputs(*given):
    return {"inputs": list(given)}


def upsert(by, key, **values):
    return {"idProperty": by, "id": key, "properties": values}


def with_unique(api, name="ext_key"):
    made = {"name": name, "label": name, "type": "string", "fieldType": "text", "hasUniqueValue": True}
    status, _ = api.json("POST", api.properties, {**made, "groupName": "contactinformation"})
    assert status == 201


# --- upsert ---


def test_an_upsert_by_a_unique_property_says_who_is_new(api, box, three):
    with_unique(api)
    api.update(three[0], ext_key="k1")
    asked = inputs(
        upsert("ext_key", "k1", firstname="Known"), upsert("ext_key", "k2", email="k2@tea.example.test")
    )
    status, body = api.json("POST", f"{api.objects}/batch/upsert", asked)
    assert status == 200
    assert [(row["new"], row["properties"].get("ext_key")) for row in body["results"]] == [
        (False, "k1"),
        (True, "k2"),
    ]
    assert box.contacts[three[0]]["properties"]["firstname"] == "Known"
    assert box.contacts[three[0]]["properties"]["email"] == "p0@tea.example.test"


@pytest.mark.parametrize(
    ("mode", "status", "left"), [("refused", 400, "P0"), ("clears", 200, None), ("kept", 200, "P0")]
)
def test_an_upsert_by_address_takes_no_partial_values(api, box, three, mode, status, left):
    box.portal.sparse_email_upsert = mode
    asked = inputs(upsert("email", "p0@tea.example.test", lastname="New"))
    told, body = api.json("POST", f"{api.objects}/batch/upsert", asked)
    assert told == status
    assert box.contacts[three[0]]["properties"].get("firstname") == left
    if status == 400:
        assert "Partial upserts are not supported" in body["message"]


def test_an_upsert_by_what_is_not_unique_is_refused(api, three):
    status, body = api.json("POST", f"{api.objects}/batch/upsert", inputs(upsert("firstname", "P0", lastname="x")))
    assert (status, "by non-unique 0-1 property firstname in portal ID" in body["message"]) == (400, True)


def test_the_same_id_twice_in_an_upsert_is_refused(api, three):
    one = upsert("email", "p0@tea.example.test", firstname="P0")
    assert api.json("POST", f"{api.objects}/batch/upsert", inputs(one, one))[0] == 400


def test_a_unique_value_belongs_to_one_record(api, three):
    with_unique(api)
    assert api.update(three[0], ext_key="k1")[0] == 200
    status, body = api.update(three[1], ext_key="k1")
    assert (status, body["errors"][0]["code"]) == (400, "CONFLICTING_UNIQUE_VALUE")
    assert api.update(three[0], ext_key="k1")[0] == 200


def test_an_object_has_at_most_ten_unique_properties(api):
    for n in range(10):
        with_unique(api, f"key_{n}")
    made = {"name": "key_10", "label": "x", "type": "string", "fieldType": "text", "hasUniqueValue": True}
    assert api.json("POST", api.properties, {**made, "groupName": "contactinformation"})[0] == 400


def test_a_batch_by_a_unique_property_finds_its_records(api, box, three):
    with_unique(api)
    api.update(three[1], ext_key="k1")
    asked = {**inputs({"id": "k1"}, {"id": "k9"}), "idProperty": "ext_key", "properties": ["ext_key"]}
    status, body = api.json("POST", f"{api.objects}/batch/read", asked)
    assert (status, [row["id"] for row in body["results"]]) == (207, [three[1]])
    asked = inputs({"id": "k1", "idProperty": "ext_key", "properties": {"firstname": "New"}})
    assert api.json("POST", f"{api.objects}/batch/update", asked)[0] == 200
    assert box.contacts[three[1]]["properties"]["firstname"] == "New"


# --- create ---


def test_one_address_that_exists_fails_a_whole_batch_of_new_contacts(api, box, three):
    asked = inputs(*({"properties": {"email": f"{name}@tea.example.test"}} for name in ("new", "p1", "newer")))
    status, body = api.json("POST", f"{api.objects}/batch/create", asked)
    assert (status, body["category"], three[1] in body["message"]) == (409, "CONFLICT", True)
    assert len(box.contacts) == 3


def test_trace_ids_make_a_batch_of_new_contacts_settle_one_by_one(api, box, three):
    asked = inputs(
        *(
            {"objectWriteTraceId": name, "properties": {"email": f"{name}@tea.example.test"}}
            for name in ("new", "p1", "newer")
        )
    )
    status, body = api.json("POST", f"{api.objects}/batch/create", asked)
    assert status == 207
    assert [row["objectWriteTraceId"] for row in body["results"]] == ["new", "newer"]
    (error,) = body["errors"]
    assert (error["category"], error["context"]) == ("CONFLICT", {"objectWriteTraceId": ["p1"]})
    assert len(box.contacts) == 5


# --- companies, deals, orders ---


@pytest.mark.parametrize("root", [DATED, OLDER])
@pytest.mark.parametrize(
    ("kind", "number", "values"),
    [
        ("companies", "0-2", {"name": "Acme"}),
        ("deals", "0-3", {"dealname": "Tea"}),
        ("orders", "0-123", {"hs_order_name": "T-1"}),
    ],
)
def test_other_kinds_are_objects_like_contacts(api, clock, root, kind, number, values):
    status, row = api.json("POST", f"{root}/{kind}", {"properties": values})
    assert status == 201
    name = next(iter(values))
    assert api.json("PATCH", f"{root}/{number}/{row['id']}", {"properties": {name: "New"}})[0] == 200
    assert api.json("GET", f"{root}/{kind}/{row['id']}", properties=name)[1]["properties"][name] == "New"
    clock.sleep(60)
    window = [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "0"}]
    assert api.json("POST", f"{root}/{kind}/search", {"filterGroups": [{"filters": window}]})[1]["total"] == 1
    wrong = [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": "0"}]
    assert api.json("POST", f"{root}/{kind}/search", {"filterGroups": [{"filters": wrong}]})[1]["total"] == 0
    assert api.ask("DELETE", f"{root}/{kind}/{row['id']}").status == 204
    assert api.json("GET", f"{root}/{kind}", archived="true")[1]["results"][0]["id"] == row["id"]


def test_each_kind_has_properties_of_its_own(api):
    made = {
        "name": "erp",
        "label": "ERP",
        "type": "string",
        "fieldType": "text",
        "groupName": "companyinformation",
    }
    assert api.json("POST", "/crm/properties/2026-09/companies", made)[0] == 201
    assert api.json("GET", "/crm/v3/properties/companies/erp")[0] == 200
    assert api.json("GET", f"{api.properties}/erp")[0] == 404


def test_a_kind_needs_its_own_scope(api, box):
    box.scopes.discard("crm.objects.orders.read")
    status, body = api.json("GET", f"{DATED}/orders")
    assert (status, body["category"]) == (403, "MISSING_SCOPES")
    assert api.json("GET", f"{DATED}/companies")[0] == 200


# --- associations ---


@pytest.fixture
def acme(api):
    return api.json("POST", f"{DATED}/companies", {"properties": {"name": "Acme"}})[1]["id"]


@pytest.mark.parametrize("root", ["/crm/associations/2026-09", "/crm/v4/associations"])
def test_associations_are_made_read_and_parted_in_batches(api, three, acme, root):
    pairs = [{"from": {"id": one}, "to": {"id": acme}} for one in three[:2]]
    assert api.json("POST", f"{root}/contacts/companies/batch/associate/default", inputs(*pairs))[0] == 201
    status, body = api.json("POST", f"{root}/contacts/companies/batch/read", inputs(*({"id": n} for n in three)))
    assert status == 207
    assert {row["from"]["id"]: [one["toObjectId"] for one in row["to"]] for row in body["results"]} == {
        three[0]: [int(acme)],
        three[1]: [int(acme)],
    }
    types = body["results"][0]["to"][0]["associationTypes"]
    assert {(one["typeId"], one["label"]) for one in types} == {(1, "Primary"), (279, None)}
    assert body["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    back = api.json("POST", f"{root}/companies/contacts/batch/read", inputs({"id": acme}))[1]
    assert [one["toObjectId"] for one in back["results"][0]["to"]] == [int(n) for n in three[:2]]
    gone = {"from": {"id": three[0]}, "to": [{"id": acme}]}
    assert api.json("POST", f"{root}/contacts/companies/batch/archive", inputs(gone))[0] == 204
    path = f"/crm/v4/objects/contacts/{three[0]}/associations/companies"
    assert api.json("GET", path)[1]["results"] == []


def test_a_list_shows_associations_and_a_merge_takes_them_along(api, three, acme):
    for one in three[:2]:
        assert api.ask("PUT", f"{DATED}/contacts/{one}/associations/default/companies/{acme}").status == 200
    row = api.json("GET", api.objects, associations="companies")[1]["results"][0]
    assert [one["id"] for one in row["associations"]["companies"]["results"]] == [acme]
    merged = {"primaryObjectId": three[0], "objectIdToMerge": three[1]}
    _, survivor = api.json("POST", f"{api.objects}/merge", merged)
    path = f"/crm/v4/objects/companies/{acme}/associations/contacts"
    assert [one["toObjectId"] for one in api.json("GET", path)[1]["results"]] == [int(survivor["id"])]


def test_an_association_with_nobody_is_refused(api, three):
    path = f"{DATED}/contacts/{three[0]}/associations/default/companies/999999"
    assert api.ask("PUT", path).status == 404


# --- the rest ---


def test_an_app_is_told_of_its_token_and_nothing_of_the_day(api, box, clock):
    box.oauth.issued["t0ken"] = clock.now().timestamp() + 60
    answer = api.ask("GET", api.objects, token="t0ken")
    assert answer.status == 200
    assert "X-HubSpot-RateLimit-Daily" not in answer.headers
    assert "X-HubSpot-RateLimit-Max" in answer.headers
    status, body = api.json("GET", "/oauth/v1/access-tokens/t0ken")
    assert (status, body["hub_id"], body["expires_in"]) == (200, box.portal_id, 60)
    clock.sleep(67)
    answer = api.ask("GET", api.objects, token="t0ken")
    assert (answer.status, b"expired 7 second(s) ago" in answer.body) == (401, True)


def test_the_state_of_everything_is_kept(box, api, three, acme, clock):
    api.ask("PUT", f"{DATED}/contacts/{three[0]}/associations/default/companies/{acme}")
    box.events.add("OPEN", "p0@tea.example.test", clock.now())
    other = type(box)(clock, box.seed)
    other.restore(json.loads(box.stored())["state"])
    assert other.stored() == box.stored()
    assert other.portal.associations.state() == box.portal.associations.state()
    assert len(other.portal.objects["companies"].rows) == 1


@pytest.mark.parametrize("seed", range(5))
def test_search_lags_by_two_to_forty_seconds_and_never_goes_back(clock, crowd, seed):
    from regulars_hubspot.sandbox import HubSpotSandbox

    box = HubSpotSandbox(clock, seed)
    box.populate(crowd(50))
    clock.sleep(60)
    key = next(iter(box.contacts))
    for n in range(10):
        box.portal.contacts.put(box.contacts[key], {"firstname": str(n)}, clock.now())
        clock.sleep(3)
    seen = []
    for _ in range(45):
        rows, _, _ = box.index.find({"limit": 1, "sorts": ["hs_object_id"]}, clock.now())
        seen.append(rows[0]["firstname"])
        clock.sleep(1)
    assert seen[-1] == "9"
    numbers = [int(one) for one in seen if one.isdigit()]
    assert numbers == sorted(numbers)
    assert box.index.lag == 2
