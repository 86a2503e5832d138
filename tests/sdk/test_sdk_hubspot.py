"""The official `hubspot-api-client` (v3 and v4 paths) against the simulated HubSpot."""

from __future__ import annotations

from datetime import timedelta

import pytest
from regulars.testing import Served
from regulars_hubspot.sandbox import HubSpotSandbox

hubspot = pytest.importorskip("hubspot", reason="the official HubSpot SDK is not installed")

from hubspot.crm import companies, lists, objects, properties  # noqa: E402 - only where the SDK is there
from hubspot.crm import contacts as people  # noqa: E402
from hubspot.crm.associations import v4 as associations  # noqa: E402

PORTAL = 7


@pytest.fixture
def box(clock, world):
    sandbox = HubSpotSandbox(clock, seed=PORTAL)
    sandbox.populate(world)
    clock.forward(timedelta(minutes=1))  # the search index has caught up
    return sandbox


@pytest.fixture
def sdk(box):
    with Served(box) as url:
        yield hubspot.HubSpot(access_token=box.token, host=url, base_url=url)


def made(sdk, **values):
    asked = people.SimplePublicObjectInputForCreate(properties=values, associations=[])
    return sdk.crm.contacts.basic_api.create(asked)


def emails(rows):
    return {row.properties["email"] for row in rows if row.properties.get("email")}


def test_who_we_are(sdk, box):
    told = sdk.api_request({"path": "/account-info/v3/details"}).json()
    assert told["portalId"] == box.portal_id
    assert told["companyCurrency"] == box.currency


def test_a_wrong_token_is_refused_in_words_the_sdk_knows(box):
    with Served(box) as url:
        wrong = hubspot.HubSpot(access_token="pat-eu1-nobody", host=url, base_url=url)
        with pytest.raises(people.ApiException) as refused:
            wrong.crm.contacts.basic_api.get_page()
    assert refused.value.status == 401
    assert "INVALID_AUTHENTICATION" in refused.value.body


def test_a_missing_scope_is_403(sdk, box):
    box.scopes -= {"crm.lists.read"}
    with pytest.raises(lists.ApiException) as refused:
        sdk.crm.lists.lists_api.get_by_id("1")
    assert refused.value.status == 403
    assert "MISSING_SCOPES" in refused.value.body


# --- reading -----------------------------------------------------------------------------------


def test_all_contacts_are_paged_by_the_sdk(sdk, box, world):
    api, found, after = sdk.crm.contacts.basic_api, [], None
    while True:
        page = api.get_page(limit=10, after=after, properties=["email", "firstname"], archived=False)
        found += page.results
        if page.paging is None:
            break
        after = page.paging.next.after
    assert len(found) == len({row.id for row in found}) == len(box.contacts)
    assert emails(found) >= {p.email.lower() for p in world.people if p.email and "crm" in p.on}
    assert emails(sdk.crm.contacts.get_all(properties=["email"])) == emails(found)


def test_one_contact_by_id_and_by_address(sdk):
    row = made(sdk, email="Ana@Tea.example.test", firstname="Ana")
    api = sdk.crm.contacts.basic_api
    by_id = api.get_by_id(row.id, properties=["email", "firstname", "lastname"])
    assert by_id.properties["email"] == "ana@tea.example.test"
    assert by_id.properties["lastname"] is None
    assert by_id.created_at.utcoffset() == timedelta(0)
    assert api.get_by_id("ana@tea.example.test", id_property="email").id == row.id


def test_search_sees_a_new_contact_when_its_index_has_caught_up(sdk, clock):
    row = made(sdk, email="late@tea.example.test")
    asked = people.PublicObjectSearchRequest(
        filter_groups=[
            people.FilterGroup(filters=[people.Filter(property_name="hs_object_id", operator="EQ", value=row.id)])
        ],
        sorts=["hs_object_id"],
        properties=["email"],
        limit=200,
        after="0",
    )
    assert sdk.crm.contacts.search_api.do_search(asked).total == 0
    clock.forward(timedelta(minutes=1))
    found = sdk.crm.contacts.search_api.do_search(asked)
    assert (found.total, [one.id for one in found.results]) == (1, [row.id])


def test_search_by_time_window_and_id_as_we_read(sdk, box, clock):
    rows = [one.id for one in sdk.crm.contacts.get_all()]
    until = str(int(clock.now().timestamp() * 1000))

    def filters(after_id):
        return [
            people.Filter(property_name="lastmodifieddate", operator="GTE", value="0"),
            people.Filter(property_name="lastmodifieddate", operator="LTE", value=until),
            people.Filter(property_name="hs_object_id", operator="GT", value=after_id),
        ]

    seen, last = [], "0"
    while True:
        asked = people.PublicObjectSearchRequest(
            filter_groups=[people.FilterGroup(filters=filters(last))],
            sorts=[{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            limit=7,
            properties=["email"],
        )
        page = sdk.crm.contacts.search_api.do_search(asked).results
        if not page:
            break
        seen += [one.id for one in page]
        last = page[-1].id
    assert seen == sorted(rows, key=int)


def test_a_batch_read_names_who_is_not_there(sdk):
    row = made(sdk, email="ana@tea.example.test", firstname="Ana")
    asked = people.BatchReadInputSimplePublicObjectId(
        inputs=[people.SimplePublicObjectId(id=row.id), people.SimplePublicObjectId(id="999999999")],
        properties=["firstname"],
        properties_with_history=[],
    )
    found = sdk.crm.contacts.batch_api.read(asked, archived=False)
    assert found.num_errors == 1
    assert found.errors[0].category == "OBJECT_NOT_FOUND"
    assert found.errors[0].context["ids"] == ["999999999"]
    assert [one.properties["firstname"] for one in found.results] == ["Ana"]


# --- writing -----------------------------------------------------------------------------------


def test_a_contact_is_made_changed_and_archived(sdk):
    api = sdk.crm.contacts.basic_api
    row = made(sdk, email="ana@tea.example.test", firstname="Ana")
    changed = api.update(row.id, people.SimplePublicObjectInput(properties={"firstname": "Anna"}))
    assert changed.properties["firstname"] == "Anna"
    assert changed.updated_at >= row.updated_at
    api.archive(row.id)
    with pytest.raises(people.ApiException) as gone:
        api.get_by_id(row.id)
    assert gone.value.status == 404
    archived = [one for one in api.get_page(archived=True).results if one.id == row.id]
    assert archived[0].archived
    assert archived[0].archived_at is not None


def test_an_address_that_somebody_has_is_a_conflict(sdk):
    row = made(sdk, email="ana@tea.example.test")
    with pytest.raises(people.ApiException) as refused:
        made(sdk, email="ANA@tea.example.test")
    assert refused.value.status == 409
    assert row.id in refused.value.body


def test_a_batch_update_settles_each_record(sdk):
    rows = [made(sdk, email=f"{name}@tea.example.test").id for name in ("ana", "ben")]
    asked = people.BatchInputSimplePublicObjectBatchInput(
        inputs=[
            people.SimplePublicObjectBatchInput(id=one, properties={"firstname": f"F{one}"})
            for one in [*rows, "999999999"]
        ]
    )
    done = sdk.crm.contacts.batch_api.update(asked)
    assert {one.id: one.properties["firstname"] for one in done.results} == {one: f"F{one}" for one in rows}
    assert done.num_errors == 1
    assert done.errors[0].context["id"] == ["999999999"]


def test_one_invalid_value_refuses_the_whole_batch(sdk):
    rows = [made(sdk, email=f"{name}@tea.example.test").id for name in ("ana", "ben")]
    asked = people.BatchInputSimplePublicObjectBatchInput(
        inputs=[
            people.SimplePublicObjectBatchInput(id=rows[0], properties={"firstname": "Anna"}),
            people.SimplePublicObjectBatchInput(id=rows[1], properties={"email": "no address"}),
        ]
    )
    with pytest.raises(people.ApiException) as refused:
        sdk.crm.contacts.batch_api.update(asked)
    assert refused.value.status == 400
    assert "VALIDATION_ERROR" in refused.value.body
    assert sdk.crm.contacts.basic_api.get_by_id(rows[0], properties=["firstname"]).properties["firstname"] is None


def test_contacts_are_made_and_archived_in_batches(sdk):
    asked = people.BatchInputSimplePublicObjectBatchInputForCreate(
        inputs=[
            people.SimplePublicObjectBatchInputForCreate(
                properties={"email": f"b{n}@tea.example.test"}, associations=[]
            )
            for n in range(3)
        ]
    )
    made_rows = sdk.crm.contacts.batch_api.create(asked).results
    assert len(made_rows) == 3
    ids = people.BatchInputSimplePublicObjectId(
        inputs=[people.SimplePublicObjectId(id=one.id) for one in made_rows]
    )
    sdk.crm.contacts.batch_api.archive(ids)
    gone = {one.id for one in sdk.crm.contacts.basic_api.get_page(limit=100, archived=True).results}
    assert gone >= {one.id for one in made_rows}


def test_two_contacts_are_merged(sdk):
    ana, anna = (made(sdk, email=f"{name}@tea.example.test").id for name in ("ana", "anna"))
    asked = people.PublicMergeInput(primary_object_id=ana, object_id_to_merge=anna)
    kept = sdk.crm.contacts.basic_api.merge(asked)
    wanted = ["email", "hs_additional_emails", "hs_merged_object_ids"]
    row = sdk.crm.contacts.basic_api.get_by_id(kept.id, properties=wanted)
    assert row.properties["email"] == "ana@tea.example.test"
    assert "anna@tea.example.test" in row.properties["hs_additional_emails"]
    assert anna in row.properties["hs_merged_object_ids"].split(";")


def test_a_person_is_forgotten_for_good(sdk):
    row = made(sdk, email="ana@tea.example.test")
    sdk.crm.contacts.basic_api.purge(people.PublicGdprDeleteInput(object_id=row.id))
    with pytest.raises(people.ApiException) as gone:
        sdk.crm.contacts.basic_api.get_by_id(row.id)
    assert gone.value.status == 404


# --- properties --------------------------------------------------------------------------------


def test_a_group_and_its_properties_are_made_read_changed_and_archived(sdk):
    group = properties.PropertyGroupCreate(name="regulars", label="Regulars", display_order=-1)
    assert sdk.crm.properties.groups_api.create("contacts", group).name == "regulars"
    assert "regulars" in {one.name for one in sdk.crm.properties.groups_api.get_all("contacts").results}
    stage = properties.PropertyCreate(
        name="regulars_stage",
        label="Stage",
        type="enumeration",
        field_type="select",
        group_name="regulars",
        options=[properties.OptionInput(label="New", value="new", display_order=0, hidden=False)],
    )
    api = sdk.crm.properties.core_api
    assert [one.value for one in api.create("contacts", stage).options] == ["new"]
    wider = properties.PropertyUpdate(
        options=[
            properties.OptionInput(label=value.title(), value=value, display_order=n, hidden=False)
            for n, value in enumerate(("new", "lapsed"))
        ]
    )
    assert [one.value for one in api.update("contacts", "regulars_stage", wider).options] == ["new", "lapsed"]
    assert api.get_by_name("contacts", "regulars_stage").group_name == "regulars"
    api.archive("contacts", "regulars_stage")
    assert "regulars_stage" not in {one.name for one in api.get_all("contacts").results}
    assert "regulars_stage" in {one.name for one in api.get_all("contacts", archived=True).results}
    with pytest.raises(properties.ApiException) as gone:
        api.get_by_name("contacts", "regulars_stage")
    assert gone.value.status == 404


def test_a_property_that_exists_is_a_conflict(sdk):
    again = properties.PropertyCreate(
        name="email", label="E-mail", type="string", field_type="text", group_name="contactinformation"
    )
    with pytest.raises(properties.ApiException) as refused:
        sdk.crm.properties.core_api.create("contacts", again)
    assert refused.value.status == 409


def test_every_definition_is_one_the_sdk_understands(sdk):
    known = sdk.crm.properties.core_api.get_all("contacts").results
    assert {"email", "firstname", "lastmodifieddate", "hs_object_id"} <= {one.name for one in known}
    assert all(one.label and one.group_name and one.field_type for one in known)


# --- lists -------------------------------------------------------------------------------------


@pytest.fixture
def tea(sdk):
    """A static list, and two contacts for it."""
    asked = lists.ListCreateRequest(name="regulars: tea", object_type_id="0-1", processing_type="MANUAL")
    both = [made(sdk, email=f"{name}@tea.example.test").id for name in ("ana", "ben")]
    return sdk.crm.lists.lists_api.create(asked).list.list_id, both


def members(sdk, list_id):
    return {one.record_id for one in sdk.crm.lists.memberships_api.get_page(list_id, limit=100).results}


def test_a_list_is_found_by_id_by_name_and_by_search(sdk, tea):
    api, (key, _) = sdk.crm.lists.lists_api, tea
    assert api.get_by_id(key).list.name == "regulars: tea"
    assert api.get_by_name("regulars: tea", "0-1").list.list_id == key
    asked = lists.ListSearchRequest(query="regulars", offset=0, count=50, processing_types=["MANUAL"])
    found = api.do_search(asked)
    assert [one.list_id for one in found.lists] == [key]
    assert found.has_more is False


def test_contacts_join_and_leave_a_list(sdk, tea):
    api, (key, both) = sdk.crm.lists.memberships_api, tea
    done = api.add(key, [*both, "999999999"])
    assert set(done.records_ids_added or done.record_ids_added) == set(both)
    assert done.record_ids_missing == ["999999999"]
    assert members(sdk, key) == set(both)
    assert api.remove(key, [both[0]]).record_ids_removed == [both[0]]
    assert members(sdk, key) == {both[1]}
    change = lists.MembershipChangeRequest(record_ids_to_add=[both[0]], record_ids_to_remove=[both[1]])
    api.add_and_remove(key, change)
    assert members(sdk, key) == {both[0]}


def test_the_lists_of_one_contact(sdk, tea):
    key, both = tea
    sdk.crm.lists.memberships_api.add(key, both)
    found = sdk.crm.lists.memberships_api.get_lists("0-1", both[0]).results
    assert [one.list_id for one in found] == [key]


def test_a_list_is_renamed(sdk, tea):
    api, (key, _) = sdk.crm.lists.lists_api, tea
    api.update_name(key, list_name="regulars: coffee")
    assert api.get_by_id(key).list.name == "regulars: coffee"


def test_the_lists_of_many_contacts_at_once(sdk, tea):
    key, both = tea
    sdk.crm.lists.memberships_api.add(key, both)
    body = {"inputs": [{"objectTypeId": "0-1", "recordId": one} for one in both]}
    asked = {"method": "POST", "path": "/crm/v3/lists/records/memberships/batch/read", "body": body}
    found = sdk.api_request(asked).json()["results"]
    assert {one["recordId"] for one in found} == set(both)
    assert {one["listId"] for row in found for one in row["recordListMemberships"]} == {key}


# --- what connects objects ------------------------------------------------------------------------


def test_an_upsert_by_address_says_who_is_new(sdk):
    ana = made(sdk, email="ana@tea.example.test", firstname="Ana", lastname="Ames").id
    asked = people.BatchInputSimplePublicObjectBatchInputUpsert(
        inputs=[
            people.SimplePublicObjectBatchInputUpsert(
                id_property="email",
                id=f"{name}@tea.example.test",
                properties={"email": f"{name}@tea.example.test", "firstname": name, "lastname": "Ames"},
            )
            for name in ("ana", "ben")
        ]
    )
    done = sdk.crm.contacts.batch_api.upsert(asked).results
    assert {one.properties["email"]: one.new for one in done} == {
        "ana@tea.example.test": False,
        "ben@tea.example.test": True,
    }
    assert ana in {one.id for one in done}


def company(sdk, **values):
    asked = companies.SimplePublicObjectInputForCreate(properties=values, associations=[])
    return sdk.crm.companies.basic_api.create(asked).id


def test_companies_are_listed_and_read(sdk):
    key = company(sdk, name="Tea House", domain="tea.example.test")
    assert key in {one.id for one in sdk.crm.companies.get_all(properties=["name"])}
    row = sdk.crm.companies.basic_api.get_by_id(key, properties=["name", "hs_lastmodifieddate"])
    assert row.properties["name"] == "Tea House"
    assert row.properties["hs_lastmodifieddate"]


def test_orders_are_objects_like_others(sdk):
    asked = objects.SimplePublicObjectInputForCreate(properties={"hs_order_name": "1001"}, associations=[])
    key = sdk.crm.objects.basic_api.create("orders", asked).id
    assert key in {one.id for one in sdk.crm.objects.basic_api.get_page("orders").results}


def test_a_contact_belongs_to_a_company(sdk):
    ana, house = made(sdk, email="ana@tea.example.test").id, company(sdk, name="Tea House")
    api = sdk.crm.associations.v4
    api.basic_api.create_default("contacts", ana, "companies", house)
    linked = api.basic_api.get_page("contacts", ana, "companies", limit=500).results
    assert [str(one.to_object_id) for one in linked] == [house]
    assert linked[0].association_types[0].category == "HUBSPOT_DEFINED"
    asked = associations.BatchInputPublicFetchAssociationsBatchRequest(
        inputs=[associations.PublicFetchAssociationsBatchRequest(id=ana)]
    )
    found = api.batch_api.get_page("contacts", "companies", asked).results
    assert str(found[0]._from.id) == ana
    assert [str(one.to_object_id) for one in found[0].to] == [house]
    shown = sdk.crm.contacts.basic_api.get_by_id(ana, associations=["companies"])
    assert house in {one.id for one in shown.associations["companies"].results}
    api.basic_api.archive("contacts", ana, "companies", house)
    assert api.basic_api.get_page("contacts", ana, "companies").results == []


# --- mail ----------------------------------------------------------------------------------------


def test_email_events_are_paged_by_offset(sdk, box, clock):
    for number in range(5):
        box.portal.events.add("BOUNCE", f"b{number}@tea.example.test", clock.now())
        clock.forward(timedelta(minutes=1))
    seen, offset = [], {}
    while True:
        asked = {"limit": 2, "eventType": "BOUNCE", **offset}
        told = sdk.api_request({"path": "/email/public/v1/events", "qs": asked}).json()
        seen += [(event["type"], event["recipient"]) for event in told["events"]]
        if not told["hasMore"]:
            break
        offset = {"offset": told["offset"]}
    assert seen == [("BOUNCE", f"b{number}@tea.example.test") for number in range(5)]


def test_a_refresh_token_gives_an_access_token(sdk, box):
    given = sdk.oauth.tokens_api.create(
        grant_type="refresh_token",
        client_id=box.client_id,
        client_secret=box.client_secret,
        refresh_token=box.refresh_token,
    )
    assert given.expires_in == 1800
    assert given.token_type == "bearer"
    sdk.access_token = given.access_token
    assert sdk.crm.contacts.basic_api.get_page().results
